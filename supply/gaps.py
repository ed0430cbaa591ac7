"""Where the demand plan and what supply commits part: the gaps a supply review has to settle.

Shapes: P products, M months, R resources, L lines, as in `supply.commitment`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from supply.capacity import Matrix, load_hours
from supply.commitment import LEAD_TIME, Commitment


@dataclass(frozen=True)
class Product:
    """What a product is worth: price and margin per unit, and its family."""

    price: float
    margin: float
    family: str


@dataclass(frozen=True)
class Gap:
    """One resource and month in which units asked for do not ship in time.

    `resource` is an index, or `LEAD_TIME` when new supply cannot arrive yet. `hours` are those the
    late units need there, `overload_hours` what the demand plan alone would load above capacity
    (stock and prebuilding may cover it). `families` are (family, units), `products` indices, both
    largest first; `units`, `value` (at price) and `margin` count the units that become late.
    """

    resource: int
    month: int
    hours: float
    overload_hours: float
    units: float
    value: float
    margin: float
    families: tuple[tuple[str, float], ...]
    products: tuple[int, ...]

    @property
    def is_covered(self) -> bool:
        """The overload is there, but stock or work done earlier keeps every unit in time."""
        return self.units <= 0


@dataclass(frozen=True)
class CustomerHit:
    """Units of a customer that a gap makes late, and their value at price."""

    customer: str
    units: float
    value: float


def find_gaps(
    demand: ArrayLike,
    made: Commitment,
    hours: ArrayLike,
    capacity: ArrayLike,
    products: Sequence[Product],
    *,
    tolerance: float = 0.02,
) -> list[Gap]:
    """Gaps larger than `tolerance`, the most valuable first, then by month and resource.

    A resource-month counts when the hours short there, or the overload of the demand plan, exceed
    `tolerance` x its capacity; a lead-time gap when its units exceed `tolerance` x the month's demand.
    ValueError when the matrices do not fit.
    """
    wanted, per_unit = np.asarray(demand, dtype=float), np.asarray(hours, dtype=float)
    limit = np.asarray(capacity, dtype=float)
    if wanted.shape != made.commitment.shape or len(products) != len(wanted):
        raise ValueError(
            f"demand {wanted.shape}, commitment {made.commitment.shape} and {len(products)} products do not fit."
        )
    late = np.maximum(wanted - made.commitment, 0.0)
    over = np.maximum(load_hours(per_unit, wanted) - limit, 0.0)
    gaps = [
        _gap(r, t, late[:, t] * (made.binding[:, t] == r), per_unit[r], float(over[r, t]), products)
        for r, t in _resource_cells(late, made.binding, per_unit, over, tolerance * limit)
    ]
    nothing = np.zeros(len(wanted))
    for t in range(wanted.shape[1]):
        waiting = late[:, t] * (made.binding[:, t] == LEAD_TIME)
        if waiting.sum() > tolerance * wanted[:, t].sum():
            gaps.append(_gap(LEAD_TIME, t, waiting, nothing, 0.0, products))
    return sorted(gaps, key=lambda gap: (-gap.value, gap.month, gap.resource))


def customers_hit(
    gap: Gap,
    demand: ArrayLike,
    allocation: ArrayLike,
    product_index: ArrayLike,
    customers: Sequence[str],
    price: ArrayLike,
) -> tuple[CustomerHit, ...]:
    """Whose units the gap makes late, most value first: demand plan less allocation of its products.

    `demand` and `allocation` are (L, M), `product_index`, `customers` and `price` per line.
    """
    late = np.asarray(demand, dtype=float)[:, gap.month] - np.asarray(allocation, dtype=float)[:, gap.month]
    affected = np.isin(np.asarray(product_index), gap.products)
    units = np.where(affected, np.maximum(late, 0.0), 0.0)
    value = units * np.asarray(price, dtype=float)
    hit: dict[str, tuple[float, float]] = {}
    for line in np.flatnonzero(units > 0).tolist():
        before = hit.get(customers[line], (0.0, 0.0))
        hit[customers[line]] = (before[0] + float(units[line]), before[1] + float(value[line]))
    found = [CustomerHit(name, count, worth) for name, (count, worth) in hit.items()]
    return tuple(sorted(found, key=lambda c: (-c.value, c.customer)))


def _resource_cells(
    late: Matrix, binding: NDArray[np.int64], hours: Matrix, over: Matrix, least: Matrix
) -> list[tuple[int, int]]:
    short = np.zeros_like(over)
    for r in range(len(over)):
        short[r] = hours[r] @ (late * (binding == r))
    return [(int(r), int(t)) for r, t in np.argwhere(np.maximum(short, over) > least)]


def _gap(resource: int, month: int, late: Matrix, hours: Matrix, over: float, products: Sequence[Product]) -> Gap:
    hit = [int(p) for p in np.argsort(-late, kind="stable") if late[p] > 0]
    families: dict[str, float] = {}
    for p in hit:
        families[products[p].family] = families.get(products[p].family, 0.0) + float(late[p])
    return Gap(
        resource=resource,
        month=month,
        hours=float(hours @ late),
        overload_hours=over,
        units=float(late.sum()),
        value=sum(float(late[p]) * products[p].price for p in hit),
        margin=sum(float(late[p]) * products[p].margin for p in hit),
        families=tuple(sorted(families.items(), key=lambda pair: (-pair[1], pair[0]))),
        products=tuple(hit),
    )
