"""Working days: lines that sell so much a day sell less in a month with fewer of them.

Such a line is forecast per working day and multiplied back. A line is asked twice: whether its months have gone with
their working days (:func:`goes_with_days`), and whether its trial was clearly better that way (:func:`days_win`).
Months of the same name differ by a day or two between years, so what is judged is the change on the year before, set
against the changes of the months beside it; the season and slow growth drop out of it.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

CLEAR = 2.0
FEWEST_MONTHS = 24
MARGIN = 0.05
SMALLEST = 1e-9


def day_shares(days: Floats) -> Floats:
    """Working days (months,) as shares of their mean; ValueError for a month without any."""
    if not np.isfinite(days).all() or (days <= 0).any():
        raise ValueError("Every month needs working days: check the calendar.")
    return days / days.mean()


def goes_with_days(rows: Floats, shares: Floats, season: int = 12) -> Flags:
    """Lines (lines,) whose months went with their working days.

    ``rows`` (lines, months) and ``shares`` (months,) of the working days. Logarithms are regressed on those of the
    shares, both as changes on the season before less the mean of the changes a month earlier and later; the slope
    must be positive and twice its standard error. Lines with a month of nothing, or under 24 such changes, do not.
    """
    told, days = _against_neighbours(rows, season), _against_neighbours(shares[np.newaxis], season)
    known = np.isfinite(told)
    x, y = np.where(known, days, 0.0), np.where(known, told, 0.0)
    own, count = (x**2).sum(axis=1), known.sum(axis=1)
    slope = np.divide((x * y).sum(axis=1), own, out=np.zeros(len(rows)), where=own > SMALLEST)
    left = ((y - slope[:, np.newaxis] * x) ** 2).sum(axis=1) / np.maximum(count - 1, 1)
    doubt = np.sqrt(np.divide(left, own, out=np.full(len(rows), np.inf), where=own > SMALLEST))
    return (count >= FEWEST_MONTHS) & (slope > np.maximum(CLEAR * doubt, SMALLEST))


def _against_neighbours(rows: Floats, season: int) -> Floats:
    logs = np.log(np.where(np.nan_to_num(rows) > 0, rows, np.nan))
    change = logs[:, season:] - logs[:, :-season]
    return change[:, 1:-1] - (change[:, :-2] + change[:, 2:]) / 2


def days_win(plain: Floats, by_days: Floats, came: Floats) -> Flags:
    """Lines (lines,) whose trial by working days missed at least 5 % less; all (lines, cells), NaN does not count."""
    error, other = (np.nansum(np.abs(trial - came), axis=1) for trial in (plain, by_days))
    return other < (1 - MARGIN) * error
