"""Rows that seldom bind: left out until a solution breaks them, and then the solution is that of the whole program."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from supply.cheapest_plan import cheapest_plan
from supply.customer_classes import class_weights
from supply.highs_run import ALWAYS, Arrays, Run
from supply.plan_problem import Costs, Problem
from tests.supply.independent_plan import least_cost


def some_arrays(seed: int) -> Arrays:
    """Shares of a few things, each at most one, wanted as much as possible; nearly all rows seldom bind."""
    draw = np.random.default_rng(seed)
    rows, columns = 12, 8
    return Arrays(
        cost=-draw.uniform(1, 9, columns),
        lower=np.zeros(columns),
        upper=np.ones(columns),
        row_lower=np.full(rows, -np.inf),
        row_upper=draw.uniform(0.5, 4, rows),
        group=np.where(np.arange(rows) < 2, ALWAYS, np.arange(rows) // 4),
        matrix=csr_matrix(np.where(draw.random((rows, columns)) < 0.5, draw.uniform(0, 2, (rows, columns)), 0.0)),
        constant=3.0,
    )


@given(seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_what_it_ends_with_is_the_best_of_the_whole_program(seed: int) -> None:
    given_rows = some_arrays(seed)
    few, whole = Run(given_rows, 10.0), Run(given_rows, 10.0, whole=True)
    assert few.solve()
    assert whole.solve()
    assert few.objective == pytest.approx(whole.objective)
    assert (given_rows.matrix @ few.values <= given_rows.row_upper + 1e-6).all()
    # strong duality with the prices of all rows: what bounds are worth beside them is the reduced cost
    reduced = given_rows.cost - given_rows.matrix.T @ few.prices
    assert few.prices @ given_rows.row_upper + np.minimum(reduced, 0).sum() + 3.0 == pytest.approx(few.objective)


def test_a_group_comes_in_together_and_what_holds_stays_outside() -> None:
    rows = Arrays(
        cost=np.array([-1.0, -1.0]),
        lower=np.zeros(2),
        upper=np.full(2, 10.0),
        row_lower=np.full(4, -np.inf),
        row_upper=np.array([15.0, 4.0, 9.0, 50.0]),
        group=np.array([ALWAYS, 1, 1, 2]),
        matrix=csr_matrix(np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])),
        constant=0.0,
    )
    run = Run(rows, 10.0)
    assert run.solve()
    assert sorted(run.rows) == [0, 1, 2]
    assert run.values == pytest.approx([4.0, 9.0])
    assert run.prices == pytest.approx([0.0, -1.0, -1.0, 0.0])


def test_no_class_gives_back_what_it_got_so_that_a_dearer_one_is_served() -> None:
    """In the first month everybody gets all; in the second only the dearer class is worth the hours there are. Without
    the row that shipments are not negative the cheaper class would give its first month back."""
    demand = np.array([[[5.0, 30.0, 0.0]], [[20.0, 10.0, 0.0]]])
    weight = class_weights([1, 3])[:, None]
    costs = Costs(late=2.0 * weight, lost=50.0 * weight, hold=0.1)
    problem = Problem(demand, np.ones((1, 1)), np.array([[25.0, 5.0, 100.0]]), costs)
    made = cheapest_plan(problem)
    assert made.shipments[:, 0] == pytest.approx(np.array([[5.0, 5.0, 25.0], [20.0, 0.0, 10.0]]))
    assert made.backlog[:, 0, 1] == pytest.approx([25.0, 10.0])
    assert made.cost == pytest.approx(least_cost(problem)) == 95.0
