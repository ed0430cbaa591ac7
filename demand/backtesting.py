"""The last twelve known months, forecast again from what was known before them.

From each of four points, three months apart, every method forecasts the three months that follow; so
each month counts once, at one to three months ahead, and nothing a forecast is judged by was visible
to it (rolling origin, Tashman 2000).
"""

import numpy as np
from numpy.typing import NDArray

from demand.candidates import NAMES, Known, candidate_forecasts
from demand.combination import Backtest, combine
from demand.rhythm import first_demand
from demand.seasonality import group_totals
from demand.top_down import group_candidates, total_weights

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]

STEPS = 3
ORIGINS = 4
EARLIEST = 6


def origins(columns: int) -> list[int]:
    """Columns to forecast from, oldest first; fewer where the history is young."""
    starts = [columns - STEPS * turn for turn in range(ORIGINS, 0, -1)]
    return [start for start in starts if start >= EARLIEST]


def backtest_lines(known: Known, *, smooth: Flags, intermittent: Flags) -> Backtest:
    """Every method's forecasts of the last months; a line counts once it had started."""
    lines = len(known.history)
    forecasts, actuals = [np.empty((len(NAMES), lines, 0))], [np.empty((lines, 0))]
    for origin in origins(known.history.shape[1]):
        then = known.until(origin)
        forecasts.append(candidate_forecasts(then, months=STEPS, smooth=smooth, intermittent=intermittent))
        started = first_demand(then.history) < origin
        actuals.append(np.where(started[:, np.newaxis], _came(known, origin), np.nan))
    return Backtest(np.concatenate(forecasts, axis=2), np.concatenate(actuals, axis=1))


def group_target(known: Known, lines: Floats, live: Flags, backtest: Backtest, weights: Floats) -> Floats:
    """Forecast total of each group (groups, months): its three ways, by their own backtest.

    ``lines`` and ``live`` (lines, months) are the lines' forecasts and where they can have demand;
    ``backtest`` and ``weights`` (methods, lines) say what the lines' forecasts would have been.
    """
    ahead = group_candidates(known, lines, live)
    then = combine(backtest.forecast, weights)
    past, actual = [np.empty((*ahead.shape[:2], 0))], [np.empty((ahead.shape[1], 0))]
    for turn, origin in enumerate(origins(known.history.shape[1])):
        came = _came(known, origin)
        lines_then = then[:, STEPS * turn : STEPS * (turn + 1)]
        past.append(group_candidates(known.until(origin), lines_then, np.isfinite(came)))
        actual.append(group_totals(came, known.group))
    trust = total_weights(np.concatenate(past, axis=2), np.concatenate(actual, axis=1))
    return np.einsum("kgt,kg->gt", np.nan_to_num(ahead), trust)


def _came(known: Known, origin: int) -> Floats:
    return known.history[:, origin : origin + STEPS]
