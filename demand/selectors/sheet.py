"""A person's sheet: flagged lines first, every cell with what it is compared with, in three queries."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, Final

import numpy as np

from cycles.models import Contribution, Cycle, CycleState
from cycles.periods import add_months
from cycles.steps import StepState
from demand.models import Comment, Stage
from demand.selectors.hints import sheet_hints
from demand.selectors.month import minutes_for
from demand.selectors.owned import SalesNumbers, numbers_of, reasons_missing
from demand.selectors.people import managers_above
from demand.selectors.sheet_lines import NEAR, Layer, SheetLine
from demand.selectors.sheet_read import YEAR, Beside, LineRow, Said, beside, line_rows
from demand.selectors.stages import LayerNote
from demand.selectors.standing_in import EnteredBy, entered_for
from masterdata.models import Person
from masterdata.roles import Role

SILENT: Final = LayerNote("", "", "", datetime.min.replace(tzinfo=UTC))


@dataclass(frozen=True)
class Sheet:
    """What the page shows; `layer` says what the reader may write."""

    cycle: Cycle
    owner: Person
    layer: Layer
    beside: Beside
    entered_for: list[EnteredBy]
    lines: list[SheetLine]
    closed_because: str
    has_baseline: bool

    @cached_property
    def months(self) -> list[date]:
        return [add_months(self.cycle.month, i) for i in range(self.cycle.horizon)]

    @cached_property
    def flagged(self) -> list[SheetLine]:
        return [line for line in self.lines if line.needs_you]

    @property
    def questions(self) -> list[Comment]:
        """What waits for an answer, in the order of the lines."""
        return [line.question for line in self.flagged if line.question]

    @cached_property
    def others(self) -> list[SheetLine]:
        return [line for line in self.lines if not line.needs_you]

    @property
    def others_changed(self) -> int:
        return sum(line.is_changed for line in self.others)

    @property
    def changed(self) -> int:
        return sum(line.is_changed for line in self.lines)

    @property
    def missing(self) -> int:
        return sum(line.missing for line in self.lines)

    @property
    def delta(self) -> float:
        return sum(line.delta for line in self.lines)

    @property
    def is_open(self) -> bool:
        return self.beside.state == StepState.OPEN.value

    @property
    def writes(self) -> bool:
        return self.layer is not Layer.NONE

    @property
    def answer(self) -> Contribution | None:
        return self.beside.answer

    @property
    def submitted_at(self) -> datetime | None:
        return self.answer.answered_at if self.answer else None

    @property
    def closes_at(self) -> datetime | None:
        return self.beside.closes_at

    @property
    def hints(self) -> dict[str, Any]:
        """What the owner's past says of changes, see `sheet_hints`."""
        customers = {line.line: line.customer_code for line in self.lines}
        return sheet_hints(self.beside.small, self.beside.increases, customers)

    @property
    def minutes(self) -> int:
        return minutes_for(len(self.flagged))

    @cached_property
    def totals(self) -> "SheetTotals":
        known = [year for line in self.lines if (year := line.last_year_near) is not None]
        return SheetTotals(
            last_year=sum(known) if known else None,
            base=sum(line.base_near for line in self.lines),
            months=[sum(month) for month in zip(*(line.own for line in self.lines), strict=True)],
        )


@dataclass(frozen=True)
class SheetTotals:
    """Units over all lines: last year and baseline of the near months, and the numbers month by month."""

    last_year: float | None
    base: float
    months: list[float]


def sheet(cycle: Cycle, owner: Person, reader: Person, *, enters: bool = False) -> Sheet:
    """The sheet of a person's living lines: to write for the owner and the managers above, else to read.

    Who `enters` for the owner, named while the owner is away, writes the owner's own number.
    """
    layer = Layer.SALES if enters else _layer(owner, reader)
    rows = line_rows(cycle, owner)
    around = beside(cycle, owner, writes=layer is Layer.SALES, rows=rows)
    ids, price = (
        np.array([row.line for row in rows], dtype=np.int64),
        np.array([row.price for row in rows], dtype=float),
    )
    numbers = SalesNumbers(cycle, ids, price, numbers_of(cycle, ids))
    because = _closed_because(cycle, around, layer)
    lines = _lines(rows, _sources(numbers, layer, because, around)) if rows else []
    lines.sort(key=lambda line: (not line.needs_you, _rank(line), line.customer, line.product))
    entered = entered_for(numbers.numbers.notes.get((cycle.month, Stage.SALES), {}), owner)
    return Sheet(cycle, owner, layer, around, entered, lines, because, numbers.has_baseline)


