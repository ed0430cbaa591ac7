"""Quantities in lots near a plan without them: what is short of a lot waits for company, what is over is held.

Shapes: P products, M months, R resources.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from supply.capacity import Matrix

TINY = 1e-6


def lot_quantity(wanted: Matrix, least: Matrix, size: Matrix) -> Matrix:
    """The smallest quantity that covers `wanted` and may be made: at least `least`, a whole number of `size` (0 = any
    quantity)."""
    covered = np.maximum(wanted, least)
    step = np.where(size > 0, size, 1.0)
    return np.where(size > 0, np.ceil(covered / step - TINY) * step, covered)


def within_lots(most: Matrix, least: Matrix, size: Matrix) -> Matrix:
    """The largest quantity up to `most` that may be made; none where that is less than a lot."""
    step = np.where(size > 0, size, 1.0)
    fits = np.where(size > 0, np.floor(most / step + TINY) * step, most)
    return np.where(fits >= least - TINY, np.maximum(fits, 0.0), 0.0)


def in_lots(
    wanted: Matrix, hours: Matrix, room: Matrix, free: NDArray[np.bool_], least: Matrix, size: Matrix, worth: Matrix
) -> Matrix:
    """What to make (P, M), in lots where `free` (P, M) and as `wanted` elsewhere.

    Month by month every product makes the lots that `wanted` has in it; then, the one lacking most of its lot first,
    a lot for what it still lacks of `wanted`, cumulatively, where that is at least the share `worth` (P,) of the lot.
    All of it fits into `room` (R, M) by `hours` (R, P). So no product is ever ahead of `wanted` by a whole lot, and
    what does not fit comes in a later month.
    """
    month = _Month(hours, least, size)
    made, lack = np.zeros_like(wanted), np.zeros(len(wanted))
    for t in range(wanted.shape[1]):
        lack += wanted[:, t]
        made[:, t] = np.where(free[:, t], 0.0, np.maximum(wanted[:, t], 0.0))
        short = np.where(free[:, t], np.maximum(lack, 0.0), 0.0)
        lots = lot_quantity(short, least, size)
        pays = short >= worth * lots
        order = np.argsort(-short / np.maximum(lots, TINY), kind="stable")
        left = room[:, t] - hours @ made[:, t]
        for target in (np.minimum(short, wanted[:, t]), np.where((short > TINY) & pays, lots, 0.0)):
            left -= month.fill(made[:, t], target, left, order)
        lack -= made[:, t]
    return made


@dataclass(frozen=True)
class _Month:
    hours: Matrix
    least: Matrix
    size: Matrix

    def fill(self, made: Matrix, target: Matrix, left: Matrix, order: NDArray[np.int64]) -> Matrix:
        """Raise `made` (P,) towards `target` in lots while hours are `left` (R,); returns the hours that took (R,)."""
        spent = np.zeros_like(left)
        for p in order[(target > made + TINY)[order]]:
            needs = self.hours[:, p]
            room = np.min((left - spent)[needs > 0] / needs[needs > 0], initial=np.inf)
            most = np.minimum(target[p], made[p] + room)
            more = float(within_lots(most, self.least[p], self.size[p])) - made[p]
            if more > 0:
                made[p] += more
                spent += needs * more
        return spent
