"""Level and damped trend of many lines at once, fitted for the months that are needed.

The usual fit of exponential smoothing looks one month ahead; what is planned is the year after next.
Every setting of a small grid is therefore judged by its errors 1, 3, 6, 12 and 18 months ahead, and
the settings are averaged by how well they did rather than the best one picked (McKenzie & Gardner
2010 for the damped trend; averaging over settings: Kolassa 2011).
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]

ALPHAS = (0.05, 0.1, 0.2, 0.35, 0.6, 0.9)
TREND_SHARES = (0.05, 0.15, 0.4)
DAMPINGS = (0.85, 0.95, 0.98)
LEADS = (1, 3, 6, 12, 18)
WARM_UP = 6
CAUTION = 3.0
SMALLEST = 1e-24


@dataclass(frozen=True)
class Smoothed:
    """``forecast`` (lines, months) and ``spread`` (lines, months): the typical past error so far ahead."""

    forecast: Floats
    spread: Floats


@dataclass(frozen=True)
class _Settings:
    """One column per quantity, (settings, 1): smoothing of the level, of the trend, and its damping."""

    alpha: Floats
    beta: Floats
    damping: Floats

    def reach(self, lead: int) -> Floats:
        """How many steps of trend lie between now and ``lead`` months ahead."""
        return np.sum([self.damping**step for step in range(1, lead + 1)], axis=0)


def total(terms: Floats) -> Floats:
    """Sum over the first axis in one order: numpy's own depends on the shape, and with it the last digit of a
    line's forecast on which lines stand beside it."""
    result = np.zeros(terms.shape[1:])
    for term in terms:
        result += term
    return result


def _settings() -> _Settings:
    flat = [(alpha, 0.0, 1.0) for alpha in ALPHAS]
    sloped = [(alpha, alpha * share, damping) for alpha, share, damping in product(ALPHAS, TREND_SHARES, DAMPINGS)]
    columns = np.array(flat + sloped)[:, :, np.newaxis]
    return _Settings(columns[:, 0], columns[:, 1], columns[:, 2])


def damped_trend(values: Floats, months: int) -> Smoothed:
    """Forecast rows of ``values`` (lines, months known), NaN before a line's start and nowhere else."""
    settings = _settings()
    start = np.isfinite(values).argmax(axis=1)
    level, trend = _first_state(values, start)
    level = np.broadcast_to(level, (len(settings.alpha), len(values)))
    trend = np.where(settings.beta > 0, trend, 0.0)
    errors = np.zeros((len(LEADS), *level.shape))
    counts = np.zeros((len(LEADS), len(values)))
    for column in range(values.shape[1]):
        on = column >= start
        _judge(values, column, on, level, trend, settings, errors, counts)
        level, trend = _step(values[:, column], on, level, trend, settings)
    weights = _trust(errors, np.isfinite(values).sum(axis=1))
    ahead = [total(weights * (level + settings.reach(lead) * trend)) for lead in range(1, months + 1)]
    return Smoothed(np.array(ahead).reshape(months, -1).T, _spread(errors, counts, weights, months))


def _first_state(values: Floats, start: Integers) -> tuple[Floats, Floats]:
    """Level and slope (lines,) just before a line's first month, from its first year."""
    level, slope = np.zeros(len(values)), np.zeros(len(values))
    for row, first in enumerate(start):
        year = values[row, first : first + 2 * WARM_UP]
        near = year[:WARM_UP]
        slope[row] = np.polyfit(np.arange(len(year)), year, 1)[0] if len(year) > 2 else 0.0
        level[row] = near.mean() - slope[row] * (len(near) + 1) / 2
    return level, slope


def _judge(
    values: Floats,
    column: int,
    on: Flags,
    level: Floats,
    trend: Floats,
    settings: _Settings,
    errors: Floats,
    counts: Floats,
) -> None:
    """Add the squared errors, at every lead, of the forecasts made just before ``column``."""
    for row, lead in enumerate(LEADS):
        if column + lead > values.shape[1]:
            return
        gap = values[:, column + lead - 1] - (level + settings.reach(lead) * trend)
        errors[row] += np.where(on, gap * gap, 0.0)
        counts[row] += on


def _step(now: Floats, on: Flags, level: Floats, trend: Floats, settings: _Settings) -> tuple[Floats, Floats]:
    expected = level + settings.damping * trend
    gap = np.where(on, now - expected, 0.0)
    return (
        np.where(on, expected + settings.alpha * gap, level),
        np.where(on, settings.damping * trend + settings.beta * gap, trend),
    )


def _trust(errors: Floats, known: Integers) -> Floats:
    """Weights (settings, lines) that add up to 1: a cautious likelihood of the errors over all leads."""
    over_leads = total(errors / np.sqrt(LEADS)[:, np.newaxis, np.newaxis])
    ratio = np.maximum(over_leads, SMALLEST) / np.maximum(over_leads.min(axis=0), SMALLEST)
    weights = np.exp(-0.5 * known / CAUTION * np.log(ratio))
    return weights / total(weights)


def _spread(errors: Floats, counts: Floats, weights: Floats, months: int) -> Floats:
    """Root mean squared error (lines, months) by lead, drawn between the leads; never falling with distance."""
    squares = np.array([total(row * weights) for row in errors])
    seen = counts > 0
    mean = np.divide(squares, counts, out=np.zeros_like(squares), where=seen)
    by_lead = np.maximum.accumulate(np.sqrt(mean), axis=0)
    ahead = np.arange(1, months + 1)
    beyond = np.sqrt(np.maximum(ahead / LEADS[-1], 1.0))
    rows = [np.interp(ahead, LEADS, one) * beyond for one in by_lead.T]
    return np.array(rows).reshape(-1, months)
