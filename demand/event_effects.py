"""What marketing's events add to the team numbers.

An event multiplies the quantities in its scope and months by 1 + uplift × confidence, or adds an expected quantity
each month, spread over the lines in proportion to what they have (evenly where they have nothing). Events add up,
each on the team number, never on one another. A loss takes away, after everything else and never below zero. Where a
rep has already given *promotion* as the reason of a change in the event's months, the event adds nothing there and
says so, so that nothing counts twice. A line outside its product's life has nothing to add to.
"""

from collections.abc import Iterable
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cycles.periods import months_between

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]

SCOPES = ("family", "product", "customer", "region")
EVENT_COLUMNS = (*SCOPES, "code", "kind", "from_month", "to_month", "uplift_pct", "uplift_qty", "confidence")
EFFECT_COLUMNS = ["event", "line", "month", "added", "note"]
LOSS = "loss"
SMALLEST_REST = 0.05
FRONT, DIP = "front", "dip"
DIP_SHARE = 0.5


def apply_events(
    matrix: Matrix, start: date, lines: pd.DataFrame, events: pd.DataFrame, given: Mask
) -> tuple[Matrix, pd.DataFrame]:
    """The matrix (lines, months) with every event applied, and the effects as one row per event, line and month.

    `lines` has one row per matrix row, indexed by line id, with the columns family, product, customer and region, and
    launch_month and phase_out_month (dates or empty; the last month sold) where a life is to be kept; `events` has
    the columns of `EVENT_COLUMNS` ('' = any; uplift in per cent, or in units per month; confidence 0-1), and shape
    where it is not flat (`month_weights`); `given`
    (lines, months) is True where a change with the reason promotion stands. Effects have event (code), line (id),
    month (position), added (units) and note; what they add is exactly the difference of the two matrices.
    ValueError when shapes or columns do not fit.
    """
    _check(matrix, lines, events, given)
    result, alive = matrix.astype(float, copy=True), in_life(lines, start, matrix.shape[1])
    effects = [
        _apply(result, matrix, start, lines, event, given, alive)
        for event in sorted(events.to_dict("records"), key=_losses_last)
    ]
    filled = [effect for effect in effects if len(effect)]
    return result, pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=EFFECT_COLUMNS)


def without_past_events(history: Matrix, start: date, lines: pd.DataFrame, events: pd.DataFrame) -> Matrix:
    """The history (lines, months) as it would have been without the events in it: the inverse of `apply_events`.

    Percentages are divided out, quantities taken off pro rata, a loss is added back; NaN and returns stay as they
    are. A loss of everything cannot be undone and is left. So an event is learned once, not once as an event and once
    as a season. `lines` and `events` as in `apply_events`.
    """
    _check(history, lines, events, np.zeros(history.shape, dtype=bool))
    shares, units = np.zeros(history.shape), np.zeros(history.shape)
    sold = np.maximum(np.nan_to_num(history), 0.0)
    for event in events.to_dict("records"):
        columns, weights = _reach(start, history.shape[1], event)
        cells = np.ix_(np.flatnonzero(in_scope(lines, event)), columns)
        share, quantity = expected_uplift(event)
        shares[cells] += share * weights
        units[cells] += _split(sold[cells], sold[cells] > 0) * quantity * weights
    usual = np.maximum(sold - units, 0.0) / np.where(shares > -1 + SMALLEST_REST, 1 + shares, 1.0)
    return np.where(sold > 0, usual, history)


def in_life(lines: pd.DataFrame, start: date, months: int) -> Mask:
    """(lines, months) True from a product's launch month to its phase-out month, both included."""
    at = np.arange(months)
    first = _positions(lines, "launch_month", start, -1)
    last = _positions(lines, "phase_out_month", start, months)
    return (at >= first[:, np.newaxis]) & (at <= last[:, np.newaxis])


def _positions(lines: pd.DataFrame, column: str, start: date, otherwise: int) -> NDArray[np.int64]:
    if column not in lines.columns:
        return np.full(len(lines), otherwise)
    return np.array(
        [otherwise if pd.isna(month) else months_between(start, month) for month in lines[column]], dtype=int
    )


def in_scope(lines: pd.DataFrame, event: dict[str, object]) -> Mask:
    """(lines,) True where the event's family, product, customer and region (as far as given) all match."""
    mask = np.ones(len(lines), dtype=bool)
    for column in SCOPES:
        if event[column]:
            mask &= (lines[column] == event[column]).to_numpy()
    return mask


