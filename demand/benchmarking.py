"""The baseline on series that are nobody's: its errors and ranges on months that were held back.

Every series is forecast alone (it has no family to lean on), by the same function as a company's lines.
Measures as the forecasting competitions define them (Makridakis & Hibon 2000; M4: OWA).
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from demand import library_methods
from demand.accuracy import mase, smape, wape
from demand.baseline import forecast_baseline
from demand.candidates import without_gaps
from demand.intervals import LEVELS

Floats = NDArray[np.float64]

CRITICAL = 1.645


@dataclass(frozen=True)
class Case:
    """One series: what may be seen, and the months that were held back; NaN = unknown."""

    name: str
    past: Floats
    future: Floats


@dataclass(frozen=True)
class CaseForecasts:
    """``quantity`` (series, months); ``low`` and ``high`` (levels, series, months) of each of :data:`LEVELS`,
    NaN from a method that gives no ranges."""

    quantity: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Figures:
    """sMAPE in percent, the others as ratios; coverage = share of the months held back inside the range,
    None from a method that gives no ranges."""

    series: int
    smape: float
    mase: float
    wape: float
    owa: float
    coverage_50: float | None
    coverage_80: float | None
    coverage_95: float | None
    smape_naive2: float
    mase_naive2: float

    def as_dict(self) -> dict[str, float | None]:
        return asdict(self)


def right_aligned(pasts: Sequence[Floats]) -> Floats:
    """Series of different length as rows that end together, NaN before they start."""
    width = max(len(past) for past in pasts)
    rows = np.full((len(pasts), width), np.nan)
    for row, past in zip(rows, pasts, strict=True):
        row[width - len(past) :] = past
    return rows


def forecast_cases(cases: Sequence[Case], *, months: int, season: int = 12) -> CaseForecasts:
    """The baseline of each series by itself, with its ranges."""
    history = right_aligned([case.past for case in cases])
    result = forecast_baseline(history, months=months, season=season, group=np.arange(len(cases)))
    edges = [result.ranges.around(result.quantity, level) for level in LEVELS]
    return CaseForecasts(result.quantity, np.array([low for low, _ in edges]), np.array([high for _, high in edges]))


def ets_theta_cases(cases: Sequence[Case], *, months: int, season: int = 12) -> CaseForecasts:
    """The bar to beat: of each series the plain mean of the library's ETS and theta; the one where the other fails."""
    both = [_ets_and_theta(without_gaps(case.past), months, season) for case in cases]
    quantity = np.array([np.nanmean(pair, axis=0) for pair in both])
    unknown = np.full((len(LEVELS), *quantity.shape), np.nan)
    return CaseForecasts(quantity, unknown, unknown)


def _ets_and_theta(past: Floats, months: int, season: int) -> Floats:
    length = season if len(past) >= 2 * season else 1
    methods = (library_methods.raw_ets, library_methods.raw_theta)
    return np.array([method(past, months=months, season=length) for method in methods])


METHODS: dict[str, Callable[..., CaseForecasts]] = {"baseline": forecast_cases, "ets-theta": ets_theta_cases}


def joined(parts: Sequence[CaseForecasts]) -> CaseForecasts:
    return CaseForecasts(
        np.concatenate([part.quantity for part in parts]),
        np.concatenate([part.low for part in parts], axis=1),
        np.concatenate([part.high for part in parts], axis=1),
    )


def benchmark_figures(cases: Sequence[Case], forecasts: CaseForecasts, *, season: int = 12) -> Figures:
    """How the forecasts did on the months held back, and against Naive2."""
    actual = np.array([case.future for case in cases])
    naive = np.array([naive2(case.past, actual.shape[1], season=season) for case in cases])
    ours, theirs = (_errors(cases, one, season) for one in (forecasts.quantity, naive))
    inside = (actual >= forecasts.low) & (actual <= forecasts.high)
    known = np.isfinite(actual) & np.isfinite(forecasts.low)
    covered = {
        f"coverage_{level}": float(one[there].mean()) if there.any() else None
        for level, one, there in zip(LEVELS, inside, known, strict=True)
    }
    return Figures(
        series=len(cases),
        smape=ours[0],
        mase=ours[1],
        wape=wape(forecasts.quantity, actual),
        owa=(ours[0] / theirs[0] + ours[1] / theirs[1]) / 2,
        smape_naive2=theirs[0],
        mase_naive2=theirs[1],
        **covered,
    )


def _errors(cases: Sequence[Case], forecasts: Floats, season: int) -> tuple[float, float]:
    """sMAPE and MASE, each the mean over the series for which it can be told."""
    pairs = list(zip(forecasts, cases, strict=True))
    symmetric = [smape(forecast, case.future) for forecast, case in pairs]
    scaled = [mase(forecast, case.future, case.past, season=season) for forecast, case in pairs]
    return float(np.nanmean(symmetric)), float(np.nanmean(scaled))


def naive2(past: Floats, months: int, *, season: int = 12) -> Floats:
    """The competitions' bar: the last value, with the classical multiplicative season where a test finds one."""
    known = past[np.isfinite(past)]
    if len(known) < len(past) or not is_seasonal(known, season):
        return np.full(months, known[-1] if len(known) else 0.0)
    index = _classical_index(known, season)
    ahead = (len(known) + np.arange(months)) % season
    return known[-1] / index[(len(known) - 1) % season] * index[ahead]


def is_seasonal(series: Floats, season: int) -> bool:
    """Autocorrelation at the season beyond chance (90 %), over three seasons or more."""
    if season < 2 or len(series) < 3 * season or np.ptp(series) == 0:
        return False
    around = series - series.mean()
    own = float((around**2).sum())
    lags = np.array([float((around[lag:] * around[:-lag]).sum()) / own for lag in range(1, season + 1)])
    limit = CRITICAL * np.sqrt((1 + 2 * (lags[:-1] ** 2).sum()) / len(series))
    return bool(abs(lags[-1]) > limit)


def _classical_index(series: Floats, season: int) -> Floats:
    window = np.r_[0.5, np.ones(season - 1), 0.5] if season % 2 == 0 else np.ones(season)
    average = np.convolve(series, window / season, "valid")
    middle = np.arange(season // 2, season // 2 + len(average))
    ratios = np.divide(series[middle], average, out=np.ones(len(average)), where=average > 0)
    sums = np.bincount(middle % season, weights=ratios, minlength=season)
    index = sums / np.maximum(np.bincount(middle % season, minlength=season), 1)
    return np.maximum(index / index.mean(), 1e-3)
