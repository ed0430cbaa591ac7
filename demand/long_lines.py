"""Lines with a long, smooth history: what their own past says, by several methods.

Most methods work on the line without its season (its own shape, as far as it stands out from the
noise, :func:`demand.seasonality.own_index`), some on the logarithm, where growth is even, and two
bring a season of their own. None has settings to tune. Each is tried once on the line's last months
(up to 18, from before they were known); by the errors there they are weighed, and the forecast lies
half-way between their weighted mean and their median, so that no single method can run away with it.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from demand import library_methods as library
from demand.calendar_effect import day_shares, days_win, goes_with_days
from demand.cleaning import filled
from demand.rhythm import first_demand
from demand.seasonality import own_index, spread_index
from demand.smoothing import damped_trend, total

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
Method = Callable[[Floats], Floats]

NAMES = (
    "damped trend",
    "damped trend",
    "theta",
    "theta",
    "theta",
    "complex smoothing",
    "complex smoothing",
    "seasonal level",
)
TRIALS = ((36, 18), (30, 12), (0, 6))
UNIT = library.UNIT
HIGHEST = 2.0
LOWEST = UNIT / 1000
EVEN_FROM = UNIT / 100
TINY = 1e-9
LEAST_ERROR = 0.05
SHARPNESS = 1.0


@dataclass(frozen=True)
class LongForecast:
    """``quantity`` (lines, months); ``weights`` (methods, lines) add up to 1; ``spread`` (lines, months):
    the typical error so far ahead as a share of the forecast; ``trial`` and ``came`` (lines, cells): the
    last months as they were forecast and as they came; ``trial_spread`` likewise, as it was known then;
    ``by_days`` (lines,) whether the line is forecast per working day."""

    quantity: Floats
    weights: Floats
    spread: Floats
    trial: Floats
    came: Floats
    trial_spread: Floats
    by_days: Flags


def forecast_long(history: Floats, *, months: int, season: int = 12, days: Floats | None = None) -> LongForecast:
    """Forecast rows of ``history`` (lines, months known), NaN where unknown; each has two seasons or more.

    ``days`` (months known + ``months``,): working days of each month; counted in the lines they help.
    """
    plain = _by_own_past(history, months, season)
    if days is None or not len(history):
        return plain
    shares, known = day_shares(days), history.shape[1]
    asked = np.flatnonzero(goes_with_days(history, shares[:known], season))
    if not len(asked):
        return plain
    per_day = _per_day(history[asked], shares, months, season)
    better = days_win(plain.trial[asked], per_day.trial, plain.came[asked])
    return _with_rows(plain, per_day, asked, better)


def _per_day(history: Floats, shares: Floats, months: int, season: int) -> LongForecast:
    """The rows forecast as if every month had the same working days, then given those it has."""
    known, cells = history.shape[1], TRIALS[0][1]
    level = _by_own_past(history / shares[:known], months, season)
    then = _trial_shares(history, shares[:known], cells)
    return LongForecast(
        level.quantity * shares[known:],
        level.weights,
        level.spread,
        level.trial * then,
        level.came * then,
        level.trial_spread,
        np.ones(len(history), dtype=bool),
    )


def _trial_shares(history: Floats, shares: Floats, cells: int) -> Floats:
    """The shares (lines, cells) of the months each line was tried on."""
    known = history.shape[1] - first_demand(history)
    result = np.ones((len(history), cells))
    for line, length in enumerate(known):
        back = _months_tried(int(length))
        result[line, :back] = shares[len(shares) - back :]
    return result


def _months_tried(known: int) -> int:
    return next(back for least, back in TRIALS if known >= least)


def _with_rows(plain: LongForecast, other: LongForecast, lines: Integers, better: Flags) -> LongForecast:
    """``plain`` with those of the ``lines`` that are ``better`` taken from ``other``, whose rows they are."""
    mixed = {one.name: getattr(plain, one.name).copy() for one in fields(LongForecast)}
    for name, values in mixed.items():
        taken = getattr(other, name)
        if name == "weights":
            values[:, lines[better]] = taken[:, better]
        else:
            values[lines[better]] = taken[better]
    return LongForecast(**mixed)


def _by_own_past(history: Floats, months: int, season: int) -> LongForecast:
    rows, scale = _prepared(history, season)
    trials, came, trial_spread = _tried(rows, season, TRIALS[0][1])
    weights = method_weights(trials, came)
    candidates, spread = _candidates(rows, months, season)
    weights = _without_silent(weights, candidates)
    quantity = _combined(candidates, weights)
    unit = scale[:, np.newaxis]
    trial = _combined(trials, weights)
    by_days = np.zeros(len(rows), dtype=bool)
    return LongForecast(quantity * unit, weights, spread, trial * unit, came * unit, trial_spread, by_days)


def _prepared(history: Floats, season: int) -> tuple[Floats, Floats]:
    """The rows from their first demand on, gaps filled, brought to a mean of UNIT, and by what (lines,)."""
    first = first_demand(history)[:, np.newaxis]
    started = np.where(np.arange(history.shape[1]) >= first, np.maximum(history, 0.0), np.nan)
    whole = filled(started, season)
    scale = np.nanmean(whole, axis=1) / UNIT if len(whole) else np.ones(0)
    return whole / scale[:, np.newaxis], scale


def _tried(rows: Floats, season: int, cells: int) -> tuple[Floats, Floats, Floats]:
    """Candidates (methods, lines, cells), what came and the spread then (lines, cells); NaN beyond a line's trial."""
    trials = np.full((len(NAMES), len(rows), cells), np.nan)
    came, spread = np.full((len(rows), cells), np.nan), np.full((len(rows), cells), np.nan)
    known = np.isfinite(rows).sum(axis=1)
    most = np.inf
    for least, back in TRIALS:
        chosen = (known >= least) & (known < most)
        most = least
        if chosen.any():
            then, after = rows[chosen, :-back], rows[chosen, -back:]
            trials[:, chosen, :back], spread[chosen, :back] = _candidates(then, back, season)
            came[chosen, :back] = after
    return trials, came, spread


