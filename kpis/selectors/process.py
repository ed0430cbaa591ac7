"""Is our process in control? Who took part, what was on time, what waits too long."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from cycles.models import Contribution, Cycle, CycleStep, How
from cycles.reminders import Kind
from cycles.services.answers import BARRIERS
from cycles.steps import Step, StepState, is_late
from jobs.models import Message, MessageState
from kpis.measures import process
from kpis.measures.catalogue import CATALOGUE
from kpis.measures.measured import Measured
from kpis.measures.words import Measure
from masterdata.roles import Role
from masterdata.selectors import company
from meetings.models import Action, Attendance, BarrierRemedy, Decision
from meetings.selectors.barriers import parts_of, remedies

CYCLES = 12
FEWEST_PEOPLE = 5
REQUESTS: Final = frozenset({Kind.INPUT_OPENED, Kind.INPUT_LAST_DAY, Kind.INPUT_NUDGE})


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
    happened = _happened(_seen(cycle, CYCLES), at)
    found = _measured({name: [item for _, item in rows] for name, rows in happened.items()}, at)
    return [ProcessMeasure(CATALOGUE[code], measured) for code, measured in found.items()]


def measured_by_cycle(cycle: Cycle, cycles: int, *, at: datetime) -> dict[date, dict[str, Measured]]:
    """Month -> code -> measure of each of the last cycles alone, oldest first; in the same few queries."""
    seen = _seen(cycle, cycles)
    happened = _happened(seen, at)
    found = {}
    for each in reversed(seen):
        own = {name: [item for of, item in rows if of == each.pk] for name, rows in happened.items()}
        found[each.month] = _measured(own, at)
    return found


def _seen(cycle: Cycle, cycles: int) -> list[Cycle]:
    return list(Cycle.objects.filter(month__lte=cycle.month).order_by("-month")[:cycles])


def _measured(happened: Mapping[str, list[Any]], at: datetime) -> dict[str, Measured]:
    median, p90 = _time_to_submit(happened["seconds"])
    people = happened["people"]
    return {
        "participation": process.participation(people),
        "participation_value": process.participation_by_value(people),
        "cycle_adherence": process.cycle_adherence(happened["steps"], at),
        "decision_latency": process.decision_latency(happened["decisions"]),
        "action_closure": process.action_closure(happened["actions"], at),
        "attendance": process.attendance([there for there, _ in happened["present"]]),
        "attendance_executives": process.attendance(
            [there for there, role in happened["present"] if role == Role.EXECUTIVE]
        ),
        "time_to_submit": median,
        "time_to_submit_p90": p90,
        "mails_sent": process.mails_sent([mail for mail, _ in happened["mails"]]),
        "input_requests": process.input_requests([mail for mail, kind in happened["mails"] if kind in REQUESTS]),
    }


def _happened(cycles: list[Cycle], at: datetime) -> dict[str, list[tuple[int, Any]]]:
    """What the measures are made of, each thing with its cycle; one query a sort, however many cycles."""
    of_month = {cycle.code: cycle.pk for cycle in cycles}
    steps = CycleStep.objects.filter(cycle__in=[c for c in cycles if not c.simulated])
    decisions = Decision.objects.filter(cycle__in=cycles)
    actions = Action.objects.filter(cycle__in=cycles).exclude(state=Action.State.DROPPED)
    present = Attendance.objects.filter(meeting__cycle__in=cycles)
    timed = Contribution.objects.filter(cycle__in=cycles, active_seconds__isnull=False)
    mails = Message.objects.filter(cycle__in=list(of_month), state=MessageState.SENT)
    zone = ZoneInfo(company().timezone)
    return {
        "people": _expected(cycles),
        "steps": _with_cycle(steps.values_list("cycle_id", "due_at", "closed_at")),
        "decisions": _with_cycle(decisions.values_list("cycle_id", "raised_at", "decided_at")),
        "actions": [
            (cycle, (_end_of(due, zone), closed))
            for cycle, due, closed in actions.values_list("cycle_id", "due_on", "closed_at")
        ],
        "present": _with_cycle(present.values_list("meeting__cycle_id", "present", "person__role")),
        "seconds": _with_cycle(timed.values_list("cycle_id", "person_id", "active_seconds")),
        "mails": [
            (of_month[code], ((code, reader), kind))
            for code, reader, kind in mails.values_list("cycle", "recipient_id", "kind")
        ],
    }


def _with_cycle(rows: Iterable[tuple[Any, ...]]) -> list[tuple[int, Any]]:
    return [(row[0], tuple(row[1:])) for row in rows]


def _time_to_submit(rows: list[tuple[int, float]]) -> tuple[Measured, Measured]:
    """Untold under five people: among fewer the median is somebody's own time, or gives it away to the other."""
    if len({person for person, _ in rows}) < FEWEST_PEOPLE:
        return Measured(math.nan, len(rows)), Measured(math.nan, len(rows))
    return process.time_to_submit([seconds for _, seconds in rows])


def _end_of(day: date, zone: tzinfo) -> datetime:
    """An action is in time until its day ends where the company is."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=zone)


def _expected(cycles: list[Cycle]) -> list[tuple[int, process.Expected]]:
    """Everybody expected, with the deadline of the sales forecast; a replayed cycle has its recorded dates."""
    due = CycleStep.objects.filter(cycle__in=cycles, step=Step.SALES_FORECAST.value)
    deadlines = dict(due.values_list("cycle_id", "due_at"))
    rows = Contribution.objects.filter(cycle__in=cycles, step=Step.SALES_FORECAST.value)
    return [
        (row.cycle_id, process.Expected(row.how, row.answered_at, deadlines[row.cycle_id], row.value))
        for row in rows
        if row.cycle_id in deadlines
    ]


def participation_by_cycle(cycle: Cycle) -> list[dict[str, Any]]:
    """Newest first: who took part in each of the last cycles."""
    seen = _seen(cycle, CYCLES)
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
