"""The statistical forecast of every line, with no tuning.

A line that has sold nearly every month for four years is forecast from its own past by several
methods, weighed by how they did on its last months (:mod:`demand.long_lines`). Every other line is
forecast by every method that fits it (:mod:`demand.candidates`; between two and four years a smooth
line goes over from the one to the other): each of the last twelve known months
is forecast once from what was known up to three months before it, and by those errors the methods are
trusted and averaged (:mod:`demand.combination`); thin lines lean on their family's total
(:mod:`demand.top_down`). The range comes from how such forecasts landed (:mod:`demand.intervals`). A
line outside its life, or silent for a year, has no demand.

An unknown month is NaN (not yet closed, before the product's launch, sold out): it is skipped and
never read as zero. Months that were not taken as they came are told (:mod:`demand.cleaning`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from demand.accuracy import wape_by_line
from demand.backtesting import backtest_lines, group_target
from demand.candidates import NAMES, Known, Regions, candidate_forecasts, intermittent_lines, own_share, smooth_lines
from demand.cleaning import Treated, treated_months, without_outliers, without_strays
from demand.combination import combination_weights, combine, pooled_scores
from demand.intervals import Ranges, group_ranges, own_ranges
from demand.long_lines import NAMES as LONG_NAMES
from demand.long_lines import forecast_long
from demand.rhythm import fading, first_demand, last_demand
from demand.seasonality import group_totals
from demand.top_down import lean_on_total

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MONTHS = 24
SEASON = 12
SILENT_MONTHS = 12
NAMED_FROM = 0.2
MOST_NAMED = 3

NO_HISTORY = "no demand yet"
SILENT = "no demand for 12 months"
OUTSIDE_LIFE = "outside its life"
PER_DAY = "per working day"


@dataclass(frozen=True)
class BaselineResult:
    """``quantity`` (lines, months), not negative; ``method`` says in words what each line's forecast is
    made of; ``backtest_wape`` (lines,), NaN where nothing was sold; ``ranges`` how far it may miss;
    ``treated`` the months that were not taken as they came."""

    quantity: Floats
    method: list[str]
    backtest_wape: Floats
    ranges: Ranges
    treated: list[Treated]

    @property
    def low80(self) -> Floats:
        return self.ranges.around(self.quantity, 80)[0]

    @property
    def high80(self) -> Floats:
        return self.ranges.around(self.quantity, 80)[1]


def forecast_baseline(
    history: ArrayLike,
    *,
    months: int = MONTHS,
    season: int = SEASON,
    group: ArrayLike | None = None,
    life: ArrayLike | None = None,
    season_reference: ArrayLike | None = None,
    regions: Regions | None = None,
    days: ArrayLike | None = None,
) -> BaselineResult:
    """Forecast ``months`` months after the last column of ``history`` (lines, months known).

    ``group`` (lines,): the family of each line, numbered from 0; whole families must be passed
    together, as thin lines lean on their total. ``life`` (lines, months) bool: False where the product
    is not sold. ``season_reference`` (months known,): the company's total, whose season young families
    borrow; pass it whenever a company is forecast in parts, so that the parts do not matter. ``regions``:
    whose season thin lines may borrow too. ``days`` (months known + ``months``,): working days of each
    month, for the lines with a long past that they help; without them no line is asked.
    Raises ValueError on shapes that do not fit or infinite numbers.
    """
    seen = _checked(history, group, season_reference, season)
    smooth = smooth_lines(seen.history, season)
    known = replace(seen, history=_cleaned(seen.history, smooth, season), regions=_regions(regions, seen.history))
    live = _live(known.history, life, months)
    result = _forecast(known, live, smooth & live.any(axis=1), _days(days, seen.history, months))
    return replace(result, treated=treated_months(seen.history, known.history))


def _cleaned(history: Floats, smooth: Flags, season: int) -> Floats:
    cleaned = without_outliers(history)
    cleaned[smooth] = without_strays(history[smooth], season)
    return cleaned


def _checked(history: ArrayLike, group: ArrayLike | None, reference: ArrayLike | None, season: int) -> Known:
    demand = np.asarray(history, dtype=float)
    if demand.ndim != 2:
        raise ValueError(f"history must be (lines, months), not {demand.shape}")
    if np.isinf(demand).any():
        raise ValueError("history must be finite, NaN where unknown")
    demand = demand if demand.shape[1] else np.full((len(demand), 1), np.nan)
    number = np.zeros(len(demand), dtype=np.int64) if group is None else np.asarray(group, dtype=np.int64)
    if number.shape != (len(demand),) or (number < 0).any():
        raise ValueError(f"group must number each of {len(demand)} lines from 0")
    total = None if reference is None else np.asarray(reference, dtype=float)
    if total is not None and total.size == 0:
        total = None
    if total is not None and total.shape != (demand.shape[1],):
        raise ValueError(f"season_reference has {total.size} months, history {demand.shape[1]}")
    return Known(demand, np.unique(number, return_inverse=True)[1], total, season)


def _regions(regions: Regions | None, history: Floats) -> Regions | None:
    if regions is None:
        return None
    number = np.asarray(regions.number, dtype=np.int64)
    total = np.asarray(regions.total, dtype=float).reshape(-1, history.shape[1])
    if number.shape != (len(history),) or ((number < 0) | (number >= len(total))).any():
        raise ValueError(f"regions must number each of {len(history)} lines, from 0 to {len(total) - 1}")
    return Regions(number, total)


def _days(days: ArrayLike | None, history: Floats, months: int) -> Floats | None:
    if days is None:
        return None
    counted, columns = np.asarray(days, dtype=float), history.shape[1] + months
    if counted.shape != (columns,):
        raise ValueError(f"days has {counted.size} months, expected {columns}")
    return counted


def _live(history: Floats, life: ArrayLike | None, months: int) -> Flags:
    """Where a line can have demand (lines, months): inside its life and not silent for a year."""
    inside = np.ones((len(history), months), bool) if life is None else np.asarray(life, dtype=bool)
    if inside.shape != (len(history), months):
        raise ValueError(f"life has shape {inside.shape}, expected {(len(history), months)}")
    recent = last_demand(history) >= max(history.shape[1] - SILENT_MONTHS, 0)
    return inside & recent[:, np.newaxis]


def _forecast(known: Known, live: Flags, smooth: Flags, days: Floats | None) -> BaselineResult:
    """Every line as a thin one first; those with a long smooth history then by their own past."""
    months = live.shape[1]
    own = np.where(smooth, own_share(known.history, known.season), 0.0)
    young, intermittent = smooth & (own < 1), intermittent_lines(known.history, known.season) & live.any(axis=1)
    backtest = backtest_lines(known, smooth=young, intermittent=intermittent)
    candidates = candidate_forecasts(known, months=months, smooth=young, intermittent=intermittent)
    scores = np.where(np.isnan(candidates).any(axis=2), np.inf, pooled_scores(backtest, known.group))
    weights = combination_weights(scores)
    past = combine(backtest.forecast, weights)
    thin = BaselineResult(
        np.where(live, combine(candidates, weights), 0.0),
        _described(known.history, live, weights, NAMES),
        wape_by_line(past, backtest.actual),
        group_ranges(past, backtest.actual, known.group, months),
        [],
    )
    both = _with_long_lines(thin, known, live, own, days) if own.any() else thin
    target = group_target(known, both.quantity, live, backtest, weights)
    return replace(both, quantity=lean_on_total(both.quantity, ~smooth, target, known.group))


def _with_long_lines(
    thin: BaselineResult, known: Known, live: Flags, share: Floats, days: Floats | None
) -> BaselineResult:
    """``thin``, going over to what a line's own past says where that has a ``share`` (lines,)."""
    chosen = share > 0
    own = forecast_long(known.history[chosen], months=live.shape[1], season=known.season, days=days)
    part = share[chosen, np.newaxis]
    remaining = fading(known.history, known.group)[chosen, np.newaxis]
    quantity, errors, method = thin.quantity.copy(), thin.backtest_wape.copy(), list(thin.method)
    alone = np.where(live[chosen], own.quantity * remaining, 0.0)
    quantity[chosen] = part * alone + (1 - part) * quantity[chosen]
    errors[chosen] = wape_by_line(own.trial, own.came)
    words = _described(known.history[chosen], live[chosen], own.weights, LONG_NAMES)
    for line, alone_told, per_day in zip(np.flatnonzero(chosen), words, own.by_days, strict=True):
        told = f"{alone_told}, {PER_DAY}" if per_day else alone_told
        method[line] = told if share[line] == 1 else f"{share[line]:.0%} own past: {told}; else {method[line]}"
    ranges = Ranges(thin.ranges.steps.copy(), thin.ranges.growth.copy())
    of_own = own_ranges(own.spread)
    ranges.steps[chosen], ranges.growth[chosen] = of_own.steps, of_own.growth
    return BaselineResult(quantity, method, errors, ranges, [])


