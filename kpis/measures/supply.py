"""Supply and inventory: how full, how faithful to plan, how much is kept."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from kpis.measures.measured import Measured, ratio
from kpis.measures.words import Family, Good, Measure, Subject


def capacity_utilisation(load: ArrayLike, regular: ArrayLike, planned_overtime: ArrayLike = 0.0) -> Measured:
    """Σ load hours / Σ (regular + planned overtime hours); above 1 is an overload, n/a at zero capacity."""
    used = np.asarray(load, dtype=float)
    available = np.broadcast_to(
        np.asarray(regular, dtype=float) + np.asarray(planned_overtime, dtype=float), used.shape
    )
    return ratio(float(used.sum()), float(available.sum()), used.size)


def plan_attainment(actual: ArrayLike, plan: ArrayLike) -> Measured:
    """Σ min(actual, plan) / Σ plan over items (0 to 1); n/a without a plan.

    Making too much of one item cannot offset missing another. A negative actual counts as 0.
    """
    done, planned = _pair(actual, plan)
    met = np.minimum(np.maximum(done, 0.0), planned)
    return ratio(float(met.sum()), float(planned.sum()), planned.size)


def plan_performance(actual: ArrayLike, plan: ArrayLike, tolerance: float = 0.1) -> Measured:
    """Share of family-months with |actual - plan| <= tolerance x plan, against last month's plan.

    For bookings, shipments and supply separately. A family-month with neither plan nor actual, or
    with either unknown, does not count.
    """
    done, planned = _pair(actual, plan)
    known = ~(np.isnan(done) | np.isnan(planned)) & ((done != 0) | (planned != 0))
    within = np.abs(done - planned) <= tolerance * np.abs(planned)
    return ratio(float((within & known).sum()), float(known.sum()), int(known.sum()))


def days_of_supply(ending_inventory: ArrayLike, forward_demand: ArrayLike, days: float) -> Measured:
    """Projected ending inventory / average daily forward demand of the next `days` days, in days.

    Units (or money) summed over products. Infinite without demand; n/a for a window of 0 days.
    """
    stock = float(np.asarray(ending_inventory, dtype=float).sum())
    wanted = float(np.asarray(forward_demand, dtype=float).sum())
    products = int(np.asarray(ending_inventory).size)
    if days <= 0:
        return Measured(math.nan, products)
    if wanted <= 0:
        return Measured(math.inf, products, stock, 0.0)
    return ratio(stock, wanted / days, products)


def inventory_turns(cost_of_sales: ArrayLike, inventory_at_cost: ArrayLike) -> Measured:
    """Cost of sales of 12 months / average inventory at cost (turns per year).

    `cost_of_sales` is (12,) monthly, `inventory_at_cost` month ends (usually 13). n/a without 12
    months or without inventory.
    """
    cost, stock = np.asarray(cost_of_sales, dtype=float), np.asarray(inventory_at_cost, dtype=float)
    if cost.size != 12 or not stock.size:
        return Measured(math.nan, int(cost.size))
    return ratio(float(cost.sum()), float(stock.mean()), 12)


def below_safety_share(inventory: ArrayLike, safety_stock: ArrayLike) -> Measured:
    """Share of products (or product-months) that hold less than their safety stock."""
    stock = np.asarray(inventory, dtype=float)
    below = stock < np.broadcast_to(np.asarray(safety_stock, dtype=float), stock.shape)
    return ratio(float(below.sum()), float(below.size), below.size)


def _pair(actual: ArrayLike, plan: ArrayLike) -> Sequence[np.ndarray]:
    done, planned = np.asarray(actual, dtype=float), np.asarray(plan, dtype=float)
    if done.shape != planned.shape:
        raise ValueError(f"actual {done.shape} and plan {planned.shape} differ in shape.")
    return done, planned


MEASURES: Final = (
    Measure(
        "capacity_utilisation",
        "Capacity utilisation",
        Subject.SUPPLY,
        Family.COST,
        "load hours / (regular + planned overtime hours)",
        "%",
        Good.NONE,
        "n/a at zero capacity; above 100 % is an overload",
    ),
    Measure(
        "plan_attainment",
        "Plan attainment",
        Subject.SUPPLY,
        Family.SERVICE,
        "Σ min(actual, plan) / Σ plan over items",
        "%",
        Good.UP,
        "too much of one item cannot offset missing another; n/a without a plan",
    ),
    Measure(
        "plan_performance",
        "Plan performance",
        Subject.SUPPLY,
        Family.SERVICE,
        "share of family-months with |actual − plan| ≤ tolerance, against last month's plan",
        "%",
        Good.UP,
        "bookings, shipments and supply separately; family-months with neither do not count",
    ),
    Measure(
        "days_of_supply",
        "Days of supply",
        Subject.SUPPLY,
        Family.COST,
        "projected ending inventory / average daily forward demand",
        "days",
        Good.NONE,
        "states its window; infinite without demand",
    ),
    Measure(
        "inventory_turns",
        "Inventory turns",
        Subject.SUPPLY,
        Family.COST,
        "12-month cost of sales / average inventory at cost",
        "per year",
        Good.UP,
        "n/a without 12 months or without inventory",
    ),
    Measure(
        "below_safety",
        "Below safety stock",
        Subject.SUPPLY,
        Family.SERVICE,
        "products below safety stock / products with one",
        "%",
        Good.DOWN,
        "n/a without products",
    ),
)
