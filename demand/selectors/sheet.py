"""A person's sheet: flagged lines first, every cell with what it is compared with, in a fixed number of queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cached_property
from typing import Any

import numpy as np

from cycles.models import Contribution, Cycle, CycleState, CycleStep
from cycles.periods import add_months
from cycles.selectors import milestones_reached
from cycles.steps import Milestone, Step, StepState
from demand.models import Comment, Reason, Stage
from demand.selectors.history import history
from demand.selectors.month import minutes_for
from demand.selectors.owned import Owned, flags_of, owned, reasons_missing
from demand.selectors.people import managers_above
from demand.selectors.stages import LayerNote
from demand.selectors.threads import WITH_PEOPLE
from masterdata.models import Person
from masterdata.roles import Role

NEAR = 3
YEAR = 12


class Layer(Enum):
    """Whose layer the reader of a sheet writes: the owner's number, the manager's, or none."""

    SALES = "sales"
    TEAM = "team"
    NONE = ""


@dataclass(frozen=True)
class SheetLine:
    """One line with its numbers over the horizon; None = there is none. All in the product's unit."""

    line: int
    customer: str
    customer_code: str
    product: str
    product_code: str
    family: str
    decimals: int
    price: float
    flags: list[dict[str, Any]]
    base: list[float]
    own: list[float]
    last_year: list[float | None]
    previous: list[float | None]
    past: list[float]
    team: list[float | None]
    team_note: LayerNote | None
    reason: str
    note: str
    missing: bool
    question: Comment | None
    is_noted: bool
    is_open: bool

    @property
    def changed(self) -> list[bool]:
        return [abs(own - base) > 1e-6 for own, base in zip(self.own, self.base, strict=True)]

    @property
    def is_changed(self) -> bool:
        return any(self.changed)

    @property
    def needs_you(self) -> bool:
        return bool(self.flags) or self.question is not None

    @property
    def delta(self) -> float:
        return sum(self.own) - sum(self.base)

    @property
    def base_changed(self) -> float:
        """What stood in the changed months."""
        return sum(base for base, changed in zip(self.base, self.changed, strict=True) if changed)

    @property
    def own_changed(self) -> float:
        return sum(own for own, changed in zip(self.own, self.changed, strict=True) if changed)

    @property
    def delta_money(self) -> float:
        return self.delta * self.price

    @property
    def average3(self) -> float | None:
        return sum(self.past[-3:]) / 3 if len(self.past) >= 3 else None

    @property
    def reason_label(self) -> str:
        return Reason(self.reason).label if self.reason else ""

    @property
    def last_year_near(self) -> float | None:
        known = [value for value in self.last_year[:NEAR] if value is not None]
        return sum(known) if known else None

    @property
    def base_near(self) -> float:
        return sum(self.base[:NEAR])

    @property
    def team_delta(self) -> float:
        """What the manager's layer adds to the owner's number."""
        pairs = zip(self.own, self.team, strict=True)
        return sum(team - own for own, team in pairs if team is not None)

    @property
    def is_adjusted(self) -> bool:
        return abs(self.team_delta) > 1e-6

    @property
    def name(self) -> str:
        return f"{self.customer}, {self.product}"

    @property
    def flag_words(self) -> str:
        """All flags in one sentence each, for the row and the screen reader."""
        words = [str(flag.get("why") or flag.get("text") or "") for flag in self.flags]
        return " ".join([*words, *(["Sent back with a question."] if self.question else [])])


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


def sheet(cycle: Cycle, owner: Person, reader: Person) -> Sheet:
    """The sheet of a person's living lines: to write for the owner and the managers above, else to read."""
    numbers = owned(cycle, [owner.pk])
    step = cycle.steps.get(step=Step.SALES_FORECAST.value)
    answer = Contribution.objects.filter(cycle=cycle, step=Step.SALES_FORECAST.value, person=owner.user_id).first()
    signed = Milestone.DEMAND_SIGNED in milestones_reached(cycle)
    layer = _layer(owner, reader)
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
        closed=closed,
        signed=signed,
    )


def _lines(numbers: Owned, from_: _Sources) -> list[SheetLine]:
    return [_line(numbers, from_, row, at) for row, at in enumerate(numbers.frame.itertuples())]


def _line(numbers: Owned, from_: _Sources, row: int, at: Any) -> SheetLine:
    line = int(at.Index)
    comments = from_.said.get(line, [])
    questions = [comment for comment in comments if comment.kind == Comment.Kind.QUESTION]
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
