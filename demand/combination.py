"""Which methods to trust, and how much: from their errors on months they had not seen.

A thin line has too few months to choose by itself. Its own errors are therefore mixed with those of
its group, and the group's with equal trust, in proportion to the evidence there is; then the good
methods are averaged, which is steadier than picking one (Bates & Granger 1969; M3, M4 competitions).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

OWN_MONTHS = 12.0
GROUP_CELLS = 12.0
TOLERANCE = 1.15
SHARPNESS = 2.0
TINY = 1e-9


@dataclass(frozen=True)
class Backtest:
    """Forecasts of months already known, made only with what was known before them.

    ``forecast`` (methods, lines, cells), NaN where a method cannot forecast a line;
    ``actual`` (lines, cells), NaN where a cell does not count.
    """

    forecast: Floats
    actual: Floats

    def errors(self) -> Floats:
        """Σ|F−A| of each method and line (methods, lines).

        Where a method has no forecast it is charged the mean error of those that have one, so that
        nobody looks good by having been asked about the easy months only.
        """
        gaps = np.abs(self.forecast - self.actual)
        answered = np.isfinite(gaps)
        others = np.where(answered, gaps, 0.0).sum(axis=0) / np.maximum(answered.sum(axis=0), 1)
        return np.where(answered, gaps, others).sum(axis=2)

    def sizes(self) -> Floats:
        """Σ|A| of each line (lines,)."""
        return np.nansum(np.abs(self.actual), axis=1)


def pooled_scores(backtest: Backtest, group: Integers) -> Floats:
    """WAPE of each method for each line (methods, lines), shrunk to its group's.

    line score = (own errors + group score × c) / (own demand + c), c = a year of the line's demand;
    group score likewise towards 1 with the weight of twelve average cells with demand. A method that
    made no error on a line scores 0 there, whatever its group says.
    """
    errors, sizes = backtest.errors(), backtest.sizes()
    by_group = _group_scores(errors, sizes, backtest.actual, group)
    prior = OWN_MONTHS * _mean_month(backtest.actual)
    mixed = (errors + by_group[:, group] * prior) / np.maximum(sizes + prior, TINY)
    faultless = errors <= TINY * sizes
    return np.where(sizes > 0, np.where(faultless, 0.0, mixed), by_group[:, group])


def _mean_month(actual: Floats) -> Floats:
    """Mean demand of a line's counted cells (lines,)."""
    months = np.isfinite(actual).sum(axis=1)
    return np.divide(np.nansum(np.abs(actual), axis=1), months, out=np.zeros(len(actual)), where=months > 0)


def _group_scores(errors: Floats, sizes: Floats, actual: Floats, group: Integers) -> Floats:
    groups = int(group.max()) + 1 if group.size else 0
    sold = np.nan_to_num(actual) > 0
    demand = np.bincount(group, weights=np.where(sold, actual, 0.0).sum(axis=1), minlength=groups)
    cells = np.bincount(group, weights=sold.sum(axis=1), minlength=groups)
    prior = np.maximum(GROUP_CELLS * demand / np.maximum(cells, 1), TINY)
    size = np.bincount(group, weights=sizes, minlength=groups)
    error = np.array([np.bincount(group, weights=row, minlength=groups) for row in errors])
    return (error + prior) / (size + prior)


def combination_weights(scores: Floats) -> Floats:
    """Weights (methods, lines) that add up to 1: 1/score² of the methods within 15 % of the best.

    A method without error on a line takes it alone.
    """
    best = scores.min(axis=0)
    near = scores <= np.maximum(best * TOLERANCE, TINY)
    with np.errstate(divide="ignore"):
        trust = np.where(near, np.maximum(scores, TINY) ** -SHARPNESS, 0.0)
    return trust / trust.sum(axis=0)


def combine(forecasts: Floats, weights: Floats) -> Floats:
    """Weighted mean of ``forecasts`` (methods, lines, months) -> (lines, months)."""
    return np.einsum("mlt,ml->lt", np.nan_to_num(forecasts), weights)
