"""Is our process in control? Who took part, what was on time, what waits too long."""

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cycles.models import Contribution, Cycle, CycleStep, How
from cycles.services.answers import BARRIERS
from cycles.steps import Step, StepState, is_late
from kpis.measures import process
from kpis.measures.catalogue import CATALOGUE
from kpis.measures.measured import Measured
from kpis.measures.words import Measure
from masterdata.roles import Role
from meetings.models import Action, Attendance, BarrierRemedy, Decision
from meetings.selectors.barriers import parts_of, remedies

CYCLES = 12
FEWEST_PEOPLE = 5


@dataclass(frozen=True)
class ProcessMeasure:
    """A measure of the process with its words; `value` is in per cent where the unit is."""

    measure: Measure
    measured: Measured

    @property
    def value(self) -> float | None:
        if not self.measured.is_known:
            return None
        return self.measured.value * (100 if self.measure.unit == "%" else 1)


@dataclass(frozen=True)
class Health:
    """One cycle's health in counts."""

    cycle: Cycle
    expected: int
    answered: int
    accepted: int
    missing: int
    value_share: float | None
    steps_due: int
    steps_on_time: int
    late_step: CycleStep | None
    decisions_open: int
    decisions_overdue: int
    actions_open: int
    actions_overdue: int


def health(cycle: Cycle, *, at: datetime, today: date) -> Health:
    """The open cycle's process as it stands."""
    people = list(Contribution.objects.filter(cycle=cycle, step=Step.SALES_FORECAST.value))
    took_part = [row for row in people if row.answered_at and row.how in (How.CHANGED, How.ALL_FINE)]
    accepted = sum(row.how == How.AUTO for row in people)
    steps = list(cycle.steps.all())
    adherence = process.cycle_adherence([(s.due_at, s.closed_at) for s in steps], at)
    value = sum(row.value for row in people)
    decisions = Decision.objects.filter(state=Decision.State.OPEN).values_list("decide_by", flat=True)
    actions = Action.objects.filter(state=Action.State.OPEN).values_list("due_on", flat=True)
    return Health(
        cycle=cycle,
        expected=len(people),
        answered=len(took_part),
        accepted=accepted,
        missing=len(people) - len(took_part) - accepted,
        value_share=sum(row.value for row in took_part) / value if value else None,
        steps_due=adherence.n,
        steps_on_time=int(adherence.numerator) if adherence.n else 0,
        late_step=next((s for s in steps if is_late(StepState(s.state), s.due_at, at)), None),
        decisions_open=len(decisions),
        decisions_overdue=sum(day < today for day in decisions),
        actions_open=len(actions),
        actions_overdue=sum(day < today for day in actions),
    )


def process_measures(cycle: Cycle, *, at: datetime) -> list[ProcessMeasure]:
    """The process in the last cycles, as measures with their words."""
    seen = list(Cycle.objects.filter(month__lte=cycle.month).order_by("-month")[:CYCLES])
    people = _expected(seen)
    steps = CycleStep.objects.filter(cycle__in=[c for c in seen if not c.simulated])
    decisions = Decision.objects.filter(cycle__in=seen).values_list("raised_at", "decided_at")
    actions = Action.objects.filter(cycle__in=seen).exclude(state=Action.State.DROPPED)
    present = Attendance.objects.filter(meeting__cycle__in=seen)
    executives = present.filter(person__role=Role.EXECUTIVE)
    found = {
        "participation": process.participation(people),
        "participation_value": process.participation_by_value(people),
        "cycle_adherence": process.cycle_adherence(steps.values_list("due_at", "closed_at"), at),
        "decision_latency": process.decision_latency(decisions),
        "action_closure": process.action_closure(
            [(_end_of(due, at), closed) for due, closed in actions.values_list("due_on", "closed_at")], at
        ),
        "attendance": process.attendance(list(present.values_list("present", flat=True))),
        "time_to_submit": _time_to_submit(seen),
    }
    rows = [ProcessMeasure(CATALOGUE[code], measured) for code, measured in found.items()]
    return [*rows, ProcessMeasure(EXECUTIVES, process.attendance(list(executives.values_list("present", flat=True))))]


def _time_to_submit(cycles: list[Cycle]) -> Measured:
    """Untold under five people: among fewer the median is somebody's own time, or gives it away to the other."""
    timed = Contribution.objects.filter(cycle__in=cycles, active_seconds__isnull=False)
    rows = list(timed.values_list("person_id", "active_seconds"))
    if len({person for person, _ in rows}) < FEWEST_PEOPLE:
        return Measured(math.nan, len(rows))
    return process.time_to_submit([seconds for _, seconds in rows if seconds is not None])[0]


EXECUTIVES = Measure(
    "attendance_executives",
    "Attendance of executives",
    CATALOGUE["attendance"].subject,
    None,
    "executives invited who attended / executives invited",
    "%",
    CATALOGUE["attendance"].good,
    "shown apart: top management support shows here first",
)


def _end_of(day: date, at: datetime) -> datetime:
    """An action is in time until its day ends."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=at.tzinfo)


def _expected(cycles: list[Cycle]) -> list[process.Expected]:
    """Everybody expected, with the deadline of the sales forecast; a replayed cycle has its recorded dates."""
    due = CycleStep.objects.filter(cycle__in=cycles, step=Step.SALES_FORECAST.value)
    deadlines = dict(due.values_list("cycle_id", "due_at"))
    rows = Contribution.objects.filter(cycle__in=cycles, step=Step.SALES_FORECAST.value)
    return [
        process.Expected(row.how, row.answered_at, deadlines[row.cycle_id], row.value)
        for row in rows
        if row.cycle_id in deadlines
    ]


def participation_by_cycle(cycle: Cycle) -> list[dict[str, Any]]:
    """Newest first: who took part in each of the last cycles."""
    seen = list(Cycle.objects.filter(month__lte=cycle.month).order_by("-month")[:CYCLES])
    rows = list(Contribution.objects.filter(cycle__in=seen, step=Step.SALES_FORECAST.value))
    found = []
    for each in seen:
        people = [row for row in rows if row.cycle_id == each.pk]
        if people:
            hows = [row.how for row in people if row.answered_at or row.how == How.AUTO]
            answered = sum(how in (How.CHANGED, How.ALL_FINE) for how in hows)
            counts = {"cycle": each, "expected": len(people), "answered": answered}
            counts |= {"changed": hows.count(How.CHANGED), "fine": hows.count(How.ALL_FINE)}
            counts |= {"auto": hows.count(How.AUTO), "share": answered / len(people)}
            found.append(counts | {"absent": len(people) - answered - hows.count(How.AUTO)})
    return found


def barriers(cycle: Cycle) -> list[process.Barrier]:
    """Stated reasons of those who did not take part in the last cycles, by department, with what was done about each;
    nobody by name.

    Who was away at the deadline is no barrier.
    """
    done = {key: "; ".join(_remedy(row) for row in rows) for key, rows in remedies(cycle).items()}
    return process.barriers(
        (part.department, BARRIERS.get(part.barrier, "").lower(), done.get((part.department, part.barrier), ""))
        for part in parts_of(cycle, CYCLES)
        if part.missed and not part.away
    )


def _remedy(row: BarrierRemedy) -> str:
    """What was done; an action with how it stands."""
    words = row.text.rstrip(".")
    return f"{words} ({row.action.code}, {row.action.get_state_display().lower()})" if row.action else words
