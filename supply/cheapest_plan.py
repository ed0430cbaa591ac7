"""The cheapest plan that capacity allows, and what one more hour would be worth: one linear program.

Every month a product may be made (using hours of the resources, regular or overtime or extra ones), bought,
held, delivered late or not at all. All of it has a price, shortage included, so there is always a plan.
The shadow price of a resource's month is what one more hour there would save.

Shapes: K classes of customers, P products, M months, R resources, T offers of extra hours. Money is in the
company's currency.
Source: aggregate planning by linear programming (Hanssmann and Hess 1960); shadow prices: any textbook on
linear programming.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import monotonic
from typing import Final

import numpy as np
from numpy.typing import NDArray

from supply.capacity import Matrix, load_hours
from supply.linear_program import INFINITY, Numbers, Program, Solution
from supply.lot_bounds import Blocks, lot_rows
from supply.lots import in_lots
from supply.plan_problem import Facts, Problem, full_facts

TINY: Final = 1e-6
LOT_SECONDS: Final = 1.0


@dataclass(frozen=True)
class CheapestPlan:
    """The plan (units), what it uses (hours), what it costs, and what binds it.

    `shipments`, `backlog`, `lost` are (K, P, M); `production`, `bought`, `inventory` (P, M); `load`, `overtime`,
    `extra` (R, M); `extra_cost` is what the extra hours cost and `hour_value` what one more hour would save, both
    (R, M) in money; `bought_cost` (P, M) what the units bought cost. `gap` is how far `cost` may be above the best
    possible, as a share of it (0 = proven). In lots `hour_value` is that of the plan without lots.
    """

    production: Matrix
    bought: Matrix
    inventory: Matrix
    shipments: Matrix
    backlog: Matrix
    lost: Matrix
    load: Matrix
    overtime: Matrix
    extra: Matrix
    extra_cost: Matrix
    bought_cost: Matrix
    hour_value: Matrix
    cost: float
    gap: float


def cheapest_plan(problem: Problem, *, seconds: float = INFINITY, lot_seconds: float = LOT_SECONDS) -> CheapestPlan:
    """The plan of least cost.

    Exact up to floating point: inventory_t = inventory_{t-1} + receipts + production + bought - shipments;
    backlog_t = backlog_{t-1} + demand - shipments - lost; load <= regular + overtime + extra; nothing negative.
    ValueError names the input that is negative or does not fit; Unsolved when `seconds` were not enough. In lots the
    best plan found within `lot_seconds` more is the answer, and its `gap` says how good it is.
    """
    model = _Model(full_facts(problem))
    until = monotonic() + seconds
    solved = model.program.solve(priced=model.capacity, seconds=seconds)
    if model.lot_cells.any():
        solved = _in_lots(model, solved, until, min(until, monotonic() + lot_seconds))
    return model.plan(solved)


def least_possible(problem: Problem, *, seconds: float = INFINITY) -> float:
    """What no plan costs less than, in money: the cost if hours had no limit. It falls into products and is soon
    known, also where the cheapest plan is not; minus infinity when `seconds` were not enough even for that."""
    model = _Model(full_facts(problem))
    return model.program.bound_apart(model.capacity, np.zeros(model.capacity.shape), seconds)


def _in_lots(model: "_Model", solved: Solution, until: float, searched_until: float) -> Solution:
    """The plan in lots near the one `solved` without; what no plan can better is found out at the same time (the
    solver lets other threads go on)."""
    with ThreadPoolExecutor(1) as beside:
        bound = beside.submit(_bound_in_lots, model, solved, searched_until - monotonic())
        start = model.program.near_in_lots(solved, model.near(solved), until - monotonic())
    start = replace(start, bound=max(solved.bound, bound.result()))
    return model.program.search_in_lots(start, searched_until - monotonic())


def _bound_in_lots(model: "_Model", solved: Solution, seconds: float) -> float:
    """What no plan in lots costs less than, at the hour values of the plan without."""
    stricter = _Model(model.facts)
    blocks = Blocks((stricter.above, stricter.left), stricter.safe, stricter.late, stricter.lost, stricter.bought)
    lot_rows(stricter.program, model.facts, stricter.lot_cells, blocks)
    return stricter.program.bound_apart(stricter.capacity, model.hour_value(solved), seconds)


class _Model:
    """The blocks of the program. Stock is kept in two parts, up to safety stock and above it."""

    def __init__(self, facts: Facts) -> None:
        self.facts, self.program = facts, Program()
        self.asked = facts.demand.copy()
        self.asked[:, :, 0] += facts.owed
        self._variables()
        self._stock_balance()
        self._nothing_comes_back()
        self._capacity()
        self._made_to_order()
        self._not_ahead()
        self._before_lead_time()
        self._frozen()
        self._level()
        self._lots()
        self.program.constant = self._constant()

    def _variables(self) -> None:
        f, new = self.facts, self.program.variables
        by_class, by_month, by_resource = f.demand.shape, f.receipts.shape, f.regular.shape
        made = f.make + f.regular_cost @ f.hours
        self.made = new(by_month, cost=made[:, None], upper=self._most_made())
        self.bought = new(f.may_buy.shape, cost=f.buy[:, :, None], upper=np.where(self._may_start(), f.may_buy, 0.0))
        self.safe = new(by_month, cost=(f.hold - f.below)[:, None], upper=f.safety)
        self.above = new(by_month, cost=f.hold[:, None])
        self.left = new(by_month, cost=f.hold[:, None], upper=self._most_left()[:, None])
        self.late = new(by_class, cost=self._late_cost(), upper=np.cumsum(self.asked, axis=2))
        self.lost = new(by_class, cost=f.lost[:, :, None], upper=np.where(f.may_lose, INFINITY, 0.0)[:, :, None])
        self.over = new(by_resource, cost=(f.overtime_cost - f.regular_cost)[:, None], upper=f.overtime)
        self.extra = new(f.extra.shape, cost=(f.extra_cost - f.regular_cost)[:, :, None], upper=f.extra)

    def _late_cost(self) -> Matrix:
        """What is still owed after the last month counts as lost."""
        cost = np.broadcast_to(self.facts.late[:, :, None], self.facts.demand.shape).copy()
        cost[:, :, -1] = self.facts.lost
        return cost

    def _may_start(self) -> NDArray[np.bool_]:
        """(P, M) months in which something new may arrive: after the lead time and behind the frozen fence."""
        first = np.maximum(self.facts.lead, self.facts.frozen)
        return first[:, None] <= np.arange(self.facts.demand.shape[2])

    def _most_made(self) -> Matrix:
        """Nothing but open orders before something new may arrive; in lots a month needs an end."""
        most = np.where(self._in_lots(), self._most_of_a_lot(), INFINITY)[:, None]
        return np.where(self._may_start(), most, np.cumsum(self.facts.ordered, axis=1))

    def _in_lots(self) -> NDArray[np.bool_]:
        """(P,) what comes in lots; what cannot be stored is made in the quantity that ships."""
        return ((self.facts.lots > 0) | (self.facts.multiples > 0)) & self.facts.storable

    def _most_of_a_lot(self) -> Matrix:
        """(P,) more than this in a month helps nobody: all that is ever asked for, rounded up to whole lots."""
        f = self.facts
        ends = f.demand.sum(axis=(0, 2)) + f.owed.sum(axis=0) + f.ordered.sum(axis=1)
        ends += f.safety.max(axis=1, initial=0.0)
        return np.maximum(ends, f.lots) + f.multiples

    def _most_left(self) -> Matrix:
        """(P,) units that may lie beyond what is needed because they came with a lot: less than one of them."""
        f = self.facts
        return np.where(self._in_lots() & ~f.build_ahead, np.maximum(f.lots, f.multiples), 0.0)

    def _stock_balance(self) -> None:
        f, add = self.facts, self.program.add
        comes = f.receipts - self.asked.sum(axis=0)
        comes[:, 0] += f.stock
        rows = self.program.rows(comes.shape, lower=-comes, upper=-comes)
        for stock in (self.safe, self.above, self.left):
            add(rows, stock, -1.0)
            add(rows[:, 1:], stock[:, :-1], 1.0)
        add(rows, self.made, 1.0)
        add(rows[None], self.bought, 1.0)
        self._not_shipped(rows[None], self.late, self.lost)

    def _not_shipped(self, rows: Numbers, late: Numbers, lost: Numbers) -> None:
        """What is asked for but not shipped, on the side of what is made: shipments = asked + late_{t-1} - late_t -
        lost need no variables of their own."""
        self.program.add(rows, late, 1.0)
        self.program.add(rows[:, :, 1:], late[:, :, :-1], -1.0)
        self.program.add(rows, lost, 1.0)

    def _nothing_comes_back(self) -> None:
        """Shipments are not negative. That binds only where a class waits for more than it asks for in the month, so
        that another one is served; then for all classes and months of the product."""
        products = np.arange(self.asked.shape[1])[None, :, None]
        rows = self.program.rows(self.asked.shape, upper=self.asked, seldom=products)
        self._not_shipped(rows, self.late, self.lost)

    def _capacity(self) -> None:
        f, add = self.facts, self.program.add
        self.capacity = self.program.rows(f.regular.shape, upper=f.regular)
        add(self.capacity[:, None, :], self.made[None], f.hours[:, :, None])
        add(self.capacity, self.over, -1.0)
        add(self.capacity[None], self.extra, -1.0)

    def _made_to_order(self) -> None:
        """What cannot be stored is made for what ships in its month; open orders excepted."""
        f, add = self.facts, self.program.add
        which = np.flatnonzero(~f.storable)
        most = f.ordered[which] + self.asked.sum(axis=0)[which]
        rows = self.program.rows(most.shape, upper=most)
        add(rows, self.made[which], 1.0)
        add(rows[None], self.bought[:, which], 1.0)
        self._not_shipped(rows[None], self.late[:, which], self.lost[:, which])

    def _not_ahead(self) -> None:
        """Stock beyond safety stock comes from what is there or on order, never from new supply."""
        f, add = self.facts, self.program.add
        which = np.flatnonzero(f.storable & ~f.build_ahead)
        comes = (f.receipts + f.ordered)[which]
        comes += np.maximum(-np.diff(f.safety, axis=1, prepend=f.stock[:, None]), 0.0)[which]
        rows = self.program.rows(comes.shape, upper=comes)
        add(rows, self.above[which], 1.0)
        add(rows[:, 1:], self.above[which][:, :-1], -1.0)

    def _before_lead_time(self) -> None:
        """Between the frozen fence and the first new order no more is made than was ordered until then."""
        f = self.facts
        early = ~self._may_start() & ~self._fenced() & (f.ordered.sum(axis=1) > 0)[:, None]
        self._cumulative(early, upper=np.cumsum(f.ordered, axis=1))

    def _frozen(self) -> None:
        """Behind the fence exactly the open orders are made; what hours do not allow costs like a lost unit."""
        f = self.facts
        fenced, until = self._fenced() & (f.ordered.sum(axis=1) > 0)[:, None], np.cumsum(f.ordered, axis=1)
        rows = self._cumulative(fenced, lower=until, upper=until)
        products = np.nonzero(fenced)[0]
        missing = self.program.variables(rows.shape, cost=f.lost.max(axis=0)[products])
        self.program.add(rows, missing, 1.0)

    def _fenced(self) -> NDArray[np.bool_]:
        return np.arange(self.facts.demand.shape[2]) < self.facts.frozen[:, None]

    def _cumulative(self, cells: NDArray[np.bool_], **bounds: Matrix) -> Numbers:
        """A row per cell on what is made from the first month up to it."""
        products, months = np.nonzero(cells)
        rows = self.program.rows(products.shape, **{side: values[cells] for side, values in bounds.items()})
        until = np.arange(cells.shape[1]) <= months[:, None]
        self.program.add(rows[:, None], self.made[products], until.astype(float))
        return rows

    def _level(self) -> None:
        """Where change costs: load_t - load_{t-1} = more - less."""
        f = self.facts
        which = np.flatnonzero(f.change)
        shape = (len(which), max(f.regular.shape[1] - 1, 0))
        rows = self.program.rows(shape, lower=0.0, upper=0.0)
        hours = f.hours[which][:, :, None]
        self.program.add(rows[:, None], self.made[None, :, 1:], hours)
        self.program.add(rows[:, None], self.made[None, :, :-1], -hours)
        for sign in (-1.0, 1.0):
            moved = self.program.variables(shape, cost=f.change[which][:, None])
            self.program.add(rows, moved, sign)

    def _lots(self) -> None:
        f = self.facts
        self.lot_cells = self._may_start() & self._in_lots()[:, None]
        least, size, most = (
            np.broadcast_to(values[:, None], self.lot_cells.shape)[self.lot_cells]
            for values in (f.lots, f.multiples, self._most_of_a_lot())
        )
        if least.size:
            self.program.in_lots(self.made[self.lot_cells], least=least, size=size, most=most)

    def near(self, solved: Solution) -> Matrix:
        """A plan in lots near the one without: a lot is made when holding what is over costs less than waiting."""
        f = self.facts
        wait = f.late.max(axis=0) + f.hold
        worth = np.divide(f.hold, wait, out=np.ones_like(wait), where=wait > 0)
        room = f.regular + f.overtime + f.extra.sum(axis=0)
        # what the plan without lots already leaves of one would come on top of what the lots leave
        left = np.diff(self._value(solved, self.left), axis=1, prepend=0.0)
        wanted = self._value(solved, self.made) - left
        return in_lots(wanted, f.hours, room, self.lot_cells, f.lots, f.multiples, worth)[self.lot_cells]

    def plan(self, solved: Solution) -> CheapestPlan:
        made, extra, bought = (self._value(solved, block) for block in (self.made, self.extra, self.bought))
        late, lost = (self._value(solved, block) for block in (self.late, self.lost))
        shipped = self.asked + np.insert(late, 0, 0.0, axis=2)[:, :, :-1] - late - lost
        return CheapestPlan(
            production=made,
            bought=bought.sum(axis=0),
            inventory=self._value(solved, np.stack([self.safe, self.above, self.left])).sum(axis=0),
            shipments=np.where(shipped < TINY, 0.0, shipped),
            backlog=late,
            lost=lost,
            load=load_hours(self.facts.hours, made),
            overtime=self._value(solved, self.over),
            extra=extra.sum(axis=0),
            extra_cost=(extra * self.facts.extra_cost[:, :, None]).sum(axis=0),
            bought_cost=(bought * self.facts.buy[:, :, None]).sum(axis=0),
            hour_value=self.hour_value(solved),
            cost=solved.objective,
            gap=solved.gap,
        )

    def hour_value(self, solved: Solution) -> Matrix:
        return np.maximum(-solved.prices[self.capacity], 0.0)

    def _value(self, solved: Solution, block: Numbers) -> Matrix:
        values = solved.values[block]
        return np.where(values < TINY, 0.0, values)

    def _constant(self) -> float:
        """Missing safety stock is priced by what there is of it, so the whole of it comes on top."""
        return float(self.facts.below @ self.facts.safety.sum(axis=1))
