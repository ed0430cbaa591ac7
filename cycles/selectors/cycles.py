"""Which cycle is open, where it stands, what it has reached."""

from datetime import date

from django.db import connection

from cycles.models import Cycle, CycleState, CycleStep, MilestoneReached
from cycles.steps import Milestone, Step, StepState
from jobs.errors import Refused
from jobs.selectors.rows import columns_of, row_of

OPEN = f"SELECT {columns_of(Cycle, 'c')} FROM cycles_cycle c WHERE c.state = 'open' AND NOT c.simulated"


def open_cycle() -> Cycle | None:
    """The real cycle that is open; there is never more than one."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN)
        row = cursor.fetchone()
    return None if row is None else row_of(Cycle, row)


def latest_published() -> Cycle | None:
    """The cycle whose company forecast is in force; a replayed one counts until a real one is published."""
    return Cycle.objects.filter(state=CycleState.PUBLISHED).order_by("-month").first()


def current_cycle() -> Cycle | None:
    """The open cycle, else the newest real one."""
    return open_cycle() or Cycle.objects.filter(simulated=False).first()


def cycle_of(month: date) -> Cycle:
    """The cycle of a month; refused with the months there are when there is none."""
    cycle = Cycle.objects.filter(month=month).first()
    if cycle is None:
        raise Refused("no_cycle", f"There is no cycle {month:%Y-%m}.", status=404)
    return cycle


def step_of(cycle: Cycle, step: Step) -> CycleStep:
    return CycleStep.objects.get(cycle=cycle, step=step.value)


def closed_steps(cycle: Cycle) -> set[Step]:
    rows = cycle.steps.filter(state=StepState.CLOSED.value).values_list("step", flat=True)
    return {Step(row) for row in rows}


def milestones_reached(cycle: Cycle) -> set[Milestone]:
    rows = MilestoneReached.objects.filter(cycle=cycle, withdrawn_at=None).values_list("kind", flat=True)
    return {Milestone(row) for row in rows}
