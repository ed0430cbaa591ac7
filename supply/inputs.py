"""The figures operations plans with, as cells of three sheets: capacity, stock and open orders.

A cell is named by its row and its column. It has the value that counts and the value it goes back to: the standard
of a resource, or what was imported.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

Key = tuple[str, str]
MOST = 1e9
DAY = "due_on"
FIRST_DAY, DAYS = date(2000, 1, 1), 36_525


class Inputs(StrEnum):
    """The sheets."""

    CAPACITY = "capacity"
    STOCK = "stock"
    ORDERS = "orders"


@dataclass(frozen=True)
class Figure:
    """One cell: what counts and what it goes back to."""

    row: str
    column: str
    value: float
    base: float

    @property
    def changed(self) -> bool:
        return not same(self.value, self.base)

    @property
    def day(self) -> date | None:
        """The date that a cell of dates holds."""
        return day_of(self.value) if self.column == DAY else None


@dataclass(frozen=True)
class InputEdit:
    """What somebody typed: the new value (None = back to the base) and the value that was on the screen."""

    row: str
    column: str
    value: float | None
    seen: float | None = None
    reason: str = ""

    @property
    def key(self) -> Key:
        return self.row, self.column


@dataclass(frozen=True)
class Written:
    """A cell that gets a new value, or the same value with a reason: before, after and why."""

    figure: Figure
    value: float
    reason: str


def same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-4)


def days(day: date) -> float:
    """A date as the number a cell holds: days since 1 January 2000."""
    return float((day - FIRST_DAY).days)


def day_of(value: float) -> date:
    """The date of a cell's number; `day_of(days(day)) == day` until 2100."""
    return FIRST_DAY + timedelta(days=round(value))


def faults(edits: Iterable[InputEdit], known: Mapping[Key, Figure]) -> list[dict[str, object]]:
    """Edits of cells that do not exist and values that cannot be, each with a sentence."""
    found: list[dict[str, object]] = []
    for edit in edits:
        if edit.key not in known:
            found.append(_at(edit) | {"detail": "There is no such figure any more. Load the page again."})
        elif edit.value is not None and edit.column == DAY:
            if not (0 <= edit.value < DAYS and float(edit.value).is_integer()):
                found.append(_at(edit) | {"detail": "Type a date from 2000 to 2099, for example 2026-12-05."})
        elif edit.value is not None and not 0 <= edit.value < MOST:
            found.append(_at(edit) | {"detail": f"Type a number from 0 to {MOST:,.0f}."})
    return found


def conflicts(edits: Iterable[InputEdit], known: Mapping[Key, Figure]) -> list[tuple[InputEdit, Figure]]:
    """Edits whose cell is not what their editor saw."""
    pairs = [(edit, known[edit.key]) for edit in edits]
    return [(edit, cell) for edit, cell in pairs if edit.seen is not None and not same(cell.value, edit.seen)]


def written(edits: Sequence[InputEdit], known: Mapping[Key, Figure], reasons: Mapping[str, str]) -> list[Written]:
    """What has to be stored: cells that change, and cells that get a reason. `reasons` are those given by row so far;
    a change without one of its own takes that of its row."""
    found = []
    for edit in edits:
        cell = known[edit.key]
        value = cell.base if edit.value is None else edit.value
        given = edit.reason or reasons.get(edit.row, "")
        if not same(value, cell.value) or (edit.reason and edit.reason != reasons.get(edit.row, "")):
            found.append(Written(cell, value, given))
    return found


def _at(edit: InputEdit) -> dict[str, object]:
    return {"line": edit.row, "month": edit.column}
