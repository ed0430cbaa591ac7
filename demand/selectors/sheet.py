"""A person's sheet: flagged lines first, every cell with what it is compared with, in a fixed number of queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import numpy as np

from cycles.models import Contribution, Cycle, CycleState, CycleStep
from cycles.periods import add_months
from cycles.selectors import milestones_reached
from cycles.steps import Milestone, Step, StepState
from demand.models import Certainty, Comment, Stage
from demand.selectors.certainty import certainties
from demand.selectors.history import history
from demand.selectors.month import answer_of, minutes_for
from demand.selectors.owned import Owned, flags_of, owned, reasons_missing
from demand.selectors.people import managers_above
from demand.selectors.sheet_lines import NEAR, Layer, SheetLine
from demand.selectors.stages import LayerNote
from demand.selectors.threads import WITH_PEOPLE
from masterdata.models import Person
from masterdata.roles import Role

YEAR = 12


@dataclass(frozen=True)
class Sheet:
    """What the page shows; `layer` says what the reader may write."""

    cycle: Cycle
    owner: Person
    layer: Layer
    step: CycleStep
    answer: Contribution | None
    lines: list[SheetLine]
    closed_because: str
    has_baseline: bool

    @cached_property
    def months(self) -> list[date]:
        return [add_months(self.cycle.month, i) for i in range(self.cycle.horizon)]

    @cached_property
    def flagged(self) -> list[SheetLine]:
        return [line for line in self.lines if line.needs_you]

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
        return self.step.state == StepState.OPEN.value

    @property
    def writes(self) -> bool:
        return self.layer is not Layer.NONE

    @property
    def submitted_at(self) -> datetime | None:
        return self.answer.answered_at if self.answer else None

    @property
    def closes_at(self) -> datetime:
        return self.step.due_at

    @property
    def minutes(self) -> int:
        return minutes_for(len(self.flagged))

    @cached_property
    def totals(self) -> "SheetTotals":
        known = [line.last_year_near for line in self.lines if line.last_year_near is not None]
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
    numbers = owned(cycle, [owner.pk])
    step = cycle.steps.get(step=Step.SALES_FORECAST.value)
    answer = answer_of(cycle, owner)
    signed = Milestone.DEMAND_SIGNED in milestones_reached(cycle)
    layer = Layer.SALES if enters else _layer(owner, reader)
    because = _closed_because(cycle, step, signed, layer)
    lines = _lines(numbers, _sources(numbers, layer, because, signed)) if len(numbers.frame) else []
    lines.sort(key=lambda line: (not line.needs_you, _rank(line), line.customer, line.product))
    return Sheet(cycle, owner, layer, step, answer, lines, because, numbers.has_baseline)


def _layer(owner: Person, reader: Person) -> Layer:
    if owner.pk == reader.pk:
        return Layer.SALES
    if reader.role == Role.SALES_MANAGER and reader.pk in managers_above(owner):
        return Layer.TEAM
    return Layer.NONE


def _closed_because(cycle: Cycle, step: CycleStep, signed: bool, layer: Layer) -> str:
    """Why nothing can be written now, in words; empty when it can."""
    if cycle.state != CycleState.OPEN:
        return f"The cycle {cycle.code} has ended. This is what was sent."
    if signed:
        return f"Demand of {cycle.code} is signed. The numbers stand; write a note on a line if something has changed."
    if layer is Layer.TEAM or step.state == StepState.OPEN.value:
        return ""
    if step.state == StepState.PENDING.value:
        return "Sales entry has not opened yet. It opens when the baseline is built."
    return "Sales entry is closed. What you saved stands; lines sent back to you with a question stay open."


def _said(cycle: Cycle, numbers: Owned) -> dict[int, list[Comment]]:
    ids = [int(line) for line in numbers.lines]
    found: dict[int, list[Comment]] = {}
    for comment in Comment.objects.filter(cycle=cycle, line_id__in=ids).select_related(*WITH_PEOPLE).order_by("id"):
        found.setdefault(comment.line_id or 0, []).append(comment)
    return found


@dataclass(frozen=True)
class _Sources:
    """Everything the lines are put together from, read once; lists are in the frame's order."""

    layer: Layer
    base: list[list[float]]
    own: list[list[float]]
    past: list[list[float]]
    previous: list[list[float | None]]
    team: list[list[float | None]]
    flags: dict[int, list[dict[str, Any]]]
    missing: set[int]
    notes: Mapping[int, LayerNote]
    team_notes: Mapping[int, LayerNote]
    said: dict[int, list[Comment]]
    certainty: Mapping[int, Certainty]
    closed: str
    signed: bool


