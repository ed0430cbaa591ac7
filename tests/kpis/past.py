"""Past cycles of the small company with versions of known numbers, for what is measured when months close.

past_cycle(date(2026, 8, 1), {Stage.BASELINE: 1.2, ...}) stores every stage as actual x factor plus a little noise.
"""

from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from cycles.models import Cycle, CycleState
from cycles.periods import add_months
from cycles.services import cycle_end, cycle_open
from cycles.steps import Step
from demand.matrices import Plan
from demand.models import Stage
from demand.selectors.history import history
from demand.selectors.lines import cycle_lines
from demand.services.versions import cycle_lines_freeze, version_store

LADDER = {
    Stage.NAIVE: 1.5,
    Stage.BASELINE: 1.25,
    Stage.SALES: 1.1,
    Stage.TEAM: 1.1,
    Stage.EVENTS: 1.15,
    Stage.DEMAND_PLAN: 1.05,
    Stage.SUPPLY_PLAN: 1.0,
    Stage.COMPANY_FORECAST: 0.95,
}


def moment(month: date) -> datetime:
    return datetime.combine(month, time(9), UTC)


def times_of(month: date) -> dict[Step, tuple[datetime, datetime]]:
    start = moment(month)
    return {step: (start + timedelta(days=i), start + timedelta(days=i + 1)) for i, step in enumerate(Step)}


def past_cycle(month: date, factors: dict[Stage, float] | None = None, *, simulated: bool = True) -> Cycle:
    """A finished cycle; its numbers beyond the closed months are last year's."""
    at = moment(month)
    cycle = cycle_open(month=month, times=times_of(month), horizon=24, at=at, simulated=simulated)
    cycle_lines_freeze(cycle=cycle)
    lines = cycle_lines(cycle).index.to_numpy(dtype=np.int64)
    known = history(lines, start=add_months(month, -12), before=add_months(month, 12)).quantity
    base = np.hstack([known[:, 12:], known[:, :12]])
    noise = np.random.default_rng(month.month).integers(-2, 3, size=base.shape)
    for stage, factor in (factors or LADDER).items():
        quantity = np.maximum(base * factor + noise, 0.0)
        version_store(cycle=cycle, stage=stage, plan=Plan(lines, month, quantity), at=at, rule="test")
    cycle_end(cycle=cycle, state=CycleState.PUBLISHED, at=at)
    return Cycle.objects.get(pk=cycle.pk)
