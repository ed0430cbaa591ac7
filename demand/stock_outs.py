"""Months in which a product could not be had: their bookings say what there was, not what was wanted.

Bookings hold orders, not shipments, so most shortages do not lower them. Three things together do say so: customers
got less than half of what they waited for, at least half a usual month stayed open, and what they ordered in the month
was under half of the usual.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

HALF = 0.5
AROUND = 6
FEWEST_KNOWN = 6
SMALLEST = 1e-9


def short_months(booked: Floats, shipped: Floats) -> Flags:
    """Where (products, months) of ``booked`` and ``shipped`` units were short of stock.

    Waiting = what was booked and not shipped before, and what is booked now. Usual = median of the six months on either
    side. Shipped < waiting / 2, waiting - shipped >= usual / 2, booked < usual / 2. A product is judged from its first
    booking and shipment on, with six such months known.
    """
    if booked.shape != shipped.shape:
        raise ValueError(f"booked has shape {booked.shape}, shipped {shipped.shape}")
    began = (np.cumsum(np.abs(shipped), axis=1) > 0) & (np.cumsum(np.abs(booked), axis=1) > 0)
    waiting = np.cumsum(booked, axis=1) - np.cumsum(shipped, axis=1) + shipped
    usual = _usual(np.where(began, booked, np.nan))
    starved = began & (waiting > SMALLEST) & (shipped < HALF * waiting)
    return starved & (waiting - shipped >= HALF * usual) & (booked < HALF * usual)


def _usual(booked: Floats) -> Floats:
    """Median of up to six known months before and six after each (products, months); NaN under six."""
    padded = np.pad(booked, ((0, 0), (AROUND, AROUND)), constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * AROUND + 1, axis=1)
    beside = np.delete(windows, AROUND, axis=2)
    enough = np.isfinite(beside).sum(axis=2) >= FEWEST_KNOWN
    return np.where(enough, np.nanmedian(np.where(enough[:, :, np.newaxis], beside, 0.0), axis=2), np.nan)
