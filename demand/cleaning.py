"""History without what will not come again, and a note of every month that was not taken as it came.

Months that were short of stock are the caller's to mark as unknown (NaN), past events are taken out by
:mod:`demand.event_effects`. Here single months far outside a line's own are treated: for every line
those above five times its usual month, for lines that sell nearly every month also those that stand
out from the months around them, once the season is taken away.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demand.seasonality import own_index, spread_index

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FURTHEST = 5.0
FEWEST_MONTHS = 4
AROUND = 4
FAR = 6.0
FAR_UP = 0.75
FAR_DOWN = 0.9
USUAL_NOISE = 0.05
NEWEST = 4
LOWEST_RATIO = 0.01

ABOVE = "far above the usual"
BELOW = "hardly anything between usual months"


@dataclass(frozen=True)
class Treated:
    """A month (column) of a line (row) that was taken as ``taken`` instead of ``was``; NaN = left out."""

    line: int
    column: int
    was: float
    taken: float
    why: str


def treated_months(before: Floats, after: Floats) -> list[Treated]:
    """What was changed between two histories (lines, months), line by line, oldest first."""
    changed = np.isfinite(before) & (np.nan_to_num(before) != np.nan_to_num(after))
    return [
        Treated(int(line), int(column), was, taken, BELOW if taken > was else ABOVE)
        for line, column in np.argwhere(changed)
        for was, taken in [(float(before[line, column]), float(after[line, column]))]
    ]


def without_outliers(history: Floats) -> Floats:
    """Months above five times a line's median month with demand, cut to that.

    ``history`` (lines, months), NaN stays; a line with fewer than four months of demand, where nobody
    can tell what is usual, stays as it is.
    """
    sold = np.nan_to_num(history) > 0
    limit = np.full(len(history), np.inf)
    judged = sold.sum(axis=1) >= FEWEST_MONTHS
    if judged.any():
        demand = np.where(sold[judged], history[judged], np.nan)
        limit[judged] = FURTHEST * np.nanmedian(demand, axis=1)
    return np.minimum(history, limit[:, np.newaxis])


def without_strays(history: Floats, season: int = 12) -> Floats:
    """Lines that sell nearly every month, with stray months taken as the months around them say.

    A month is astray when, without its season, it lies further from the median of the nine months
    around it than six times what is usual for the line, and above by three quarters or below by nine
    tenths. The newest four months stay: there a stray cannot be told from a new level.
    """
    plain, _ = _from_usual(history, np.ones((len(history), season)))
    odd = ((plain > FAR_UP) | (plain < -FAR_DOWN)) & ~_every_year(plain, season)
    index = own_index(filled(np.where(odd, np.nan, np.maximum(history, 0.0)), season), season=season)
    off, _ = _from_usual(history, index)
    noise = np.array([_noise(row) for row in off]).reshape(-1, 1)
    newest = np.arange(history.shape[1]) >= history.shape[1] - NEWEST
    beyond = (np.abs(off) > FAR * noise) & ((off > FAR_UP) | (off < -FAR_DOWN))
    far = beyond & ~newest & ~_every_year(off, season)
    _, usual = _from_usual(np.where(far, np.nan, history), index)
    return np.where(far & np.isfinite(usual), usual, history)


def _from_usual(history: Floats, index: Floats) -> tuple[Floats, Floats]:
    """How far each month (lines, months) lies from what is usual around it, as a share, and what that is."""
    shape = spread_index(index, 0, history.shape[1])
    flat = history / shape
    around = _around(flat)
    with np.errstate(invalid="ignore", divide="ignore"):
        off = np.where(around > 0, flat / around - 1, 0.0)
    return off, around * shape


def _every_year(off: Floats, season: int) -> Flags:
    """Where the same month a year before or after went the same way, at least half as far (on a ratio scale)."""
    known = np.log(np.maximum(1 + np.nan_to_num(off), LOWEST_RATIO))
    padded = np.pad(known, ((0, 0), (season, season)))
    before, after = padded[:, : -2 * season], padded[:, 2 * season :]
    return np.maximum(before * np.sign(known), after * np.sign(known)) > np.abs(known) / 2


def _around(flat: Floats) -> Floats:
    """Median of the nine months around each (lines, months), fewer at the ends, unknown ones left out."""
    padded = np.pad(flat, ((0, 0), (AROUND, AROUND)), constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * AROUND + 1, axis=1)
    known: Flags = np.asarray(np.isfinite(windows).any(axis=2), dtype=bool)
    return np.where(known, np.nanmedian(np.where(known[:, :, np.newaxis], windows, 0.0), axis=2), np.nan)


def _noise(off: Floats) -> float:
    known = off[np.isfinite(off)]
    return max(1.4826 * float(np.median(np.abs(known))), USUAL_NOISE) if known.size else np.inf


def filled(history: Floats, season: int = 12) -> Floats:
    """Unknown months after a row's first known one, from the same month a year before and after.

    Where neither is known: drawn straight between the neighbours. Months before the first stay NaN.
    """
    known = np.isfinite(history)
    if not len(history) or (known | (np.cumsum(known, axis=1) == 0)).all():
        return history
    return np.array([_filled_row(row, season) for row in history])


def _filled_row(row: Floats, season: int) -> Floats:
    known = np.isfinite(row)
    if not known.any():
        return row
    result, first = row.copy(), int(known.argmax())
    straight = np.interp(np.arange(len(row)), np.flatnonzero(known), row[known])
    for column in np.flatnonzero(~known[first:]) + first:
        near = [row[at] for at in (column - season, column + season) if 0 <= at < len(row) and known[at]]
        result[column] = float(np.mean(near)) if near else straight[column]
    return result
