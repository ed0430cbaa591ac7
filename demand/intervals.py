"""Best and worst case of a forecast, from how such forecasts have landed.

A line that sells nearly every month has its own record: the range is its backtest error as a share of
the forecast. A thin line borrows its group's: actual ÷ forecast is collected over the backtest, and
the 10 % and 90 % points are what the forecast is multiplied with, so that 80 % of past cases lay
between, whatever their distribution. Where nothing is expected the range is nothing too.
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]

LOW, HIGH = 0.1, 0.9
FEWEST_CELLS = 20
PER_MEAN_ERROR = 1.6
UNKNOWN_ERROR = 0.5
GROWTH_MONTHS = 6.0


def landing_ratios(forecast: Floats, actual: Floats, group: Integers, smooth: Flags) -> Floats:
    """What each line's forecast is multiplied with for its worst and best case (lines, 2).

    ``forecast`` and ``actual`` (lines, cells) of the backtest, NaN = does not count; ``smooth``
    (lines,) marks those with a record of their own. Groups under 20 cells use their error as smooth
    lines do. The first is 0 to 1, the second 1 or more.
    """
    by_group = np.array([_of_group(forecast, actual, group == one) for one in range(_count(group))])
    ratios = by_group.reshape(-1, 2)[group]
    own = np.array([_by_error(*cells) for cells in zip(forecast[smooth], actual[smooth], strict=True)])
    ratios[smooth] = own.reshape(-1, 2)
    return ratios


def _count(group: Integers) -> int:
    return int(group.max()) + 1 if group.size else 0


def _of_group(forecast: Floats, actual: Floats, members: Flags) -> tuple[float, float]:
    counted = np.isfinite(actual[members]) & (forecast[members] > 0)
    f, a = forecast[members][counted], actual[members][counted]
    if len(f) < FEWEST_CELLS:
        return _by_error(f, a)
    low, high = np.quantile(a / f, [LOW, HIGH])
    return min(max(float(low), 0.0), 1.0), max(float(high), 1.0)


def _by_error(forecast: Floats, actual: Floats) -> tuple[float, float]:
    """1 ± 1.6 × mean |error| / mean forecast: 80 % of a normal distribution."""
    known = np.isfinite(forecast) & np.isfinite(actual)
    expected = float(forecast[known].sum())
    missed = float(np.abs(forecast - actual)[known].sum())
    error = missed / expected if expected > 0 else UNKNOWN_ERROR
    return max(1 - PER_MEAN_ERROR * error, 0.0), 1 + PER_MEAN_ERROR * min(error, math.sqrt(FEWEST_CELLS))


def forecast_range(quantity: Floats, ratios: Floats) -> tuple[Floats, Floats]:
    """Worst and best case (lines, months) each, from each line's two ratios (lines, 2).

    The distance from the forecast grows with √(1 + months ahead / 6).
    """
    growth = np.sqrt(1 + np.arange(quantity.shape[1]) / GROWTH_MONTHS)
    low = quantity * np.maximum(1 - (1 - ratios[:, :1]) * growth, 0.0)
    high = quantity * (1 + (ratios[:, 1:] - 1) * growth)
    return low, high
