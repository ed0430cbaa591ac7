"""What the cheapest plan is asked: demand, hours, stock and costs, brought to full shape and checked.

Shapes: K classes of customers, P products, M months, R resources, T offers of extra hours. Money is in the
company's currency.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from supply.capacity import Matrix, checked


@dataclass(frozen=True)
class Costs:
    """What the plan pays. Everything not negative; each broadcasts to the shape named.

    `late` (K, P) per unit and month late, `lost` (K, P) per unit not delivered within the horizon or, where
    `Problem.may_lose`, given up; `hold` (P,) per unit and month end; `safety` (P,) per unit and month below safety
    stock; `make`, `buy` (P,) per unit, `buy` also by offer (U, P); `regular`, `overtime` (R,) per hour, `extra`
    likewise or, by offer, (T, R); `change` (R,) per hour that the load moves from one month to the next (hiring,
    laying off).
    """

    late: ArrayLike
    lost: ArrayLike
    hold: ArrayLike
    safety: ArrayLike = 0.0
    make: ArrayLike = 0.0
    buy: ArrayLike = 0.0
    regular: ArrayLike = 0.0
    overtime: ArrayLike = 0.0
    extra: ArrayLike = 0.0
    change: ArrayLike = 0.0


@dataclass(frozen=True)
class Problem:
    """What there is to plan.

    `demand` (P, M), or (K, P, M) by class of customer. `hours` (R, P) per unit; `regular`, `overtime` (R, M) hours,
    `extra` likewise or (T, R, M): several offers with a price each. `may_buy` (P, M) units that may be bought
    instead of made, or (U, P, M) likewise. `receipts` (P, M) arrive for sure; `open_production` (P, M) is what may be
    made before `lead_months` (P,), and exactly what is made, if hours allow, in the first `frozen_months` (P,). What
    is not `storable` (P,) is made only for what ships; without `build_ahead` (P,) no new supply goes into stock
    beyond safety stock, except what is left of a lot.
    `safety_stock` (P,), or (P, M) where it changes from month to month.
    `lots` (P,): what is newly made in a month is none or at least that much; `multiples` (P,): a whole number of
    that many (0 = any quantity). What is ordered already keeps its quantity.
    """

    demand: Matrix
    hours: Matrix
    regular: Matrix
    costs: Costs
    overtime: ArrayLike = 0.0
    extra: ArrayLike = 0.0
    may_buy: ArrayLike = 0.0
    opening_stock: ArrayLike = 0.0
    opening_backlog: ArrayLike = 0.0
    receipts: ArrayLike = 0.0
    open_production: ArrayLike = 0.0
    safety_stock: ArrayLike = 0.0
    lead_months: ArrayLike = 0
    frozen_months: ArrayLike = 0
    storable: ArrayLike = True
    build_ahead: ArrayLike = True
    may_lose: ArrayLike = False
    lots: ArrayLike = 0.0
    multiples: ArrayLike = 0.0


@dataclass(frozen=True)
class Facts:
    """The problem at full shape."""

    demand: Matrix
    hours: Matrix
    regular: Matrix
    overtime: Matrix
    extra: Matrix
    may_buy: Matrix
    stock: Matrix
    owed: Matrix
    receipts: Matrix
    ordered: Matrix
    safety: Matrix
    lead: NDArray[np.int64]
    frozen: NDArray[np.int64]
    storable: NDArray[np.bool_]
    build_ahead: NDArray[np.bool_]
    may_lose: NDArray[np.bool_]
    lots: Matrix
    multiples: Matrix
    late: Matrix
    lost: Matrix
    hold: Matrix
    below: Matrix
    make: Matrix
    buy: Matrix
    regular_cost: Matrix
    overtime_cost: Matrix
    extra_cost: Matrix
    change: Matrix


def full_facts(given: Problem) -> Facts:
    demand, hours, regular = (np.asarray(part, dtype=float) for part in (given.demand, given.hours, given.regular))
    demand = demand[np.newaxis] if demand.ndim == 2 else demand
    if demand.ndim != 3 or regular.ndim != 2 or hours.shape != (len(regular), demand.shape[1]):
        raise ValueError(
            f"demand {demand.shape}, hours {hours.shape} and regular hours {regular.shape} do not fit: expected "
            "(products, months), (resources, products) and (resources, months)."
        )
    classes, products, months = demand.shape
    by_class, by_month, by_resource = (classes, products), (products, months), (len(regular), months)
    if regular.shape != by_resource:
        raise ValueError(f"regular hours: {regular.shape[1]} months, demand has {months}.")
    cost, offers = given.costs, _offers("extra hours", given.extra, by_resource)
    units = _offers("units that may be bought", given.may_buy, by_month, endless=True)
    return Facts(
        demand=checked("demand", demand),
        hours=checked("hours per unit", hours),
        regular=checked("regular hours", regular),
        overtime=_shaped("overtime", given.overtime, by_resource),
        extra=offers,
        may_buy=units,
        stock=_shaped("opening stock", given.opening_stock, (products,)),
        owed=_shaped("opening backlog", given.opening_backlog, by_class),
        receipts=_shaped("receipts", given.receipts, by_month),
        ordered=_shaped("open production", given.open_production, by_month),
        safety=_stock_levels(given.safety_stock, by_month),
        lead=np.broadcast_to(np.asarray(given.lead_months, dtype=np.int64), (products,)),
        frozen=np.broadcast_to(np.asarray(given.frozen_months, dtype=np.int64), (products,)),
        storable=np.broadcast_to(np.asarray(given.storable, dtype=bool), (products,)),
        build_ahead=np.broadcast_to(np.asarray(given.build_ahead, dtype=bool), (products,)),
        may_lose=np.broadcast_to(np.asarray(given.may_lose, dtype=bool), by_class),
        lots=_shaped("lots", given.lots, (products,)),
        multiples=_shaped("lot multiples", given.multiples, (products,)),
        late=_shaped("cost of late units", cost.late, by_class),
        lost=_shaped("cost of lost units", cost.lost, by_class),
        hold=_shaped("cost of holding", cost.hold, (products,)),
        below=_shaped("cost of missing safety stock", cost.safety, (products,)),
        make=_shaped("cost of making", cost.make, (products,)),
        buy=_shaped("cost of buying", cost.buy, (len(units), products)),
        regular_cost=_shaped("cost of regular hours", cost.regular, (len(regular),)),
        overtime_cost=_shaped("cost of overtime", cost.overtime, (len(regular),)),
        extra_cost=_shaped("cost of extra hours", cost.extra, (len(offers), len(regular))),
        change=_shaped("cost of change", cost.change, (len(regular),)),
    )


def _stock_levels(given: ArrayLike, shape: tuple[int, int]) -> Matrix:
    array = np.asarray(given, dtype=float)
    return _shaped("safety stock", array[:, np.newaxis] if array.ndim == 1 else array, shape)


def _offers(name: str, given: ArrayLike, shape: tuple[int, int], *, endless: bool = False) -> Matrix:
    """Offers of one kind (offers, *shape); without offers apart they are one."""
    array = np.asarray(given, dtype=float)
    return _shaped(name, array, (len(array) if array.ndim == 3 else 1, *shape), endless=endless)


def _shaped(name: str, values: ArrayLike, shape: tuple[int, ...], *, endless: bool = False) -> Matrix:
    array = np.asarray(values, dtype=float)
    try:
        full = np.broadcast_to(array, shape)
    except ValueError:
        raise ValueError(f"{name}: shape {array.shape} does not fit {shape}.") from None
    checked(name, np.where(np.isposinf(full), 0.0, full) if endless else full)
    return full
