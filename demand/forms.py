"""What people send, read and checked for form; meaning is checked by the services."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import QueryDict

from cycles.typed import figure, is_number, month_read, whole_number, words
from demand.bulk_rules import ANY, BulkRule
from demand.event_scopes import Draft
from demand.models import Call
from demand.selectors.review_grid import KINDS, ONLY, GridAsked
from demand.services.certainty import PartEdit
from demand.services.entries import CellEdit
from demand.services.submissions import ReasonGiven
from jobs.errors import Invalid

MOST_EDITS = 10_000


@dataclass(frozen=True)
class Batch:
    """A batch of edits with the token that makes a retry harmless."""

    token: UUID
    edits: list[CellEdit]


def batch_read(body: bytes) -> Batch:
    """`{"token": uuid, "edits": [{"line", "month", "value", "seen", "reason", "comment"}]}` as the grid sends it."""
    given = _listed(body, "edits")
    return Batch(_token(given.get("token")), [_edit(edit, number) for number, edit in enumerate(given["edits"])])


def parts_read(body: bytes) -> tuple[UUID, list[PartEdit]]:
    """`{"token": uuid, "edits": [{"line", "month", "part", "value", "seen"}]}` as the grid sends it."""
    given = _listed(body, "edits")
    return _token(given.get("token")), [_part(edit, number) for number, edit in enumerate(given["edits"])]


def lock_read(body: bytes) -> tuple[list[tuple[int, date]], bool]:
    """`{"cells": [{"line", "month"}], "locked": true}` as the sheet sends it."""
    given = _listed(body, "cells")
    cells = [_object(cell, number) for number, cell in enumerate(given["cells"])]
    read = [(_line(cell.get("line"), number), month_read(cell.get("month"))) for number, cell in enumerate(cells)]
    return read, given.get("locked") is True


def _listed(body: bytes, name: str) -> dict[str, Any]:
    """A JSON object with a list of this name, neither empty nor endless."""
    if b"\\u0000" in body:
        raise Invalid(f"The {name} hold a character that no text has (NUL). Type it again.")
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid(f"The {name} could not be read: they are not JSON.") from None
    if not isinstance(given, dict) or not isinstance(given.get(name), list):
        raise Invalid(f"The {name} could not be read: “{name}” must be a list.")
    if not 0 < len(given[name]) <= MOST_EDITS:
        raise Invalid(f"A batch has 1 to {MOST_EDITS:,} {name}, not {len(given[name]):,}.")
    return given


def _object(given: object, number: int) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise Invalid(f"Edit {number + 1} is not an object.")
    return given


def _token(given: object) -> UUID:
    try:
        return UUID(str(given))
    except ValueError:
        raise Invalid("The batch has no valid token, so a retry could count twice.") from None


def _part(item: object, number: int) -> PartEdit:
    given = _object(item, number)
    return PartEdit(
        _line(given.get("line"), number),
        month_read(given.get("month")),
        words(given.get("part")),
        _quantity(given.get("value"), number),
        _quantity(given.get("seen"), number),
    )


def _edit(item: object, number: int) -> CellEdit:
    given = _object(item, number)
    return CellEdit(
        _line(given.get("line"), number),
        month_read(given.get("month")),
        _quantity(given.get("value"), number),
        _quantity(given.get("seen"), number),
        words(given.get("reason")),
        words(given.get("comment")),
    )


def _line(given: object, number: int) -> int:
    """The line's id, also as text: a page reads it from an attribute."""
    text = str(given) if isinstance(given, (int, str)) and not isinstance(given, bool) else ""
    line = whole_number(text)
    if not line:
        raise Invalid(f"Edit {number + 1} names no line.")
    return line


def _quantity(given: object, number: int) -> float | None:
    if given is None:
        return None
    if not is_number(given):
        raise Invalid(f"Edit {number + 1} has a quantity that is no number.")
    return float(given)


def reasons_read(post: QueryDict) -> dict[int, ReasonGiven]:
    """`reason-<line>` and `note-<line>` of the list that is asked at submit; lines without a choice are left out."""
    given = {}
    for name, value in post.items():
        line = whole_number(name.removeprefix("reason-")) if name.startswith("reason-") else None
        if line is not None and value:
            given[line] = ReasonGiven(str(value), words(post.get(f"note-{line}")))
    return given


