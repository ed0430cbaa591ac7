"""A linear program put together from blocks of variables and rows, with or without lots, solved by HiGHS.

Blocks are arrays of column and row numbers, so that a whole family of constraints is written as one
broadcast. A block keeps its numbers, so values and shadow prices come back in the shape they were asked in.
"""

from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

import highspy
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_matrix

from supply.highs_run import ALWAYS, INFINITY, Arrays, Floats, Numbers, Run

TRACE = 1e-3
# Quantities this near a whole number are one.
WHOLE = 1e-6
# A plan in lots this near the best possible is not searched on.
GOOD_ENOUGH = 1e-3
MOST_SEARCHED = 2000
FEASIBLE = highspy.SolutionStatus.kSolutionStatusFeasible


class Unsolved(Exception):
    """No solution was found in the time given."""

    def __init__(self) -> None:
        super().__init__("No solution was found in the time given.")


@dataclass(frozen=True)
class Solution:
    """Values of all columns, shadow prices of all rows (change of the objective per unit of right-hand side),
    the objective and a bound it cannot go below."""

    values: Floats
    prices: Floats
    objective: float
    bound: float

    @property
    def gap(self) -> float:
        """How far the objective may be above the best possible, as a share of it; 0 = proven best."""
        return max(self.objective - self.bound, 0.0) / max(abs(self.objective), 1.0)


@dataclass(frozen=True)
class Lots:
    """Columns that are none, or at least `least`, up to `most`; where `whole` they count lots and are whole numbers,
    each of `size` of what is made."""

    columns: NDArray[np.int32]
    least: Floats
    most: Floats
    size: Floats
    whole: NDArray[np.bool_]


