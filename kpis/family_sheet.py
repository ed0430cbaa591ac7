"""The sheet of one family: five blocks, each as old plan, actual, variance and new plan.

Backlog and inventory are never entered: they follow from the other three, so that for every month

    backlog_t   = backlog_{t-1}   + bookings_t - shipments_t
    inventory_t = inventory_{t-1} + supply_t   - shipments_t

holds exactly in every one of the four rows, and for every sum of families.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from supply.inventory import balance

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Flows:
    """Bookings, shipments and supply of one family, each (M,) in units or money; NaN = not known."""

    bookings: ArrayLike
    shipments: ArrayLike
    supply: ArrayLike


@dataclass(frozen=True)
class Block:
    """One of the five blocks; `variance` is actual - old plan, NaN where either is unknown."""

    name: str
    old_plan: Vector
    actual: Vector
    new_plan: Vector

    @property
    def variance(self) -> Vector:
        """actual - old plan."""
        return self.actual - self.old_plan


def family_sheet(old_plan: Flows, actual: Flows, new_plan: Flows, *, backlog: float, inventory: float) -> list[Block]:
    """The five blocks in their order: bookings, shipments, backlog, supply, inventory.

    `backlog` and `inventory` are those before the first month, the same for all three. Where a flow
    is unknown, what follows from it is unknown from that month on, never counted as 0. ValueError
    when the vectors differ in length.
    """
    sides = [_rows(flows, backlog, inventory) for flows in (old_plan, actual, new_plan)]
    names = ("Bookings", "Shipments", "Backlog", "Supply", "Inventory")
    return [Block(name, *rows) for name, rows in zip(names, zip(*sides, strict=True), strict=True)]


def _rows(flows: Flows, backlog: float, inventory: float) -> tuple[Vector, ...]:
    bookings, shipments, supply = (np.asarray(f, dtype=float) for f in (flows.bookings, flows.shipments, flows.supply))
    if not bookings.shape == shipments.shape == supply.shape or bookings.ndim != 1:
        raise ValueError(f"Flows differ in length: {bookings.shape}, {shipments.shape}, {supply.shape}.")
    owed = balance([backlog], bookings[None, :], shipments[None, :])[0]
    stock = balance([inventory], supply[None, :], shipments[None, :])[0]
    return bookings, shipments, owed, supply, stock