def _sources(numbers: Owned, layer: Layer, closed: str, signed: bool) -> _Sources:
    cycle, is_team = numbers.cycle, layer is Layer.TEAM
    past = history(numbers.lines, start=add_months(cycle.month, -YEAR), before=cycle.month)
    own_stage = Stage.TEAM if is_team else Stage.SALES
    return _Sources(
        layer=layer,
        base=(numbers.sales if is_team else numbers.baseline).tolist(),
        own=(numbers.team if is_team else numbers.sales).tolist(),
        past=past.quantity.tolist(),
        previous=_nullable(numbers.previous),
        team=_nullable(numbers.team_layer),
        flags=flags_of(cycle, numbers.lines),
        missing=set(reasons_missing(numbers)),
        notes=numbers.numbers.notes.get((cycle.month, own_stage), {}),
        team_notes=numbers.numbers.notes.get((cycle.month, Stage.TEAM), {}),
        said=_said(cycle, numbers),
        certainty=certainties(cycle, numbers.lines.tolist()),
        closed=closed,
        signed=signed,
    )


def _lines(numbers: Owned, from_: _Sources) -> list[SheetLine]:
    return [_line(numbers, from_, row, at) for row, at in enumerate(numbers.frame.itertuples())]


def _line(numbers: Owned, from_: _Sources, row: int, at: Any) -> SheetLine:
    line = int(at.Index)
    comments = from_.said.get(line, [])
    questions = [comment for comment in comments if comment.kind == Comment.Kind.QUESTION]
    sure = from_.certainty.get(line)
    note, team_note = from_.notes.get(line), from_.team_notes.get(line)
    return SheetLine(
        line=line,
        customer=at.customer_name,
        customer_code=at.customer,
        product=at.product_name,
        product_code=at.product,
        family=at.family_name,
        decimals=int(at.decimals),
        price=float(at.price),
        flags=from_.flags.get(line, []),
        base=from_.base[row],
        own=from_.own[row],
        last_year=[*from_.past[row], *[None] * (numbers.cycle.horizon - YEAR)],
        previous=from_.previous[row],
        past=from_.past[row],
        team=from_.team[row],
        team_note=team_note,
        reason=note.reason if note else "",
        note=note.note if note else "",
        locked=note.locked if note else (),
        locked_by=note.locked_by if note else "",
        firm=sure.firm[:NEAR] if sure else (),
        upside=sure.upside[:NEAR] if sure else (),
        missing=line in from_.missing and from_.layer is Layer.SALES,
        question=next((question for question in questions if question.answered_at is None), None),
        is_noted=bool(comments),
        is_open=_is_open(from_, returned=bool(questions)),
    )


def _is_open(from_: _Sources, *, returned: bool) -> bool:
    """Whether the reader may write a line: with the step, or because it was sent back and demand is not signed."""
    if from_.layer is Layer.NONE:
        return False
    return not from_.closed or (returned and not from_.signed and from_.layer is Layer.SALES)


def _nullable(matrix: np.ndarray) -> list[list[float | None]]:
    return [[None if value != value else value for value in row] for row in matrix.tolist()]


def _rank(line: SheetLine) -> float:
    """Questions first, then what moves most money."""
    stake = max((float(flag.get("value") or 0) for flag in line.flags), default=0.0)
    return -(1e15 if line.question else 0) - stake
