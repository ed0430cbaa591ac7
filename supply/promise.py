"""What a plan promises customers month by month, and how the promise moves from one plan to the next.

Shapes: (..., M) matrices of units per month M, lines before it; months in order.
"""

import numpy as np
from numpy.typing import ArrayLike

from supply.capacity import Matrix

TINY = 0.01
LEAST = 0.5  # units that have to be late before anybody is told


def confirmed(asked: ArrayLike, given: ArrayLike) -> Matrix:
    """Units (..., M) of each month's own need that ship in it, when what waited longest is served first.

        confirmed[m] = clip(Σ given[:m+1] − Σ asked[:m], 0, asked[m])

    >>> confirmed([10, 10], [6, 10]).tolist()
    [6.0, 6.0]
    """
    wanted, sent = _pair(asked, given)
    before = np.cumsum(wanted, axis=-1) - wanted
    own: Matrix = np.clip(np.cumsum(sent, axis=-1) - before, 0.0, wanted)
    return own.round(6)


def rest_at(asked: ArrayLike, given: ArrayLike) -> np.ndarray:
    """Index (..., M) of the month by whose end all that was asked for up to a month has shipped; M where it never has.

    >>> rest_at([10, 10], [6, 14]).tolist()
    [1, 1]
    """
    wanted, sent = (np.cumsum(matrix, axis=-1) for matrix in _pair(asked, given))
    months = wanted.shape[-1]
    done = sent[..., None, :] >= wanted[..., :, None] - TINY
    return np.where(done.any(axis=-1), np.maximum(done.argmax(axis=-1), np.arange(months)), months)


def whole(asked: ArrayLike, confirmed: ArrayLike) -> Matrix:
    """Whole units confirmed beside the whole units asked, alike in shape: never as many where some come later.

        whole = max(round(asked) - max(round(asked - confirmed), 1), 0) where at least half a unit is late,
        round(asked) elsewhere

    >>> whole([35.6, 10.0, 9.6], [28.4, 9.4, 9.3]).tolist()
    [29.0, 9.0, 10.0]
    """
    wanted, own = _pair(asked, confirmed)
    late = wanted - own
    short = np.maximum(np.rint(wanted) - np.maximum(np.rint(late), 1.0), 0.0)
    return np.where(late >= LEAST, short, np.rint(wanted))


def moved(asked_then: ArrayLike, then: ArrayLike, asked_now: ArrayLike, now: ArrayLike) -> Matrix:
    """Units (..., M) by which a plan promises more (+) or less (−) of a month than the plan before it.

        moved = min(now, asked_then) − min(then, asked_now)

    Only what supply does counts: what is not asked for any more is no broken promise, and what was not asked for
    then was never promised.

    >>> moved([20, 20, 5], [20, 8, 5], [15, 30, 9], [10, 25, 9]).tolist()
    [-5.0, 12.0, 0.0]
    """
    wanted_then, kept = _pair(asked_then, then)
    wanted_now, keeps = _pair(asked_now, now)
    return np.minimum(keeps, wanted_then) - np.minimum(kept, wanted_now)


def _pair(one: ArrayLike, other: ArrayLike) -> tuple[Matrix, Matrix]:
    first, second = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    if first.shape != second.shape:
        raise ValueError(f"Expected matrices alike, got {first.shape} and {second.shape}.")
    return first, second
