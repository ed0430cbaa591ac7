"""What a supply plan, or a scenario of one, starts from now."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cycles.models import Cycle
from demand.matrices import Plan
from demand.models import ForecastVersion, Stage
from demand.selectors.lines import cycle_lines
from demand.selectors.versions import stage_plan, version_current, version_proposed
from supply.change import Change
from supply.selectors.ground import parts_of_demand
from supply.selectors.products import by_product, product_index, supply_products
from supply.selectors.scenario_results import Start
from supply.selectors.sharing import class_parts
from supply.selectors.situation import Situation, reliefs_of, situation


def planning_situation(cycle: Cycle) -> Situation:
    """What the supply plan of a cycle starts from now."""
    return planning_start(cycle, demand_plan_of(cycle)[1])[0]


def planning_start(cycle: Cycle, demand: Plan) -> tuple[Situation, pd.DataFrame, np.ndarray]:
    """What a plan for this demand starts from, the facts of its lines, and the row of each line's product."""
    frame = cycle_lines(cycle, lines=demand.lines)
    products = supply_products(cycle)
    rows = product_index(products, frame["product_id"].to_numpy(dtype=np.int64))
    given = situation(cycle, products, by_product(demand, rows, len(products)))
    return (
        replace(given, parts=class_parts(cycle, demand, frame, rows, given.stock.waiting, len(products))),
        frame,
        rows,
    )


def scenario_start(cycle: Cycle, changes: Sequence[Change]) -> Start:
    """What a scenario with these changes starts from: the plan as it would be without any scenario."""
    source, demand = demand_plan_of(cycle)
    given, frame, rows = planning_start(cycle, demand)
    ground = given.ground(reliefs_of(cycle, given.capacity), adopted=False)
    parts = parts_of_demand(cycle, changes, demand, frame, rows, len(given.products))
    return Start(cycle, source, replace(ground, **parts), demand, frame, rows)


def demand_plan_of(cycle: Cycle) -> tuple[ForecastVersion | None, Plan]:
    """The demand plan with the version it is of: the signed one, else the one proposed."""
    source = version_current(cycle, Stage.DEMAND_PLAN) or version_proposed(cycle)
    return source, stage_plan(cycle, Stage.DEMAND_PLAN)
