"""Every method's forecast of every line, made with what is known at one point in time.

Cheap methods are matrix arithmetic over all lines; the library's run only where a line's own history
is long enough: theta where it sells nearly every month, TSB and ADIDA where it does so now and then.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from demand import library_methods
from demand.rhythm import fading, first_demand, forecast_rhythm
from demand.seasonality import group_indices, spread_index

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]

LONG_CYCLES = 2
YEAR = 12
SMOOTH_SHARE = 0.75
INTERMITTENT_SHARE = 0.25


@dataclass(frozen=True)
class Rhythm:
    """A cheap method: order interval in months, smoothing, months a line must be known since its first
    demand, and whether the group's season is lent."""

    name: str
    interval: int
    alpha: float
    needs: int = 0
    seasonal: bool = True

    def forecast(self, history: Floats, months: int) -> Floats:
        """Forecasts (lines, months); NaN for lines too young."""
        return forecast_rhythm(history, interval=self.interval, alpha=self.alpha, months=months, needs=self.needs)


RHYTHMS = (
    Rhythm("level", 1, 0.15, seasonal=False),
    Rhythm("level and season", 1, 0.15),
    Rhythm("level and season", 1, 0.4),
    Rhythm("every 3 months", 3, 0.3),
    Rhythm("every 3 months", 3, 0.6),
    Rhythm("every 6 months", 6, 0.5, needs=6),
    Rhythm("same month of earlier years", 12, 0.6, needs=12, seasonal=False),
)
SEASONAL = tuple(rhythm for rhythm in RHYTHMS if rhythm.seasonal)
LIBRARY = ("theta", "TSB", "ADIDA")
NAMES = (
    *(rhythm.name for rhythm in RHYTHMS),
    *LIBRARY,
    *("season of the region" for _ in SEASONAL),
)


@dataclass(frozen=True)
class Regions:
    """The region of each line (lines,), counted from 0, and the total demand of every region (regions, months):
    of the whole company, so that a line's forecast does not depend on which others are worked on with it."""

    number: Integers
    total: Floats


@dataclass(frozen=True)
class Known:
    """What is known at one point: ``history`` (lines, months), the ``group`` of each line (lines,),
    ``reference`` (months,), the total whose season thin groups lean on (None = their sum), and the regions."""

    history: Floats
    group: Integers
    reference: Floats | None
    season: int = 12
    regions: Regions | None = None

    def until(self, column: int) -> "Known":
        """The same, seen before ``column``."""
        reference = None if self.reference is None else self.reference[:column]
        regions = self.regions and Regions(self.regions.number, self.regions.total[:, :column])
        return Known(self.history[:, :column], self.group, reference, self.season, regions)

    def index(self) -> Floats:
        """Seasonal index of each line's group (groups, season)."""
        return group_indices(self.history, self.group, self.reference, season=self.season)

    def region_index(self) -> Floats | None:
        """Seasonal index of each line's region (lines, season), leaning on the company's like a family's does."""
        if self.regions is None:
            return None
        totals = self.regions.total
        each = group_indices(totals, np.arange(len(totals)), self.reference, season=self.season)
        return each[self.regions.number]


def smooth_lines(history: Floats, season: int = 12) -> Flags:
    """Lines (lines,) with two seasons since their first demand and sales in 75 % of the months."""
    length, share = _life_so_far(history)
    return (length >= LONG_CYCLES * season) & (share >= SMOOTH_SHARE)


def own_share(history: Floats, season: int = 12) -> Floats:
    """How far a smooth line's own past is trusted alone (lines,): 0 up to two years known, 1 from four on."""
    cycles = _life_so_far(history)[0] / max(season, YEAR)
    return np.clip((cycles - LONG_CYCLES) / LONG_CYCLES, 0.0, 1.0)


def intermittent_lines(history: Floats, season: int = 12) -> Flags:
    """Lines as long, with sales in 25 to 75 % of the months."""
    length, share = _life_so_far(history)
    between = (share >= INTERMITTENT_SHARE) & (share < SMOOTH_SHARE)
    return (length >= LONG_CYCLES * season) & between


def _life_so_far(history: Floats) -> tuple[Integers, Floats]:
    """Known months since the first demand, and the share of them with demand."""
    since = np.arange(history.shape[1]) >= first_demand(history)[:, np.newaxis]
    known = (since & np.isfinite(history)).sum(axis=1)
    sold = (np.nan_to_num(history) > 0).sum(axis=1)
    return known, sold / np.maximum(known, 1)


def candidate_forecasts(known: Known, *, months: int, smooth: Flags, intermittent: Flags) -> Floats:
    """Forecasts (methods, lines, months) in the order of NAMES; NaN where a method has no say."""
    history, season = known.history, known.season
    by_family = iter(_with_season(history, known.index()[known.group], months))
    cheap = [next(by_family) if one.seasonal else one.forecast(history, months) for one in RHYTHMS]
    of_region = known.region_index()
    unknown = np.full((len(history), months), np.nan)
    by_region = [unknown] * len(SEASONAL) if of_region is None else _with_season(history, of_region, months)

    def theta(series: Floats) -> Floats:
        return library_methods.theta(series, months=months, season=season)

    slow = [
        _on_lines(history, smooth, months, theta),
        _on_lines(history, intermittent, months, lambda one: library_methods.tsb(one, months=months)),
        _on_lines(history, intermittent, months, lambda one: library_methods.adida(one, months=months)),
    ]
    remaining = fading(history, known.group)[:, np.newaxis]
    return np.maximum(np.array([*cheap, *slow, *by_region]), 0.0) * remaining


def _with_season(history: Floats, index: Floats, months: int) -> list[Floats]:
    """The seasonal rhythms, each (lines, months), with a season (lines, season) taken out and put back."""
    start = history.shape[1]
    lent, ahead = history / spread_index(index, 0, start), spread_index(index, start, months)
    return [one.forecast(lent, months) * ahead for one in SEASONAL]


def _on_lines(history: Floats, chosen: Flags, months: int, method: Callable[[Floats], Floats]) -> Floats:
    result = np.full((len(history), months), np.nan)
    first = first_demand(history)
    for line in np.flatnonzero(chosen):
        result[line] = method(without_gaps(history[line, first[line] :]))
    return result


def without_gaps(series: ArrayLike) -> Floats:
    """Unknown months filled with the mean of the known ones, for methods that cannot skip them."""
    values = np.asarray(series, dtype=float)
    known = np.isfinite(values)
    if known.all():
        return values
    return np.where(known, values, values[known].mean() if known.any() else 0.0)