def seconds_read(post: Mapping[str, Any]) -> float | None:
    """Active seconds as the page counted them; None when it did not."""
    try:
        seconds = float(post.get("active_seconds") or "")
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) else None


def call_read(post: Mapping[str, Any]) -> tuple[Call, date | None]:
    """The call and, for a slip, its month."""
    given = str(post.get("call") or "")
    if given not in Call.values:
        raise Invalid("Choose one of: " + ", ".join(str(label) for label in Call.labels) + ".")
    call = Call(given)
    return call, month_read(post.get("slips_to")) if call == Call.SLIPS else None


def scope_read(given: Mapping[str, Any]) -> dict[str, str]:
    """`what=family:BIKES`, `whom=region:N` as the four codes of an event's scope."""
    what, _, code = str(given.get("what") or "").partition(":")
    whom, _, other = str(given.get("whom") or "").partition(":")
    return {
        "family": code if what == "family" else "",
        "product": code if what == "product" else "",
        "customer": other if whom == "customer" else "",
        "region": other if whom == "region" else "",
    }


def scope_named(given: Mapping[str, Any]) -> dict[str, str]:
    """The scope of an event that is to be entered: what is not understood must not come to mean everything."""
    scope = scope_read(given)
    for field, chosen in (
        ("what", scope["family"] or scope["product"]),
        ("whom", scope["customer"] or scope["region"]),
    ):
        if given.get(field) and not chosen:
            raise Invalid(f"{str(given[field])[:40]!r} is not one of the choices.")
    return scope


def draft_read(given: Mapping[str, Any]) -> Draft:
    """An event as far as the form is filled; months that cannot be read count as not chosen."""
    first = month_or_none(given.get("first"))
    last = month_or_none(given.get("last")) or first
    scope = scope_read(given)
    return Draft(
        kind=str(given.get("kind") or ""),
        family=scope["family"],
        product=scope["product"],
        customer=scope["customer"],
        region=scope["region"],
        first=first,
        last=last,
    )


def day_read(given: object) -> date:
    """`'2026-12-03'`; Invalid says what was read."""
    try:
        return date.fromisoformat(str(given or ""))
    except ValueError:
        raise Invalid(f"{str(given or '')[:20]!r} is not a day. Write it like 2026-12-03.") from None


def month_or_none(given: object) -> date | None:
    try:
        return month_read(given)
    except Invalid:
        return None


def number_read(given: object) -> float | None:
    """A number as a form field sends it; None when empty."""
    text = str(given or "").strip()
    if not text:
        return None
    value = figure(text)
    if not math.isfinite(value):
        raise Invalid(f"{text[:20]!r} is not a number.")
    return value


def line_read(given: object) -> int:
    """A line's id as an address or a button names it."""
    line = whole_number(str(given or ""))
    if not line:
        raise Invalid("That is not one of the lines on this page.")
    return line


def take_read(post: QueryDict) -> tuple[str, list[int]]:
    """`take=sales:17` as a row's button sends it, or `source=sales` for all ticked `line`s."""
    source, _, line = str(post.get("take") or "").partition(":")
    if source:
        return source, [line_read(line)]
    return post.get("source", ""), [line_read(line) for line in post.getlist("line")]


def rule_read(post: Mapping[str, Any]) -> BulkRule:
    """A bulk rule as its form sends it: `source`, `under` in per cent, `value` in money, `family`, `reason`."""
    under, value = number_read(post.get("under")), number_read(post.get("value"))
    if under is not None and not 0 < under <= 100:
        raise Invalid("Give a share between 0 and 100 per cent.")
    if value is not None and value <= 0:
        raise Invalid("Give a value above zero.")
    return BulkRule(
        source=str(post.get("source") or ""),
        under_share=None if under is None else under / 100,
        under_value=value,
        family=str(post.get("family") or ""),
        reason=str(post.get("reason") or ANY),
    )


def grid_read(given: Mapping[str, Any]) -> GridAsked:
    """What an address asks of the planner's grid; what it does not know counts as not asked."""
    filters = {kind: str(given[kind]) for kind in KINDS if given.get(kind)}
    only, by = str(given.get("only") or ""), str(given.get("by") or "")
    page = str(given.get("page") or "1")
    return GridAsked(
        filters=filters,
        words=words(given.get("q")),
        only=only if only in ONLY else "",
        by=by if by in KINDS else "",
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
    )
