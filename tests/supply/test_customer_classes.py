"""Classes of customers in the cheapest plan: who is served first, what lateness costs, service and cover targets."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from cycles.models import Cycle
from demand.models import Stage
from demand.selectors.versions import version_current, version_plan
from demand.services.versions import version_store
from masterdata.models import Customer, Product
from supply.allocation import Rule, allocate
from supply.as_commitment import priced
from supply.cheapest_plan import cheapest_plan
from supply.commitment import SupplyInput, plan
from supply.customer_classes import ClassParts, class_weights, parted, served_in_order
from supply.ground import late_for, problem_of
from supply.inventory import cover_target, stock_target
from supply.models import SupplyAnswer
from supply.plan_problem import Costs, Problem
from supply.selectors.alternatives import alternatives
from supply.selectors.sharing import classes_of, promised_before, shared_reason
from supply.selectors.start import planning_situation, scenario_start
from supply.service_levels import classes_served, targets_missed
from supply.services.planning import supply_plan_build
from tests.cast import Cast, small_company
from tests.supply.demand_plans import AT, LATER, cycle_opened, cycle_signed, demand_planned
from tests.supply.test_scenarios import ground

NEVER = float("nan")


def of_classes(seed: int) -> Problem:
    draw = np.random.default_rng(seed)
    demand = draw.integers(0, 50, (3, 2, 5)).astype(float)
    late = np.array([[3.0], [2.0], [1.0]]) * draw.uniform(1, 2, 2)
    hours = draw.uniform(0.5, 2, (1, 2))
    regular = (hours @ demand.sum(axis=0)).mean() * draw.uniform(0.5, 1.1, (1, 5))
    return Problem(demand, hours, regular, Costs(late=late, lost=20 * late, hold=0.1))


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_the_cheapest_plan_and_the_rule_by_class_serve_every_class_alike(seed: int) -> None:
    """The program, the rule *by class* on its total, and the order of classes give the same, to the unit."""
    problem = of_classes(seed)
    made = cheapest_plan(problem)
    shipped = made.shipments.sum(axis=0)
    served = served_in_order(shipped, problem.demand, np.zeros((3, 2)))
    lines, rank = problem.demand.reshape(6, 5), np.repeat([1.0, 2.0, 3.0], 2)
    allocated = allocate(lines, np.tile([0, 1], 3), shipped, Rule.PRIORITY, priority=rank)
    assert served.reshape(6, 5) == pytest.approx(allocated, abs=1e-6)
    late = np.cumsum(problem.demand - served, axis=2)
    costs = problem.costs
    cost = (costs.late[:, :, None] * late[:, :, :-1]).sum() + (costs.lost * late[:, :, -1]).sum()
    assert made.cost == pytest.approx(cost + 0.1 * made.inventory.sum(), rel=1e-6, abs=1e-6)


def test_classes_get_their_part_cell_by_cell_then_over_the_horizon_then_the_last() -> None:
    parts = np.array([[[6.0, 0.0, 0.0], [0, 0, 0]], [[2.0, 0.0, 8.0], [0, 0, 0]]])
    shared = parted(np.array([[4.0, 16.0, 3.0], [5.0, 0.0, 0.0]]), parts)
    assert shared[0].tolist() == [[3, 6, 0], [0, 0, 0]]
    assert shared[1].tolist() == [[1, 10, 3], [5, 0, 0]]


def test_a_late_unit_of_the_first_class_costs_half_as_much_again() -> None:
    assert class_weights([1, 2, 3]).tolist() == [1.5, 1.25, 1.0]


def test_the_plan_of_the_rules_is_priced_by_class_and_never_below_the_cheapest() -> None:
    problem = of_classes(3)
    made = plan(SupplyInput(problem.demand.sum(axis=0), problem.hours, problem.regular))
    rules = priced(made, problem)
    assert rules.shipments.sum(axis=0) == pytest.approx(made.shipments)
    assert rules.backlog.sum(axis=0) == pytest.approx(made.backlog)
    assert rules.cost >= cheapest_plan(problem).cost - 1e-6


def test_lateness_costs_what_makes_the_service_target_the_best_choice() -> None:
    """Critical ratio: with holding at 2, 95 % in time is right where a late unit costs 38, for 38 / (38 + 2) = 0.95."""
    assert late_for([0.95, NEVER], np.array([2.0, 2.0])) == pytest.approx([38, NEVER], nan_ok=True)


def test_the_product_with_the_higher_target_is_served_first() -> None:
    tight = ground(hours=np.ones((1, 2)), demand=np.full((2, 4), 8.0), unit_cost=np.full(2, 50.0))
    for high in (0, 1):
        service = np.where(np.arange(2) == high, 0.99, 0.6)
        waits = cheapest_plan(problem_of(replace(tight, service=service))).backlog.sum(axis=(0, 2))
        assert waits[high] < waits[1 - high]


def test_cover_is_the_demand_of_the_months_to_come() -> None:
    """One and a half months of 10, 20, 30, 40: 20 + 15, 30 + 20; then the average of what is left, at last its own."""
    assert cover_target([[10.0, 20.0, 30.0, 40.0]], [1.5]).tolist() == [[35, 50, 60, 60]]
    assert cover_target([[10.0, 20.0]], [0.0]).tolist() == [[0, 0]]


def test_cover_takes_the_place_of_safety_stock_only_where_it_is_given() -> None:
    both = stock_target(np.array([7.0, 7.0]), np.array([1.0, NEVER]), np.array([[10.0, 20.0], [10.0, 20.0]]))
    assert both.tolist() == [[20, 20], [7, 7]]


def test_the_plan_builds_the_cover_a_season_needs_and_lets_it_go() -> None:
    target, demand = np.array([[20.0, 60.0, 20.0, 20.0]]), np.array([[20.0, 20.0, 60.0, 20.0]])
    costs = Costs(late=50.0, lost=500.0, hold=0.1, safety=5.0)
    problem = Problem(demand, np.ones((1, 1)), np.full((1, 4), 99.0), costs, safety_stock=target, build_ahead=False)
    assert cheapest_plan(problem).inventory == pytest.approx(target)
    ruled = SupplyInput(demand, problem.hours, problem.regular, opening_stock=np.zeros(1), safety_stock=target)
    assert plan(ruled).inventory == pytest.approx(target)


# --- From the data ----------------------------------------------------------------


@pytest.fixture
def cast(db: None) -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return cycle_signed(peaks={("ALPHA", 2): 40.0})


def test_an_imported_class_wins_over_what_a_customer_bought(cast: Cast, cycle: Cycle) -> None:
    ids = np.array([customer.pk for customer in cast.customers.values()])
    by_value = {code: classes_of(cycle, ids)[customer.pk] for code, customer in cast.customers.items()}
    # they bought 100 : 50 : 80, so the first makes 43 %, the second 78 % with it
    assert by_value == {"NORTH": 1, "EAST": 1, "SOUTH": 2}
    Customer.objects.filter(code="SOUTH").update(priority=1)
    assert classes_of(cycle, ids)[cast.customers["SOUTH"].pk] == 1


def test_the_ground_has_the_demand_of_each_class(cast: Cast, cycle: Cycle) -> None:
    for code, number in {"EAST": 2, "SOUTH": 3}.items():
        Customer.objects.filter(code=code).update(priority=number)
    found = planning_situation(cycle).ground([])
    assert isinstance(found.parts, ClassParts)
    assert found.parts.classes == (1, 2, 3)
    assert found.parts.demand.sum(axis=0) == pytest.approx(found.demand)
    problem = problem_of(found)
    assert problem.demand.sum(axis=0) == pytest.approx(found.demand)
    assert problem.costs.late[0] == pytest.approx(1.5 * problem.costs.late[2])
    served = classes_served(found, cheapest_plan(problem))
    assert [row.number for row in served] == [1, 2, 3]
    assert served[0].in_time >= served[2].in_time
    assert sum(row.units for row in served) == pytest.approx(found.demand.sum())


def test_a_class_is_served_first_to_the_last_unit(cast: Cast, cycle: Cycle) -> None:
    Customer.objects.filter(code="SOUTH").update(priority=1)
    Customer.objects.filter(code__in=["NORTH", "EAST"]).update(priority=3)
    version = supply_plan_build(cycle=cycle, at=AT, rule=Rule.PRIORITY)
    south = cast.line("ALPHA", "SOUTH").pk
    lines = np.sort([south, *(cast.line("ALPHA", code).pk for code in ("NORTH", "EAST"))])
    asked = version_plan(version_current(cycle, Stage.DEMAND_PLAN), lines).quantity
    given_to = version_plan(version, lines).quantity
    first = lines == south
    late = np.cumsum(asked - given_to, axis=1)
    answer = SupplyAnswer.objects.get(cycle=cycle, product=cast.products["ALPHA"])
    assert late[~first].sum(axis=0).max() > 1
    assert given_to.sum(axis=0) == pytest.approx(answer.committed)
    assert given_to[first][0] == pytest.approx(np.minimum(asked[first][0], answer.committed))


def test_what_the_month_before_committed_comes_first(cast: Cast) -> None:
    before = cycle_opened(month=date(2026, 10, 1), simulated=True)
    plan_before = demand_planned(before)
    version_store(cycle=before, stage=Stage.SUPPLY_PLAN, plan=version_plan(plan_before), at=AT, made_from=plan_before)
    cycle = cycle_signed(peaks={("ALPHA", 2): 40.0})
    line = np.array([cast.line("ALPHA", "NORTH").pk])
    assert promised_before(cycle, line)[0].tolist() == [10.0] * 23 + [0.0]
    version = supply_plan_build(cycle=cycle, at=LATER, rule=Rule.COMMITTED)
    assert version.rule == "committed"
    assert version_plan(version, line).quantity[0, 2] >= 10 - 1e-6


def test_targets_come_from_the_products(cast: Cast, cycle: Cycle) -> None:
    usual = scenario_start(cycle, []).ground
    assert np.isnan(usual.service).all()
    assert targets_missed(usual, np.zeros_like(usual.demand)) == 0
    Product.objects.filter(code="ALPHA").update(service_target=99.0, cover_months=2.0)
    found = scenario_start(cycle, []).ground
    row = list(found.codes).index("ALPHA")
    assert found.service[row] == pytest.approx(0.99)
    assert found.target[row, 4] == pytest.approx(found.demand[row, 5:7].sum())
    assert targets_missed(found, 0.02 * found.demand) == 1
    supply_plan_build(cycle=cycle, at=AT)
    answer = SupplyAnswer.objects.get(cycle=cycle, product=cast.products["ALPHA"])
    assert answer.safety_stock == pytest.approx(found.target[row].mean())


def test_a_customer_who_gets_less_reads_why_on_the_page(cast: Cast, cycle: Cycle) -> None:
    Customer.objects.filter(code="EAST").update(priority=3)
    supply_plan_build(cycle=cycle, at=AT, rule=Rule.PRIORITY)
    line = cast.line("ALPHA", "EAST").pk
    found = alternatives(cycle, line, date(2027, 1, 1), date(2026, 11, 12))
    assert found.reason == "Shared by the rule “Customers by class”: class 3, served after classes 1 and 2."
    client = Client(headers={"host": "localhost"})
    client.force_login(cast.other_rep.user, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/supply/news/{line}/2027-01/?cycle={cycle.code}").content.decode()
    assert "class 3, served after classes 1 and 2" in page


@pytest.mark.parametrize("rule", list(Rule))
def test_whoever_gets_less_reads_class_and_rule(rule: Rule) -> None:
    said = [shared_reason(rule, number) for number in (1, 2, 3)]
    assert all("class" in text and "Shared by the rule" in text for text in said)
    assert len(set(said)) == 3