class Program:
    """Minimise cost @ x with row bounds and column bounds; columns are not negative unless said so."""

    def __init__(self) -> None:
        self._columns: list[tuple[Floats, Floats, Floats]] = []
        self._rows: list[tuple[Floats, Floats, Floats]] = []
        self._entries: list[tuple[Numbers, Numbers, Floats]] = []
        self._lots: Lots | None = None
        self._column_count = self._row_count = 0
        self.constant = 0.0

    def variables(
        self, shape: tuple[int, ...], *, cost: ArrayLike = 0.0, lower: ArrayLike = 0.0, upper: ArrayLike = INFINITY
    ) -> Numbers:
        """New columns; cost and bounds broadcast to `shape`. Returns their numbers in that shape."""
        self._columns.append((_flat(cost, shape), _flat(lower, shape), _flat(upper, shape)))
        numbers = self._column_count + np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
        self._column_count += numbers.size
        return numbers

    def rows(
        self,
        shape: tuple[int, ...],
        *,
        lower: ArrayLike = -INFINITY,
        upper: ArrayLike = INFINITY,
        seldom: ArrayLike = ALWAYS,
    ) -> Numbers:
        """New rows, still without entries; bounds broadcast to `shape`. Returns their numbers in that shape.

        Rows that bind `seldom` have a number there: they come in when a solution breaks one of the same number.
        """
        self._rows.append((_flat(lower, shape), _flat(upper, shape), _flat(seldom, shape)))
        numbers = self._row_count + np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
        self._row_count += numbers.size
        return numbers

    def add(self, rows: Numbers, columns: Numbers, coefficients: ArrayLike) -> None:
        """Entries; the three broadcast against each other, zeros are left out."""
        row, column, value = np.broadcast_arrays(rows, columns, np.asarray(coefficients, dtype=float))
        there = value != 0
        self._entries.append((row[there], column[there], value[there]))

    def in_lots(self, columns: Numbers, *, least: Floats, size: Floats, most: Floats) -> None:
        """The columns are none, or at least `least`, in whole numbers of `size` (0 = any quantity), and not much
        above `most`; they all come in one call."""
        whole, counted = size > 0, columns.astype(np.int32)
        step = np.where(whole, size, 1.0)
        lots = self.variables((int(whole.sum()),), upper=np.ceil(most / step)[whole])
        rows = self.rows(lots.shape, lower=0.0, upper=0.0)
        self.add(rows, columns[whole], 1.0)
        self.add(rows, lots, -step[whole])
        counted[whole] = lots
        first = np.where(whole, np.maximum(np.ceil(least / step - WHOLE), 1.0), least)
        self._lots = Lots(counted, first, np.maximum(np.ceil(most / step), first), step, whole)

    def solve(self, *, priced: Numbers, seconds: float = INFINITY) -> Solution:
        """Solve it, with the prices of *more* on the right of the rows `priced`; lots count as any quantity.

        Unsolved when time runs out first.
        """
        run = self._loaded(seconds)
        if not run.solve():
            raise Unsolved
        best = _found(run)
        return replace(best, prices=self._prices(run, priced.ravel(), best))

    def bound_apart(self, rows: Numbers, prices: Floats, seconds: float) -> float:
        """What no solution costs less than, without the `rows` (limits from above): what exceeds them costs their
        `prices` >= 0 instead (Lagrangian relaxation), and the program falls into parts that are soon solved. Minus
        infinity when time runs out."""
        given = self._arrays()
        price = np.zeros(self._row_count)
        price[rows] = prices
        run = Run(replace(given, cost=given.cost + given.matrix.T @ price), seconds)
        run.simplex()
        # Nothing but small parts: looking for what could be left out takes longer than solving them.
        run.highs.setOptionValue("presolve", "off")
        run.bound_rows(rows.ravel(), np.full(rows.size, -INFINITY), np.full(rows.size, INFINITY))
        if not run.solve():
            return -INFINITY
        charged = price != 0
        return run.objective - float(price[charged] @ given.row_upper[charged])

    def near_in_lots(self, relaxed: Solution, near: Floats, seconds: float = INFINITY) -> Solution:
        """The best plan that makes a lot where `near` (in the order of the columns in lots) has one; where that
        cannot be, where the plan without lots, `relaxed`, has one. Prices and bound are those of `relaxed`.

        Unsolved when time runs out first.
        """
        return replace(self._with_lots(near, relaxed.values, seconds), prices=relaxed.prices, bound=relaxed.bound)

    def search_in_lots(self, start: Solution, seconds: float) -> Solution:
        """The best plan in lots found in time, `start` where none is better; its prices are those of `start`.

        More than MOST_SEARCHED quantities in lots are not searched: no minute of it betters a plan of that size.
        """
        if start.gap <= GOOD_ENOUGH or seconds <= 0 or len(self._lots_known.columns) > MOST_SEARCHED:
            return start
        return self._searched(start, seconds)

    def _searched(self, start: Solution, seconds: float) -> Solution:
        run, lots = Run(self._arrays(), seconds, whole=True), self._lots_known
        highs = run.highs
        highs.setOptionValue("solver", "choose")
        highs.setOptionValue("mip_rel_gap", GOOD_ENOUGH)
        run.bound_columns(lots.columns, lots.least, lots.most)
        kind = np.where(lots.whole, highspy.HighsVarType.kSemiInteger.value, highspy.HighsVarType.kSemiContinuous.value)
        highs.changeColsIntegrality(len(lots.columns), lots.columns, kind.astype(np.uint8))
        first = highspy.HighsSolution()
        first.col_value = start.values
        highs.setSolution(first)
        highs.run()
        info = highs.getInfo()
        bound = max(info.mip_dual_bound, start.bound)
        found = info.primal_solution_status == FEASIBLE.value and info.objective_function_value <= start.objective
        if not found:
            return replace(start, bound=bound)
        return Solution(run.values, start.prices, run.objective, bound)

    @property
    def _lots_known(self) -> Lots:
        if self._lots is None:
            raise ValueError("The program has no columns in lots.")
        return self._lots

    def _with_lots(self, near: Floats, relaxed: Floats, seconds: float) -> Solution:
        """The best quantities when lots are made where `near` has them; where that cannot be, where the plan without
        lots makes enough for one, rounded down: what is left out ships less, so it always is a plan."""
        lots, until = self._lots_known, monotonic() + seconds
        for made in (near / lots.size, relaxed[lots.columns]):
            lower = np.where(lots.whole, np.floor(made + WHOLE), np.where(made >= lots.least - WHOLE, lots.least, 0.0))
            lower = np.where(lower >= lots.least - WHOLE, lower, 0.0)
            run = self._loaded(until - monotonic())
            run.bound_columns(lots.columns, lower, np.where(lots.whole | (lower == 0), lower, lots.most))
            if run.solve():
                return _found(run)
        raise Unsolved

    def _prices(self, run: Run, rows: Numbers, best: Solution) -> Floats:
        """Prices a trace beyond the right-hand sides: right on a corner (no hours at all, stock just enough) more
        and less have different prices, and any between them would do. From the solution it is a few steps."""
        lower, upper = run.given.row_lower[rows], run.given.row_upper[rows]
        trace = TRACE * (1 + np.arange(len(rows)) / max(len(rows), 1))
        run.simplex()
        run.bound_rows(rows, lower, upper + trace)
        return run.prices if run.solve() else best.prices

    def _loaded(self, seconds: float) -> Run:
        return Run(self._arrays(), seconds)

    def _arrays(self) -> Arrays:
        row, column, value = _joined(self._entries)
        row_lower, row_upper, seldom = _joined(self._rows)
        matrix = coo_matrix((value, (row, column)), shape=(self._row_count, self._column_count)).tocsr()
        cost, lower, upper = _joined(self._columns)
        group = seldom.astype(np.int64)
        return Arrays(cost, lower, upper, row_lower, row_upper, group, matrix, self.constant)


def _found(run: Run) -> Solution:
    return Solution(run.values, run.prices, run.objective, run.objective)


def _flat(values: ArrayLike, shape: tuple[int, ...]) -> Floats:
    return np.broadcast_to(np.asarray(values, dtype=float), shape).ravel()


def _joined(parts: list[Any]) -> list[Any]:
    return [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]
