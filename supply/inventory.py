"""Inventory and backlog: what stock becomes when supply comes in and demand goes out.

Shapes: P products, M months. The identities of the family sheet hold for every product and month,
and so for every sum of products:

    inventory_t = inventory_{t-1} + supply_t - shipments_t
    backlog_t   = backlog_{t-1}   + bookings_t - shipments_t
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from supply.capacity import Matrix, checked


@dataclass(frozen=True)
class Projection:
    """Shipments, ending inventory and ending backlog, each (P, M)."""

    shipments: Matrix
    inventory: Matrix
    backlog: Matrix


def project(opening: ArrayLike, supply: ArrayLike, demand: ArrayLike, opening_backlog: ArrayLike = 0.0) -> Projection:
    """Ship what is asked for (backlog first) from what is there, month by month.

    `opening` and `opening_backlog` (P,), `supply` and `demand` (P, M), all >= 0. Shipments never
    exceed stock plus supply, so inventory and backlog are never negative.
    """
    coming = checked("supply", np.asarray(supply, dtype=float))
    wanted = checked("demand", np.asarray(demand, dtype=float))
    _same_shape(coming, wanted)
    stock = checked("opening stock", _per_product(opening, wanted))
    owed = checked("opening backlog", _per_product(opening_backlog, wanted))
    shipments, inventory, backlog = (np.empty_like(wanted) for _ in range(3))
    for t in range(wanted.shape[1]):
        shipments[:, t] = np.minimum(stock + coming[:, t], owed + wanted[:, t])
        stock = inventory[:, t] = stock + coming[:, t] - shipments[:, t]
        owed = backlog[:, t] = owed + wanted[:, t] - shipments[:, t]
    return Projection(shipments, inventory, backlog)


def balance(opening: ArrayLike, incoming: ArrayLike, outgoing: ArrayLike) -> Matrix:
    """opening + Σ incoming - Σ outgoing to the end of each month (P, M).

    For actuals: with receipts and shipments it is inventory, with bookings and shipments backlog.
    Returns may make an actual negative, so nothing is clipped here.
    """
    plus, minus = np.asarray(incoming, dtype=float), np.asarray(outgoing, dtype=float)
    _same_shape(plus, minus)
    start = _per_product(opening, plus)
    result = np.empty_like(plus)
    for t in range(plus.shape[1]):
        start = result[:, t] = start + plus[:, t] - minus[:, t]
    return result


def cover_target(demand: ArrayLike, months: ArrayLike) -> Matrix:
    """Units (P, M) that last for `months` (P,) of the demand to come: whole months and a part of the next.

    Near the horizon's end, where fewer months are left, the average of those left stands for the others; after the
    last month its own demand.
    """
    wanted = np.asarray(demand, dtype=float)
    cover = np.broadcast_to(np.asarray(months, dtype=float), (len(wanted),))[:, None]
    target = np.zeros_like(wanted)
    for t in range(wanted.shape[1]):
        ahead = wanted[:, t + 1 :] if t + 1 < wanted.shape[1] else wanted[:, t:]
        counted = np.clip(cover - np.arange(ahead.shape[1]), 0.0, 1.0)
        seen = counted.sum(axis=1)
        scale = np.divide(cover[:, 0], seen, out=np.zeros_like(seen), where=seen > 0)
        target[:, t] = (ahead * counted).sum(axis=1) * scale
    return target


def stock_target(safety: Matrix, cover: ArrayLike, demand: Matrix) -> Matrix:
    """Units (P, M) that should be left at the end of each month: `cover` (P,) months of demand where it is given
    (not NaN), else the safety stock (P,)."""
    months = np.broadcast_to(np.asarray(cover, dtype=float), safety.shape)[:, None]
    return np.where(np.isnan(months), safety[:, None], cover_target(demand, np.nan_to_num(months[:, 0])))


def days_of_supply(inventory: ArrayLike, demand: ArrayLike, days_in_month: ArrayLike, window: int = 3) -> Matrix:
    """Projected ending inventory / average daily forward demand (P, M), in days.

    Forward demand is that of the next `window` months; near the horizon's end of those that are
    left. Infinite when nothing is demanded in them; NaN (n/a) in the last month, which has none.
    """
    stock, wanted = np.asarray(inventory, dtype=float), np.asarray(demand, dtype=float)
    _same_shape(stock, wanted)
    if window < 1:
        raise ValueError(f"The window of forward demand has at least 1 month, got {window}.")
    daily = np.full(stock.shape, np.nan)
    lengths = np.asarray(days_in_month, dtype=float)
    for t in range(stock.shape[1] - 1):
        ahead = slice(t + 1, t + 1 + window)
        daily[:, t] = wanted[:, ahead].sum(axis=1) / lengths[ahead].sum()
    result = np.where(np.isnan(daily), np.nan, np.inf)
    np.divide(stock, daily, out=result, where=daily > 0)
    return result


def below_safety(inventory: ArrayLike, safety_stock: ArrayLike) -> NDArray[np.bool_]:
    """Product-months (P, M) that end with less than the safety stock (P,)."""
    return shortfall(inventory, safety_stock) > 0


def shortfall(inventory: ArrayLike, safety_stock: ArrayLike) -> Matrix:
    """Units missing to the safety stock (P, M); 0 where it is covered."""
    stock = np.asarray(inventory, dtype=float)
    safety = checked("safety stock", _per_product(safety_stock, stock))
    return np.maximum(safety[:, None] - stock, 0.0)


def _per_product(values: ArrayLike, like: Matrix) -> Matrix:
    vector = np.asarray(values, dtype=float)
    if vector.ndim > 1 or vector.size not in (1, like.shape[0]):
        raise ValueError(f"{vector.shape} values for {like.shape[0]} products.")
    return np.broadcast_to(vector.reshape(-1), (like.shape[0],)).copy()


def _same_shape(a: Matrix, b: Matrix) -> None:
    if a.ndim != 2 or a.shape != b.shape:
        raise ValueError(f"Expected two matrices (products, months) alike, got {a.shape} and {b.shape}.")
