"""Lots: quantities near a plan without them, the program in lots against an independent one, and time that runs out."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sop_portal.bench_planning import made_problem
from supply.cheapest_plan import CheapestPlan, _bound_in_lots, _Model, cheapest_plan
from supply.lots import in_lots, lot_quantity, within_lots
from supply.plan_problem import Costs, Problem, full_facts
from tests.supply.independent_plan import least_cost
from tests.supply.test_cheapest_plan import check_balances, one_product, some_problem

COSTS = Costs(late=1.0, lost=50.0, hold=0.1)
UNHURRIED = 60.0
# what the search may leave between a plan and the best possible
GOOD_ENOUGH = 1e-3


@pytest.mark.parametrize(
    ("wanted", "least", "size", "made"),
    [(7, 10, 0, 10), (12.5, 10, 0, 12.5), (7, 0, 6, 12), (12, 0, 6, 12), (7, 15, 6, 18), (31, 15, 6, 36)],
)
def test_the_smallest_quantity_in_lots_that_covers(wanted: float, least: float, size: float, made: float) -> None:
    assert lot_quantity(*(np.array([float(v)]) for v in (wanted, least, size)))[0] == made


@pytest.mark.parametrize(
    ("most", "least", "size", "made"),
    [(7, 10, 0, 0), (12.5, 10, 0, 12.5), (7, 0, 6, 6), (17, 15, 6, 0), (31, 15, 6, 30), (5, 0, 6, 0), (0, 0, 0, 0)],
)
def test_the_largest_quantity_in_lots_that_fits(most: float, least: float, size: float, made: float) -> None:
    assert within_lots(*(np.array([float(v)]) for v in (most, least, size)))[0] == made


def test_what_is_short_of_a_lot_waits_and_what_is_over_is_held() -> None:
    """A lot of 10 for 4 a month, worth it from 3 on: the two that lack in the third month wait for the fourth."""
    made = in_lots(
        np.full((1, 6), 4.0), np.zeros((0, 1)), np.zeros((0, 6)), np.ones((1, 6), dtype=bool),
        np.array([10.0]), np.array([0.0]), np.array([0.3]),
    )  # fmt: skip
    assert made[0].tolist() == [10, 0, 0, 10, 0, 10]


def test_a_lot_that_does_not_fit_into_the_hours_comes_later() -> None:
    made = in_lots(
        np.array([[4.0, 4.0, 4.0]]), np.ones((1, 1)), np.array([[5.0, 5.0, 20.0]]), np.ones((1, 3), dtype=bool),
        np.array([10.0]), np.array([0.0]), np.array([0.2]),
    )  # fmt: skip
    assert made[0].tolist() == [0, 0, 12]


def test_what_fits_of_a_lot_larger_than_the_hours_is_made() -> None:
    """Twelve are wanted and nine hours there: nine, or one whole lot of six; the rest comes a month later."""
    hours, room, free = np.ones((1, 1)), np.array([[9.0, 9.0]]), np.ones((1, 2), dtype=bool)
    wanted, worth = np.array([[12.0, 0.0]]), np.array([0.0])
    assert in_lots(wanted, hours, room, free, np.array([5.0]), np.array([0.0]), worth)[0].tolist() == [9, 5]
    assert in_lots(wanted, hours, room, free, np.array([0.0]), np.array([6.0]), worth)[0].tolist() == [6, 6]


@given(st.integers(0, 10_000))
@settings(max_examples=50)
def test_lots_fit_into_the_hours_and_never_run_ahead_by_a_whole_lot(seed: int) -> None:
    draw = np.random.default_rng(seed)
    wanted, hours = draw.uniform(0, 30, (4, 6)), draw.choice([0.0, 1.0, 2.0], (2, 4))
    room, least, size = hours @ wanted, draw.choice([0.0, 15.0], 4), draw.choice([0.0, 8.0], 4)
    made = in_lots(wanted, hours, room, np.ones((4, 6), dtype=bool), least, size, np.full(4, 0.1))
    assert (hours @ made <= room + 1e-6).all()
    ahead = np.cumsum(made, axis=1) - np.cumsum(wanted, axis=1)
    assert (ahead <= np.maximum(least, size)[:, None] + 1e-6).all()
    check_lots(made, least, size)


def check_lots(made: np.ndarray, least: np.ndarray, size: np.ndarray) -> None:
    there = made > 1e-5
    assert (made >= least[:, None] - 1e-4)[there].all()
    lots = made[size > 0] / size[size > 0][:, None]
    assert lots == pytest.approx(np.round(lots), abs=1e-5)


def in_some_lots(seed: int, **more: int) -> Problem:
    draw, problem = np.random.default_rng(seed + 1), some_problem(seed, **more)
    return replace(problem, lots=draw.choice([0.0, 25.0, 40.0], 3), multiples=draw.choice([0.0, 12.0], 3))


def new_lots(problem: Problem, made: CheapestPlan) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Production of what is storable after lead time and fence, with its lots."""
    start = np.maximum(problem.lead_months, problem.frozen_months)
    new = (np.arange(made.production.shape[1]) >= start[:, None]) & np.asarray(problem.storable)[:, None]
    least, size = (np.broadcast_to(values, len(new)) for values in (problem.lots, problem.multiples))
    return np.where(new, made.production, 0.0), least, size


