"""Service: what customers asked for, what they got, and when.

Order lines come as a frame with the columns of the import contract: customer, product, qty,
ordered_on, requested_on, promised_on, shipped_on (missing = open), shipped_qty, price. `whole_lines`
joins partial deliveries, which are stored as two lines, back to what the customer ordered; the
measures take its result.
"""

import math
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kpis.measures.measured import Measured, ratio
from kpis.measures.words import Family, Good, Measure, Subject

KEY: Final = ["customer", "product", "ordered_on", "requested_on"]
NEEDED: Final = [*KEY, "qty", "promised_on", "shipped_on", "shipped_qty"]
TINY: Final = 1e-9


def whole_lines(order_lines: pd.DataFrame) -> pd.DataFrame:
    """Order lines with their partial deliveries joined: one row per customer, product and dates.

    Adds to the key: qty (requested units), first_qty (units on the first shipment date), shipped_qty
    (all units shipped), open_qty (units still to ship), open_value (those at price, when there is a
    price column), promised_on (the earliest promise) and completed_on (date of the last delivery,
    missing while something is open). ValueError names a missing column.
    """
    missing = [column for column in NEEDED if column not in order_lines]
    if missing:
        raise ValueError(f"Order lines need the column {missing[0]!r}.")
    rows = order_lines.copy()
    for column in ("ordered_on", "requested_on", "promised_on", "shipped_on"):
        rows[column] = pd.to_datetime(rows[column])
    by = rows.groupby(KEY, dropna=False, sort=False)
    first = rows["shipped_on"] == by["shipped_on"].transform("min")
    rows["first_qty"] = rows["shipped_qty"].where(first, 0)
    rows["open"] = rows["shipped_on"].isna()
    rows["open_qty"] = (rows["qty"] - rows["shipped_qty"]).where(rows["open"], 0)
    rows["open_value"] = rows["open_qty"] * rows["price"] if "price" in rows else math.nan
    whole = rows.groupby(KEY, dropna=False, sort=False, as_index=False).agg(
        qty=("qty", "sum"),
        first_qty=("first_qty", "sum"),
        shipped_qty=("shipped_qty", "sum"),
        promised_on=("promised_on", "min"),
        completed_on=("shipped_on", "max"),
        open=("open", "any"),
        open_qty=("open_qty", "sum"),
        open_value=("open_value", "sum"),
    )
    whole["completed_on"] = whole["completed_on"].mask(whole["open"])
    return whole.drop(columns="open")


def unit_fill_rate(requested: ArrayLike, first_shipped: ArrayLike) -> Measured:
    """Units shipped on the first shipment / units requested (0 to 1).

    A line counts at most its request, so shipping too much of one cannot offset another. n/a
    without requests.
    """
    asked, shipped = _numbers(requested, first_shipped)
    return ratio(float(np.minimum(shipped, asked).sum()), float(asked.sum()), asked.size)


def line_fill(requested: ArrayLike, first_shipped: ArrayLike) -> Measured:
    """Lines shipped complete on the first shipment / all lines (0 to 1)."""
    complete = _complete(requested, first_shipped)
    return ratio(float(complete.sum()), float(complete.size), complete.size)


def order_fill(order: ArrayLike, requested: ArrayLike, first_shipped: ArrayLike) -> Measured:
    """Orders whose every line shipped complete / all orders; `order` names the order of each line.

    Much harsher than line fill: 95 % of lines is 0.95**14 = 48.8 % of orders with 14 lines.
    """
    complete = pd.Series(_complete(requested, first_shipped)).groupby(np.asarray(order)).all()
    return ratio(float(complete.sum()), float(complete.size), complete.size)


def otif(
    due_on: ArrayLike, completed_on: ArrayLike, requested: ArrayLike, shipped: ArrayLike, *, as_of: date
) -> Measured:
    """Order lines delivered on or before `due_on` **and** in full / all lines due by `as_of` (0 to 1).

    State which date it is against: requested or promised. A due line that is still open or partly
    open is a miss; a line not due yet, or without a date, does not count.
    """
    due, done = _dates(due_on), _dates(completed_on)
    in_full = _complete(requested, shipped)
    counts = due <= np.datetime64(as_of)
    met = counts & (done <= due) & in_full
    return ratio(float(met.sum()), float(counts.sum()), int(counts.sum()))


def days_late(due_on: ArrayLike, completed_on: ArrayLike, *, as_of: date) -> np.ndarray:
    """Days late of every late line: delivered after its date, or open past it (days so far)."""
    due, done = _dates(due_on), _dates(completed_on)
    today = np.datetime64(as_of)
    end = np.where(np.isnat(done) | (done > today), today, done)
    late = (end - due).astype("timedelta64[D]").astype(float)
    return late[~np.isnat(due) & (end > due)]


def delay_median(due_on: ArrayLike, completed_on: ArrayLike, *, as_of: date) -> Measured:
    """Median days late over the late lines; n/a when none is late. n = late lines."""
    late = days_late(due_on, completed_on, as_of=as_of)
    return Measured(float(np.median(late)) if late.size else math.nan, int(late.size))


def delay_p90(due_on: ArrayLike, completed_on: ArrayLike, *, as_of: date) -> Measured:
    """90th percentile of days late over the late lines (linear between ranks); n/a when none is late."""
    late = days_late(due_on, completed_on, as_of=as_of)
    return Measured(float(np.percentile(late, 90)) if late.size else math.nan, int(late.size))


