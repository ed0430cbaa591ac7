"""The stored answer of operations as matrices."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cycles.models import Cycle
from demand.matrices import Matrix
from supply.models import SupplyAnswer
from supply.outcome import Outcome, outcome
from supply.selectors.products import supply_products

MATRICES = ("demand", "committed", "shipments", "supply", "inventory", "backlog")


@dataclass(frozen=True)
class Answer:
    """What operations answered, rows in the order of `products`, columns the months of the horizon.

    `opening_stock` is None when stock was not known. `binding` holds codes of resources, LEAD_TIME or ''.
    """

    products: pd.DataFrame
    demand: Matrix
    committed: Matrix
    shipments: Matrix
    supply: Matrix
    inventory: Matrix
    backlog: Matrix
    binding: np.ndarray
    opening_stock: Matrix | None
    opening_backlog: Matrix
    safety_stock: Matrix
    bought: Matrix

    @property
    def with_hours(self) -> Matrix:
        """Supply that takes hours: all but the units bought ready."""
        return self.supply - self.bought

    @property
    def late(self) -> Matrix:
        """Units asked for in a month that do not ship in it."""
        return np.maximum(self.demand - self.committed, 0.0)

    @property
    def outcome(self) -> Outcome:
        products = self.products
        return outcome(self.demand, self.committed, self.inventory, products["price"], products["unit_cost"])


def answer_of(cycle: Cycle) -> Answer | None:
    """The answer of a cycle; None when nothing is planned yet."""
    rows = list(SupplyAnswer.objects.filter(cycle=cycle).order_by("product_id"))
    if not rows:
        return None
    products = supply_products(cycle)
    products = products.loc[[row.product_id for row in rows]]
    stock = [row.opening_stock for row in rows]
    return Answer(
        products=products,
        **{name: np.array([getattr(row, name) for row in rows], dtype=float) for name in MATRICES},
        binding=np.array([row.binding for row in rows], dtype=object),
        opening_stock=None if None in stock else np.array(stock, dtype=float),
        opening_backlog=np.array([row.opening_backlog for row in rows]),
        safety_stock=np.array([row.safety_stock for row in rows]),
        bought=np.array([row.bought or [0.0] * len(row.supply) for row in rows], dtype=float),
    )


def answer_rows(answer: Answer, rows: np.ndarray) -> Answer:
    """The answer for some products only."""
    stock = answer.opening_stock
    return Answer(
        products=answer.products.iloc[rows],
        **{name: getattr(answer, name)[rows] for name in MATRICES},
        binding=answer.binding[rows],
        opening_stock=None if stock is None else stock[rows],
        opening_backlog=answer.opening_backlog[rows],
        safety_stock=answer.safety_stock[rows],
        bought=answer.bought[rows],
    )


def plan_outcome(cycle: Cycle) -> Outcome:
    """The plan in five numbers; all zero when nothing is planned yet."""
    answer = answer_of(cycle)
    return Outcome(0.0, 0.0, float("nan"), 0.0, 0.0) if answer is None else answer.outcome
