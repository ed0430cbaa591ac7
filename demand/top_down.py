"""Help from the family: a group's total tells more than its thin lines together.

The total is forecast three ways (sum of the lines' forecasts, smoothed level with season, theta), each
trusted by its error on the last year. Thin lines then move half-way (on a ratio scale) to what the
total leaves for them, pro rata to their own forecasts, which carry their recent shares. Half-way,
because part of a family's total will come from lines that do not exist yet.
"""

import numpy as np
from numpy.typing import NDArray

from demand import library_methods
from demand.candidates import Known, without_gaps
from demand.rhythm import forecast_rhythm
from demand.seasonality import group_totals, spread_index

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]

DAMPING = 0.5
FURTHEST = 2.0
LEVEL_ALPHA = 0.3
SHARPNESS = 2.0
RECENT = 12
SMALLEST = 1e-9


def group_candidates(known: Known, lines: Floats, live: Flags) -> Floats:
    """Forecast totals (3, groups, months) of what ``live`` (lines, months) lines will sell."""
    months, start = lines.shape[1], known.history.shape[1]
    index = known.index()
    ahead = spread_index(index, start, months)
    lent = known.history / spread_index(index, 0, start)[known.group]
    level = forecast_rhythm(lent, interval=1, alpha=LEVEL_ALPHA, months=months) * ahead[known.group]
    bottom_up = group_totals(np.where(live, lines, 0.0), known.group)
    smoothed = group_totals(np.where(live, np.maximum(level, 0.0), 0.0), known.group)
    return np.array([bottom_up, smoothed, _theta_totals(known, lent, live) * ahead])


def _theta_totals(known: Known, lent: Floats, live: Flags) -> Floats:
    """Theta (groups, months) on the totals without season of lines that go on selling."""
    going_on = np.where(live.any(axis=1, keepdims=True), lent, 0.0)
    totals = group_totals(going_on, known.group)
    recent = np.nansum(np.maximum(going_on[:, -RECENT:], 0.0), axis=1)[:, np.newaxis]
    of_all = group_totals(np.broadcast_to(recent, live.shape), known.group)
    of_live = group_totals(recent * live, known.group)
    share = np.divide(of_live, of_all, out=np.zeros_like(of_all), where=of_all > 0)
    rows = [_theta_total(total, live.shape[1]) for total in totals]
    return np.array(rows).reshape(-1, live.shape[1]) * share


def _theta_total(total: Floats, months: int) -> Floats:
    demand = np.flatnonzero(np.nan_to_num(total) > 0)
    series = total[demand[0] :] if demand.size else total[:0]
    return library_methods.theta(without_gaps(series), months=months)


def total_weights(candidates: Floats, actual: Floats) -> Floats:
    """Trust (3, groups) in each way, 1/WAPE²; equal where nothing was sold.

    ``candidates`` (3, groups, cells) and ``actual`` (groups, cells), NaN = does not count.
    """
    errors = np.nansum(np.abs(candidates - actual), axis=2)
    size = np.nansum(np.abs(actual), axis=1)
    scores = np.maximum((errors + 0.05 * size) / np.maximum(size, 1e-12), 1e-6)
    trust = np.where(size > 0, scores**-SHARPNESS, 1.0)
    return trust / trust.sum(axis=0)


def agreed_totals(lines: Floats, thin: Flags, target: Floats, group: Integers) -> Floats:
    """What each group's thin lines shall add up to (groups, months): half-way to what ``target`` leaves for them.

    ratio = (target − other lines) / thin lines, kept within 1/2 and 2, then its square root. A month
    in which no thin line expects anything stays as it is.
    """
    of_thin = group_totals(np.where(thin[:, np.newaxis], lines, 0.0), group)
    of_others = group_totals(np.where(thin[:, np.newaxis], 0.0, lines), group)
    left = np.maximum(target - of_others, 0.0)
    ratio = np.divide(left, of_thin, out=np.ones_like(left), where=of_thin > SMALLEST)
    return of_thin * np.round(np.clip(ratio, 1 / FURTHEST, FURTHEST), 9) ** DAMPING


def lean_on_total(lines: Floats, thin: Flags, target: Floats, group: Integers) -> Floats:
    """Move the thin lines, each by the same share, so that they add up to :func:`agreed_totals`."""
    of_thin = group_totals(np.where(thin[:, np.newaxis], lines, 0.0), group)
    agreed = agreed_totals(lines, thin, target, group)
    factor = np.divide(agreed, of_thin, out=np.ones_like(agreed), where=of_thin > SMALLEST)
    return np.where(thin[:, np.newaxis], lines * factor[group], lines)