def _described(history: Floats, live: Flags, weights: Floats, names: Sequence[str]) -> list[str]:
    """What each line's forecast is made of, in words."""
    started = first_demand(history) < history.shape[1]
    silent = last_demand(history) < history.shape[1] - SILENT_MONTHS
    return [
        _method_in_words(weights[:, line], names, bool(started[line]), bool(silent[line]), bool(live[line].any()))
        for line in range(len(history))
    ]


def _method_in_words(weights: Floats, names: Sequence[str], started: bool, silent: bool, live: bool) -> str:
    if not started:
        return NO_HISTORY
    if silent:
        return SILENT
    if not live:
        return OUTSIDE_LIFE
    shares: dict[str, float] = {}
    for name, weight in zip(names, weights, strict=True):
        shares[name] = shares.get(name, 0.0) + float(weight)
    heaviest = sorted((name for name in shares if shares[name] >= NAMED_FROM), key=lambda one: -shares[one])
    if not heaviest:
        return "mix of all methods"
    return " + ".join(f"{name} ({shares[name]:.0%})" for name in heaviest[:MOST_NAMED])


def seasonal_naive(
    history: ArrayLike, months: int = MONTHS, *, season: int = SEASON, group: ArrayLike | None = None
) -> Floats:
    """Last year repeated (lines, months): the first rung every other forecast has to beat.

    A line with fewer than ``season`` known months gets its group's naive by its share of the group's
    demand in the months it is known. Unknown months of last year take the line's mean. Never negative.
    """
    known = _checked(history, group, None, season)
    repeated = _last_season(known.history, months, season)
    young = np.isfinite(known.history).sum(axis=1) < season
    if not young.any():
        return repeated
    of_group = _last_season(group_totals(known.history, known.group), months, season)
    by_share = of_group[known.group] * _recent_share(known)[:, np.newaxis]
    return np.where(young[:, np.newaxis], by_share, repeated)


