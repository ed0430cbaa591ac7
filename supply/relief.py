"""What the options chosen for gaps do to a plan: hours that are added, work that may be done earlier.

Shapes: R resources, P products, M months, as in `supply.commitment`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from supply.capacity import Matrix
from supply.options import Kind

ADDS_HOURS: Final = (Kind.OVERTIME, Kind.OUTSOURCE)
SHIPS_IN_TIME: Final = (Kind.OVERTIME, Kind.PREBUILD, Kind.OUTSOURCE)
PREBUILD_MONTHS: Final = 3


@dataclass(frozen=True)
class Relief:
    """One chosen option: at a resource (index) in a month, with the hours agreed for overtime or a supplier."""

    kind: Kind
    resource: int
    month: int
    hours: float = 0.0


def agreed_hours(shape: tuple[int, ...], reliefs: Iterable[Relief], kind: Kind) -> Matrix:
    """Hours (R, M) agreed on top of regular capacity by the reliefs of a kind that adds hours; else none.

    ValueError for a relief outside the matrix or with negative hours.
    """
    agreed = np.zeros(shape)
    for relief in reliefs:
        _check(relief, shape)
        if relief.kind is kind and kind in ADDS_HOURS:
            agreed[relief.resource, relief.month] += relief.hours
    return agreed


def prebuild_months(
    hours: ArrayLike, months: int, reliefs: Iterable[Relief], furthest: int = PREBUILD_MONTHS
) -> NDArray[np.int64]:
    """How many months ahead each product's need may be built (P, M): `furthest` for the products that use
    a resource whose gap of that month is to be built ahead, else 0. `hours` is (R, P)."""
    per_unit = np.asarray(hours, dtype=float)
    ahead = np.zeros((per_unit.shape[1], months), dtype=np.int64)
    for relief in reliefs:
        _check(relief, (len(per_unit), months))
        if relief.kind is Kind.PREBUILD:
            ahead[per_unit[relief.resource] > 0, relief.month] = furthest
    return ahead


def _check(relief: Relief, shape: tuple[int, ...]) -> None:
    if not (0 <= relief.resource < shape[0] and 0 <= relief.month < shape[1]):
        raise ValueError(f"{relief} lies outside {shape[0]} resources and {shape[1]} months.")
    if relief.hours < 0:
        raise ValueError(f"{relief}: hours are zero or more.")
