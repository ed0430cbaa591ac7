"""Lines that used to order at a rhythm and have fallen silent: is the next order still coming?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demand.flags import Thresholds
from demand.rhythm import LOOK_BACK, SILENT_MONTHS, Floats, order_rhythm


@dataclass(frozen=True)
class Quiet:
    """Per line: whether it is past its usual interval, months since its last order and between orders, usual order."""

    late: NDArray[np.bool_]
    since: Floats
    interval: Floats
    usual: Floats


def quiet_lines(history: Floats, *, factor: float = Thresholds().interval) -> Quiet:
    """Which lines of `history` (lines, closed months) are past their usual interval.

    Late: months since the last order > `factor` x the mean months between orders, of at least four months with an
    order; the last order at most twelve months ago (a line silent for longer has ended, `demand.rhythm.fading`).
    `since` counts from the month after the last closed one: 1 = ordered in the last closed month. The usual order is
    the mean quantity of the months with an order in the last 24.
    """
    since, interval = order_rhythm(history > 0)
    known = np.nan_to_num(since, nan=np.inf)
    late = (known > factor * np.nan_to_num(interval)) & (known <= SILENT_MONTHS)
    recent = np.maximum(history[:, -LOOK_BACK:], 0.0)
    count = (recent > 0).sum(axis=1)
    usual = np.divide(recent.sum(axis=1), count, out=np.zeros(len(history)), where=count > 0)
    return Quiet(late, since, interval, usual)
