"""Supply reserved because of a person's input: what is committed with it, less what would be without.

Shapes: L lines, M months; units. A commitment by the same rule is made for both demands, so asking for
more than the plan takes over reserves nothing.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from supply.capacity import Matrix

TINY: Final = 1e-9


def without_input(demand: ArrayLike, before: ArrayLike, after: ArrayLike) -> Matrix:
    """The demand plan (L, M) had the person left the cells at `before` instead of `after`.

    Only the part of each change that the demand plan kept is taken out: of a change c = after - before it is
    (demand - before) in the direction of c, between none and all of it.
    """
    plan, base = np.asarray(demand, dtype=float), np.asarray(before, dtype=float)
    change = np.asarray(after, dtype=float) - base
    kept = np.clip((plan - base) * np.sign(change), 0.0, np.abs(change)) * np.sign(change)
    return plan - kept


def supply_reserved(
    demand: ArrayLike, without: ArrayLike, lines: ArrayLike, committed: ArrayLike, commit: Callable[[Matrix], Matrix]
) -> Matrix:
    """(L,) units committed over the horizon to the marked `lines` because of the difference; may be negative.

    `committed` (L, M) is what stands for `demand`; `commit` turns another demand plan into what would be. Other
    lines are 0. In `without` only the marked lines count; the others are read from `demand`.
    """
    wanted: Matrix = np.asarray(demand, dtype=float)
    mine: NDArray[np.bool_] = np.asarray(lines, dtype=bool)
    less = np.where(mine[:, None], np.asarray(without, dtype=float), wanted)
    if np.abs(less - wanted).max(initial=0.0) <= TINY:
        return np.zeros(len(wanted))
    return (np.asarray(committed, dtype=float) - commit(less)).sum(axis=1) * mine
