"""How good a forecast was: one definition per measure (F = forecast, A = actual).

Arrays have any shape; both sides must have the same. A cell counts only where every number it needs
is known: NaN marks an open or missing month and is skipped, never read as zero. A measure that
cannot be told is NaN, shown as "n/a", never as 0 % or 100 %; :func:`none_if_na` turns it into None
for JSON. Pooling over lags or lines is passing all their cells together.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SEASON = 12
FEWEST_CASES = 5


@dataclass(frozen=True)
class Counted:
    """A measure with the number of cells it stands on and the number left out."""

    value: float
    n: int
    excluded: int = 0


@dataclass(frozen=True)
class Summary:
    """What is shown together: accuracy never stands without its WAPE."""

    wape: float
    accuracy: float
    bias: float
    n: int


def none_if_na(value: float) -> float | None:
    """None for NaN (n/a), else the number."""
    return None if math.isnan(value) else float(value)


def wape(forecast: ArrayLike, actual: ArrayLike) -> float:
    """Σ|F−A| / Σ|A|: weighted absolute percentage error, 0 = perfect. n/a when Σ|A| is 0.

    >>> round(wape([100, 120, 80, 100, 10], [90, 130, 0, 110, -5]), 4)
    0.3731
    """
    f, a = _known(forecast, actual)
    return _ratio(np.abs(f - a).sum(), np.abs(a).sum())


def accuracy(forecast: ArrayLike, actual: ArrayLike) -> float:
    """max(0, 1 − WAPE). Hides errors above 100 %, so it is always shown beside WAPE."""
    error = wape(forecast, actual)
    return error if math.isnan(error) else max(0.0, 1 - error)


def bias(forecast: ArrayLike, actual: ArrayLike) -> float:
    """Σ(F−A) / Σ|A|: + = forecast too high (optimism), − = too low. n/a when Σ|A| is 0."""
    f, a = _known(forecast, actual)
    return _ratio((f - a).sum(), np.abs(a).sum())


def mape(forecast: ArrayLike, actual: ArrayLike) -> Counted:
    """mean(|F−A| / |A|) over A ≠ 0, with how many cells counted and how many had A = 0.

    The denominator is absolute: returns make actuals negative (Hyndman & Koehler 2006).
    """
    f, a = _known(forecast, actual)
    sold = a != 0
    return Counted(_mean(np.abs(f - a)[sold] / np.abs(a[sold])), int(sold.sum()), int((~sold).sum()))


def tracking_signal(forecast: ArrayLike, actual: ArrayLike) -> float:
    """Σ(A−F) / mean|A−F|: + = forecast too low; alarm beyond ±4 (APICS). n/a without any error."""
    f, a = _known(forecast, actual)
    return _ratio((a - f).sum(), _mean(np.abs(a - f)))


def mase(forecast: ArrayLike, actual: ArrayLike, history: ArrayLike, *, season: int = SEASON) -> float:
    """MAE / in-sample MAE of the seasonal naive on ``history`` (1-D, oldest first).

    Below 1 = better than repeating last year (Hyndman & Koehler 2006). n/a without one pair of
    known months a season apart, or when the naive made no error.
    """
    f, a = _known(forecast, actual)
    past = np.asarray(history, dtype=float)
    later, earlier = _known(past[season:], past[:-season])
    return _ratio(_mean(np.abs(f - a)), _mean(np.abs(later - earlier)))


def smape(forecast: ArrayLike, actual: ArrayLike) -> float:
    """mean(200·|F−A| / (|F|+|A|)), 0 to 200; only for published benchmarks (Makridakis 2000).

    A cell where both are 0 is a perfect forecast and counts as 0.
    """
    f, a = _known(forecast, actual)
    size = np.abs(f) + np.abs(a)
    return _mean(np.divide(200 * np.abs(f - a), size, out=np.zeros_like(size), where=size > 0))


def fva(before: ArrayLike, after: ArrayLike, actual: ArrayLike) -> float:
    """WAPE(before) − WAPE(after) in percentage points: + = the stage helped (Gilliland).

    Both sides are measured on the same cells: those where all three numbers are known.
    """
    b, f, a = _known(before, after, actual)
    return 100 * (wape(b, a) - wape(f, a))


def hit_rate(before: ArrayLike, after: ArrayLike, actual: ArrayLike, *, fewest: int = FEWEST_CASES) -> Counted:
    """Share of changes with |after−A| < |before−A|; n/a under ``fewest`` cases (Fildes et al. 2009).

    A cell left as it was is no case; a change that ends equally far off is a miss.
    """
    b, f, a = _known(before, after, actual)
    changed = b != f
    hits = (np.abs(f - a) < np.abs(b - a))[changed]
    value = _mean(hits.astype(float)) if hits.size >= fewest else math.nan
    return Counted(value, int(hits.size), int((~changed).sum()))


def stability(old: ArrayLike, new: ArrayLike) -> float:
    """1 − Σ|new−old| / Σ|old| over the months both versions cover; below 0 = more moved than was there."""
    before, after = _known(old, new)
    return 1 - _ratio(np.abs(after - before).sum(), np.abs(before).sum())


def brier(probability: ArrayLike, came: ArrayLike) -> float:
    """mean((p−o)²) of calls made at p (0 to 1) whose outcome o is 1 or 0; 0 = perfect."""
    p, outcome = _known(probability, came)
    if ((p < 0) | (p > 1)).any():
        raise ValueError("a probability lies between 0 and 1")
    return _mean((p - outcome) ** 2)


def summary(forecast: ArrayLike, actual: ArrayLike) -> Summary:
    """WAPE, accuracy and bias of the same cells with their number."""
    f, a = _known(forecast, actual)
    return Summary(wape(f, a), accuracy(f, a), bias(f, a), int(f.size))


def wape_by_line(forecast: ArrayLike, actual: ArrayLike) -> Floats:
    """:func:`wape` of every row of two (lines, months) matrices; NaN where a line has no actuals."""
    f, a = _same_shape(forecast, actual)
    known = ~(np.isnan(f) | np.isnan(a))
    error = np.where(known, np.abs(f - a), 0.0).sum(axis=1)
    size = np.where(known, np.abs(a), 0.0).sum(axis=1)
    return np.divide(error, size, out=np.full(len(size), math.nan), where=size > 0)


def _same_shape(*sides: ArrayLike) -> list[Floats]:
    arrays = [np.asarray(side, dtype=float) for side in sides]
    shapes = [array.shape for array in arrays]
    if len(set(shapes)) > 1:
        raise ValueError(f"forecast and actual must have the same shape, not {shapes}")
    if any(np.isinf(array).any() for array in arrays):
        raise ValueError("forecast and actual must be finite or NaN")
    return arrays


def _known(*sides: ArrayLike) -> list[Floats]:
    """The cells known on every side, flat."""
    arrays = _same_shape(*sides)
    known = ~np.any([np.isnan(array) for array in arrays], axis=0)
    return [array[known] for array in arrays]


def _ratio(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if denominator > 0 else math.nan


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else math.nan
