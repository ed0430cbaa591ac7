"""What the supply floor has to do by itself, found from state."""

from datetime import datetime

from cycles.models import Cycle
from cycles.selectors import milestones_reached, open_cycle
from cycles.steps import Milestone
from demand.models import Stage
from demand.selectors.versions import version_current
from jobs.models import Job, WorkState
from supply.services.planning import KIND, supply_plan_queue, supply_plan_stale
from supply.services.reserved import reserved_due, reserved_queue


def due(*, at: datetime) -> None:
    """Queue the supply plan when demand is signed and none is made from that demand plan yet, and with every new
    plan the comparison of what people's input reserved in it."""
    _compare_input(at)
    cycle = open_cycle()
    if cycle is None:
        return
    reached = milestones_reached(cycle)
    if Milestone.DEMAND_SIGNED not in reached or Milestone.SUPPLY_SIGNED in reached:
        return
    if supply_plan_stale(cycle) and not _failed_already(cycle):
        supply_plan_queue(cycle=cycle, at=at)


def _compare_input(at: datetime) -> None:
    version = reserved_due()
    if version is not None:
        reserved_queue(version=version, at=at)


def _failed_already(cycle: Cycle) -> bool:
    """A plan that failed for this demand plan waits for somebody to look at it and try again."""
    demand = version_current(cycle, Stage.DEMAND_PLAN)
    failed = Job.objects.filter(kind=KIND, key=cycle.code, state=WorkState.FAILED)
    return demand is not None and failed.filter(created_at__gte=demand.made_at).exists()
