"""Bringing the small company's cycle to a step, by the same services the portal uses.

cycle = cycle_in_entry()            sales entry of 2026-11 is open, the baseline is built
cycle_to_review(cycle)              entry closed, proposal built
cycle_demand_signed(cast, cycle)    the head of Sales has signed
"""

from datetime import UTC, datetime, timedelta

from cycles.models import Cycle
from cycles.services import cycle_advance, cycle_open, milestone_reach
from cycles.steps import Milestone, Step
from demand.services.baseline import baseline_part, baseline_queue
from demand.services.plan import demand_sign, proposal_build
from jobs.models import Job
from jobs.services.work import part_claim, part_finish
from tests.cast import CYCLE_MONTH, Cast

OPENED = datetime(2026, 11, 2, 8, tzinfo=UTC)
ENTRY = OPENED + timedelta(days=2)
ENTRY_CLOSES = OPENED + timedelta(days=7)
REVIEW = ENTRY_CLOSES + timedelta(hours=1)


def step_times() -> dict[Step, tuple[datetime, datetime]]:
    """Two days of data close, five of entry, then a day and a half for every later step."""
    later = ENTRY_CLOSES
    times = {Step.DATA_CLOSE: (OPENED, ENTRY), Step.SALES_FORECAST: (ENTRY, ENTRY_CLOSES)}
    for i, step in enumerate(list(Step)[2:]):
        times[step] = (later + timedelta(days=1.5 * i), later + timedelta(days=1.5 * (i + 1)))
    return times


def do_parts(job: Job, at: datetime) -> None:
    """Do a job's parts here, as a worker would."""
    handlers = {"baseline": baseline_part}
    while part := part_claim(at=at, job=job):
        handlers[job.kind](job=job.pk, payload=part.payload, at=at)
        part_finish(part=part, at=at)


def cycle_in_entry() -> Cycle:
    """The cycle 2026-11 with its baseline built and sales entry open. Needs `small_company()`."""
    cycle = cycle_open(month=CYCLE_MONTH, times=step_times(), horizon=24, at=OPENED)
    milestone_reach(cycle=cycle, kind=Milestone.ACTUALS_IN, at=OPENED)
    do_parts(baseline_queue(cycle=cycle, at=OPENED), OPENED)
    cycle_advance(cycle=cycle, at=ENTRY)
    return cycle


def cycle_to_review(cycle: Cycle) -> Cycle:
    """Sales entry closed at its deadline and the proposal built."""
    cycle_advance(cycle=cycle, at=REVIEW)
    proposal_build(cycle=cycle, at=REVIEW)
    return cycle


def cycle_demand_signed(cast: Cast, cycle: Cycle) -> Cycle:
    """Demand signed by the head of Sales, supply review open."""
    cycle_to_review(cycle)
    demand_sign(cycle=cycle, person=cast.manager, at=REVIEW + timedelta(hours=1))
    cycle_advance(cycle=cycle, at=REVIEW + timedelta(hours=1))
    return cycle
