"""Where a forecast may land: ranges that hold 50, 80 and 95 % of such cases, from how past ones landed.

A range is the forecast times ``1 + step × growth``: six steps (one per edge, worst to best) that say how
far such forecasts missed, and a growth with the distance. So ranges are nested, never negative, and can
be taken again from two short rows per line, for whatever number stands in the line.

A line with a long history has its own growth (its typical error so far ahead) and the common steps: how
errors of that size spread on public series it has nothing to do with. A thin line borrows its group's
record: actual ÷ forecast over the backtest. Where nothing is expected the range is nothing too.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LEVELS = (50, 80, 95)
EDGES = (0.025, 0.1, 0.25, 0.75, 0.9, 0.975)
# Quantiles of error ÷ typical error, over the development series of docs/baseline.md.
COMMON_STEPS = (-2.15, -1.26, -0.58, 0.69, 1.45, 2.75)
# Edges of a normal distribution in units of its mean absolute error.
PER_MEAN_ERROR = (-2.456, -1.606, -0.845, 0.845, 1.606, 2.456)
FEWEST_CELLS = 20
UNKNOWN_ERROR = 0.5
GROWTH_MONTHS = 6.0


@dataclass(frozen=True)
class Ranges:
    """``steps`` (lines, 6), rising, the first three never above 0 and the others never below;
    ``growth`` (lines, months), never negative."""

    steps: Floats
    growth: Floats

    def edge(self, position: int, quantity: Floats) -> Floats:
        """One of the six edges (lines, months) around ``quantity``."""
        factor = 1 + self.steps[:, position, np.newaxis] * self.growth
        return quantity * np.maximum(factor, 0.0)

    def around(self, quantity: Floats, level: int) -> tuple[Floats, Floats]:
        """Worst and best case (lines, months) that hold ``level`` (50, 80 or 95) % of the cases."""
        inner = len(LEVELS) - 1 - LEVELS.index(level)
        return self.edge(inner, quantity), self.edge(len(EDGES) - 1 - inner, quantity)


def group_ranges(forecast: Floats, actual: Floats, group: Integers, months: int) -> Ranges:
    """How each group's forecasts landed, for all its lines.

    ``forecast`` and ``actual`` (lines, cells) of the backtest, NaN = does not count; ``group`` (lines,).
    Groups under 20 cells use their mean error. The distance grows with √(1 + months ahead / 6).
    """
    count = int(group.max()) + 1 if group.size else 0
    by_group = [_of_group(forecast, actual, group == one) for one in range(count)]
    steps = np.array(by_group).reshape(-1, len(EDGES))[group]
    growth = np.sqrt(1 + np.arange(months) / GROWTH_MONTHS)
    return Ranges(steps, np.tile(growth, (len(group), 1)))


def _of_group(forecast: Floats, actual: Floats, members: NDArray[np.bool_]) -> Floats:
    counted = np.isfinite(actual[members]) & (forecast[members] > 0)
    f, a = forecast[members][counted], actual[members][counted]
    if len(f) < FEWEST_CELLS:
        return _by_error(f, a)
    return _around_zero(np.maximum(np.quantile(a / f, EDGES), 0.0) - 1)


def _by_error(forecast: Floats, actual: Floats) -> Floats:
    expected, missed = float(forecast.sum()), float(np.abs(forecast - actual).sum())
    error = missed / expected if expected > 0 else UNKNOWN_ERROR
    return np.maximum(np.array(PER_MEAN_ERROR) * min(error, math.sqrt(FEWEST_CELLS)), -1.0)


def _around_zero(steps: Floats) -> Floats:
    half = len(steps) // 2
    return np.concatenate([np.minimum(steps[:half], 0.0), np.maximum(steps[half:], 0.0)])


def own_ranges(spread: Floats) -> Ranges:
    """Ranges of lines whose typical error so far ahead is known, as a share of the forecast (lines, months)."""
    return Ranges(np.tile(COMMON_STEPS, (len(spread), 1)), spread)
