"""The leader's panel of barriers: by department, since when, and what was done about each."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from cycles.barriers import Barrier, Department, Part, departments, missed_in_a_row
from cycles.models import Contribution, Cycle, CycleStep
from cycles.services.answers import BARRIERS, MISSED
from cycles.steps import Step
from demand.selectors.barriers import FINISHED, deadline_of
from demand.selectors.people import team_below
from masterdata.models import Absence, Person
from masterdata.roles import Role
from masterdata.selectors import company, people
from meetings.models import BarrierRemedy
from meetings.selectors.rights import leads

CYCLES = 6
NOT_SAID = "Not said"


@dataclass(frozen=True)
class BarrierRow:
    """One barrier of a department as shown; `names` only for who may read them."""

    code: str
    words: str
    barrier: Barrier
    names: list[str]
    remedies: list[BarrierRemedy]


@dataclass(frozen=True)
class DepartmentRow:
    department: Department
    rows: list[BarrierRow]


def barrier_rows(cycle: Cycle, shown: Mapping[int, str]) -> list[DepartmentRow]:
    """What was in the way in the last finished cycles up to this one, with those whose names are `shown`."""
    parts = parts_of(cycle)
    told, missed = remedies(cycle), missed_in_a_row(parts)
    names = {pk: _name(name, missed.get(pk, 0)) for pk, name in shown.items()}
    return [
        DepartmentRow(each, [_row(each.name, barrier, names, told) for barrier in each.barriers])
        for each in departments(parts)
    ]


def _name(name: str, cycles: int) -> str:
    return f"{name} ({cycles} cycles in a row)" if cycles > 1 else name


def _row(
    department: str, barrier: Barrier, names: Mapping[int, str], told: Mapping[tuple[str, str], list[BarrierRemedy]]
) -> BarrierRow:
    return BarrierRow(
        code=barrier.barrier,
        words=BARRIERS.get(barrier.barrier, NOT_SAID),
        barrier=barrier,
        names=[names[pk] for pk in barrier.people if pk in names],
        remedies=told.get((department, barrier.barrier), []),
    )


def names_shown(viewer: Person) -> dict[int, str]:
    """Those whose barrier this reader sees by name: everybody for the leader, the own team for a manager."""
    if leads(viewer):
        return {person.pk: person.name for person in people()}
    below = team_below(viewer) if viewer.role == Role.SALES_MANAGER else [viewer]
    return {person.pk: person.name for person in below}


def parts_of(cycle: Cycle, cycles: int = CYCLES) -> list[Part]:
    """Everybody expected in the last finished sales entries, in four queries."""
    steps = CycleStep.objects.filter(
        step=Step.SALES_FORECAST.value, state__in=FINISHED, cycle__month__lte=cycle.month
    ).order_by("-cycle__month")[:cycles]
    zone = ZoneInfo(company().timezone)
    days = {step.cycle_id: deadline_of(step).astimezone(zone).date() for step in steps}
    rows = Contribution.objects.filter(cycle__in=list(days), step=Step.SALES_FORECAST.value)
    away = _away(set(days.values()))
    return [
        Part(
            month=row.cycle.month,
            department=row.person.person.department,
            person=row.person.person.pk,
            missed=row.how in MISSED,
            away=(row.person.person.pk, days[row.cycle_id]) in away,
            barrier=row.barrier,
        )
        for row in rows.select_related("cycle", "person__person")
    ]


def _away(days: Collection[date]) -> set[tuple[int, date]]:
    """Who was away on which of these days."""
    if not days:
        return set()
    rows = Absence.objects.filter(first_day__lte=max(days), last_day__gte=min(days))
    return {(row.person_id, day) for row in rows for day in days if row.first_day <= day <= row.last_day}


def remedies(cycle: Cycle) -> dict[tuple[str, str], list[BarrierRemedy]]:
    """What was done, newest first, by department and barrier."""
    found: dict[tuple[str, str], list[BarrierRemedy]] = {}
    rows = BarrierRemedy.objects.filter(cycle__month__lte=cycle.month)
    for row in rows.select_related("by__user", "action__owner__user", "cycle").order_by("-id"):
        found.setdefault((row.department, row.barrier), []).append(row)
    return found
