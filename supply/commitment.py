"""What can be committed to ship: a first constrained plan by plain rules.

Per product and month: stock ships first, then what can be made within the hours of the resources.
Where a resource is short, the products that need it are cut by the same fraction of what they still
need from it; what is not shipped waits and is made up in later months with hours to spare, and what
never is stays open. Products that use no hours (bought ones) are never cut.

The order in which a month's hours are given: open production orders, the month's own need, needs of
later months (only when prebuilding is allowed), what is owed from earlier months, safety stock.

Shapes: P products, M months, R resources; `hours` (R, P) per unit, `capacity` (R, M) released hours.
The plan is continuous: lots are not observed, and it is not the cheapest one possible.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from supply.capacity import Matrix, checked, load_hours

NOT_SHORT: Final = -1
LEAD_TIME: Final = -2
TINY: Final = 1e-9


@dataclass(frozen=True)
class SupplyInput:
    """What the plan starts from.

    `opening_stock` None means that stock is unknown: then only capacity counts, and stock, open
    orders and safety stock are left out. `receipts` arrive without using hours, `open_production`
    uses them in its month. `lead_months` is the first month in which newly ordered supply can
    arrive. `safety_stock` is (P,) or (P, M). Products that are not `storable` (make to order) are neither
    prebuilt nor held safe.
    `prebuild_months` says how many months ahead the need of a product's month may be built: one number
    or (P, M).
    """

    demand: Matrix
    hours: Matrix
    capacity: Matrix
    opening_stock: Matrix | None = None
    opening_backlog: Matrix | float = 0.0
    receipts: Matrix | float = 0.0
    open_production: Matrix | float = 0.0
    safety_stock: Matrix | float = 0.0
    lead_months: NDArray[np.int64] | int = 0
    storable: NDArray[np.bool_] | bool = True
    prebuild_months: NDArray[np.int64] | int = 0


@dataclass(frozen=True)
class Commitment:
    """The plan. `commitment` is what ships of the demand given; `shipments` also serves the backlog
    there was at the start. `binding` (P, M) names for every cell with something unshipped the
    resource that is short, `LEAD_TIME` when new supply cannot arrive yet, else `NOT_SHORT`. `by_rules` is False for a
    plan at least cost; of its `production` (P, M) units are `bought` ready and use no hours (None = none).
    """

    commitment: Matrix
    shipments: Matrix
    production: Matrix
    inventory: Matrix
    backlog: Matrix
    load: Matrix
    binding: NDArray[np.int64]
    stock_known: bool
    open_demand: Matrix = field(repr=False)
    by_rules: bool = True
    bought: Matrix | None = None


@dataclass(frozen=True)
class _Checked:
    """The input at full shape: (P, M), (R, P), (R, M), (P,); safety stock is (P, M)."""

    demand: Matrix
    hours: Matrix
    capacity: Matrix
    stock: Matrix
    owed: Matrix
    receipts: Matrix
    open_production: Matrix
    safety: Matrix
    may_arrive: NDArray[np.bool_]
    storable: NDArray[np.bool_]
    prebuild: NDArray[np.int64]


def plan(given: SupplyInput) -> Commitment:
    """The constrained plan of `given`. ValueError names the input that is negative or does not fit.

    Exact up to floating point: cumulative commitment <= cumulative demand; load <= capacity;
    inventory_t = inventory_{t-1} + receipts + production - shipments; backlog_t = backlog_{t-1} +
    demand - shipments; nothing negative.
    """
    facts = _check(given)
    ordered, free = _open_production(facts)
    wanted = _requirements(facts, facts.receipts + ordered)
    production, inventory, backlog, shipments, binding = _run(facts, ordered, _targets(facts, wanted, free), free)
    commitment = _first_in_first_out(shipments, facts.owed, facts.demand)
    return Commitment(
        commitment=commitment,
        shipments=shipments,
        production=production,
        inventory=inventory,
        backlog=backlog,
        load=load_hours(facts.hours, production),
        binding=binding,
        stock_known=given.opening_stock is not None,
        open_demand=np.maximum(facts.demand.sum(axis=1) - commitment.sum(axis=1), 0.0),
    )


def fill_capacity(wanted: Matrix, hours: Matrix, free: Matrix) -> tuple[Matrix, NDArray[np.int64]]:
    """How much of `wanted` (P,) fits into `free` (R,) hours, and which resource stops each product.

    All products rise by the same fraction of their want until a resource is full; those that need
    it stop there, the others go on. So products sharing a bottleneck are cut pro rata, and no hour
    that somebody could use is left. Returns (made (P,), index of the stopping resource or
    `NOT_SHORT` (P,)).
    """
    made, binding = np.zeros_like(wanted), np.full(wanted.shape, NOT_SHORT, dtype=np.int64)
    active, left, level = wanted > 0, free.copy(), 0.0
    while active.any():
        load = hours[:, active] @ wanted[active]
        with np.errstate(over="ignore"):  # next to no load: room without end
            room = np.divide(left, load, out=np.full(left.shape, np.inf), where=load > 0)
        tightest = int(room.argmin()) if room.size else 0
        if not room.size or level + room[tightest] >= 1 - TINY:
            made[active] = wanted[active]
            break
        level += float(room[tightest])
        left = np.maximum(left - room[tightest] * load, 0.0)
        left[tightest] = 0.0
        stopped = active & (hours[tightest] > 0)
        made[stopped], binding[stopped] = level * wanted[stopped], tightest
        active &= ~stopped
    return made, binding


def _open_production(facts: _Checked) -> tuple[Matrix, Matrix]:
    """Open production orders within capacity (P, M), late ones moved on; and the hours left."""
    done, free = np.zeros_like(facts.demand), facts.capacity.copy()
    waiting = np.zeros(len(facts.demand))
    for t in range(facts.demand.shape[1]):
        waiting = waiting + facts.open_production[:, t]
        done[:, t], _ = fill_capacity(waiting, facts.hours, free[:, t])
        free[:, t] = _left(free[:, t], facts.hours, done[:, t])
        waiting = waiting - done[:, t]
    return done, free


def _requirements(facts: _Checked, coming: Matrix) -> Matrix:
    """New supply each month needs (P, M) so that everything ships in time: stock used up first."""
    missing = facts.owed[:, None] + np.cumsum(facts.demand - coming, axis=1) - facts.stock[:, None]
    needed = np.maximum.accumulate(np.maximum(missing, 0.0), axis=1)
    return np.diff(needed, axis=1, prepend=0.0)


@dataclass(frozen=True)
class _Targets:
    """Production planned (P, M) for a month's own need and for later ones, and the stock that is held for
    later months when a month begins."""

    own: Matrix
    ahead: Matrix
    held: Matrix


def _targets(facts: _Checked, wanted: Matrix, free: Matrix) -> _Targets:
    """Production within capacity for each month's own need, then for later ones.

    Walks back from the last month; what does not fit is offered to the month before, as far back
    as prebuilding is allowed, after that month's own need. `waiting[n]` is what the month n + 1
    months later could not make itself. What cannot be built any earlier comes before what can.
    """
    own, early, held = (np.zeros_like(wanted) for _ in range(3))
    months = wanted.shape[1]
    furthest = int(facts.prebuild.max(initial=0))
    waiting: list[Matrix] = [np.zeros(len(wanted))] * furthest
    for t in reversed(range(months)):
        left, unmet = free[:, t], []
        for ahead, pool in enumerate((wanted[:, t], *waiting)):
            further = facts.storable & (facts.prebuild[:, min(t + ahead, months - 1)] > ahead)
            made, left = _fill_in_turn(pool * facts.may_arrive[:, t], further, facts.hours, left)
            (early if ahead else own)[:, t] += made
            held[:, t + 1 : t + ahead] += made[:, None]
            unmet.append((pool - made) * further)
        waiting = unmet[:furthest]
    return _Targets(own, early, held)


def _fill_in_turn(pool: Matrix, later: NDArray[np.bool_], hours: Matrix, free: Matrix) -> tuple[Matrix, Matrix]:
    """What is made of `pool` (P,), products of `later` after the others; and the hours left (R,)."""
    first, _ = fill_capacity(np.where(later, 0.0, pool), hours, free)
    left = _left(free, hours, first)
    then, _ = fill_capacity(np.where(later, pool, 0.0), hours, left)
    return first + then, _left(left, hours, then)


def _run(
    facts: _Checked, ordered: Matrix, target: _Targets, free: Matrix
) -> tuple[Matrix, Matrix, Matrix, Matrix, NDArray[np.int64]]:
    """Month by month: produce, ship, and carry stock and what is owed.

    A month's own target gives way where refilled safety stock covers the need already: its hours go to
    what is short.
    """
    production, inventory, backlog, shipments = (np.empty_like(target.own) for _ in range(4))
    binding = np.full(production.shape, NOT_SHORT, dtype=np.int64)
    stock, owed = facts.stock, facts.owed
    for t in range(production.shape[1]):
        need = owed + facts.demand[:, t]
        at_hand = np.maximum(stock - target.held[:, t], 0.0) + facts.receipts[:, t] + ordered[:, t]
        own = np.minimum(target.own[:, t], np.maximum(need - at_hand, 0.0))
        planned = own + target.ahead[:, t]
        extra, stopped = _extra(facts, t, need - at_hand - own, planned, free[:, t])
        production[:, t] = ordered[:, t] + planned + extra
        available = stock + facts.receipts[:, t] + production[:, t]
        shipments[:, t] = np.minimum(need, available)
        stock = inventory[:, t] = available - shipments[:, t]
        owed = backlog[:, t] = need - shipments[:, t]
        binding[:, t] = np.where(owed > TINY * np.maximum(need, 1.0), stopped, NOT_SHORT)
    return production, inventory, backlog, shipments, binding


def _extra(facts: _Checked, t: int, short: Matrix, planned: Matrix, free: Matrix) -> tuple[Matrix, NDArray[np.int64]]:
    """Production beyond the targets: what is short, then safety stock; and what stopped it."""
    may = facts.may_arrive[:, t]
    left = _left(free, facts.hours, planned)
    more, stopped = fill_capacity(np.maximum(short, 0.0) * may, facts.hours, left)
    left = _left(left, facts.hours, more)
    spare = np.maximum(-short, 0.0)
    refill = np.maximum(facts.safety[:, t] - spare, 0.0) * (may & (more >= short - TINY))
    safe, _ = fill_capacity(refill, facts.hours, left)
    return more + safe, np.where(may, stopped, LEAD_TIME)


def _first_in_first_out(shipments: Matrix, owed: Matrix, demand: Matrix) -> Matrix:
    """Shipments of this demand (P, M): the backlog from before is served first."""
    served = np.cumsum(shipments, axis=1) - owed[:, None]
    total = np.clip(served, 0.0, np.cumsum(demand, axis=1))
    return np.diff(total, axis=1, prepend=0.0) if owed.any() else np.maximum(shipments, 0.0)


def _left(free: Matrix, hours: Matrix, made: Matrix) -> Matrix:
    return np.maximum(free - hours @ made, 0.0)


def _check(given: SupplyInput) -> _Checked:
    demand = checked("demand", np.asarray(given.demand, dtype=float))
    hours = checked("hours per unit", np.asarray(given.hours, dtype=float))
    capacity = checked("capacity", np.asarray(given.capacity, dtype=float))
    products, months = demand.shape
    if hours.shape != (len(capacity), products) or capacity.shape[1:] != (months,):
        raise ValueError(
            f"demand {demand.shape}, hours {hours.shape} and capacity {capacity.shape} do not fit: "
            "expected (products, months), (resources, products) and (resources, months)."
        )
    prebuild = np.asarray(given.prebuild_months, dtype=np.int64)
    if prebuild.min(initial=0) < 0:
        raise ValueError(f"prebuild_months is 0 or more, got {prebuild.min()}.")
    known = given.opening_stock is not None
    storable = np.broadcast_to(np.asarray(given.storable, dtype=bool), (products,))
    lead = np.broadcast_to(np.asarray(given.lead_months, dtype=np.int64), (products,))
    return _Checked(
        demand=demand,
        hours=hours,
        capacity=capacity,
        stock=_vector("opening stock", given.opening_stock if known else 0.0, products),
        owed=_vector("opening backlog", given.opening_backlog, products),
        receipts=_full("receipts", given.receipts if known else 0.0, demand),
        open_production=_full("open production", given.open_production if known else 0.0, demand),
        safety=_levels(given.safety_stock if known else 0.0, demand) * storable[:, None],
        may_arrive=lead[:, None] <= np.arange(months),
        storable=storable,
        prebuild=np.broadcast_to(np.minimum(prebuild, months), (products, months)),
    )


def _vector(name: str, values: ArrayLike | None, products: int) -> Matrix:
    array = np.asarray(values, dtype=float)
    if array.shape not in ((), (products,)):
        raise ValueError(f"{name}: {array.shape} values for {products} products.")
    return checked(name, np.broadcast_to(array, (products,)))


def _levels(given: ArrayLike, like: Matrix) -> Matrix:
    """Safety stock (P, M), given as one number, by product or by product and month."""
    array = np.asarray(given, dtype=float)
    return _full("safety stock", array if array.ndim != 1 else np.repeat(array[:, None], like.shape[1], axis=1), like)


def _full(name: str, values: ArrayLike, like: Matrix) -> Matrix:
    array = np.asarray(values, dtype=float)
    if array.shape not in ((), like.shape):
        raise ValueError(f"{name}: shape {array.shape}, expected {like.shape}.")
    return checked(name, np.broadcast_to(array, like.shape))
