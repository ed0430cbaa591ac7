"""Rough-cut capacity: load, capacity and utilisation per resource and month.

Shapes: R resources, P products, M months. `hours` is (R, P) hours of a resource per unit of a
product, `quantity` (P, M) units, load and capacity (R, M) hours (or the resource's own unit).
Source: rough-cut capacity planning by bill of resources (APICS Dictionary).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class CapacityException:
    """Capacity of one month that differs from the standard; None keeps the standard's part."""

    resource: int
    month: int
    regular: float | None = None
    overtime: float | None = None


@dataclass(frozen=True)
class Overload:
    """A resource-month whose load exceeds its capacity, and which families load it.

    `causes` are (family, share of the load), largest first; the shares add up to 1.
    """

    resource: int
    month: int
    load: float
    capacity: float
    causes: tuple[tuple[str, float], ...]

    @property
    def hours_over(self) -> float:
        """Hours above the capacity."""
        return self.load - self.capacity


def hours_matrix(
    products: Sequence[str],
    families: Sequence[str],
    resources: Sequence[str],
    by_family: Mapping[tuple[str, str], float],
    by_product: Mapping[tuple[str, str], float],
) -> Matrix:
    """Hours per unit (R, P) from a bill of resources; for each resource a product's row beats its
    family's.

    `families[p]` is the family of `products[p]`; the mappings go from (family or product code,
    resource code) to hours per unit. ValueError for an unknown resource and for negative hours.
    """
    if len(products) != len(families):
        raise ValueError(f"{len(products)} products, but {len(families)} families.")
    unknown = {resource for _, resource in [*by_family, *by_product]} - set(resources)
    if unknown:
        raise ValueError(f"The bill of resources names unknown resources: {sorted(unknown)}.")
    pairs = list(zip(products, families, strict=True))
    rows = [[by_product.get((p, r), by_family.get((f, r), 0.0)) for p, f in pairs] for r in resources]
    hours = np.array(rows, dtype=float).reshape(len(resources), len(products))
    return checked("hours per unit", hours)


def load_hours(hours: ArrayLike, quantity: ArrayLike) -> Matrix:
    """Load (R, M) = hours (R, P) @ quantity (P, M): Σ quantity x hours per unit."""
    per_unit, units = np.asarray(hours, dtype=float), np.asarray(quantity, dtype=float)
    if per_unit.ndim != 2 or units.ndim != 2 or per_unit.shape[1] != units.shape[0]:
        raise ValueError(
            f"hours {per_unit.shape} and quantity {units.shape} do not fit: "
            "expected (resources, products) and (products, months)."
        )
    return per_unit @ units


def capacity_by_month(
    regular: ArrayLike,
    overtime: ArrayLike,
    months: int,
    exceptions: Iterable[CapacityException] = (),
) -> tuple[Matrix, Matrix]:
    """(regular, overtime) capacity, each (R, M): the standard of every month, then exceptions.

    `regular` and `overtime` are (R,) per month. ValueError for negative or missing capacity and for
    an exception outside the matrix.
    """
    standard = [np.repeat(_column(part), months, axis=1) for part in (regular, overtime)]
    for exception in exceptions:
        _place(standard, exception)
    return checked("regular capacity", standard[0]), checked("overtime capacity", standard[1])


def released_capacity(
    regular: ArrayLike,
    overtime: ArrayLike,
    *,
    overtime_used: ArrayLike = True,
    extra: ArrayLike = 0.0,
) -> Matrix:
    """Hours a plan may use (R, M): regular, overtime where released, and bought extra hours.

    `overtime_used` is a truth value or a mask that broadcasts to (R, M), `extra` hours likewise.
    """
    base = checked("regular capacity", np.asarray(regular, dtype=float))
    over = checked("overtime capacity", np.asarray(overtime, dtype=float))
    more = checked("extra hours", np.asarray(extra, dtype=float))
    return base + over * np.asarray(overtime_used, dtype=bool) + more


def utilisation(load: ArrayLike, regular: ArrayLike, overtime: ArrayLike = 0.0) -> Matrix:
    """load / (regular + planned overtime), as a fraction; NaN (n/a) at zero capacity.

    Above 1 is an overload. All broadcast to (R, M).
    """
    available = np.asarray(regular, dtype=float) + np.asarray(overtime, dtype=float)
    used = np.asarray(load, dtype=float)
    shape = np.broadcast_shapes(used.shape, available.shape)
    result = np.full(shape, np.nan)
    np.divide(used, available, out=result, where=np.broadcast_to(available > 0, shape))
    return result


def overloads(
    hours: ArrayLike,
    quantity: ArrayLike,
    capacity: ArrayLike,
    families: Sequence[str],
    tolerance: float = 0.0,
) -> list[Overload]:
    """Resource-months whose load exceeds capacity x (1 + tolerance), by resource then month.

    `capacity` is (R, M), `families` the family of each product. A load on a resource without
    capacity is an overload at any tolerance.
    """
    per_unit, units = np.asarray(hours, dtype=float), np.asarray(quantity, dtype=float)
    load, limit = load_hours(per_unit, units), np.asarray(capacity, dtype=float)
    if limit.shape != load.shape:
        raise ValueError(f"capacity has shape {limit.shape}, the load {load.shape}.")
    cells = np.argwhere(load > limit * (1 + tolerance))
    return [
        Overload(
            int(r),
            int(m),
            float(load[r, m]),
            float(limit[r, m]),
            _shares(per_unit[r] * units[:, m], families),
        )
        for r, m in cells
    ]


def checked(name: str, values: Matrix) -> Matrix:
    """`values` when all are finite and not negative; ValueError that names them otherwise."""
    if not np.isfinite(values).all():
        raise ValueError(f"{name}: a value is missing or not finite.")
    if (values < 0).any():
        raise ValueError(f"{name}: a value is negative.")
    return values


def _column(values: ArrayLike) -> Matrix:
    return np.asarray(values, dtype=float).reshape(-1, 1)


def _place(standard: list[Matrix], exception: CapacityException) -> None:
    resources, months = standard[0].shape
    if not (0 <= exception.resource < resources and 0 <= exception.month < months):
        raise ValueError(f"{exception} lies outside {resources} resources and {months} months.")
    for matrix, value in zip(standard, (exception.regular, exception.overtime), strict=True):
        if value is not None:
            matrix[exception.resource, exception.month] = value


def _shares(loads: Matrix, families: Sequence[str]) -> tuple[tuple[str, float], ...]:
    total = float(loads.sum())
    by_family: dict[str, float] = {}
    for family, load in zip(families, loads.tolist(), strict=True):
        by_family[family] = by_family.get(family, 0.0) + load
    shares = [(family, load / total) for family, load in by_family.items() if load > 0]
    return tuple(sorted(shares, key=lambda pair: (-pair[1], pair[0])))
