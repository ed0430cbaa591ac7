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


def theta(series: Floats, *, months: int, season: int = 1) -> Floats:
    """Dynamic optimised theta (Fiorucci et al. 2016) of one series (months known,) -> (months,).

    ``season`` > 1 lets it test for a season once two are known. Under six months: their mean.
    """
    if len(series) < SHORTEST or np.ptp(series) == 0:
        return _flat(series, months)
    from statsforecast.models import DynamicOptimizedTheta

    length = season if len(series) >= 2 * season else 1
    with np.errstate(all="ignore"):
        mean = DynamicOptimizedTheta(season_length=length).forecast(y=series, h=months)["mean"]
    return _bounded(mean, series)


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

    return _bounded(ADIDA().forecast(y=np.maximum(series, 0.0), h=months)["mean"], series)


def _flat(series: Floats, months: int) -> Floats:
    return np.full(months, max(float(series.mean()), 0.0) if len(series) else 0.0)


def _bounded(forecast: Floats, series: Floats) -> Floats:
    """Finite, 0 to twice the largest month; a method that failed gives the series' mean."""
    mean = max(float(series.mean()), 0.0)
    return np.clip(np.nan_to_num(forecast, nan=mean), 0.0, HIGHEST * max(float(series.max()), 0.0))
