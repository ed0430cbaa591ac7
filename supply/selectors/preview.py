"""Before there is a supply plan: what it waits for, and what today's numbers would ask of the resources."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from cycles.models import Cycle, CycleStep
from cycles.steps import Step, StepState
from demand.matrices import Matrix
from demand.models import Line, Stage
from demand.selectors.versions import stage_plan, stages_available
from supply.selectors.load import load_chart, load_of, utilisation_rows
from supply.selectors.products import by_product, product_index, supply_products

SHOWN: Final = 12
# events are left out until they are frozen into the demand plan
STAGES: Final = (Stage.BASELINE, Stage.TEAM, Stage.DEMAND_PLAN)


@dataclass(frozen=True)
class LiveDemand:
    """The latest number before the supply plan, per product (rows of `products`) and month."""

    stage: Stage
    products: pd.DataFrame
    demand: Matrix


def live_demand(cycle: Cycle) -> LiveDemand | None:
    """None before there is a baseline."""
    stage = live_stage(cycle)
    if stage is None:
        return None
    plan = stage_plan(cycle, stage)
    products = supply_products(cycle)
    product_of = dict(Line.objects.filter(pk__in=plan.lines.tolist()).values_list("pk", "product_id"))
    rows = product_index(products, np.array([product_of[int(line)] for line in plan.lines], dtype=np.int64))
    return LiveDemand(stage, products, by_product(plan, rows, len(products)))


def live_stage(cycle: Cycle) -> Stage | None:
    """The stage of the latest number before the supply plan."""
    known = [stage for stage in stages_available(cycle) if stage in STAGES]
    return known[-1] if known else None


def preview(cycle: Cycle) -> dict[str, Any]:
    """The load of the live number; and the step everybody waits for."""
    page: dict[str, Any] = {"waits_for": waits_for(cycle), "used": [], "charts": [], "stage": None}
    live = live_demand(cycle)
    if live is None:
        return page
    load = load_of(cycle, live.products, live.demand)
    used = utilisation_rows(load, SHOWN)
    charts = [load_chart(load, row, len(load.months), 1180, live.stage.label.lower()) for row in used[:1]]
    return page | {
        "stage": live.stage,
        "used": used,
        "used_months": load.months[:SHOWN],
        "charts": [chart for chart in charts if chart is not None],
    }


def waits_for(cycle: Cycle) -> CycleStep | None:
    """The first unfinished step up to the demand review; None when demand is through."""
    before = (Step.DATA_CLOSE, Step.SALES_FORECAST, Step.DEMAND_REVIEW)
    rows = {row.kind: row for row in cycle.steps.all()}
    open_rows = [rows[step] for step in before if rows[step].state != StepState.CLOSED.value]
    return open_rows[0] if open_rows else None
