"""Reps who save all at once, keep what they were told, and try again what they were not."""

import http.client
import itertools
import json
import math
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from cycles.periods import month_range
from sop_portal.load.figures import p95
from tests.faults.stack import Stack

LEFT_ALONE = 2.0  # seconds; after five the server closes a connection on which nobody asks
MONTHS = [f"{month:%Y-%m}" for month in month_range(date(2026, 11, 1), 24)]
CSRF = "f" * 32
BOUNDARY = "between-two-parts"
NOBODY = 0  # the status when no answer came
GIVE_UP = 120.0  # seconds: longer than any server takes to be back, however slow the machine
CHANGES = "FROM demand_change WHERE stage = 'sales'"
Cell = tuple[int, str]


@dataclass
class Answer:
    status: int
    body: dict[str, object]
    headers: dict[str, str]
    seconds: float


@dataclass
class Client:
    """One browser of a signed-in person, or a program with a key, with a connection kept open."""

    url: str
    session: str = ""
    key: str = ""
    timeout: float = 60.0
    line: http.client.HTTPConnection | None = None
    used: float = 0.0

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> Answer:
        """The answer; status NOBODY when the connection broke."""
        began = time.monotonic()
        if began - self.used > LEFT_ALONE:
            self.hang_up()
        headers = {
            "Cookie": f"sop_session={self.session}; csrftoken={CSRF}",
            "X-CSRFToken": CSRF,
            "Accept": "application/json",
            "Content-Type": kind,
        } | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        try:
            if self.line is None:
                address = urlsplit(self.url)
                self.line = http.client.HTTPConnection(str(address.hostname), address.port, timeout=self.timeout)
            self.line.request(method, path, body, headers)
            came = self.line.getresponse()
            text = came.read()
        except (OSError, http.client.HTTPException):
            self.hang_up()
            return Answer(NOBODY, {}, {}, time.monotonic() - began)
        self.used = time.monotonic()
        json_came = "json" in came.headers.get("Content-Type", "")
        return Answer(came.status, json.loads(text) if json_came else {}, dict(came.headers), time.monotonic() - began)

    def hang_up(self) -> None:
        if self.line is not None:
            self.line.close()
        self.line = None

    def save(self, token: str, cells: dict[Cell, float], seen: dict[Cell, float] | None = None) -> Answer:
        """A batch of cells as the sheet sends it."""
        edits = [
            {"line": line, "month": month, "value": value} | ({"seen": seen[line, month]} if seen else {})
            for (line, month), value in cells.items()
        ]
        return self.ask("POST", "/sheet/save/", json.dumps({"token": token, "edits": edits}).encode())

    def upload(self, name: str, text: bytes) -> Answer:
        """A file as the upload page sends it; a worker is woken to check it."""
        head = f'Content-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: text/csv'
        body = f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + text + f"\r\n--{BOUNDARY}--\r\n".encode()
        return self.ask("POST", "/data/uploads/", body, f"multipart/form-data; boundary={BOUNDARY}")

    def post(self, path: str, **fields: str) -> Answer:
        """A form as a page sends it."""
        return self.ask("POST", path, urlencode(fields).encode(), "application/x-www-form-urlencoded")


@dataclass
class Rep:
    """One rep at work: batches one after the other, each value used once, each acknowledgement noted after it came."""

    client: Client
    lines: list[int]
    values: Iterator[float]
    dice: random.Random
    size: int = 6
    acknowledged: list[dict[Cell, float]] = field(default_factory=list)
    last: dict[Cell, float] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[tuple[float, float]] = field(default_factory=list)
    refused: list[tuple[float, float, Answer]] = field(default_factory=list)
    told: str = ""
    given_up: int = 0

    def work(self, until: threading.Event, pause: float) -> None:
        while not until.is_set():
            self.batch(until)
            time.sleep(pause)

    def batch(self, until: threading.Event) -> None:
        line = self.dice.choice(self.lines)
        cells = {(line, month): next(self.values) for month in self.dice.sample(MONTHS, self.size)}
        token, asked_first = str(uuid4()), time.monotonic()
        while True:
            asked = time.monotonic()
            answer = self.client.save(token, cells)
            self.statuses[answer.status] += 1
            if answer.status == 200:
                self.acknowledged.append(cells)
                self.last |= cells
                self.seconds.append((asked, answer.seconds))
                return
            if answer.status not in (NOBODY, 503):
                self.refused.append((asked_first, asked, answer))
                return
            self.told = str(answer.body.get("detail", ""))
            if time.monotonic() - asked_first > GIVE_UP:
                self.given_up += 1
                return
            time.sleep(0.1)


