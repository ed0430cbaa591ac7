"""Why a supply plan is another one than a month ago, in whole terms that add up exactly.

Shapes: G groups, M months that both plans cover.

    Σ supply = Σ demand + waiting at the start − waiting at the end + stock at the end − stock at the start

holds for each plan, so the change of its supply is the sum of the changes of these terms.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from supply.capacity import Matrix

CAUSES = {
    "demand": "demand",
    "waiting_start": "customers waiting at the start",
    "stock_start": "stock at the start",
    "stock_end": "stock at the end",
    "waiting_end": "left waiting at the end",
}


@dataclass(frozen=True)
class Span:
    """One plan over the months compared, per group (G,): what it supplies and the terms that make it up."""

    supply: Matrix
    demand: Matrix
    stock_start: Matrix
    waiting_start: Matrix
    stock_end: Matrix
    waiting_end: Matrix


def span(
    demand: ArrayLike,
    supply: ArrayLike,
    inventory: ArrayLike,
    backlog: ArrayLike,
    stock_start: ArrayLike,
    waiting_start: ArrayLike,
) -> Span:
    """The terms of a plan from matrices (G, M) and what it starts from (G,)."""
    asked, made, stock, owed = (np.asarray(matrix, dtype=float) for matrix in (demand, supply, inventory, backlog))
    if asked.ndim != 2 or not asked.shape[1] or any(matrix.shape != asked.shape for matrix in (made, stock, owed)):
        raise ValueError(f"Expected matrices alike with a month at least, got {asked.shape} and {made.shape}.")
    start, waiting = np.asarray(stock_start, dtype=float), np.asarray(waiting_start, dtype=float)
    return Span(made.sum(axis=1), asked.sum(axis=1), start, waiting, stock[:, -1], owed[:, -1])


def causes_of_change(old: Span, new: Span) -> dict[str, Matrix]:
    """Units (G,) by which each term moves the supply; they add up to the change of the supply."""
    signs = {"demand": 1, "waiting_start": 1, "stock_start": -1, "stock_end": 1, "waiting_end": -1}
    return {name: sign * (getattr(new, name) - getattr(old, name)) for name, sign in signs.items()}
