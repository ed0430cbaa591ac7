"""A cycle of the small company whose demand plan a test sets itself, signed or as a proposal."""

from datetime import UTC, date, datetime, timedelta

import numpy as np

from cycles.models import Cycle, CycleStep
from cycles.services import cycle_advance, cycle_open, milestone_reach
from cycles.steps import Milestone, Step, StepState
from demand.matrices import Plan
from demand.models import CycleLine, ForecastVersion, Stage
from demand.selectors.versions import cycle_line_ids
from demand.services.versions import cycle_lines_freeze, version_store
from tests.cast import CYCLE_MONTH
from tests.stages import OPENED, step_times

AT = OPENED + timedelta(days=9)
LATER = AT + timedelta(hours=1)
CALM = {"ALPHA": 10.0, "BETA": 5.0, "GAMMA": 20.0, "DELTA": 2.0}


def quantities(cycle: Cycle, per_line: dict[str, float], peaks: dict[tuple[str, int], float]) -> Plan:
    """Every line of a product the same each month; `peaks` sets (product, month index) to another quantity."""
    lines = cycle_line_ids(cycle)
    product = dict(CycleLine.objects.filter(cycle=cycle).values_list("line_id", "line__product__code"))
    quantity = np.array([[per_line[product[int(line)]]] * cycle.horizon for line in lines])
    for (code, month), units in peaks.items():
        quantity[[product[int(line)] == code for line in lines], month] = units
    return Plan(lines, cycle.month, quantity)


def cycle_opened(*, month: date = CYCLE_MONTH, simulated: bool = False) -> Cycle:
    cycle = cycle_open(month=month, times=step_times(), horizon=24, at=OPENED, simulated=simulated)
    cycle_lines_freeze(cycle=cycle)
    return cycle


def demand_planned(
    cycle: Cycle,
    per_line: dict[str, float] | None = None,
    peaks: dict[tuple[str, int], float] | None = None,
    at: datetime = AT,
) -> ForecastVersion:
    """A finished demand plan, unsigned."""
    plan = quantities(cycle, per_line or CALM, peaks or {})
    baseline = version_store(cycle=cycle, stage=Stage.BASELINE, plan=plan, at=at)
    return version_store(cycle=cycle, stage=Stage.DEMAND_PLAN, plan=plan, at=at, made_from=baseline)


def cycle_signed(per_line: dict[str, float] | None = None, peaks: dict[tuple[str, int], float] | None = None) -> Cycle:
    """Demand signed, supply review open, no supply plan yet."""
    cycle = cycle_opened()
    demand_planned(cycle, per_line, peaks)
    CycleStep.objects.filter(cycle=cycle, step__in=[Step.DATA_CLOSE.value, Step.SALES_FORECAST.value]).update(
        state=StepState.CLOSED.value, opened_at=OPENED, closed_at=AT
    )
    for kind in (
        Milestone.ACTUALS_IN,
        Milestone.BASELINE_BUILT,
        Milestone.PROPOSAL_BUILT,
        Milestone.DEMAND_SIGNED,
    ):
        milestone_reach(cycle=cycle, kind=kind, at=AT)
    cycle_advance(cycle=cycle, at=AT)
    return cycle


def utc(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 9, tzinfo=UTC)