@dataclass
class Crowd:
    """Many reps in threads, and what they know together."""

    stack: Stack
    reps: list[Rep]
    over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def working(self, pause: float = 0.05) -> Iterator["Crowd"]:
        """The reps save while the body runs; afterwards everyone finishes the batch in hand."""
        threads = [threading.Thread(target=rep.work, args=(self.over, pause), daemon=True) for rep in self.reps]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self.over.set()
            for thread in threads:
                thread.join(2 * GIVE_UP)

    def everybody_saves(self) -> None:
        """Waits until each rep has had one more batch acknowledged."""
        before = [len(rep.acknowledged) for rep in self.reps]
        self._until(lambda: all(len(rep.acknowledged) > n for rep, n in zip(self.reps, before, strict=True)))

    def everybody_is_refused(self, since: float) -> None:
        """Waits until each rep has asked after this moment and been refused."""
        self._until(lambda: all(rep.refused and rep.refused[-1][1] > since for rep in self.reps))

    def everybody_is_told(self, words: str) -> None:
        """Waits until each rep has been sent away with these words."""
        self._until(lambda: all(words in rep.told for rep in self.reps))

    def _until(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 2 * GIVE_UP
        while not reached():
            assert time.monotonic() < deadline, f"not reached: {self.statuses}"
            time.sleep(0.05)

    @property
    def statuses(self) -> Counter[int]:
        return sum((rep.statuses for rep in self.reps), Counter())

    @property
    def saves(self) -> int:
        return sum(len(rep.acknowledged) for rep in self.reps)

    def p95(self, since: float, until: float = math.inf) -> float:
        """Milliseconds that 95 % of the saves asked for between these moments took at most."""
        took = [seconds for rep in self.reps for asked, seconds in rep.seconds if since <= asked < until]
        return p95(took) * 1000

    def lost(self) -> list[str]:
        """What was acknowledged and is not on record, or not what the sheet shows now; empty = nothing."""
        rows = self.stack.rows(
            "SELECT line_id, to_char(month, 'YYYY-MM'), after FROM demand_change WHERE stage = 'sales'"
        )
        recorded = {(line, month, value) for line, month, value in rows}
        missing = [
            f"line {line} {month}: {value} was acknowledged and is not on record"
            for rep in self.reps
            for cells in rep.acknowledged
            for (line, month), value in cells.items()
            if (line, month, value) not in recorded
        ]
        shown = self._shown()
        return missing + [
            f"line {line} {month}: {shown.get((line, month))} stands, {value} was the last acknowledged"
            for rep in self.reps
            for (line, month), value in rep.last.items()
            if shown.get((line, month)) != value
        ]

    def _shown(self) -> dict[Cell, float]:
        rows = self.stack.rows("SELECT line_id, quantity FROM demand_layerline WHERE stage = 'sales'")
        return {
            (line, MONTHS[i]): value for line, vector in rows for i, value in enumerate(vector) if value is not None
        }

    def half(self) -> list[str]:
        """Batches of which some changes are on record and others are not; empty = none."""
        rows = self.stack.rows(
            "SELECT t.id, count(*), count(c.id), bool_and(c.id IS NOT NULL) FROM demand_savetoken t"
            " CROSS JOIN LATERAL jsonb_to_recordset(t.answer->'saved') AS s(line int, month text, value float8)"
            " LEFT JOIN demand_change c ON c.line_id = s.line AND to_char(c.month, 'YYYY-MM') = s.month"
            " AND c.after = s.value AND c.stage = 'sales' GROUP BY t.id"
        )
        half = [f"token {pk}: {there} of {cells} changes" for pk, cells, there, whole in rows if not whole]
        changes = self.stack.one(f"SELECT count(*) {CHANGES}")
        told = sum(cells for _, cells, _, _ in rows)
        return half if changes == told else [*half, f"{changes} changes on record, {told} in answers"]


def crowd(stack: Stack, count: int, seed: int) -> Crowd:
    """So many reps of the company, each with the lines that are theirs."""
    base = stack.one("SELECT coalesce(max(id), 0) FROM demand_change") + 1
    names: Iterable[str] = sorted(name for name in stack.company["lines"] if name.startswith("rep"))[:count]
    reps = []
    for number, name in enumerate(names):
        # a range of its own for every rep and run: no value is ever used twice
        values = (base + number * 1_000_000.0 + i / 8 for i in itertools.count(1))
        client = Client(stack.url, stack.company["sessions"][name])
        reps.append(Rep(client, stack.company["lines"][name], values, random.Random(f"{seed} {name}")))
    return Crowd(stack, reps)
