"""Opening and ending a cycle."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from cycles.models import Cycle, CycleState, CycleStep, StepEvent
from cycles.selectors import open_cycle
from cycles.steps import Action, Step, StepState, next_state
from jobs.errors import Refused

StepTimes = Mapping[Step, tuple[datetime, datetime]]


@transaction.atomic
def cycle_open(*, month: date, times: StepTimes, horizon: int, at: datetime, simulated: bool = False) -> Cycle:
    """Open the cycle of a month with the opening and due time of every step.

    Refused when the month has its cycle or an earlier one is still open. The first step opens with the next
    `cycle_advance`. In a simulated cycle every step counts as closed at its due time.
    """
    if Cycle.objects.filter(month=month).exists():
        raise Refused("cycle_exists", f"The cycle {month:%Y-%m} has been opened already.")
    running = None if simulated else open_cycle()
    if running is not None:
        raise Refused(
            "cycle_open", f"The cycle {running.code} is still open. Publish or end it before opening {month:%Y-%m}."
        )
    cycle = Cycle.objects.create(month=month, horizon=horizon, opened_at=at, simulated=simulated)
    CycleStep.objects.bulk_create(_step(cycle, step, opens, due) for step, (opens, due) in times.items())
    return cycle


def _step(cycle: Cycle, step: Step, opens: datetime, due: datetime) -> CycleStep:
    row = CycleStep(cycle=cycle, step=step.value, opens_at=opens, due_at=due)
    if cycle.simulated:
        row.state, row.opened_at, row.closed_at = StepState.CLOSED.value, opens, due
    return row


@transaction.atomic
def cycle_end(*, cycle: Cycle, state: CycleState, at: datetime) -> Cycle:
    """End a cycle as published or not published; steps that never closed are recorded as missed."""
    cycle = Cycle.objects.select_for_update().get(pk=cycle.pk)
    if cycle.state != CycleState.OPEN:
        raise Refused("cycle_ended", f"The cycle {cycle.code} has already ended.")
    for row in cycle.steps.exclude(state__in=[StepState.CLOSED.value, StepState.MISSED.value]):
        row.state = next_state(StepState(row.state), Action.MISS).value
        row.save(update_fields=["state"])
        StepEvent.objects.create(step=row, action=Action.MISS.value, at=at, reason="The cycle ended.")
    cycle.state, cycle.ended_at = state, at
    cycle.save(update_fields=["state", "ended_at"])
    return cycle