def past_due(due_on: ArrayLike, completed_on: ArrayLike, open_amount: ArrayLike, *, as_of: date) -> Measured:
    """Open units (or money, whichever is given) of lines due before `as_of`; 0 when none is."""
    due, done = _dates(due_on), _dates(completed_on)
    overdue = np.isnat(done) & (due < np.datetime64(as_of))
    amount = np.asarray(open_amount, dtype=float)[overdue]
    return Measured(float(amount.sum()), int(overdue.sum()))


def order_cycle_time(ordered_on: ArrayLike, completed_on: ArrayLike) -> Measured:
    """Median days from order to complete delivery; open lines do not count, n/a when none is delivered."""
    days = (_dates(completed_on) - _dates(ordered_on)).astype("timedelta64[D]")
    known = days[~np.isnat(days)].astype(float)
    return Measured(float(np.median(known)) if known.size else math.nan, int(known.size))


def return_rate(returned: ArrayLike, shipped: ArrayLike) -> Measured:
    """Returned (or complained) units / shipped units; n/a without shipments."""
    back, out = _numbers(returned, shipped)
    return ratio(float(back.sum()), float(out.sum()), out.size)


def satisfaction(scores: ArrayLike) -> Measured:
    """Mean customer satisfaction as imported; missing scores do not count."""
    values = np.asarray(scores, dtype=float)
    known = values[~np.isnan(values)]
    return ratio(float(known.sum()), float(known.size), known.size)


def _complete(requested: ArrayLike, shipped: ArrayLike) -> np.ndarray:
    asked, sent = _numbers(requested, shipped)
    return sent >= asked - TINY


def _numbers(*sides: ArrayLike) -> list[np.ndarray]:
    arrays = [np.asarray(side, dtype=float).ravel() for side in sides]
    if len({array.size for array in arrays}) > 1:
        raise ValueError(f"Expected vectors of one length, got {[array.size for array in arrays]}.")
    if any(np.isnan(array).any() for array in arrays):
        raise ValueError("Quantities must be known: a missing one is not 0.")
    return arrays


def _dates(values: ArrayLike) -> np.ndarray:
    return pd.to_datetime(pd.Series(np.asarray(values))).to_numpy(dtype="datetime64[D]")


MEASURES: Final = (
    Measure(
        "otif_request",
        "OTIF to request",
        Subject.SUPPLY,
        Family.SERVICE,
        "order lines delivered on or before the requested date and in full / all due",
        "%",
        Good.UP,
        "a due line still open is a miss; n/a without due lines",
    ),
    Measure(
        "otif_promise",
        "OTIF to promise",
        Subject.SUPPLY,
        Family.SERVICE,
        "order lines delivered on or before the promised date and in full / all due",
        "%",
        Good.UP,
        "against the earliest promise; n/a without due lines",
    ),
    Measure(
        "unit_fill_rate",
        "Unit fill rate",
        Subject.SUPPLY,
        Family.SERVICE,
        "units shipped on the first shipment / units requested",
        "%",
        Good.UP,
        "a line counts at most its request; n/a without requests",
    ),
    Measure(
        "line_fill",
        "Line fill",
        Subject.SUPPLY,
        Family.SERVICE,
        "lines shipped complete at once / all lines",
        "%",
        Good.UP,
        "n/a without lines",
    ),
    Measure(
        "order_fill",
        "Order fill",
        Subject.SUPPLY,
        Family.SERVICE,
        "orders shipped complete at once / all orders",
        "%",
        Good.UP,
        "95 % line fill is 48.8 % order fill at 14 lines",
    ),
    Measure(
        "delay_median",
        "Delay, median",
        Subject.SUPPLY,
        Family.TIME,
        "median days late over the late lines",
        "days",
        Good.DOWN,
        "lines open past their date count with the days so far; n/a when none is late",
    ),
    Measure(
        "delay_p90",
        "Delay, 90th percentile",
        Subject.SUPPLY,
        Family.TIME,
        "90th percentile of days late over the late lines",
        "days",
        Good.DOWN,
        "n/a when none is late",
    ),
    Measure(
        "past_due_units",
        "Backlog past due",
        Subject.SUPPLY,
        Family.TIME,
        "Σ open units of lines past their date",
        "units",
        Good.DOWN,
        "0 when none is",
    ),
    Measure(
        "past_due_money",
        "Backlog past due in money",
        Subject.SUPPLY,
        Family.TIME,
        "Σ open units × price of lines past their date",
        "money",
        Good.DOWN,
        "0 when none is",
    ),
    Measure(
        "order_cycle_time",
        "Order cycle time",
        Subject.SUPPLY,
        Family.TIME,
        "median days from order to complete delivery",
        "days",
        Good.DOWN,
        "open lines do not count; n/a when none is delivered",
    ),
    Measure(
        "return_rate",
        "Returns",
        Subject.SUPPLY,
        Family.QUALITY,
        "returned units / shipped units",
        "%",
        Good.DOWN,
        "n/a without shipments",
    ),
    Measure(
        "complaint_rate",
        "Complaints",
        Subject.SUPPLY,
        Family.QUALITY,
        "complained units / shipped units",
        "%",
        Good.DOWN,
        "n/a without shipments",
    ),
    Measure(
        "satisfaction",
        "Customer satisfaction",
        Subject.SUPPLY,
        Family.QUALITY,
        "mean of the imported scores",
        "score",
        Good.UP,
        "n/a until imported",
    ),
)
