"""How large a change is, and whether it is large enough to be asked for a reason.

A reason is asked only where a change matters: at least 10 % of what stood there **and** at least 500 currency
units (both settings), so that nobody explains rounding and nobody explains pennies.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

SHARE = 0.10
MONEY = 500.0


def changed_units(before: ArrayLike, after: ArrayLike) -> NDArray[np.float64]:
    """(lines,) units moved: Σ over months of |after − before|; both (lines, months) in the product's unit."""
    old, new = _pair(before, after)
    return np.abs(new - old).sum(axis=1)


def reason_needed(
    before: ArrayLike, after: ArrayLike, price: ArrayLike, *, share: float = SHARE, money: float = MONEY
) -> NDArray[np.bool_]:
    """(lines,) True where the change passes both thresholds.

    `before` and `after` (lines, months) in the product's unit, `price` (lines,) in currency per unit. The share is
    of what stood in the changed months: Σ|after − before| / Σ before; a change of nothing into something passes it.
    ValueError when shapes differ or a threshold is negative.
    """
    if share < 0 or money < 0:
        raise ValueError(f"thresholds must be 0 or more, not {share} and {money}")
    old, new = _pair(before, after)
    prices = np.asarray(price, dtype=float)
    if prices.shape != old.shape[:1]:
        raise ValueError(f"{prices.shape} prices for {old.shape[0]} lines")
    units = np.abs(new - old).sum(axis=1)
    stood = np.where(new != old, old, 0.0).sum(axis=1)
    # a hair of tolerance, so that exactly 10 % of a float passes
    return (units > 0) & (units >= share * stood * (1 - 1e-9)) & (units * prices >= money * (1 - 1e-9))


def _pair(before: ArrayLike, after: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    old, new = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    if old.ndim != 2 or old.shape != new.shape:
        raise ValueError(f"before {old.shape} and after {new.shape} must be the same lines and months")
    if not (np.isfinite(old).all() and np.isfinite(new).all()):
        raise ValueError("quantities must be known")
    return old, new
