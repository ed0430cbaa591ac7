"""The cheapest plan once more, in other variables and through scipy: flows per cell, stock and backlog as sums of them,
lots by binaries that switch a month on and integers that count lots."""

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from supply.plan_problem import Facts, Problem, full_facts

NO_LIMIT = 1e4


class Cells:
    """Named blocks of variables with cost, upper bound and integrality; constraints as sums of matrix x block."""

    def __init__(self) -> None:
        self.start: dict[str, slice] = {}
        self.cost, self.most, self.whole = np.empty(0), np.empty(0), np.empty(0)
        self.constraints: list[tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]] = []

    def block(self, name: str, cost: np.ndarray, most: float | np.ndarray = np.inf, whole: int = 0) -> None:
        cost = np.ravel(cost).astype(float)
        self.start[name] = slice(len(self.cost), len(self.cost) + len(cost))
        self.cost = np.append(self.cost, cost)
        self.most = np.append(self.most, np.broadcast_to(np.ravel(most), cost.shape))
        self.whole = np.append(self.whole, np.full(len(cost), whole))

    def within(self, low: np.ndarray | float, parts: dict[str, np.ndarray], high: np.ndarray | float) -> None:
        rows = len(next(iter(parts.values())))
        self.constraints.append((parts, np.broadcast_to(low, rows), np.broadcast_to(high, rows)))

    def least_cost(self) -> float:
        constraints = []
        for parts, low, high in self.constraints:
            matrix = np.zeros((len(low), len(self.cost)))
            for name, part in parts.items():
                matrix[:, self.start[name]] += part
            constraints.append(LinearConstraint(matrix, low, high))
        solved = milp(
            self.cost, integrality=self.whole, bounds=Bounds(0, self.most), constraints=constraints,
            options={"mip_rel_gap": 0.0},
        )  # fmt: skip
        assert solved.status == 0, solved.message
        return float(solved.fun)


def least_cost(problem: Problem) -> float:
    """What the cheapest plan of a small problem costs."""
    f = full_facts(problem)
    classes, products, months = f.demand.shape
    one, until = np.eye(products * months), np.kron(np.eye(products), np.tril(np.ones((months, months))))
    cells = Cells()
    _blocks(cells, f, products, months)
    shipped = [f"shipped {k}" for k in range(classes)]
    bought = [f"bought {u}" for u in range(len(f.may_buy))]
    flow = dict.fromkeys(("made", *bought), until) | dict.fromkeys(shipped, -until)
    stock = np.repeat(f.stock, months) + until @ f.receipts.ravel()
    safety = f.safety.ravel()
    # safe = stock - above - left, from 0 to safety; missing = safety - safe
    cells.within(-stock, flow | {"above": -one, "left": -one}, safety - stock)
    cells.within(safety - stock, flow | {"above": -one, "left": -one, "missing": one}, safety - stock)
    for k, name in enumerate(shipped):
        owed = np.repeat(f.owed[k], months) + until @ f.demand[k].ravel()
        cells.within(owed, {name: until, f"lost {k}": until, f"late {k}": one}, owed)
    resources, hours = len(f.regular), np.kron(f.hours, np.eye(months))
    worked = {"made": hours, "over": -np.eye(resources * months)}
    worked |= {f"extra {t}": -np.eye(resources * months) for t in range(len(f.extra))}
    cells.within(-np.inf, worked, f.regular.ravel())
    _orders(cells, f, until)
    _only_for_what_ships(cells, f, shipped, bought)
    _lots(cells, f)
    return cells.least_cost()