@given(seed=st.integers(0, 10_000), classes=st.integers(1, 2))
@settings(max_examples=25, deadline=None)
def test_the_cost_in_lots_equals_an_independent_formulation(seed: int, classes: int) -> None:
    problem = in_some_lots(seed, classes=classes)
    made, least = cheapest_plan(problem, lot_seconds=UNHURRIED), least_cost(problem)
    assert made.cost >= least - 1e-4 - 1e-6 * abs(least)
    assert made.cost <= least + GOOD_ENOUGH * abs(made.cost) + 1e-3
    assert made.gap <= GOOD_ENOUGH + 1e-9
    check_balances(problem, made)
    check_lots(*new_lots(problem, made))


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_without_time_to_search_there_is_a_plan_in_lots_and_an_honest_gap(seed: int) -> None:
    problem = in_some_lots(seed)
    made, least = cheapest_plan(problem, lot_seconds=0.0), least_cost(problem)
    check_balances(problem, made)
    check_lots(*new_lots(problem, made))
    assert made.cost * (1 - made.gap) <= least + 1e-4 + 1e-6 * abs(least)


@given(seed=st.integers(0, 10_000), classes=st.integers(1, 2))
@settings(max_examples=25, deadline=None)
def test_no_plan_in_lots_costs_less_than_the_bound_of_products_apart(seed: int, classes: int) -> None:
    problem = in_some_lots(seed, classes=classes)
    model = _Model(full_facts(problem))
    assume(model.lot_cells.any())
    solved = model.program.solve(priced=model.capacity)
    least = least_cost(problem)
    assert _bound_in_lots(model, solved, UNHURRIED) <= least + 1e-4 + 1e-6 * abs(least)


def test_lots_raise_the_bound_where_they_matter() -> None:
    """Seven a month in lots of fourteen without hours that bind: every second month seven are held, and the program
    without lots holds none. The bound sees that in any two months seven are held or owed once."""
    model = _Model(full_facts(one_product([7] * 6, [99] * 6, COSTS, lots=14.0)))
    solved = model.program.solve(priced=model.capacity)
    assert solved.objective == pytest.approx(0)
    assert _bound_in_lots(model, solved, UNHURRIED) >= 7 * 0.1 * 2
    assert _bound_in_lots(model, solved, 0.0) == -np.inf


def test_a_lot_covers_two_months_of_demand_and_is_held_for_one() -> None:
    problem = one_product([7, 7, 7, 7], [99] * 4, COSTS, lots=14.0)
    made = cheapest_plan(problem)
    assert made.production[0] == pytest.approx([14, 0, 14, 0])
    assert made.cost == pytest.approx(7 * 0.1 * 2)
    assert made.gap == pytest.approx(0, abs=GOOD_ENOUGH)


def test_lots_come_in_whole_numbers() -> None:
    made = cheapest_plan(one_product([10, 10], [99] * 2, COSTS, multiples=6.0))
    assert made.production[0] == pytest.approx([12, 12])


def test_what_is_on_order_keeps_its_quantity() -> None:
    problem = one_product([3, 3, 9], [99] * 3, COSTS, lots=5.0, open_production=[[3.0, 3.0, 0.0]], frozen_months=2)
    assert cheapest_plan(problem).production[0] == pytest.approx([3, 3, 9])


def test_what_is_left_of_a_lot_is_the_only_thing_made_ahead() -> None:
    """Four hours are missing in the last month: a lot may leave some of its units, but no second one is made ahead."""
    problem = one_product([4, 4, 24], [10, 10, 10], COSTS, build_ahead=False, lots=6.0)
    made = cheapest_plan(problem)
    assert made.inventory[0].max() <= 6 + 1e-6
    free = cheapest_plan(replace(problem, build_ahead=True))
    assert free.inventory[0].max() > 6


def test_what_is_made_to_order_has_no_lots() -> None:
    made = cheapest_plan(one_product([4, 4], [99] * 2, COSTS, lots=6.0, storable=False))
    assert made.production[0] == pytest.approx([4, 4])


def test_a_large_plan_in_lots_is_there_when_time_is_up_with_its_gap() -> None:
    problem = replace(made_problem(40, 12, 5), lots=30.0, multiples=10.0)
    made = cheapest_plan(problem, lot_seconds=0.2)
    check_lots(*new_lots(problem, made))
    assert 0 < made.gap < 1
    assert made.cost >= cheapest_plan(replace(problem, lots=0.0, multiples=0.0)).cost
    assert made.hour_value.max() > 0