def expected_uplift(event: dict[str, object]) -> tuple[float, float]:
    """(share, units) to expect: uplift × confidence, negative for a loss; 0.0 where not given."""
    confidence = float(event["confidence"])  # type: ignore[arg-type]
    sign = -1.0 if event["kind"] == LOSS else 1.0
    pct, qty = (_number(event[name]) for name in ("uplift_pct", "uplift_qty"))
    if event["kind"] == LOSS:
        pct, qty = abs(pct), abs(qty)
    return sign * pct / 100 * confidence, sign * qty * confidence


def _losses_last(event: dict[str, object]) -> bool:
    return event["kind"] == LOSS


def _apply(
    result: Matrix,
    base: Matrix,
    start: date,
    lines: pd.DataFrame,
    event: dict[str, object],
    given: Mask,
    alive: Mask,
) -> pd.DataFrame:
    columns, weights = _reach(start, base.shape[1], event)
    rows = np.flatnonzero(in_scope(lines, event))
    if not len(rows) or not len(columns):
        return pd.DataFrame(columns=EFFECT_COLUMNS)
    cells = np.ix_(rows, columns)
    counted, before = given[cells] & alive[cells], result[cells]
    wanted = np.where(counted | ~alive[cells], 0.0, _added(base[cells], alive[cells], event) * weights)
    result[cells] = np.maximum(before + wanted, 0.0)
    return _effects(event, lines.index.to_numpy()[rows], columns, result[cells] - before, counted & (base[cells] > 0))


def _added(quantity: Matrix, alive: Mask, event: dict[str, object]) -> Matrix:
    share, units = expected_uplift(event)
    return quantity * share + _split(quantity, alive) * units


def _split(quantity: Matrix, alive: Mask) -> Matrix:
    """Each line's part of a month's quantity; where there is none, an even part of the lines that are alive."""
    totals = quantity.sum(axis=0, keepdims=True)
    even = alive / np.maximum(alive.sum(axis=0, keepdims=True), 1)
    return np.divide(quantity, totals, out=even, where=totals > 0)


def _effects(
    event: dict[str, object], line_ids: NDArray[np.int64], columns: NDArray[np.int64], added: Matrix, counted: Mask
) -> pd.DataFrame:
    row, column = np.nonzero((added != 0) | counted)
    note = f"{event['code']} adds nothing where a promotion is already in the number"
    return pd.DataFrame(
        {
            "event": event["code"],
            "line": line_ids[row],
            "month": columns[column],
            "added": added[row, column],
            "note": [note if told else None for told in counted[row, column]],
        }
    )


def month_weights(shape: str, months: int) -> NDArray[np.float64]:
    """What each month of an event gets of its uplift; the mean is 1, but for the dip.

    flat: every month alike. front: falling evenly from one and a half to a half, so the months together bring the
    same. dip: every month alike, and in the month after the last one half of a month's uplift is missing, because
    customers bought ahead.
    """
    if shape == FRONT and months > 1:
        return np.linspace(1.5, 0.5, months)
    return np.append(np.ones(months), -DIP_SHARE) if shape == DIP else np.ones(months)


def _reach(start: date, months: int, event: dict[str, object]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The columns of a matrix that begins at `start` which an event touches, and the weight of each."""
    first, last = (months_between(start, event[name]) for name in ("from_month", "to_month"))  # type: ignore[arg-type]
    weights = month_weights(str(event.get("shape") or ""), last - first + 1)
    at = np.arange(first, first + len(weights), dtype=np.int64)
    inside = (at >= 0) & (at < months)
    return at[inside], weights[inside]


def _number(value: object) -> float:
    return 0.0 if value is None or value == "" or pd.isna(value) else float(value)  # type: ignore[arg-type]


def _check(matrix: Matrix, lines: pd.DataFrame, events: pd.DataFrame, given: Mask) -> None:
    if matrix.ndim != 2 or len(lines) != len(matrix) or given.shape != matrix.shape:
        raise ValueError(
            f"Events need one row of attributes and one mask row per line: matrix {matrix.shape}, "
            f"{len(lines)} lines, mask {given.shape}."
        )
    _need(lines, SCOPES, "lines")
    _need(events, EVENT_COLUMNS, "events")


def _need(frame: pd.DataFrame, columns: Iterable[str], what: str) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"The {what} lack the column {missing[0]!r}.")
