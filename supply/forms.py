"""What people send to supply, read and checked for form; meaning is checked by the services."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.http import QueryDict

from cycles.typed import figure, is_number, month_read, words
from jobs.errors import Invalid
from supply.allocation import Rule
from supply.change import Change
from supply.inputs import InputEdit
from supply.models import GapOptionKind
from supply.scenarios import KINDS, read


@dataclass(frozen=True)
class CapacityEntry:
    """Capacity of one month as somebody typed it."""

    month: date
    regular: float
    overtime: float
    reason: str


def capacity_read(given: QueryDict) -> CapacityEntry:
    """Invalid names the field that is not a number."""
    return CapacityEntry(
        month=month_read(given.get("month")),
        regular=_hours(given, "regular", "Regular capacity"),
        overtime=_hours(given, "overtime", "Overtime"),
        reason=words(given.get("reason")),
    )


def _hours(given: Mapping[str, str], name: str, label: str) -> float:
    text = words(given.get(name))
    if not text:
        raise Invalid(f"{label} is empty. Type the hours of the month, 0 for none.")
    hours = figure(text)
    if math.isnan(hours):
        raise Invalid(f"{label}: “{text[:20]}” is not a number. Type the hours, for example 4680.")
    return hours


def option_read(given: QueryDict) -> GapOptionKind:
    kind = given.get("kind", "")
    if kind not in GapOptionKind.values:
        raise Invalid(f"Choose one of: {', '.join(GapOptionKind.labels)}.")
    return GapOptionKind(kind)


def rule_read(given: QueryDict) -> Rule | None:
    """None keeps the rule of the plan before."""
    rule = given.get("rule", "")
    if not rule:
        return None
    if rule not in list(Rule):
        raise Invalid(f"Choose one of the rules: {', '.join(Rule)}.")
    return Rule(rule)


NO_CHANGE: Final = "nothing"
# What the form asks for besides the months, by kind of change: the field and its words where it is a number.
FIELDS: Final[dict[str, dict[str, str]]] = {
    "overtime": {"resource": ""},
    "shift": {"resource": "", "hours": "Hours a month", "rate": "Rate per hour"},
    "outsource": {"resource": "", "hours": "Hours a month", "surcharge": "Surcharge, %"},
    "units": {"product": "", "units": "Units a month", "price": "Price per unit"},
    "prebuild": {"family": "", "allowed": ""},
    "promotion": {"event": "", "delay": "Months later"},
    "demand": {"scope": "", "percent": "Change, %"},
    "down": {"resource": "", "share": "Hours lost, %"},
    "capacity": {"resource": "", "hours": "Hours a month"},
}
IN_PERCENT: Final = ("surcharge", "share")


def changes_read(given: QueryDict, before: Sequence[Mapping[str, object]], first: date, last: date) -> list[Change]:
    """The changes of a scenario: those it is built on and the one typed, if any. Invalid names the field.

    Months left empty are the first and the last of the plan.
    """
    kind = given.get("kind", "")
    if kind != NO_CHANGE and kind not in KINDS:
        raise Invalid("Choose what the scenario changes.")
    typed = [] if kind == NO_CHANGE else [_change(given, kind, first, last)]
    try:
        return [read(change) for change in [*before, *typed]]
    except ValueError as fault:
        raise Invalid(str(fault)) from None


def _change(given: QueryDict, kind: str, first: date, last: date) -> dict[str, Any]:
    change: dict[str, Any] = {"kind": kind}
    change["first"] = given.get("first") or f"{first:%Y-%m}"
    change["last"] = given.get("last") or f"{last:%Y-%m}"
    for name, label in FIELDS[kind].items():
        change |= _field(given, name, label)
    return change


def _field(given: QueryDict, name: str, label: str) -> dict[str, Any]:
    text = words(given.get(name))
    if name == "allowed":
        return {"allowed": text != "no"}
    if name == "scope":
        scope, _, code = text.partition(":")
        return {"scope": scope or "all", "code": code}
    if not label:
        return {name: text}
    number = _number(text, label)
    return {name: int(number) if name == "delay" else number / 100 if name in IN_PERCENT else number}


def _number(text: str, label: str) -> float:
    number = figure(text)
    if not math.isfinite(number):
        raise Invalid(f"{label}: “{text[:20]}” is not a number." if text else f"{label} is empty. Type a number.")
    return number


MOST_EDITS: Final = 2000
LONGEST_REASON: Final = 300


def inputs_read(body: bytes) -> tuple[UUID, list[InputEdit]]:
    """`{"token": uuid, "edits": [{"line", "month", "value", "seen", "reason"}]}` as the grid sends it; `month` is the
    column."""
    try:
        given = json.loads(body)
        token = UUID(str(given["token"]))
        edits = list(given["edits"])
    except (ValueError, RecursionError, KeyError, TypeError):
        raise Invalid("The changes could not be read: expected a token and a list of edits.") from None
    if not 0 < len(edits) <= MOST_EDITS:
        raise Invalid(f"A batch has 1 to {MOST_EDITS:,} edits, not {len(edits):,}.")
    return token, [_input(edit, number) for number, edit in enumerate(edits, 1)]


def _input(given: object, number: int) -> InputEdit:
    if not isinstance(given, dict):
        raise Invalid(f"Edit {number} is not an object.")
    return InputEdit(
        words(given.get("line")),
        words(given.get("month")),
        _figure(given.get("value"), number),
        _figure(given.get("seen"), number),
        words(given.get("reason"))[:LONGEST_REASON],
    )


def _figure(given: object, number: int) -> float | None:
    if given is None:
        return None
    if not is_number(given):
        raise Invalid(f"Edit {number} has a value that is no number.")
    return float(given)
