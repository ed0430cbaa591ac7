"""Forecasts of lines that order at a rhythm: every month, every quarter, every year.

Business customers often order at a fixed interval. What such a line will order in a month is told by
the months one, two, three ... intervals earlier, not by the months between. With an interval of one
month this is simple exponential smoothing, with a season it is a smoothed seasonal naive.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LOOK_BACK = 24
SILENT_MONTHS = 12
PATIENCE = 2.0
REGULAR_ORDERS = 4


def first_demand(history: Floats) -> Integers:
    """Column of each line's first demand (lines,); the number of columns where there is none."""
    has_demand = np.nan_to_num(history) > 0
    return np.where(has_demand.any(axis=1), has_demand.argmax(axis=1), history.shape[1])


def last_demand(history: Floats) -> Integers:
    """Column of each line's last demand (lines,); -1 where there is none."""
    has_demand = np.nan_to_num(history) > 0
    back = has_demand[:, ::-1].argmax(axis=1)
    return np.where(has_demand.any(axis=1), history.shape[1] - 1 - back, -1)


def forecast_rhythm(history: Floats, *, interval: int, alpha: float, months: int, needs: int = 0) -> Floats:
    """Level of each line in the next ``months``, from the months whole ``interval``s earlier.

    ``history`` (lines, months known), NaN = unknown and skipped; months before a line's first demand
    do not count. The newest of up to 24 months' worth weighs 1, each earlier one (1 − alpha) times
    the one after it. Result (lines, months); 0 where nothing is known of a phase, and NaN for lines
    that started less than ``needs`` months ago.
    """
    known = history.shape[1]
    first = first_demand(history)
    since = np.arange(known) >= first[:, np.newaxis]
    counted = since & np.isfinite(history)
    values = np.where(counted, history, 0.0)
    phases = [_phase_level(values, counted, known + step, interval, alpha) for step in range(interval)]
    turns = np.arange(months) % interval
    forecast = np.stack(phases, axis=1)[:, turns]
    return np.where((known - first >= needs)[:, np.newaxis], forecast, np.nan)


def _phase_level(values: Floats, counted: NDArray[np.bool_], column: int, interval: int, alpha: float) -> Floats:
    """Weighted mean (lines,) of the columns whole intervals before ``column``."""
    cycles = max(1, LOOK_BACK // interval)
    earlier = column - interval * np.arange(1, cycles + 1)
    earlier = earlier[earlier >= 0]
    weights = (1 - alpha) ** np.arange(len(earlier))
    total = counted[:, earlier] @ weights
    level = values[:, earlier] @ weights
    return np.divide(level, total, out=np.zeros(len(values)), where=total > 0)


def usual_gap(history: Floats, group: Integers) -> Floats:
    """Mean months between a line's demands (lines,); its group's where it had fewer than two."""
    sold = np.nan_to_num(history) > 0
    count = sold.sum(axis=1)
    span = last_demand(history) - first_demand(history)
    several = count >= 2
    groups = int(group.max()) + 1 if group.size else 0
    spans = np.bincount(group, weights=np.where(several, span, 0), minlength=groups)
    gaps = np.bincount(group, weights=np.where(several, count - 1, 0), minlength=groups)
    of_group = np.divide(spans, gaps, out=np.ones(groups), where=gaps > 0)
    own = np.divide(span, count - 1, out=np.ones(len(span)), where=several)
    return np.where(several, own, of_group[group])


def fading(history: Floats, group: Integers) -> Floats:
    """How much of its demand a line that fell silent still has (lines,), 1 to 0.

    All of it until two usual gaps have passed, then evenly down to nothing after twelve months.
    """
    silent = history.shape[1] - 1 - last_demand(history)
    patience = np.minimum(PATIENCE * usual_gap(history, group), SILENT_MONTHS - 1)
    left = (SILENT_MONTHS - silent) / (SILENT_MONTHS - patience)
    return np.where(last_demand(history) >= 0, np.clip(left, 0.0, 1.0), 0.0)


def order_rhythm(ordered: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """(months since the last order, usual interval in months) per row of (customers, months) True = ordered.

    1 = the last known month. The interval is the mean between the first and the last order; both are NaN under
    `REGULAR_ORDERS` months with an order.
    """
    months = ordered.shape[1]
    count = ordered.sum(axis=1)
    regular = count >= REGULAR_ORDERS
    first = ordered.argmax(axis=1) if months else np.zeros(len(ordered))
    last = months - 1 - ordered[:, ::-1].argmax(axis=1) if months else np.zeros(len(ordered))
    interval = (last - first) / np.maximum(count - 1, 1)
    return np.where(regular, months - last, np.nan), np.where(regular, interval, np.nan)
