"""The family sheet in whole units: five blocks whose identities hold exactly as they are read on screen.

Shapes: F families (or products), M months.

    inventory_t = inventory_{t-1} + supply_t - shipments_t
    backlog_t   = backlog_{t-1}   + bookings_t - shipments_t
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from supply.capacity import Matrix

Whole = NDArray[np.int64]
FLOWS = ("bookings", "shipments", "supply")


@dataclass(frozen=True)
class Sheet:
    """Whole units: opening stock and backlog (F,), the blocks (F, M). Stocks are those of the month's end."""

    opening_inventory: Whole
    opening_backlog: Whole
    bookings: Whole
    shipments: Whole
    supply: Whole
    inventory: Whole
    backlog: Whole


def whole_sheet(
    opening_inventory: ArrayLike,
    opening_backlog: ArrayLike,
    bookings: ArrayLike,
    shipments: ArrayLike,
    supply: ArrayLike,
) -> Sheet:
    """The sheet of fractional flows (F, M), rounded on their running totals.

    Rounding the totals instead of the months keeps every stock within one unit of the truth, adds up exactly,
    and never shows a negative stock where there is none. ValueError when the matrices differ.
    """
    flows = [np.asarray(flow, dtype=float) for flow in (bookings, shipments, supply)]
    if any(flow.ndim != 2 or flow.shape != flows[0].shape for flow in flows):
        raise ValueError(f"Expected three matrices alike, got {', '.join(str(flow.shape) for flow in flows)}.")
    stock, owed = (np.asarray(start, dtype=float)[:, None] for start in (opening_inventory, opening_backlog))
    booked = _whole(np.hstack([owed, owed + np.cumsum(flows[0], axis=1)]))
    shipped = _whole(np.hstack([np.zeros_like(stock), np.cumsum(flows[1], axis=1)]))
    made = _whole(np.hstack([stock, stock + np.cumsum(flows[2], axis=1)]))
    return Sheet(
        opening_inventory=made[:, 0],
        opening_backlog=booked[:, 0],
        bookings=np.diff(booked, axis=1),
        shipments=np.diff(shipped, axis=1),
        supply=np.diff(made, axis=1),
        inventory=(made - shipped)[:, 1:],
        backlog=(booked - shipped)[:, 1:],
    )


def joined(closed: Sheet, planned: Sheet) -> Sheet:
    """Closed months followed by planned ones. Stocks of the closed months are moved by the unit that rounding
    may have cost, so that they end where the plan opens."""
    stock = planned.opening_inventory - closed.inventory[:, -1]
    owed = planned.opening_backlog - closed.backlog[:, -1]
    flows = {name: np.hstack([getattr(closed, name), getattr(planned, name)]) for name in FLOWS}
    return Sheet(
        closed.opening_inventory + stock,
        closed.opening_backlog + owed,
        inventory=np.hstack([closed.inventory + stock[:, None], planned.inventory]),
        backlog=np.hstack([closed.backlog + owed[:, None], planned.backlog]),
        **flows,
    )


@dataclass(frozen=True)
class Compared:
    """One block against last month's plan, whole units (F, M): `old` where `known` (M,), the closed months' actuals
    and the new plan in `now`."""

    old: Whole
    now: Whole
    known: NDArray[np.bool_]

    @property
    def variance(self) -> Whole:
        """Actual or new plan less the old plan; zero where there is no old plan."""
        return np.where(self.known[None, :], self.now - self.old, 0)


def compared(now: Sheet, old: Sheet, first: int) -> dict[str, Compared]:
    """Every block of a sheet against an older one whose first month is the column `first` of the newer.

    The older one's identities hold along its own months, so those of the variances hold between them too:
    the variance of inventory moves by the variance of supply less that of shipments.
    """
    months = now.bookings.shape[1]
    kept = min(old.bookings.shape[1], months - first)
    if not 0 <= first < months or old.bookings.shape[0] != now.bookings.shape[0]:
        raise ValueError(f"An old plan from column {first} does not fit a sheet {now.bookings.shape}.")
    known = np.zeros(months, dtype=bool)
    known[first : first + kept] = True
    found = {}
    for name in (*FLOWS, "inventory", "backlog"):
        before = np.zeros_like(getattr(now, name))
        before[:, known] = getattr(old, name)[:, :kept]
        found[name] = Compared(before, getattr(now, name), known)
    return found


def opening_before(ending: ArrayLike, incoming: ArrayLike, outgoing: ArrayLike) -> Matrix:
    """Stock before some months (F,), from the stock after them: ending - Σ incoming + Σ outgoing."""
    after = np.asarray(ending, dtype=float)
    return after - np.asarray(incoming, dtype=float).sum(axis=1) + np.asarray(outgoing, dtype=float).sum(axis=1)


def _whole(totals: Matrix) -> Whole:
    """Rounded half up; noise of the last digits must not decide."""
    return np.floor(np.round(totals, 6) + 0.5).astype(np.int64)
