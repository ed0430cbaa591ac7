"""Soft friction: what a person's own past cases say of a change like the one just typed.

Only from five own cases on, and only where they give cause: a hint that would be wrong half the time is none. Cases
are the changed cells of closed months, flat vectors, oldest first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from demand.accuracy import FEWEST_CASES

SMALL: Final = 0.05
LARGE: Final = 0.20
RECENT: Final = 12
LEAST_LOWER: Final = 0.05
Floats = NDArray[np.float64]
Chosen = Callable[[Floats], NDArray[np.bool_]]


@dataclass(frozen=True)
class SmallChanges:
    """Of the last `of` changes under `SMALL`, `helped` ended nearer to what came."""

    helped: int
    of: int


@dataclass(frozen=True)
class Increases:
    """What came was `lower` (a share, 0 to 1) than said, over the last `of` increases above `LARGE`."""

    of: int
    lower: float


def small_changes(before: ArrayLike, after: ArrayLike, actual: ArrayLike) -> SmallChanges | None:
    """The last up to twelve changes under 5 % of the baseline; None under five, or when at least half helped.

    Helped: |after − actual| < |before − actual|. A change of a baseline of 0 has no size and is no case.
    """
    b, a, came = _newest(before, after, actual, lambda change: (change != 0) & (np.abs(change) < SMALL))
    helped = int((np.abs(a - came) < np.abs(b - came)).sum())
    return SmallChanges(helped, len(b)) if len(b) >= FEWEST_CASES and 2 * helped < len(b) else None


def increases(before: ArrayLike, after: ArrayLike, actual: ArrayLike) -> Increases | None:
    """The last up to twelve increases over 20 %: lower = Σ(after − actual) / Σ after.

    None under five cases, or when what came was less than 5 % lower than said.
    """
    _, a, came = _newest(before, after, actual, lambda change: change > LARGE)
    if len(a) < FEWEST_CASES:
        return None
    lower = float((a - came).sum() / a.sum())
    return Increases(len(a), lower) if lower >= LEAST_LOWER else None


def _newest(before: ArrayLike, after: ArrayLike, actual: ArrayLike, chosen: Chosen) -> tuple[Floats, ...]:
    """The newest cases whose change, as a share of the baseline, is a chosen one."""
    b, a, came = (np.asarray(side, dtype=float).ravel() for side in (before, after, actual))
    known = (b > 0) & ~np.isnan(came)
    b, a, came = b[known], a[known], came[known]
    use = chosen((a - b) / b)
    return tuple(side[use][-RECENT:] for side in (b, a, came))
