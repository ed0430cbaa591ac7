"""What a plan stands on: demand, capacity and stock with the prices of having too little or too much of them.

A ground is what is known, faults included; `problem_of` makes of it a problem the optimiser can solve, and
`doubts` says what had to be assumed. Costs are what a plan costs beyond the standard cost of its units, as in
`supply.options`: overtime above the regular rate, a supplier's surcharge, holding stock, delivering late.

Shapes: P products, M months, R resources. Money is in the company's currency.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from supply.capacity import Matrix
from supply.customer_classes import ClassParts, class_weights, parted
from supply.inventory import stock_target
from supply.options import Assumptions
from supply.plan_problem import Costs, Problem
from supply.wording import list_text

# A unit that never ships within the horizon costs its margin and its whole price in goodwill: margin alone would
# give up families that sell near their cost.
LOST_GOODWILL: Final = 1.0
# Missing safety stock costs half of what a late unit costs, so that orders come first.
SAFETY_SHARE: Final = 0.5
# How much more a late unit of the first priority costs than one of the last.
FIRST_PRIORITY: Final = 1.5
LEAST_WORTH: Final = 1.0
SMALL: Final = 1e-9
NO_STOCK_KNOWN: Final = "Stock is not known, so only capacity counts. Import inventory.csv."


@dataclass(frozen=True)
class Offer:
    """Hours that may be had on top (R, M), and what each costs beyond the regular rate (R,); or units of products
    (P, M), and what each costs beyond its own cost (P,)."""

    most: Matrix
    premium: Matrix


@dataclass(frozen=True)
class Ground:
    """What is known when a plan is made.

    `price`, `unit_cost` (P,) and `priority` (P,), 1 = first, may be missing (NaN). `regular` (R, M) hours in the
    plan, `agreed` (R, M) overtime in it and `overtime` (R, M) overtime that could be released; `offers` of other
    hours, and of units `bought` ready. `stock` None means unknown: then only capacity counts. `ahead` (P,) may be
    built ahead of its need. Newly made are none or at least `lots` (P,), in whole `multiples` (P,); in the first
    `frozen_months` (P,) what is on order. `told` says which faults of the data were put right before. `regions` and
    `events` are the parts (P, M) of demand in a region and of an event; `codes` those of the products. `service`
    (P,) is the share of units that shall ship in time and `cover` (P,) the months of demand held instead of safety
    stock; NaN where nothing is said. `parts` is what each class of customers asks for (None = one class).
    """

    products: Sequence[str]
    families: Sequence[str]
    resources: Sequence[str]
    demand: Matrix
    price: Matrix
    unit_cost: Matrix
    priority: Matrix
    made: NDArray[np.bool_]
    storable: NDArray[np.bool_]
    lead_months: NDArray[np.int64]
    hours: Matrix
    regular: Matrix
    agreed: Matrix
    overtime: Matrix
    regular_cost: Matrix
    overtime_cost: Matrix
    stock: Matrix | None
    backlog: Matrix
    safety: Matrix
    receipts: Matrix
    open_production: Matrix
    ahead: NDArray[np.bool_]
    lots: ArrayLike = 0.0
    multiples: ArrayLike = 0.0
    frozen_months: ArrayLike = 0
    offers: tuple[Offer, ...] = ()
    bought: tuple[Offer, ...] = ()
    codes: Sequence[str] = ()
    service: ArrayLike = np.nan
    cover: ArrayLike = np.nan
    parts: ClassParts | None = None
    told: tuple[str, ...] = ()
    regions: Mapping[str, Matrix] = field(default_factory=dict)
    events: Mapping[str, Matrix] = field(default_factory=dict)

    @property
    def months(self) -> int:
        return self.demand.shape[1]

    @property
    def worth(self) -> Matrix:
        """(P,) what a unit is worth to its customer: its price, else its cost, else 1."""
        price, cost = known(self.price), known(self.unit_cost)
        return np.where(price > 0, price, np.where(cost > 0, cost, LEAST_WORTH))

    @property
    def target(self) -> Matrix:
        """(P, M) units that should be left at the end of each month: months of cover, else safety stock."""
        return stock_target(known(self.safety), self.cover, known(self.demand))

    @property
    def released(self) -> Matrix:
        """(R, M) all hours the plan may use."""
        return known(self.regular) + known(self.agreed) + sum(offer.most for offer in self.offers)


def problem_of(ground: Ground, assumed: Assumptions | None = None) -> Problem:
    """The problem of making the cheapest plan on this ground.

    What is missing or negative counts as none, so that the rest can still be planned. Without known stock there is
    no stock, order or safety stock, and no lead time. Late: goodwill x worth a month, weighted by priority, or what
    makes the service target the cheapest; never delivered: margin (if any) + worth; both weighted by the customer's
    class; held: holding rate x cost a month; below safety stock: half of late by goodwill.
    """
    has_stock, nothing = ground.stock is not None, np.zeros(len(ground.demand))
    extra, premiums = _offers(ground.offers, ground.regular.shape)
    units, prices = _offers(ground.bought, ground.demand.shape)
    demand, owed = _by_class(ground)
    return Problem(
        demand=demand,
        hours=known(ground.hours),
        regular=known(ground.regular),
        costs=replace(_costs(ground, assumed or Assumptions()), extra=premiums, buy=prices),
        overtime=known(ground.agreed),
        extra=extra,
        may_buy=units,
        opening_stock=known(ground.stock) if ground.stock is not None else nothing,
        opening_backlog=owed * has_stock,
        receipts=known(ground.receipts) * has_stock,
        open_production=known(ground.open_production) * has_stock,
        safety_stock=ground.target * has_stock,
        lead_months=ground.lead_months * has_stock,
        storable=ground.storable,
        build_ahead=ground.ahead,
        frozen_months=np.asarray(ground.frozen_months) * has_stock,
        lots=ground.lots,
        multiples=ground.multiples,
    )


def _costs(ground: Ground, assumed: Assumptions) -> Costs:
    worth, weight = ground.worth, weights(ground.priority)
    margin = np.maximum(known(ground.price) - known(ground.unit_cost), 0.0)
    cost = known(ground.unit_cost)
    hold = assumed.holding_rate * np.where(cost > 0, cost, worth)
    by_target, by_class = late_for(ground.service, hold), class_weights(ground.parts.classes if ground.parts else [3])
    late = np.where(np.isnan(by_target), assumed.goodwill * worth * weight, by_target)
    return Costs(
        late=late * by_class[:, np.newaxis],
        lost=(margin + LOST_GOODWILL * worth) * weight * by_class[:, np.newaxis],
        hold=hold,
        safety=SAFETY_SHARE * assumed.goodwill * worth,
        overtime=_premium(ground.overtime_cost, ground.regular_cost),
    )


def _by_class(ground: Ground) -> tuple[Matrix, Matrix]:
    """Demand (K, P, M) and backlog (K, P); where there are no classes they are one."""
    demand, owed = known(ground.demand), known(ground.backlog)
    if ground.parts is None:
        return demand[np.newaxis], owed[np.newaxis]
    return parted(demand, known(ground.parts.demand)), parted(owed, known(ground.parts.owed))


def late_for(service: ArrayLike, hold: Matrix) -> Matrix:
    """(P,) what a late unit has to cost a month for the share `service` of them to ship in time; NaN without one.

    late = hold x service / (1 - service): the critical ratio late / (late + hold) of the newsvendor solved for it
    (Silver, Pyke and Thomas, Inventory and Production Management in Supply Chains, section on shortage costs).
    """
    share = np.broadcast_to(np.asarray(service, dtype=float), hold.shape)
    return hold * share / (1 - share)


def weights(priority: Matrix) -> Matrix:
    """(P,) weights of late units: 1.5 for the first priority down to 1 for the last; one priority weighs 1.

    A product without a priority comes last.
    """
    ranks = np.unique(priority[~np.isnan(priority)])
    if not len(ranks) or (len(ranks) == 1 and not np.isnan(priority).any()):
        return np.ones(len(priority))
    rank = np.where(np.isnan(priority), len(ranks), np.searchsorted(ranks, priority))
    return FIRST_PRIORITY - (FIRST_PRIORITY - 1.0) * rank / max(rank.max(), 1)


def _offers(offers: Sequence[Offer], shape: tuple[int, ...]) -> tuple[Matrix, Matrix]:
    """Offers as quantities (T, *shape) and premiums (T, rows); none is one offer of nothing."""
    if not offers:
        return np.zeros((1, *shape)), np.zeros((1, shape[0]))
    return np.stack([known(offer.most) for offer in offers]), np.stack([known(offer.premium) for offer in offers])


def _premium(rate: Matrix, regular: Matrix) -> Matrix:
    return np.maximum(known(rate) - known(regular), 0.0)


def known(values: Matrix) -> Matrix:
    """Numbers as a plan may use them: what is missing, endless or negative is none."""
    array = np.asarray(values, dtype=float)
    return np.maximum(np.where(np.isfinite(array), array, 0.0), 0.0)


def doubts(ground: Ground) -> list[str]:
    """What is missing or cannot be, one sentence each with what is assumed and where it is put right."""
    found = [*_money_doubts(ground), *_hours_doubts(ground), *_stock_doubts(ground), *ground.told]
    return [sentence for sentence in found if sentence]


def _money_doubts(ground: Ground) -> list[str]:
    wanted = known(ground.demand).sum(axis=1) > 0
    no_price, no_cost = (~(np.nan_to_num(values) > 0) & wanted for values in (ground.price, ground.unit_cost))
    rate, over = np.nan_to_num(ground.regular_cost), np.nan_to_num(ground.overtime_cost)
    busy = known(ground.hours).any(axis=1)
    return [
        _said("No price is known for {}; its cost stands for it. Import products.csv.", ground.products, no_price),
        _said("No cost is known for {}; it counts as none. Import products.csv.", ground.products, no_cost),
        _said("No hourly rate is known for {}; its hours count as free.", ground.resources, (rate <= 0) & busy),
        _said(
            "Overtime at {} costs less than a regular hour, so it counts as no dearer. Correct resources.csv.",
            ground.resources,
            (over < rate) & busy & (ground.overtime.sum(axis=1) > 0),
        ),
    ]


def _hours_doubts(ground: Ground) -> list[str]:
    wanted = np.nan_to_num(ground.demand).sum(axis=1) > 0
    routed = known(ground.hours).any(axis=0)
    empty = (known(ground.released).sum(axis=1) <= SMALL) & (known(ground.hours) @ known(ground.demand)).any(axis=1)
    return [
        _said(
            "No hours per unit are known for {}, so nothing limits what is made. Import bill_of_resources.csv.",
            ground.products,
            ground.made & wanted & ~routed,
        ),
        _said("{} has no capacity, so nothing is made there. Import resources.csv.", ground.resources, empty),
        _said(
            "Negative demand for {} counts as none.", ground.products, (np.nan_to_num(ground.demand) < 0).any(axis=1)
        ),
        _said("Negative capacity at {} counts as none.", ground.resources, (ground.regular < 0).any(axis=1)),
    ]


def _stock_doubts(ground: Ground) -> list[str]:
    if ground.stock is None:
        return [NO_STOCK_KNOWN]
    wanted = known(ground.demand).sum(axis=1) > 0
    return [
        _said(
            "Nothing is in stock of {}, so only what is made or arrives ships. If that is not so, correct "
            "inventory.csv.",
            ground.products,
            wanted & ground.storable & (ground.stock == 0) & ~_told_of(ground),
        ),
        _said(
            "Stock of {} is negative or missing and counts as none. Correct it in inventory.csv.",
            ground.products,
            ~(ground.stock >= 0),
        ),
    ]


def _told_of(ground: Ground) -> NDArray[np.bool_]:
    """(P,) products whose stock was put right before."""
    return np.array([any(name in text for text in ground.told) for name in ground.products], dtype=bool)


def _said(sentence: str, names: Sequence[str], where: ArrayLike) -> str:
    """The sentence about the named; empty when it is about nobody."""
    hit = [name for name, true in zip(names, np.asarray(where).tolist(), strict=True) if true]
    return sentence.format(list_text(hit)) if hit else ""