def _blocks(cells: Cells, f: Facts, products: int, months: int) -> None:
    by_cell = (products, months)

    def full(values: np.ndarray) -> np.ndarray:
        return np.broadcast_to(values[:, None], by_cell)

    start = np.arange(months) >= np.maximum(f.lead, f.frozen)[:, None]
    hold, lots = f.hold, np.maximum(f.lots, f.multiples) * f.storable
    cells.block("made", full(f.make + f.regular_cost @ f.hours))
    for u in range(len(f.may_buy)):
        cells.block(f"bought {u}", full(f.buy[u]), np.minimum(f.may_buy[u], NO_LIMIT * 100) * start)
    for k in range(len(f.demand)):
        late = full(f.late[k]).copy()
        late[:, -1] = f.lost[k]
        cells.block(f"shipped {k}", np.zeros(by_cell))
        cells.block(f"late {k}", late)
        cells.block(f"lost {k}", full(f.lost[k]), full(np.where(f.may_lose[k], np.inf, 0.0)))
    # stock costs its holding wherever it lies: safe = safety - missing
    cells.block("missing", full(f.below - hold))
    cells.block("above", full(hold))
    cells.block("left", full(hold), full(np.where(f.build_ahead, 0.0, lots)))
    cells.block("unmade", full(f.lost.max(axis=0)))
    rates = np.repeat((f.overtime_cost - f.regular_cost)[:, None], months, axis=1)
    cells.block("over", rates, f.overtime.ravel())
    for t in range(len(f.extra)):
        cells.block(f"extra {t}", np.repeat((f.extra_cost[t] - f.regular_cost)[:, None], months, axis=1), f.extra[t])
    cells.block("fixed", np.array([float(f.hold @ f.safety.sum(axis=1))]), 1.0)
    cells.within(1.0, {"fixed": np.eye(1)}, 1.0)


def _orders(cells: Cells, f: Facts, until: np.ndarray) -> None:
    """Frozen months make their orders, or leave them unmade at a price; before the lead time no more than ordered."""
    products, months = f.receipts.shape
    month, ordered = np.arange(months), np.cumsum(f.ordered, axis=1).ravel()
    frozen = (month < f.frozen[:, None]).ravel()
    early = (month < f.lead[:, None]).ravel() & ~frozen
    one = np.eye(products * months)
    if frozen.any():
        cells.within(ordered[frozen], {"made": until[frozen], "unmade": one[frozen]}, ordered[frozen])
    if early.any():
        cells.within(-np.inf, {"made": until[early]}, ordered[early])


def _only_for_what_ships(cells: Cells, f: Facts, shipped: list[str], bought: list[str]) -> None:
    products, months = f.receipts.shape
    one = np.eye(products * months)
    to_order = np.repeat(~f.storable, months)
    if to_order.any():
        comes = dict.fromkeys(("made", *bought), one[to_order])
        cells.within(-np.inf, comes | dict.fromkeys(shipped, -one[to_order]), f.ordered.ravel()[to_order])
    kept = np.repeat(f.storable & ~f.build_ahead, months)
    if kept.any():
        known = f.receipts + f.ordered
        known[:, 0] += np.maximum(f.stock - f.safety[:, 0], 0.0)
        known[:, 1:] += np.maximum(f.safety[:, :-1] - f.safety[:, 1:], 0.0)
        rise = one - np.kron(np.eye(products), np.eye(months, k=-1))
        cells.within(-np.inf, {"above": rise[kept]}, known.ravel()[kept])


def _lots(cells: Cells, f: Facts) -> None:
    """made >= lot where switched on, made = 0 where off, made = size x count."""
    products, months = f.receipts.shape
    one = np.eye(products * months)
    new = (np.arange(months) >= np.maximum(f.lead, f.frozen)[:, None]) & f.storable[:, None]
    cells.block("on", np.zeros(products * months), 1.0, whole=1)
    cells.block("count", np.zeros(products * months), NO_LIMIT, whole=1)
    least = np.repeat(f.lots, months)
    switched = (new & (f.lots > 0)[:, None]).ravel()
    if switched.any():
        cells.within(0.0, {"made": one[switched], "on": -(least[:, None] * one)[switched]}, np.inf)
        cells.within(-np.inf, {"made": one[switched], "on": -NO_LIMIT * one[switched]}, 0.0)
    counted = (new & (f.multiples > 0)[:, None]).ravel()
    if counted.any():
        size = np.repeat(f.multiples, months)[:, None]
        cells.within(0.0, {"made": one[counted], "count": -(size * one)[counted]}, 0.0)
