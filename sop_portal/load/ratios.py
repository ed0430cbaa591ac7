"""The portal's answers against bare ones: taken in turn, through one connection, from the same server."""

import http.client
import json
import random
from collections.abc import Callable, Iterator
from datetime import date
from time import perf_counter
from typing import Final
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from django.db import connection
from django.test import Client

from jobs.errors import Refused
from sop_portal.load.crowd import CELLS, Crowd
from sop_portal.load.figures import Bound, figure_line, median_ratio, percentile
from sop_portal.load.spike import Played, load_words

Figures = Iterator[tuple[str, str, str]]
SHEETS, SAVES, UNCHANGED = 40, 100, 200
WARM: Final = 8
SHEET, SAVE, NOT_MODIFIED = Bound(0.40, 0.50), Bound(0.35, 0.45), Bound(0.40, 0.60)
SHEET_QUERIES, SAVE_QUERIES = (Bound(most, aim, most=True, unit="", places=0) for most, aim in ((8, 5), (10, 7)))


class Asker:
    """One connection, kept open, that says how long each answer took."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.line = http.client.HTTPConnection(str(address.hostname), address.port, timeout=120)

    def ask(self, path: str, expected: int = 200, body: bytes | None = None, **headers: str) -> tuple[float, str]:
        """(seconds to the last byte, entity tag)."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        began = perf_counter()
        self.line.request("POST" if body else "GET", path, body, named)
        came = self.line.getresponse()
        while came.read(1 << 16):
            pass
        if came.status != expected:
            raise Refused("bench_failed", f"{path} answered {came.status}.")
        return perf_counter() - began, came.headers.get("ETag", "")


def in_turn(times: int, portal: Callable[[], float], bare: Callable[[], float]) -> tuple[list[float], list[float]]:
    """Seconds of each, asked one after the other; the first ones, in which processes warm up, do not count."""
    pairs = [(portal(), bare()) for _ in range(times + WARM)][WARM:]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def compared(what: str, seconds: tuple[list[float], list[float]], bound: Bound) -> tuple[str, str, str]:
    """bare / portal: which part of the bare view's answers a second the portal gives."""
    portal, bare = seconds
    middle = f"medians of {len(portal)}: {percentile(portal, 0.5) * 1000:.1f} ms against"
    return figure_line(
        what, median_ratio(bare, portal), bound, f"{middle} {percentile(bare, 0.5) * 1000:.1f}; {load_words()}"
    )


def ratio_figures(played: Played) -> Figures:
    yield compared("sheet read / bare driver view", sheet_seconds(played), SHEET)
    yield compared("row save / bare SQL", save_seconds(played), SAVE)
    yield compared("304 / bare view of one row", unchanged_seconds(played), NOT_MODIFIED)
    yield from query_figures(played)


def sheet_seconds(played: Played) -> tuple[list[float], list[float]]:
    made, asker = played.made, Asker(played.stack.url)
    cookie = f"{played.stack.cookie}={made.sessions[-1]}"
    bare = f"/bare/sheet?{urlencode({'cycle': made.cycle, 'owner': made.owners[-1]})}"
    return in_turn(
        SHEETS,
        lambda: asker.ask("/sheet/", Cookie=cookie, Accept_Encoding="gzip")[0],
        lambda: asker.ask(bare, Accept_Encoding="gzip")[0],
    )


def save_seconds(played: Played) -> tuple[list[float], list[float]]:
    """Both write rows of the last rep, whom the crowd leaves alone: the portal some of them, the bare view the rest."""
    made, dice, asker = played.made, random.Random(3), Asker(played.stack.url)
    crowd = Crowd(played.task(seconds=0, saves=0, pages=0, alone=True))
    half = len(made.lines[-1]) // 2
    crowd.task.lines[0][half:] = []
    written = made.lines[-1][half:]

    def portal() -> float:
        began = perf_counter()
        crowd.save(0.0, 0, dice)
        return perf_counter() - began

    def bare() -> float:
        cells = [[place, dice.random() * 100] for place in dice.sample(range(len(made.months)), CELLS)]
        row = {"cycle": made.cycle, "owner": made.owners[-1], "line": dice.choice(written), "cells": cells}
        sent = row | {"month": str(date.fromisoformat(f"{made.months[0]}-01")), "token": str(uuid4())}
        return asker.ask("/bare/save", body=json.dumps(sent).encode())[0]

    seconds = in_turn(SAVES, portal, bare)
    if crowd.seen.errors:
        raise Refused("bench_failed", f"A save failed: {crowd.seen.errors[0]}")
    played.note(crowd.seen)
    return seconds


def unchanged_seconds(played: Played) -> tuple[list[float], list[float]]:
    asker, key = Asker(played.stack.url), f"Bearer {played.made.key}"
    path = f"/api/v1/company-forecast/?cycle={played.made.published}&level=line&page_size=100"
    tag = asker.ask(path, Authorization=key)[1]
    return in_turn(
        UNCHANGED,
        lambda: asker.ask(path, 304, Authorization=key, If_None_Match=tag)[0],
        lambda: asker.ask("/bare/row")[0],
    )


def query_figures(played: Played) -> Figures:
    """Counted in this process, everything from the session on; a save of one row and one of many."""
    client = Client(headers={"host": "localhost"})
    client.cookies[played.stack.cookie] = played.made.sessions[-1]
    sheet = queries_of(lambda: client.get("/sheet/").status_code)
    lines = len(played.made.lines[-1])
    yield figure_line("queries per sheet", sheet, SHEET_QUERIES, f"of {lines} lines, session and frame of the page too")
    one, many = (queries_of(lambda count=count: _saved(client, played, count)) for count in (1, 50))  # type: ignore[misc]
    yield figure_line("queries per save", one, SAVE_QUERIES, f"session too; {many} for a batch of 50 rows")


def _saved(client: Client, played: Played, rows: int) -> int:
    made = played.made
    edits = [{"line": line, "month": made.months[0], "value": 1.0} for line in made.lines[-1][-rows:]]
    body = json.dumps({"token": str(uuid4()), "edits": edits})
    return client.post("/sheet/save/", body, content_type="application/json").status_code


def queries_of(answered: Callable[[], int]) -> int:
    """How many statements a good answer takes."""
    said: list[str] = []

    def noted(execute: Callable[..., object], sql: str, *more: object) -> object:
        said.append(sql)
        return execute(sql, *more)

    with connection.execute_wrapper(noted):
        status = answered()
    if status != 200:
        raise Refused("bench_failed", f"Counting the queries was answered {status}.")
    return len(said)
