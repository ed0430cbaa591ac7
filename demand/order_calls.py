"""What a rep's call on an open order means for the plan, and who has fallen quiet.

A call is one of five words, each standing for a probability, or a slip to another month. Calls are scored later
(:func:`demand.accuracy.brier`, :func:`call_calibration`).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]

PROBABILITY: Mapping[str, float] = {"firm": 0.9, "likely": 0.7, "even": 0.5, "doubtful": 0.3, "lost": 0.0}
OVERDUE_AFTER = 1.5
FEWEST_ORDERS = 3


def call_probability(call: str) -> float:
    """Probability (0 to 1) a call stands for: firm 0.9, likely 0.7, even 0.5, doubtful 0.3, lost 0."""
    if call not in PROBABILITY:
        raise ValueError(f"{call!r} is not a call. Use one of: {', '.join(PROBABILITY)}.")
    return PROBABILITY[call]


def expected_quantity(qty: ArrayLike, calls: ArrayLike) -> Numbers:
    """Quantity × probability of each order (orders,)."""
    probability = np.array([call_probability(str(call)) for call in np.asarray(calls)])
    return np.asarray(qty, dtype=float) * probability


def slip(vector: ArrayLike, from_index: int, to_index: int | None, qty: float) -> Numbers:
    """The plan of a line (months,) with ``qty`` moved from one month to another.

    ``to_index`` None = past the horizon, the quantity leaves the plan. What is moved is at most what the month has,
    so that no month goes below zero. Raises ValueError for a month outside the plan or a negative quantity.

    >>> slip([50.0, 20.0, 0.0], 0, 2, 30)
    array([20., 20., 30.])
    """
    plan = np.array(vector, dtype=float)
    for index in (from_index, to_index):
        if index is not None and not 0 <= index < len(plan):
            raise ValueError(f"month {index} is not one of the {len(plan)} months of the plan")
    if not np.isfinite(qty) or qty < 0:
        raise ValueError(f"a slip moves a quantity of 0 or more, not {qty}")
    moved = min(float(qty), max(float(plan[from_index]), 0.0))
    plan[from_index] -= moved
    if to_index is not None:
        plan[to_index] += moved
    return plan


def overdue_customers(
    bookings: ArrayLike, *, late_after: float = OVERDUE_AFTER, fewest_orders: int = FEWEST_ORDERS
) -> pd.DataFrame:
    """Customers past their usual order interval, one row per row of ``bookings`` (customers, closed months).

    Columns: orders (months with demand), usual_interval (median months between them, NaN under ``fewest_orders``),
    months_since_order (1 = in the last closed month, NaN = never) and overdue (more than ``late_after`` usual
    intervals ago). NaN and returns are no orders.
    """
    ordered = np.nan_to_num(np.asarray(bookings, dtype=float)) > 0
    if ordered.ndim != 2:
        raise ValueError(f"bookings must be (customers, months), not {ordered.shape}")
    orders = ordered.sum(axis=1)
    since = _months_since(ordered)
    interval = np.where(orders >= fewest_orders, _median_gaps(ordered), np.nan)
    return pd.DataFrame(
        {
            "orders": orders,
            "usual_interval": interval,
            "months_since_order": since,
            "overdue": since > late_after * interval,
        }
    )


def _months_since(ordered: NDArray[np.bool_]) -> Numbers:
    if not ordered.shape[1]:
        return np.full(len(ordered), np.nan)
    return np.where(ordered.any(axis=1), 1.0 + ordered[:, ::-1].argmax(axis=1), np.nan)


def _median_gaps(ordered: NDArray[np.bool_]) -> Numbers:
    """Median number of months from one order to the next (customers,); NaN under two orders."""
    customer, month = np.nonzero(ordered)
    same = customer[1:] == customer[:-1]
    gaps = pd.Series(np.diff(month)[same]).groupby(customer[1:][same]).median()
    return gaps.reindex(range(len(ordered))).to_numpy(dtype=float)


def call_calibration(calls: ArrayLike, came: ArrayLike) -> pd.DataFrame:
    """How calls turned out, one row per call in the order of :data:`PROBABILITY`.

    ``calls`` (n,) words, ``came`` (n,) 1 or 0, NaN = still open and not counted. Columns: probability, n, came (number)
    and share (NaN without cases): "of 10 you called likely, 6 came".
    """
    outcome = pd.Series(np.asarray(came, dtype=float))
    word = pd.Series(np.asarray(calls)).map(str)
    for one in word.unique():
        call_probability(one)
    by_call = outcome.groupby(word).agg(["count", "sum"]).reindex(list(PROBABILITY), fill_value=0)
    share = by_call["sum"] / by_call["count"].where(by_call["count"] > 0)
    return pd.DataFrame(
        {
            "probability": pd.Series(PROBABILITY),
            "n": by_call["count"].astype(int),
            "came": by_call["sum"].astype(int),
            "share": share,
        }
    )
