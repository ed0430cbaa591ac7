"""What a supply plan comes to, in five numbers: so that two plans can be put side by side.

Shapes: P products, M months.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Outcome:
    """Units asked for in a month that do not ship in it, their value at price, the share that ships in its
    month (NaN without demand), units never shipped within the horizon, and average stock at cost."""

    units_late: float
    value_late: float
    in_time: float
    units_open: float
    stock_value: float


def outcome(
    demand: ArrayLike, commitment: ArrayLike, inventory: ArrayLike, price: ArrayLike, unit_cost: ArrayLike
) -> Outcome:
    """The outcome of a commitment. Matrices are (P, M); price and unit cost (P,). ValueError if they differ."""
    wanted, committed = np.asarray(demand, dtype=float), np.asarray(commitment, dtype=float)
    stock = np.asarray(inventory, dtype=float)
    if wanted.ndim != 2 or wanted.shape != committed.shape or wanted.shape != stock.shape:
        raise ValueError(
            f"demand {wanted.shape}, commitment {committed.shape} and inventory {stock.shape} do not fit: "
            "expected three matrices (products, months) alike."
        )
    late = np.maximum(wanted - committed, 0.0)
    asked = float(wanted.sum())
    at_cost = stock * np.asarray(unit_cost, dtype=float)[:, None]
    return Outcome(
        units_late=float(late.sum()),
        value_late=float((late * np.asarray(price, dtype=float)[:, None]).sum()),
        in_time=1 - float(late.sum()) / asked if asked > 0 else float("nan"),
        units_open=float(np.maximum(wanted.sum(axis=1) - committed.sum(axis=1), 0.0).sum()),
        stock_value=float(at_cost.sum(axis=0).mean()),
    )
