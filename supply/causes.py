"""What makes up a load: parts in whole hours and tenths of a percent that add up exactly."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from supply.capacity import Matrix

MOST: Final = 5
OTHERS: Final = "Others"
NOTHING: Final = 1e-9


@dataclass(frozen=True)
class Cause:
    """A part of a load: whole hours, and its share in thousandths."""

    name: str
    hours: int
    thousandths: int

    @property
    def share(self) -> float:
        return self.thousandths / 1000


def causes(parts: Mapping[str, float], most: int = MOST, last: str = "") -> list[Cause]:
    """The largest parts, the rest as one; hours add up to the rounded total and shares to 1000 thousandths.

    `last` names a part that stands at the end and is never among the rest. Nothing where the total is not positive.
    """
    total = math.fsum(parts.values())
    if total <= 0:
        return []
    order = sorted((name for name in parts if name != last), key=lambda name: (-parts[name], name))
    shown = {name: parts[name] for name in order[:most] if parts[name] > 0}
    rest = math.fsum(parts[name] for name in order if name not in shown)
    if rest > 0:
        shown[OTHERS] = rest
    if last in parts:
        shown[last] = parts[last]
    hours = whole(list(shown.values()), round(total))
    shares = whole([value / total * 1000 for value in shown.values()], 1000)
    return [Cause(name, h, s) for name, h, s in zip(shown, hours, shares, strict=True)]


def whole(values: ArrayLike, total: int) -> list[int]:
    """Whole numbers that add up to `total`, each within one of its value: the largest remainders are rounded up.

    `values` add up to within half a unit of `total`.
    """
    given = np.asarray(values, dtype=float)
    low = np.floor(given + 1e-9).astype(np.int64)
    left = total - int(low.sum())
    order = np.argsort(-(given - low), kind="stable")
    low[order[:left]] += 1
    return [int(value) for value in low]


def scaled_to(line_units: ArrayLike, rows: ArrayLike, product_units: ArrayLike) -> Matrix:
    """Units (lines, months) scaled so that the lines of a product add up to its units (products, months).

    Zero where the lines of a product have nothing to share by.
    """
    units, wanted = np.asarray(line_units, dtype=float), np.asarray(product_units, dtype=float)
    at = np.asarray(rows, dtype=np.int64)
    sums = np.zeros_like(wanted)
    np.add.at(sums, at, units)
    factor = np.divide(wanted, sums, out=np.zeros_like(wanted), where=sums > NOTHING)
    return units * factor[at]
