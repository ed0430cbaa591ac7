"""The field's standard methods, from statsforecast, on the series that are long enough for them.

The library is imported inside the functions: its first import takes seconds and only the baseline
needs it. It runs in this process (no worker processes of its own). Every result is finite, not
negative and at most twice what the series has ever shown, so a young trend cannot run away.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHORTEST = 6
HIGHEST = 2.0
TSB_ALPHA = 0.2
UNIT = 1000.0


def theta(series: Floats, *, months: int, season: int = 1) -> Floats:
    """Dynamic optimised theta (Fiorucci et al. 2016) of one series (months known,) -> (months,).

    ``season`` > 1 lets it test for a season once two are known. Under six months: their mean.
    """
    if len(series) < SHORTEST or np.ptp(series) == 0:
        return _flat(series, months)
    from statsforecast.models import DynamicOptimizedTheta

    length = season if len(series) >= 2 * season else 1
    unit = _unit(series)
    with np.errstate(all="ignore"):
        mean = DynamicOptimizedTheta(season_length=length).forecast(y=series / unit, h=months)["mean"]
    return _bounded(mean * unit, series)


def tsb(series: Floats, *, months: int) -> Floats:
    """Teunter-Syntetos-Babai (2011): size × probability of demand, the latter fading in silence."""
    if len(series) < SHORTEST:
        return _flat(series, months)
    from statsforecast.models import TSB

    model = TSB(alpha_d=TSB_ALPHA, alpha_p=TSB_ALPHA)
    return _bounded(model.forecast(y=np.maximum(series, 0.0), h=months)["mean"], series)


def adida(series: Floats, *, months: int) -> Floats:
    """Aggregate-disaggregate (Nikolopoulos et al. 2011): smoothing over the mean interval."""
    if len(series) < SHORTEST:
        return _flat(series, months)
    from statsforecast.models import ADIDA

    unit = _unit(series)
    return _bounded(ADIDA().forecast(y=np.maximum(series, 0.0) / unit, h=months)["mean"] * unit, series)


def _unit(series: Floats) -> float:
    """What to divide by so that the library's searches see every series at the same size: they are not free of it."""
    size = float(np.abs(series).mean())
    return size / UNIT if size > 0 else 1.0


def _flat(series: Floats, months: int) -> Floats:
    return np.full(months, max(float(series.mean()), 0.0) if len(series) else 0.0)


def _bounded(forecast: Floats, series: Floats) -> Floats:
    """Finite, 0 to twice the largest month; a method that failed gives the series' mean."""
    mean = max(float(series.mean()), 0.0)
    return np.clip(np.nan_to_num(forecast, nan=mean), 0.0, HIGHEST * max(float(series.max()), 0.0))


def raw_theta(values: Floats, *, months: int, season: int = 1) -> Floats:
    """Dynamic optimised theta as the library gives it, without bounds: for values that may be logarithms."""
    return _as_given("DynamicOptimizedTheta", values, months, season_length=season)


def raw_complex(values: Floats, *, months: int, season: int = 1) -> Floats:
    """Complex exponential smoothing (Svetunkov, Kourentzes & Ord 2022), level and trend in one, without bounds."""
    return _as_given("AutoCES", values, months, season_length=season)


def raw_seasonal_level(values: Floats, *, months: int, season: int) -> Floats:
    """Exponential smoothing with multiplicative error and season and no trend (ETS M,N,M), without bounds."""
    return _as_given("AutoETS", values, months, season_length=season, model="MNM")


def raw_ets(values: Floats, *, months: int, season: int = 1) -> Floats:
    """Exponential smoothing with the form the library chooses by AICc (ETS Z,Z,Z), without bounds."""
    return _as_given("AutoETS", values, months, season_length=season, model="ZZZ")


def _as_given(name: str, values: Floats, months: int, **options: int | str) -> Floats:
    """What the library's model says (months,); all NaN where it cannot fit the values."""
    from statsforecast import models

    if np.ptp(values) == 0:
        return np.full(months, values[-1])
    try:
        with np.errstate(all="ignore"):
            mean = getattr(models, name)(**options).forecast(y=np.ascontiguousarray(values), h=months)["mean"]
    except Exception:  # the library raises bare Exceptions of many kinds for series that it cannot fit
        return np.full(months, np.nan)
    return np.asarray(mean, dtype=float)
