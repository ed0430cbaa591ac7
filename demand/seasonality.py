"""Seasonal shapes that thin lines can borrow: company -> group -> line.

A single line booked a few times a year cannot show a season; its family can, and where the family is
young the company can. An index is the mean ratio of a month to its centred moving average
(classical decomposition, ratio to moving average), pulled towards the shape above it as long as only
few cycles were seen: weight k / (k + prior_cycles) after k observed cycles.

Positions are array positions: entry ``p`` of an index belongs to columns ``t`` with t % season == p.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SEASON = 12
LOWEST_INDEX = 0.1
OWN_LOWEST = 0.05
NEWER = 0.8
SMALLEST = 1e-12


def seasonal_index(
    total: ArrayLike,
    *,
    season: int = SEASON,
    prior: ArrayLike | None = None,
    prior_cycles: float = 1.0,
) -> Floats:
    """Multiplicative index (season,) with mean 1 of a monthly ``total`` (oldest first, NaN = unknown).

    ``prior`` (season,): the shape to lean on, flat by default; it weighs ``prior_cycles`` years.
    Months before the first demand are left out. No entry is below 0.1.
    """
    if season < 2:
        return np.ones(1)
    series = np.asarray(total, dtype=float)
    lean_on = np.ones(season) if prior is None else np.asarray(prior, dtype=float)
    ratios, positions = _ratios(series, season)
    sums = np.bincount(positions, weights=ratios, minlength=season)
    counts = np.bincount(positions, minlength=season)
    index = (sums + prior_cycles * lean_on) / (counts + prior_cycles)
    index = np.maximum(index / index.mean(), LOWEST_INDEX)
    return index / index.mean()


def _ratios(series: Floats, season: int) -> tuple[Floats, Integers]:
    """Month / centred moving average where both are known, with the season's position of each."""
    demand = np.flatnonzero(np.nan_to_num(series) > 0)
    start = int(demand[0]) if demand.size else len(series)
    if len(series) - start <= season:
        return np.empty(0), np.empty(0, dtype=np.int64)
    half = season // 2
    window = np.r_[0.5, np.ones(season - 1), 0.5] if season % 2 == 0 else np.ones(season)
    average = np.convolve(series[start:], window / season, "valid")
    middle = np.arange(start + half, start + half + len(average))
    usable = np.isfinite(average) & (average > 0) & np.isfinite(series[middle])
    ratios = np.maximum(series[middle][usable] / average[usable], 0.0)
    return ratios, middle[usable] % season


def group_indices(
    history: Floats, group: Integers, reference: ArrayLike | None = None, *, season: int = SEASON
) -> Floats:
    """Index of every group (groups, season), leaning on that of ``reference`` (months,).

    ``history`` (lines, months), ``group`` (lines,) counts from 0. ``reference`` is the total the
    groups belong to (the company's); by default the sum of ``history``. It is best given: then a
    line's index does not depend on which other lines are worked on with it.
    """
    totals = group_totals(history, group)
    above = totals.sum(axis=0) if reference is None else np.asarray(reference, dtype=float)
    company = seasonal_index(above, season=season, prior_cycles=1.0)
    each = [seasonal_index(one, season=season, prior=company, prior_cycles=2.0) for one in totals]
    return np.array(each) if each else np.ones((0, season))


def group_totals(matrix: Floats, group: Integers) -> Floats:
    """Sums by group (groups, months) of what is known; NaN where no line of the group is known."""
    count = int(group.max()) + 1 if group.size else 0
    known = np.isfinite(matrix)
    totals = np.zeros((count, matrix.shape[1]))
    lines_known = np.zeros_like(totals)
    np.add.at(totals, group, np.where(known, matrix, 0.0))
    np.add.at(lines_known, group, known)
    return np.where(lines_known > 0, totals, np.nan)


def spread_index(index: Floats, start: int, months: int) -> Floats:
    """Columns ``start`` to ``start + months`` of an index (..., season) -> (..., months)."""
    positions = np.arange(start, start + months) % index.shape[-1]
    return index[..., positions]


def own_index(history: Floats, *, season: int = SEASON) -> Floats:
    """Each line's own seasonal shape (lines, season), as far as it stands out from the noise.

    Ratios to the centred moving average, newer years weighing more; then drawn to a flat shape by the
    share of their spread that chance alone would make (James & Stein; for seasons: Miller & Williams
    2003). Flat under two known seasons.
    """
    return np.array([_own_row(row, season) for row in history]).reshape(-1, max(season, 1))


def _own_row(series: Floats, season: int) -> Floats:
    first = int(np.isfinite(series).argmax())
    if season < 4 or len(series) - first < 2 * season:
        return np.ones(max(season, 1))
    ratios, positions = _ratios(series, season)
    if len(ratios) <= season // 2:
        return np.ones(season)
    age = np.arange(len(ratios))[::-1] // season
    trust = np.power(NEWER, age.astype(float))
    weights: Floats = np.bincount(positions, weights=trust, minlength=season).astype(float)
    raw = np.bincount(positions, weights=trust * ratios, minlength=season)
    index = np.divide(raw, weights, out=np.ones(season), where=weights > 0)
    index = index / max(index.mean(), SMALLEST)
    kept = _signal(ratios - index[positions], index, _doubt(positions, trust, weights))
    shape = np.maximum(1 + kept * (index - 1), OWN_LOWEST)
    return shape / shape.mean()


def _doubt(positions: Integers, trust: Floats, weights: Floats) -> float:
    """Variance of a weighted mean in units of one ratio's, averaged over the positions."""
    squares = np.bincount(positions, weights=trust**2, minlength=len(weights))
    return float(np.mean(squares / np.maximum(weights, SMALLEST) ** 2))


def _signal(residuals: Floats, index: Floats, doubt: float) -> float:
    """The share, 0 to 1, of the index's spread that is not noise."""
    season = len(index)
    noise = float((residuals**2).sum()) / max(len(residuals) - season, 1) * doubt
    spread = float(((index - 1) ** 2).sum()) / (season - 1)
    if spread <= SMALLEST:
        return 0.0
    return max(0.0, 1 - noise * (season - 3) / (season - 1) / spread)
