"""The cheapest plan: textbook cases, an independent formulation, balances, and what an hour is worth."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supply.cheapest_plan import CheapestPlan, cheapest_plan, least_possible
from supply.linear_program import Unsolved
from supply.plan_problem import Costs, Problem
from tests.supply.independent_plan import least_cost

NO_SHORTAGE = 1e4
TOLERANCE = 1e-6


def one_product(demand: list[float], regular: list[float], costs: Costs, **more: object) -> Problem:
    return replace(
        Problem(np.array([demand], dtype=float), np.ones((1, 1)), np.array([regular], dtype=float), costs), **more
    )


def some_problem(seed: int, *, products: int = 3, months: int = 4, resources: int = 2, classes: int = 1) -> Problem:
    draw = np.random.default_rng(seed)
    demand = draw.integers(0, 60, (classes, products, months)).astype(float)
    hours = draw.choice([0.0, 0.5, 1.0, 2.5], (resources, products))
    worth = draw.uniform(10, 90, products)
    costs = Costs(
        late=0.1 * worth * draw.uniform(0.5, 2, (classes, 1)),
        lost=worth * draw.uniform(0.5, 2, (classes, 1)),
        hold=0.02 * worth,
        safety=0.05 * worth,
        make=draw.uniform(0, 3, products),
        buy=1.3 * worth,
        regular=draw.uniform(0, 1, resources),
        overtime=draw.uniform(1, 9, resources),
        extra=20.0,
    )
    load = hours @ demand.sum(axis=0)
    return Problem(
        demand,
        hours,
        np.round(load.mean(axis=1, keepdims=True) * draw.uniform(0.4, 1.3, (resources, months))),
        costs,
        overtime=draw.integers(0, 20, (resources, months)),
        extra=draw.choice([0.0, 5.0], (resources, months)),
        may_buy=draw.choice([0.0, 10.0], (products, months)),
        opening_stock=draw.integers(0, 30, products),
        opening_backlog=draw.integers(0, 10, (classes, products)),
        receipts=draw.choice([0.0, 8.0], (products, months)),
        open_production=draw.choice([0.0, 12.0], (products, months)),
        safety_stock=draw.integers(0, 20, products),
        lead_months=draw.integers(0, 3, products),
        frozen_months=draw.integers(0, 3, products),
        storable=draw.random(products) < 0.7,
        may_lose=draw.random((classes, products)) < 0.3,
        build_ahead=draw.random(products) < 0.7,
    )


def test_a_tyre_maker_plans_as_the_transportation_table_says() -> None:
    """The figures of Farnsworth Tire in Heizer and Render, Operations Management (aggregate planning by the
    transportation method): demand 800, 1,000, 750; a unit costs 40 in regular time (700 a month), 50 in overtime
    (50 a month), 70 from outside (150, 150, 130), 2 to hold; 100 are in stock.

    By hand: 2,450 units are missing, 2,100 come regular, 150 in overtime, so 200 from outside; 50 and 50 of the
    first month are held once: 84,000 + 7,500 + 14,000 + 200 = 105,700.
    """
    costs = Costs(late=NO_SHORTAGE, lost=NO_SHORTAGE, hold=2.0, buy=70.0, regular=40.0, overtime=50.0)
    given = one_product(
        [800, 1000, 750], [700] * 3, costs, overtime=50.0, may_buy=[[150.0, 150.0, 130.0]], opening_stock=100.0
    )
    made = cheapest_plan(given)
    assert made.cost == pytest.approx(105_700)
    assert made.backlog.sum() == pytest.approx(0)
    assert made.bought[0] == pytest.approx([50, 150, 0])
    assert made.overtime[0] == pytest.approx([50, 50, 50])
    assert made.inventory[0] == pytest.approx([100, 0, 0])


def test_dear_change_makes_a_level_plan() -> None:
    """The level strategy of aggregate planning: the same output every month, stock takes the season (Heizer and
    Render, Operations Management; Silver, Pyke and Thomas, Inventory and Production Management, aggregate planning).
    """
    costs = Costs(late=NO_SHORTAGE, lost=NO_SHORTAGE, hold=1.0, change=500.0)
    made = cheapest_plan(one_product([50, 100, 150, 100], [999] * 4, costs))
    assert made.production.tolist() == [[pytest.approx(100)] * 4]


def test_dear_stock_makes_a_plan_that_chases_demand() -> None:
    """The chase strategy of the same books: output follows demand, no stock is held."""
    costs = Costs(late=NO_SHORTAGE, lost=NO_SHORTAGE, hold=100.0, change=1.0)
    made = cheapest_plan(one_product([50, 100, 150, 100], [999] * 4, costs))
    assert made.production[0] == pytest.approx([50, 100, 150, 100])
    assert made.inventory.sum() == pytest.approx(0)


def test_a_season_above_capacity_is_built_ahead_from_the_nearest_months() -> None:
    """Anticipation stock of the same books: the 40 units that two months lack are made in the free hours before
    them, and by hand 20, 40 and 10 are held."""
    costs = Costs(late=NO_SHORTAGE, lost=NO_SHORTAGE, hold=1.0, overtime=9.0)
    made = cheapest_plan(one_product([80, 80, 130, 110], [100] * 4, costs, overtime=50.0))
    assert made.production[0] == pytest.approx([100, 100, 100, 100])
    assert made.inventory[0] == pytest.approx([20, 40, 10, 0])


def test_overtime_is_worked_when_it_is_cheaper_than_holding() -> None:
    costs = Costs(late=NO_SHORTAGE, lost=NO_SHORTAGE, hold=5.0, overtime=9.0)
    made = cheapest_plan(one_product([80, 80, 130], [100] * 3, costs, overtime=50.0))
    assert made.production[0] == pytest.approx([80, 100, 110])
    assert made.overtime[0] == pytest.approx([0, 0, 10])


def test_the_dearer_class_of_customers_is_served_first() -> None:
    demand = np.array([[[60.0]], [[60.0]]])
    costs = Costs(late=[[5.0], [1.0]], lost=[[50.0], [10.0]], hold=1.0)
    made = cheapest_plan(Problem(demand, np.ones((1, 1)), np.array([[80.0]]), costs))
    assert made.shipments.ravel() == pytest.approx([60, 20])


def test_without_capacity_nothing_fails_and_everything_is_owed() -> None:
    made = cheapest_plan(one_product([10, 20], [0, 0], Costs(late=1.0, lost=9.0, hold=1.0)))
    assert made.backlog[0, 0] == pytest.approx([10, 30])
    assert made.cost == pytest.approx(10 * 1 + 30 * 9)
    assert made.hour_value[0] == pytest.approx([10, 9])


def test_a_new_order_arrives_after_its_lead_time_and_open_orders_before() -> None:
    costs = Costs(late=1.0, lost=50.0, hold=0.1)
    made = cheapest_plan(one_product([30, 30, 30], [99] * 3, costs, lead_months=2, open_production=[[10.0, 5.0, 0.0]]))
    assert made.production[0] == pytest.approx([10, 5, 75])


def test_supply_of_frozen_months_is_what_is_on_order_no_more_and_no_less() -> None:
    costs = Costs(late=1.0, lost=50.0, hold=0.1)
    free = one_product([0, 0], [99] * 2, costs, open_production=[[10.0, 10.0]])
    assert cheapest_plan(free).production[0] == pytest.approx([0, 0])
    assert cheapest_plan(replace(free, frozen_months=1)).production[0] == pytest.approx([10, 0])
    asked = one_product([30, 30], [99] * 2, costs, may_buy=5.0, open_production=[[10.0, 0.0]], frozen_months=1)
    made = cheapest_plan(asked)
    assert (made.production + made.bought)[0] == pytest.approx([10, 50])
    assert made.bought[0, 0] == 0


def test_each_product_has_its_own_fence() -> None:
    problem = Problem(
        np.full((2, 2), 30.0), np.zeros((1, 2)), np.zeros((1, 2)), Costs(late=1.0, lost=50.0, hold=0.1),
        frozen_months=[0, 1],
    )  # fmt: skip
    assert cheapest_plan(problem).production == pytest.approx(np.array([[30.0, 30.0], [0.0, 60.0]]))


def test_frozen_orders_that_hours_do_not_allow_are_made_as_far_as_they_go() -> None:
    costs = Costs(late=1.0, lost=50.0, hold=0.1)
    made = cheapest_plan(one_product([40, 0], [25, 25], costs, open_production=[[40.0, 0.0]], frozen_months=2))
    assert made.production[0] == pytest.approx([25, 15])


def test_what_is_made_to_order_is_not_built_ahead() -> None:
    costs = Costs(late=1.0, lost=50.0, hold=0.1)
    stored = one_product([0, 130], [100] * 2, costs)
    assert cheapest_plan(stored).production[0] == pytest.approx([30, 100])
    assert cheapest_plan(replace(stored, storable=False)).production[0] == pytest.approx([0, 100])


def test_no_time_is_said_and_not_passed_off_as_a_plan() -> None:
    with pytest.raises(Unsolved):
        cheapest_plan(some_problem(1, products=60, months=24, resources=8), seconds=0.0)


@pytest.mark.parametrize("seed", range(6))
def test_no_plan_costs_less_than_without_limits_to_hours(seed: int) -> None:
    problem = some_problem(seed)
    least = least_possible(problem)
    endless = replace(problem, regular=np.full_like(problem.regular, 1e6))
    assert least <= cheapest_plan(problem).cost + 1e-6
    assert least == pytest.approx(cheapest_plan(endless).cost, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"hours": np.ones((1, 2))}, "do not fit"),
        ({"regular": np.ones((1, 3))}, "regular hours: 3 months, demand has 2"),
        ({"opening_stock": -1.0}, "opening stock: a value is negative"),
        ({"overtime": np.ones((2, 2))}, "overtime: shape"),
        ({"demand": np.array([[np.nan, 1.0]])}, "demand: a value is missing"),
    ],
)
def test_input_that_does_not_fit_is_named(change: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        cheapest_plan(replace(one_product([1, 1], [9, 9], Costs(late=1.0, lost=1.0, hold=1.0)), **change))


def check_balances(problem: Problem, made: CheapestPlan) -> None:
    before = np.concatenate([np.asarray(problem.opening_stock, float)[:, None], made.inventory[:, :-1]], axis=1)
    comes = problem.receipts + made.production + made.bought
    assert before + comes - made.shipments.sum(axis=0) == pytest.approx(made.inventory, abs=TOLERANCE * 100)
    owed = np.concatenate([np.asarray(problem.opening_backlog, float)[:, :, None], made.backlog[:, :, :-1]], axis=2)
    assert owed + problem.demand - made.shipments - made.lost == pytest.approx(made.backlog, abs=TOLERANCE * 100)
    assert (made.load <= problem.regular + made.overtime + made.extra + TOLERANCE * 100).all()
    assert (made.overtime <= problem.overtime + TOLERANCE).all()
    for part in (made.production, made.bought, made.inventory, made.shipments, made.backlog, made.lost):
        assert (part >= 0).all()


@given(seed=st.integers(0, 10_000), classes=st.integers(1, 2))
@settings(max_examples=40, deadline=None)
def test_stock_backlog_and_hours_balance(seed: int, classes: int) -> None:
    problem = some_problem(seed, classes=classes)
    check_balances(problem, cheapest_plan(problem))


@given(seed=st.integers(0, 10_000), classes=st.integers(1, 2))
@settings(max_examples=25, deadline=None)
def test_the_cost_equals_an_independent_formulation(seed: int, classes: int) -> None:
    problem = some_problem(seed, classes=classes)
    assert cheapest_plan(problem).cost == pytest.approx(least_cost(problem), rel=1e-6, abs=1e-4)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_an_hour_is_worth_what_the_plan_saves_with_it(seed: int) -> None:
    """Cost is convex in the hours: the saving of one hour more <= the price <= the loss of one hour less."""
    problem = some_problem(seed)
    made = cheapest_plan(problem)
    cell = np.unravel_index(int(made.hour_value.argmax()), made.hour_value.shape)
    saved = made.cost - cheapest_plan(_moved(problem, cell, 1.0)).cost
    missed = cheapest_plan(_moved(problem, cell, -min(1.0, problem.regular[cell]))).cost - made.cost
    assert saved <= made.hour_value[cell] + 1e-4
    if problem.regular[cell] >= 1:
        assert missed >= made.hour_value[cell] - 1e-4


def test_an_hour_at_the_bottleneck_is_worth_its_measured_saving_exactly() -> None:
    costs = Costs(late=3.0, lost=40.0, hold=1.0, overtime=9.0)
    problem = one_product([80, 80, 163, 90], [100] * 4, costs, overtime=5.0)
    made = cheapest_plan(problem)
    # A unit of the third month comes by overtime made in the first at 9 + 2, or an hour of any month in its place.
    assert made.hour_value[0] == pytest.approx([9, 10, 11, 8])
    for month in range(4):
        saved = made.cost - cheapest_plan(_moved(problem, (0, month), 1.0)).cost
        assert saved == pytest.approx(made.hour_value[0, month], abs=1e-5)


def _moved(problem: Problem, cell: tuple, by: float) -> Problem:
    regular = problem.regular.copy()
    regular[cell] += by
    return replace(problem, regular=regular)
