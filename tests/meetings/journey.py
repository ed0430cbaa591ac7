"""The small company's November cycle, walked step by step by the services the portal uses.

cycle = started(cast)        opened on Mon 2 Nov 2026, 08:30 in Berlin; actuals are in
in_entry(cast, cycle)        baseline built, sales entry open (Wed 4 Nov)
demand_is_signed(...)        Wed 11 Nov
supply_is_signed(...)        Mon 16 Nov
confirmed(...)               Tue 17 Nov, Finance has confirmed
frozen(...)                  Wed 18 Nov, the pack is frozen
approved(...)                Thu 19 Nov, the CEO has approved
"""

from datetime import UTC, datetime

import numpy as np

from cycles.models import Cycle
from cycles.periods import add_months
from cycles.services import cycle_advance, milestone_reach
from cycles.steps import Milestone
from demand.matrices import Plan
from demand.models import Stage
from demand.selectors.history import history
from demand.selectors.lines import cycle_lines
from demand.services.plan import demand_sign, proposal_build
from demand.services.submissions import submissions_expect
from demand.services.versions import cycle_lines_freeze, version_store
from jobs.models import Job
from jobs.services.work import part_claim, part_finish
from meetings.services.agreement import ceo_approve, finance_confirm, pack_freeze
from meetings.services.cadence import cycle_start
from meetings.services.corrections import correction_part
from meetings.services.publishing import publish_part
from supply.models import Resource
from supply.services.planning import supply_plan_build
from supply.services.signing import supply_sign
from tests.cast import CYCLE_MONTH, Cast

OPENED = datetime(2026, 11, 2, 7, 30, tzinfo=UTC)
ENTRY = datetime(2026, 11, 4, 8, tzinfo=UTC)
ENTRY_CLOSED = datetime(2026, 11, 10, 16, 30, tzinfo=UTC)
DEMAND = datetime(2026, 11, 11, 10, tzinfo=UTC)
SUPPLY = datetime(2026, 11, 16, 10, tzinfo=UTC)
MONEY = datetime(2026, 11, 17, 10, tzinfo=UTC)
FROZEN = datetime(2026, 11, 18, 8, 30, tzinfo=UTC)
APPROVED = datetime(2026, 11, 19, 10, tzinfo=UTC)
HANDLERS = {"publish": publish_part, "correction": correction_part}


def do_job(job: Job, at: datetime) -> None:
    """Do a job's parts here, as a worker would."""
    while part := part_claim(at=at, job=job):
        message = HANDLERS[job.kind](job=job.pk, payload=part.payload, at=at)
        part_finish(part=part, at=at, message=message)


def started(cast: Cast) -> Cycle:
    return cycle_start(month=CYCLE_MONTH, at=OPENED, by=cast.leader)


def baseline_store(cycle: Cycle) -> None:
    """Last year's months again as naive and baseline: nothing here depends on how a baseline is found."""
    cycle_lines_freeze(cycle=cycle)
    lines = cycle_lines(cycle).index.to_numpy(dtype=np.int64)
    year = history(lines, start=add_months(cycle.month, -12), before=cycle.month).quantity
    plan = Plan(lines, cycle.month, np.maximum(np.tile(year, 2), 0.0))
    for stage in (Stage.NAIVE, Stage.BASELINE):
        version_store(cycle=cycle, stage=stage, plan=plan, at=OPENED)
    milestone_reach(cycle=cycle, kind=Milestone.BASELINE_BUILT, at=OPENED)


def in_entry(cast: Cast, cycle: Cycle | None = None) -> Cycle:
    cycle = cycle or started(cast)
    baseline_store(cycle)
    submissions_expect(cycle=cycle)
    cycle_advance(cycle=cycle, at=ENTRY)
    return cycle


def demand_is_signed(cast: Cast, cycle: Cycle | None = None) -> Cycle:
    cycle = cycle or in_entry(cast)
    cycle_advance(cycle=cycle, at=ENTRY_CLOSED)
    proposal_build(cycle=cycle, at=ENTRY_CLOSED)
    demand_sign(cycle=cycle, person=cast.manager, at=DEMAND)
    cycle_advance(cycle=cycle, at=DEMAND)
    return cycle


def hours_enough(cast: Cast) -> None:
    """The work centre carries everything, so that there are no gaps."""
    Resource.objects.filter(pk=cast.resource.pk).update(regular_capacity=1_000)


def supply_is_signed(cast: Cast, cycle: Cycle | None = None) -> Cycle:
    cycle = cycle or demand_is_signed(cast)
    hours_enough(cast)
    supply_plan_build(cycle=cycle, at=SUPPLY)
    supply_sign(cycle=cycle, person=cast.coo, at=SUPPLY)
    cycle_advance(cycle=cycle, at=SUPPLY)
    return cycle


def confirmed(cast: Cast, cycle: Cycle | None = None) -> Cycle:
    cycle = cycle or supply_is_signed(cast)
    finance_confirm(cycle=cycle, person=cast.finance, at=MONEY)
    return cycle


def frozen(cast: Cast, cycle: Cycle | None = None) -> Cycle:
    cycle = cycle or confirmed(cast)
    pack_freeze(cycle=cycle, by=cast.leader, at=FROZEN)
    return cycle


def approved(cast: Cast, cycle: Cycle | None = None) -> Cycle:
    cycle = cycle or frozen(cast)
    ceo_approve(cycle=cycle, person=cast.ceo, at=APPROVED)
    return cycle