def _last_season(history: Floats, months: int, season: int) -> Floats:
    """The last ``season`` columns over and over; unknown ones as the row's mean."""
    shown = history[:, -season:]
    sums, counts = np.nansum(shown, axis=1), np.isfinite(shown).sum(axis=1)
    mean = np.divide(sums, counts, out=np.zeros(len(shown)), where=counts > 0)
    filled = np.where(np.isfinite(shown), shown, mean[:, np.newaxis])
    width = max(filled.shape[1], 1)
    padded = filled if filled.shape[1] else np.zeros((len(shown), 1))
    return np.maximum(padded[:, np.arange(months) % width], 0.0)


def _recent_share(known: Known) -> Floats:
    """Each line's part (lines,) of its group's demand over the line's own known months of a year."""
    shown = known.history[:, -known.season :]
    totals = group_totals(shown, known.group)[known.group]
    own = np.nansum(shown, axis=1)
    of_group = np.nansum(np.where(np.isfinite(shown), totals, 0.0), axis=1)
    return np.clip(np.divide(own, of_group, out=np.zeros(len(own)), where=of_group > 0), 0.0, 1.0)


def forecast_like(
    reference_history: ArrayLike,
    share: float,
    launch_index: int,
    curve: Sequence[float] = (1.0,),
    *,
    months: int = MONTHS,
    season: int = SEASON,
) -> Floats:
    """A launch forecast like its predecessor: (months,) for one line, (lines, months) for several.

    ``reference_history`` is the predecessor's (last axis months known). Its last ``season`` months with
    demand known are repeated by the calendar, times ``share``, times ``curve`` from ``launch_index``
    (forecast month 0, 1, ...; negative = launched before) on; the curve's last value goes on. Months
    before the launch are 0. Raises ValueError for a share or curve that is negative or unknown.

    >>> forecast_like([10.0] * 12, 0.5, 1, [0.4, 1.0], months=4)
    array([0., 2., 5., 5.])
    """
    ramp = np.asarray(curve, dtype=float)
    factors = np.append(ramp, share)
    if ramp.size == 0 or not np.isfinite(factors).all() or (factors < 0).any():
        raise ValueError("share and curve must be known and not negative")
    reference = np.asarray(reference_history, dtype=float)
    lines = np.atleast_2d(reference)
    since = np.arange(months) - launch_index
    grown = np.where(since >= 0, ramp[np.clip(since, 0, ramp.size - 1)], 0.0)
    result = _last_active_season(lines, months, season) * grown * share
    return result if reference.ndim == 2 else result[0]


def _last_active_season(history: Floats, months: int, season: int) -> Floats:
    """The season up to the last column in which any line had demand, repeated by the calendar."""
    end = int(last_demand(history).max(initial=-1)) + 1
    if end == 0:
        return np.zeros((len(history), months))
    offset = (history.shape[1] - end) % min(season, end)
    return _last_season(history[:, :end], months + offset, season)[:, offset:]