def _layer(owner: Person, reader: Person) -> Layer:
    if owner.pk == reader.pk:
        return Layer.SALES
    if reader.role == Role.SALES_MANAGER and reader.pk in managers_above(owner):
        return Layer.TEAM
    return Layer.NONE


def _closed_because(cycle: Cycle, around: Beside, layer: Layer) -> str:
    """Why nothing can be written now, in words; empty when it can."""
    if cycle.state != CycleState.OPEN:
        return f"The cycle {cycle.code} has ended. This is what was sent."
    if around.signed:
        return f"Demand of {cycle.code} is signed. The numbers stand; write a note on a line if something has changed."
    if layer is Layer.TEAM or around.state == StepState.OPEN.value:
        return ""
    if around.state == StepState.PENDING.value:
        return "Sales entry has not opened yet. It opens when the baseline is built."
    return "Sales entry is closed. What you saved stands; lines sent back to you with a question stay open."


@dataclass(frozen=True)
class _Sources:
    """What the lines are put together from besides their rows; lists are in the rows' order."""

    cycle: Cycle
    layer: Layer
    base: list[list[float]]
    own: list[list[float]]
    previous: list[list[float | None]]
    team: list[list[float | None]]
    missing: set[int]
    notes: Mapping[int, LayerNote]
    team_notes: Mapping[int, LayerNote]
    said: Said
    closed: str
    signed: bool


def _sources(numbers: SalesNumbers, layer: Layer, closed: str, around: Beside) -> _Sources:
    is_team, notes, month = layer is Layer.TEAM, numbers.numbers.notes, numbers.cycle.month
    return _Sources(
        cycle=numbers.cycle,
        layer=layer,
        base=(numbers.sales if is_team else numbers.baseline).tolist(),
        own=(numbers.team if is_team else numbers.sales).tolist(),
        previous=_nullable(numbers.previous),
        team=_nullable(numbers.team_layer),
        missing=set(reasons_missing(numbers)) if layer is Layer.SALES else set(),
        notes=notes.get((month, Stage.TEAM if is_team else Stage.SALES), {}),
        team_notes=notes.get((month, Stage.TEAM), {}),
        said=around.said,
        closed=closed,
        signed=around.signed,
    )


def _lines(rows: Sequence[LineRow], from_: _Sources) -> list[SheetLine]:
    return [_line(row, from_, index) for index, row in enumerate(rows)]


def _line(row: LineRow, from_: _Sources, index: int) -> SheetLine:
    line, said = row.line, from_.said
    note = from_.notes.get(line, SILENT)
    past = row.past(from_.cycle.month.month)
    return SheetLine(
        line=line,
        customer=row.customer,
        customer_code=row.customer_code,
        product=row.product,
        product_code=row.product_code,
        family=row.family,
        decimals=row.decimals,
        price=row.price,
        flags=json.loads(row.flags) if row.flags else [],
        base=from_.base[index],
        own=from_.own[index],
        last_year=[*past, *[None] * (from_.cycle.horizon - YEAR)],
        previous=from_.previous[index],
        past=past,
        team=from_.team[index],
        team_note=from_.team_notes.get(line),
        reason=note.reason,
        note=note.note,
        locked=note.locked,
        locked_by=note.locked_by,
        firm=row.firm[:NEAR] if row.firm else (),
        upside=row.upside[:NEAR] if row.upside else (),
        missing=line in from_.missing,
        question=said.questions.get(line),
        is_noted=line in said.noted,
        is_open=_is_open(from_, returned=line in said.asked),
    )


def _is_open(from_: _Sources, *, returned: bool) -> bool:
    """Whether the reader may write a line: with the step, or because it was sent back and demand is not signed."""
    if from_.layer is Layer.NONE:
        return False
    return not from_.closed or (returned and not from_.signed and from_.layer is Layer.SALES)


def _nullable(matrix: np.ndarray) -> list[list[float | None]]:
    unknown = np.isnan(matrix)
    if unknown.all():
        return [[None] * matrix.shape[1]] * len(matrix)
    known = matrix.astype(object)
    known[unknown] = None
    return known.tolist()


def _rank(line: SheetLine) -> float:
    """Questions first, then what moves most money."""
    stake = max([float(flag.get("value") or 0) for flag in line.flags], default=0.0)
    return -(1e15 if line.question else 0) - stake