def _candidates(rows: Floats, months: int, season: int) -> tuple[Floats, Floats]:
    """Every method's forecasts (methods, lines, months), never negative, and their typical error as a share."""
    index = own_index(rows, season=season)
    start = rows.shape[1]
    flat = rows / spread_index(index, 0, start)
    ahead = spread_index(index, start, months)
    logs = np.log(np.maximum(flat, LOWEST))
    even = np.nanmin(rows, axis=1) >= EVEN_FROM if len(rows) else np.zeros(0, bool)
    smooth_log, smooth = damped_trend(logs, months), damped_trend(flat, months)
    by_logs = [np.exp(_within(smooth_log.forecast)), np.exp(_within(_each(logs, months, library.raw_theta)))]
    forecasts = [
        np.where(even[:, np.newaxis], by_logs[0], np.nan) * ahead,
        smooth.forecast * ahead,
        _each(flat, months, library.raw_theta) * ahead,
        np.where(even[:, np.newaxis], by_logs[1], np.nan) * ahead,
        _each(rows, months, library.raw_theta, season=season),
        _each(flat, months, library.raw_complex) * ahead,
        _on_logs(rows, even, months, season),
        np.where(even[:, np.newaxis], _each(rows, months, library.raw_seasonal_level, season=season), np.nan),
    ]
    level = np.maximum(smooth.forecast, LOWEST)
    spread = np.where(even[:, np.newaxis], smooth_log.spread, smooth.spread / level)
    highest = HIGHEST * np.nanmax(rows, axis=1, initial=0.0)[:, np.newaxis]
    return np.clip(np.array(forecasts), 0.0, highest), spread


def _on_logs(rows: Floats, even: Flags, months: int, season: int) -> Floats:
    logs = np.log(np.maximum(rows, LOWEST))
    return np.where(
        even[:, np.newaxis], np.exp(_within(_each(logs, months, library.raw_complex, season=season))), np.nan
    )


def _within(logs: Floats) -> Floats:
    return np.clip(logs, -50.0, 50.0)


def _each(rows: Floats, months: int, method: Callable[..., Floats], *, season: int = 1) -> Floats:
    """A library method on every row from its first known month."""
    result = np.full((len(rows), months), np.nan)
    start = np.isfinite(rows).argmax(axis=1)
    for row, first in enumerate(start):
        series = rows[row, first:]
        result[row] = method(series, months=months, season=season if len(series) >= 2 * season else 1)
    return result


def method_weights(trials: Floats, came: Floats) -> Floats:
    """Trust (methods, lines) that adds up to 1: 1 / mean error in the trial; none for a method that had no say."""
    gaps = np.abs(trials - came)
    counted = np.isfinite(gaps)
    error = np.where(counted, gaps, 0.0).sum(axis=2) / np.maximum(counted.sum(axis=2), 1)
    spoke = counted.any(axis=2)
    mean = total(np.where(spoke, error, 0.0)) / np.maximum(spoke.sum(axis=0), 1)
    floor = np.maximum(LEAST_ERROR * mean, TINY)
    trust = np.where(spoke, np.maximum(error, floor) ** -SHARPNESS, 0.0)
    trust = np.where(spoke.any(axis=0), trust, 1.0)
    return trust / total(trust)


def _without_silent(weights: Floats, candidates: Floats) -> Floats:
    """The weights without methods that cannot forecast the line now."""
    speaks = np.isfinite(candidates).all(axis=2)
    kept = np.where(speaks, weights, 0.0)
    kept = np.where(total(kept) > 0, kept, speaks.astype(float))
    return kept / np.maximum(total(kept), TINY)


def _combined(candidates: Floats, weights: Floats) -> Floats:
    """Half-way between the weighted mean and the median of the methods with a weight (lines, months)."""
    usable = np.isfinite(candidates) & (weights > 0)[:, :, np.newaxis]
    share = np.where(usable, weights[:, :, np.newaxis], 0.0)
    whole, weighted = total(share), total(np.nan_to_num(candidates) * share)
    mean = np.divide(weighted, whole, out=np.zeros_like(whole), where=whole > 0)
    return np.where(whole > 0, (mean + _median(candidates, usable)) / 2, np.nan)


def _median(candidates: Floats, usable: Flags) -> Floats:
    ordered = np.sort(np.where(usable, candidates, np.inf), axis=0)
    count = np.maximum(usable.sum(axis=0), 1)
    low = np.take_along_axis(ordered, ((count - 1) // 2)[np.newaxis], axis=0)[0]
    high = np.take_along_axis(ordered, (count // 2)[np.newaxis], axis=0)[0]
    return np.where(np.isfinite(low) & np.isfinite(high), low, 0.0) / 2 + np.where(np.isfinite(high), high, 0.0) / 2
