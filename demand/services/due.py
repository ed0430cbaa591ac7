"""What the demand floor has to do by itself, found from state."""

from datetime import datetime

from cycles.models import Cycle
from cycles.selectors import milestones_reached, open_cycle, step_of
from cycles.steps import Milestone, Step, StepState
from demand.models import Stage
from demand.selectors.hints import own_past_stale
from demand.selectors.versions import proposal_stale, version_current
from demand.services import baseline
from demand.services import plan as proposal
from demand.services.baseline import baseline_queue
from demand.services.own_past import own_past_set
from demand.services.plan import proposal_queue
from demand.services.seals import changes_seal, seal_due
from jobs.models import Job, WorkState


def due(*, at: datetime) -> None:
    """Queue the baseline when the actuals are in, and the proposal when sales entry has closed or changed since.

    What the sheets say of people's past follows its facts while entry is open. The record of changes is sealed.
    """
    cycle = open_cycle()
    if cycle is None:
        return
    reached = milestones_reached(cycle)
    if _baseline_due(cycle, reached):
        baseline_queue(cycle=cycle, at=at)
    if _hints_due(cycle, reached):
        own_past_set(cycle=cycle)
    if seal_due(cycle, at):
        changes_seal(cycle=cycle, at=at)
    if _proposal_due(cycle, reached) and not _gave_up(proposal.KIND, cycle):
        proposal_queue(cycle=cycle, at=at)


def _baseline_due(cycle: Cycle, reached: set[Milestone]) -> bool:
    missing = Milestone.ACTUALS_IN in reached and Milestone.BASELINE_BUILT not in reached
    return missing and not _gave_up(baseline.KIND, cycle)


def _hints_due(cycle: Cycle, reached: set[Milestone]) -> bool:
    """While numbers are entered: imports, a replay and new owners change what the past says."""
    entering = step_of(cycle, Step.SALES_FORECAST).state in (StepState.PENDING.value, StepState.OPEN.value)
    return entering and Milestone.BASELINE_BUILT in reached and own_past_stale(cycle)


def _gave_up(kind: str, cycle: Cycle) -> bool:
    """The last job of this kind has failed for good: it waits for somebody to look at it and try again."""
    last = Job.objects.filter(kind=kind, key=cycle.code).order_by("-id").first()
    return last is not None and last.state == WorkState.FAILED


def _proposal_due(cycle: Cycle, reached: set[Milestone]) -> bool:
    closed = step_of(cycle, Step.SALES_FORECAST).state == StepState.CLOSED.value
    if not closed or Milestone.DEMAND_SIGNED in reached or version_current(cycle, Stage.BASELINE) is None:
        return False
    return proposal_stale(cycle) or Milestone.PROPOSAL_BUILT not in reached
