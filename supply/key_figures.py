"""What a plan comes to: the figures two scenarios are compared by, what binds them, and who waits.

Shapes: P products, M months, R resources. Money is in the company's currency.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from cycles.periods import add_months
from supply.as_commitment import committed
from supply.capacity import Matrix
from supply.cheapest_plan import CheapestPlan
from supply.ground import Ground, known, problem_of
from supply.plan_problem import full_facts

WORTH_NAMING: Final = 0.005
HALF_A_UNIT: Final = 0.5


@dataclass(frozen=True)
class KeyFigures:
    """`in_time` is the share of units that ship in the month asked (NaN without demand); `revenue` what ships
    within the horizon at its price; `extra_cost` overtime, shifts and suppliers beyond the regular rate or the cost
    of the unit; `holding` stock over the horizon; `margin` is revenue less unit costs, extra cost and holding;
    `stock` the average at cost; `utilisation` the load of the fullest resource against its regular hours and those
    worked on top, `overtime` and `extra` hours; `bought` units that come ready from suppliers; `cost` what the plan
    was chosen by, and `gap` how far that may be above the best possible (NaN: not known)."""

    in_time: float
    units_late: float
    value_late: float
    units_open: float
    revenue: float
    margin: float
    extra_cost: float
    holding: float
    stock: float
    utilisation: float
    overtime: float
    extra: float
    bought: float
    cost: float
    gap: float


@dataclass(frozen=True)
class HourValue:
    """One more hour at a resource in a month, and what it would save."""

    resource: str
    month: date
    value: float


@dataclass(frozen=True)
class FamilyLate:
    """Units of a family that ship later than asked, and their value at price."""

    family: str
    units: float
    value: float


def key_figures(ground: Ground, made: CheapestPlan) -> KeyFigures:
    """The plan in figures. Shipments within the horizon count, the backlog of the start included."""
    facts = full_facts(problem_of(ground))
    price, cost = (known(values) for values in (ground.price, ground.unit_cost))
    late, shipped = late_units(ground, made), made.shipments.sum(axis=(0, 2))
    asked, extra = float(facts.demand.sum()), _extra_cost(made, facts.overtime_cost)
    holding, revenue = float(facts.hold @ made.inventory.sum(axis=1)), float(shipped @ price)
    return KeyFigures(
        in_time=1 - float(late.sum()) / asked if asked > 0 else float("nan"),
        units_late=float(late.sum()),
        value_late=float(late.sum(axis=1) @ price),
        units_open=float(made.backlog[:, :, -1].sum() + made.lost.sum()),
        revenue=revenue,
        margin=revenue - float(shipped @ cost) - extra - holding,
        extra_cost=extra,
        holding=holding,
        stock=float((made.inventory * cost[:, None]).sum(axis=0).mean()),
        utilisation=_fullest(made.load, facts.regular + made.overtime + made.extra),
        overtime=float(made.overtime.sum()),
        extra=float(made.extra.sum()),
        bought=float(made.bought.sum()),
        cost=made.cost,
        gap=made.gap,
    )


def _extra_cost(made: CheapestPlan, overtime_cost: Matrix) -> float:
    return float((made.overtime * overtime_cost[:, None]).sum() + made.extra_cost.sum() + made.bought_cost.sum())


def _fullest(load: Matrix, worked: Matrix) -> float:
    """Load / (regular hours and those worked on top) of the fullest resource over the horizon; NaN without any."""
    hours = worked.sum(axis=1)
    return max(((load.sum(axis=1) / hours)[hours > 0]).tolist(), default=float("nan")) if hours.any() else float("nan")


def late_units(ground: Ground, made: CheapestPlan) -> Matrix:
    """(P, M) units asked for in a month that do not ship in it."""
    facts = full_facts(problem_of(ground))
    demand = facts.demand.sum(axis=0)
    shipped = committed(made.shipments.sum(axis=0), facts.owed.sum(axis=0), demand)
    return np.maximum(demand - shipped, 0.0)


def hour_values(ground: Ground, made: CheapestPlan, start: date, most: int) -> list[HourValue]:
    """Where one more hour is worth most, the highest first; what is worth next to nothing is left out."""
    found = [
        HourValue(ground.resources[r], add_months(start, int(m)), float(made.hour_value[r, m]))
        for r, m in np.argwhere(made.hour_value > WORTH_NAMING)
    ]
    return sorted(found, key=lambda hour: (-round(hour.value, 6), hour.month, hour.resource))[:most]


def families_late(ground: Ground, late: Matrix, most: int) -> list[FamilyLate]:
    """Which families wait, the most valuable first."""
    price, units = known(ground.price), late.sum(axis=1)
    found: dict[str, tuple[float, float]] = {}
    for family, count, worth in zip(ground.families, units.tolist(), (units * price).tolist(), strict=True):
        before = found.get(family, (0.0, 0.0))
        found[family] = (before[0] + count, before[1] + worth)
    rows = [FamilyLate(family, *both) for family, both in found.items() if both[0] >= HALF_A_UNIT]
    return sorted(rows, key=lambda row: (-row.value, -row.units, row.family))[:most]


def binding_months(hours: Sequence[HourValue]) -> dict[str, int]:
    """How many months each resource binds, most first."""
    counts: dict[str, int] = {}
    for hour in hours:
        counts[hour.resource] = counts.get(hour.resource, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
