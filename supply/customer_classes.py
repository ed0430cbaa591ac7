"""Customers in classes, 1 = served first: by what they bought where nobody has said it, and what each class asks for.

Shapes: C customers, K classes, P products, M months.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from supply.capacity import Matrix

CLASS_ENDS: Final = (0.5, 0.8)
LAST_CLASS: Final = 1 + len(CLASS_ENDS)
# How much more a late unit of the first class costs than one of the last.
FIRST_CLASS: Final = 1.5


@dataclass(frozen=True)
class ClassParts:
    """What the customers of each class ask for: `demand` (K, P, M) and what they wait for from before, `owed` (K, P).

    `classes` (K,) names them, the one served first first.
    """

    classes: tuple[int, ...]
    demand: Matrix
    owed: Matrix


def customer_classes(value: ArrayLike) -> NDArray[np.int64]:
    """1 for the largest customers who together make half of the value, 2 for the next 30 %, 3 for the rest.

    `value` (C,) is what each customer bought, in money; nothing or less is class 3. The customer who passes
    a limit still belongs to the better class. ValueError for a missing value.
    """
    bought = np.asarray(value, dtype=float)
    if not np.isfinite(bought).all():
        raise ValueError("What a customer bought is missing or not finite.")
    counted = np.maximum(bought, 0.0)
    order = np.argsort(-counted, kind="stable")
    total = counted.sum()
    before = np.cumsum(counted[order]) - counted[order]
    ends = np.array(CLASS_ENDS) * total
    classes = np.empty(len(bought), dtype=np.int64)
    classes[order] = 1 + (before[:, None] >= ends).sum(axis=1)
    classes[counted <= 0] = LAST_CLASS
    return classes


def class_weights(classes: ArrayLike) -> Matrix:
    """(K,) what a late unit of each class costs against one of the last: 1.5 for class 1, 1.25 for 2, 1 for 3."""
    number = np.clip(np.asarray(classes, dtype=float), 1, LAST_CLASS)
    weight: Matrix = FIRST_CLASS - (FIRST_CLASS - 1.0) * (number - 1) / (LAST_CLASS - 1)
    return weight


def parted(total: Matrix, parts: Matrix) -> Matrix:
    """`total` (P, ...) shared among classes (K, P, ...) as `parts` are: cell by cell, where a cell has none as over
    the horizon of its product, and for a product without any all to the last class."""
    there = parts.sum(axis=0)
    whole = parts.reshape(len(parts), len(total), -1).sum(axis=2)
    last = np.zeros_like(whole)
    last[-1] = 1.0
    usual = np.divide(whole, whole.sum(axis=0), out=last, where=whole.sum(axis=0) > 0)
    usual = usual.reshape(*usual.shape, *[1] * (total.ndim - 1))
    share = np.divide(parts, there, out=np.broadcast_to(usual, parts.shape).copy(), where=there > 0)
    return share * total


def served_in_order(shipped: Matrix, demand: Matrix, owed: Matrix) -> Matrix:
    """What of `shipped` (P, M) each class gets (K, P, M) when a class waits until all before it have what they
    asked for, `owed` (K, P) from before included."""
    given, waiting = np.empty_like(demand), np.array(owed, dtype=float)
    for t in range(demand.shape[2]):
        asked = waiting + demand[:, :, t]
        before = np.cumsum(asked, axis=0) - asked
        given[:, :, t] = np.clip(shipped[:, t] - before, 0.0, asked)
        waiting = asked - given[:, :, t]
    return given
