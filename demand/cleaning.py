"""History without what will not come again.

Only single months far outside a line's own are touched here. Months that were short of stock are the
caller's to mark as unknown (NaN), past events are taken out by :mod:`demand.event_effects`.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FURTHEST = 5.0
FEWEST_MONTHS = 4


def without_outliers(history: Floats) -> Floats:
    """Months above five times a line's median month with demand, cut to that.

    ``history`` (lines, months), NaN stays; a line with fewer than four months of demand, where nobody
    can tell what is usual, stays as it is.
    """
    sold = np.nan_to_num(history) > 0
    limit = np.full(len(history), np.inf)
    judged = sold.sum(axis=1) >= FEWEST_MONTHS
    if judged.any():
        demand = np.where(sold[judged], history[judged], np.nan)
        limit[judged] = FURTHEST * np.nanmedian(demand, axis=1)
    return np.minimum(history, limit[:, np.newaxis])
