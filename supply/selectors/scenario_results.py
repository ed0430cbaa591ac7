"""A plan as the figures, sentences and parts that a scenario keeps and two scenarios are compared by."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cycles.models import Cycle
from cycles.periods import format_month
from demand.matrices import Matrix, Plan
from demand.models import ForecastVersion
from supply.allocation import Rule, allocate
from supply.as_commitment import as_commitment, priced
from supply.cheapest_plan import CheapestPlan
from supply.commitment import Commitment, SupplyInput, plan
from supply.ground import Ground, doubts, problem_of
from supply.key_figures import HourValue, binding_months, families_late, hour_values, key_figures, late_units
from supply.plan_problem import full_facts
from supply.relief import PREBUILD_MONTHS
from supply.selectors.sharing import rule_vectors
from supply.service_levels import classes_served, targets_missed

HOURS_KEPT: Final = 400
FAMILIES_NAMED: Final = 8
CUSTOMERS_NAMED: Final = 8
LEAST_UNITS: Final = 0.5


@dataclass(frozen=True)
class Start:
    """What scenarios of a cycle start from: the ground without any, and the demand plan by line that it is of.

    `frame` has the facts of the lines, `rows` the row of each line's product in the ground.
    """

    cycle: Cycle
    source: ForecastVersion | None
    ground: Ground
    demand: Plan
    frame: pd.DataFrame
    rows: NDArray[np.int64]


def result_of(start: Start, made: CheapestPlan, rule: Rule, *, method: str = "cost") -> dict[str, Any]:
    """What is kept of a plan, as JSON; NaN is None."""
    ground, late = start.ground, late_units(start.ground, made)
    hours = hour_values(ground, made, start.cycle.month, HOURS_KEPT)
    figures = {key: _number(value) for key, value in asdict(key_figures(ground, made)).items()}
    return {
        "method": method,
        "figures": figures,
        "classes": [asdict(row) for row in classes_served(ground, made)],
        "targets_missed": targets_missed(ground, late),
        "hours": [_hour(hour) for hour in hours],
        "binding": binding_months(hours),
        "families": [asdict(row) for row in families_late(ground, late, FAMILIES_NAMED)],
        "customers": customers_late(start, _commitment(start, made), rule),
        "doubts": doubts(ground),
    }


def result_by_rules(start: Start, rule: Rule, *, bound: float) -> dict[str, Any]:
    """The plan of the rules with the same hours, when the cheapest one was not found in time."""
    made = rules_on(start.ground)
    return result_of(start, priced(made, problem_of(start.ground), bound=bound), rule, method="rules")


def rules_on(ground: Ground) -> Commitment:
    """The plan of the rules on a ground: the hours released, stock and orders as the optimiser has them."""
    facts = full_facts(problem_of(ground))
    return plan(
        SupplyInput(
            demand=facts.demand.sum(axis=0),
            hours=facts.hours,
            capacity=facts.regular + facts.overtime + facts.extra.sum(axis=0),
            opening_stock=facts.stock if ground.stock is not None else None,
            opening_backlog=facts.owed.sum(axis=0),
            receipts=facts.receipts,
            open_production=facts.ordered,
            safety_stock=facts.safety,
            lead_months=facts.lead,
            storable=facts.storable,
            prebuild_months=np.where(ground.ahead[:, None], PREBUILD_MONTHS, np.zeros_like(ground.demand, dtype=int)),
        )
    )


def _commitment(start: Start, made: CheapestPlan) -> Matrix:
    problem = problem_of(start.ground)
    return as_commitment(made, problem, stock_known=start.ground.stock is not None).commitment


def customers_late(start: Start, commitment: Matrix, rule: Rule) -> list[dict[str, Any]]:
    """Whose units wait when the plan is shared by the rule in use, the most valuable first."""
    wanted = _lines_of(start)
    vectors = rule_vectors(start.cycle, start.frame, rule)
    shared = allocate(wanted, start.rows, commitment, rule, **vectors)
    units = np.maximum(wanted - shared, 0.0).sum(axis=1)
    value = units * np.nan_to_num(start.frame["price"].to_numpy(dtype=float))
    frame = pd.DataFrame(
        {"code": start.frame["customer"].to_numpy(), "name": start.frame["customer_name"].to_numpy()}
    ).assign(units=units, value=value)
    late = frame.groupby(["code", "name"], as_index=False).sum().sort_values(["value", "code"], ascending=[False, True])
    rows = late[late["units"] >= LEAST_UNITS].head(CUSTOMERS_NAMED).to_dict("records")
    return [{**row, "units": float(row["units"]), "value": float(row["value"])} for row in rows]


def _lines_of(start: Start) -> Matrix:
    """Demand of the lines (lines, months) when that of the products has changed: every line in proportion.

    Where nobody asked for anything before (an event that comes later), in proportion to the whole horizon; alike when
    that is nothing either.
    """
    rows, quantity = start.rows, start.demand.quantity
    lines = np.bincount(rows, minlength=len(start.ground.demand))
    whole = quantity.sum(axis=1)
    of_product = np.bincount(rows, whole, minlength=len(lines))
    usual = np.divide(whole, of_product[rows], out=1.0 / lines[rows], where=of_product[rows] > 0)
    before = np.zeros_like(start.ground.demand)
    np.add.at(before, rows, quantity)
    share = np.divide(
        quantity, before[rows], out=np.repeat(usual[:, None], quantity.shape[1], axis=1), where=before[rows] > 0
    )
    shared: Matrix = share * start.ground.demand[rows]
    return shared


def _hour(hour: HourValue) -> dict[str, Any]:
    return {"resource": hour.resource, "month": format_month(hour.month), "value": round(hour.value, 4)}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
