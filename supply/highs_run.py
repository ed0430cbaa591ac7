"""A linear program in the solver (HiGHS), with rows that come in only when a solution breaks them.

A plan has many rows that hardly ever bind. Without them the solver is about twice as quick; what it finds is
checked, the rows it breaks come in with those that belong to them, and it goes on from where it was. What it ends
with keeps every row, so it is the solution of the whole program (row generation; Nemhauser and Wolsey, Integer and
Combinatorial Optimization, II.4.2: a relaxation whose solution is feasible is solved).
"""

from dataclasses import dataclass
from typing import Any, Final

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
INFINITY: Final = highspy.kHighsInf
ALWAYS: Final = -1
BROKEN: Final = 1e-7


@dataclass(frozen=True)
class Arrays:
    """Minimise constant + cost @ x with lower <= x <= upper and row_lower <= matrix @ x <= row_upper.

    Rows whose `group` is not ALWAYS wait until one of the group is broken.
    """

    cost: Floats
    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    group: Numbers
    matrix: csr_matrix
    constant: float


class Run:
    """The program in the solver, single-threaded and with a time limit over all that is solved in it."""

    def __init__(self, given: Arrays, seconds: float, *, whole: bool = False) -> None:
        """`whole`: with all rows from the start, as a search with whole numbers needs it."""
        self.given = given
        self.highs: Any = highspy.Highs()
        self.rows = np.flatnonzero((given.group == ALWAYS) | whole)
        self.highs.silent()
        self.highs.setOptionValue("threads", 1)
        # A third of the simplex method's time on plans of 200 products, also after a change of one scenario.
        self.highs.setOptionValue("solver", "ipm")
        self.highs.setOptionValue("time_limit", float(max(seconds, 0.0)))
        self.highs.passModel(self._model())

    def solve(self) -> bool:
        """Whether the best solution that keeps every row was found in time."""
        self.highs.run()
        while self.optimal and len(broken := self._broken()):
            self._take_in(broken)
            self.simplex()
            self.highs.run()
        return self.optimal

    def simplex(self) -> None:
        self.highs.setOptionValue("solver", "simplex")

    @property
    def optimal(self) -> bool:
        return bool(self.highs.getModelStatus() == highspy.HighsModelStatus.kOptimal)

    @property
    def values(self) -> Floats:
        return np.array(self.highs.getSolution().col_value)

    @property
    def prices(self) -> Floats:
        """The shadow prices of all rows; what never came in binds nowhere."""
        prices = np.zeros(len(self.given.row_upper))
        prices[self.rows] = self.highs.getSolution().row_dual
        return prices

    @property
    def objective(self) -> float:
        return float(self.highs.getInfo().objective_function_value)

    def bound_rows(self, rows: Numbers, lower: Floats, upper: Floats) -> None:
        """Other bounds for rows that are always there."""
        places = np.searchsorted(self.rows[: int((self.given.group == ALWAYS).sum())], rows)
        self.highs.changeRowsBounds(len(rows), places.astype(np.int32), lower, upper)

    def bound_columns(self, columns: NDArray[np.int32], lower: Floats, upper: Floats) -> None:
        self.highs.changeColsBounds(len(columns), columns, lower, upper)

    def _broken(self) -> Numbers:
        """The rows outside that the solution breaks, with all of their groups."""
        given, outside = self.given, np.ones(len(self.given.group), dtype=bool)
        outside[self.rows] = False
        activity = given.matrix @ self.values
        broken = outside & ((activity > given.row_upper + BROKEN) | (activity < given.row_lower - BROKEN))
        return np.flatnonzero(outside & np.isin(given.group, given.group[broken]))

    def _take_in(self, rows: Numbers) -> None:
        given, part = self.given, self.given.matrix[rows]
        lower, upper = given.row_lower[rows], given.row_upper[rows]
        self.highs.addRows(len(rows), lower, upper, part.nnz, part.indptr[:-1], part.indices, part.data)
        self.rows = np.concatenate([self.rows, rows])

    def _model(self) -> Any:
        given, model = self.given, highspy.HighsLp()
        matrix = given.matrix[self.rows].tocsc()
        model.num_col_, model.num_row_ = len(given.cost), len(self.rows)
        model.col_cost_, model.col_lower_, model.col_upper_ = given.cost, given.lower, given.upper
        model.row_lower_, model.row_upper_ = given.row_lower[self.rows], given.row_upper[self.rows]
        model.offset_ = given.constant
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
        model.a_matrix_.value_ = matrix.data
        return model
