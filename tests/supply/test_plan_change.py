"""The supply plan against last month's: the causes add up exactly, and the page says what changed most."""

from datetime import date

import numpy as np
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cycles.models import Cycle
from jobs.models import MovedClock
from supply.models import SupplyAnswer
from supply.plan_change import CAUSES, Span, causes_of_change, span
from supply.selectors.plan_change import plan_change_page
from supply.services.planning import supply_plan_build
from tests.cast import Cast, small_company
from tests.kpis.past import past_cycle
from tests.supply.demand_plans import AT, cycle_signed

G, M = 3, 5
FLOWS = arrays(np.float64, (G, M), elements=st.floats(0, 500))
STARTS = arrays(np.float64, (G,), elements=st.floats(0, 500))
MOST_QUERIES = 40


def balanced(start: np.ndarray, owed: np.ndarray, demand: np.ndarray, supply: np.ndarray) -> Span:
    """A plan that ships what it can of what is asked."""
    can, asked = start[:, None] + np.cumsum(supply, axis=1), owed[:, None] + np.cumsum(demand, axis=1)
    shipped = np.minimum.accumulate(np.minimum(can, asked)[:, ::-1], axis=1)[:, ::-1]
    return span(demand, supply, can - shipped, asked - shipped, start, owed)


@given(STARTS, STARTS, FLOWS, FLOWS, STARTS, FLOWS)
def test_the_causes_add_up_to_the_change(
    stock: np.ndarray, owed: np.ndarray, demand: np.ndarray, supply: np.ndarray, later: np.ndarray, made: np.ndarray
) -> None:
    old, new = balanced(stock, owed, demand, supply), balanced(later, stock, demand[::-1], made)
    causes = causes_of_change(old, new)
    assert set(causes) == set(CAUSES)
    assert np.allclose(sum(causes.values()), new.supply - old.supply, atol=1e-6)


def test_more_demand_and_less_stock_are_told_apart() -> None:
    old = span([[10.0]], [[4.0]], [[0.0]], [[0.0]], [6.0], [0.0])
    new = span([[12.0]], [[9.0]], [[0.0]], [[0.0]], [3.0], [0.0])
    causes = causes_of_change(old, new)
    assert {name: float(units[0]) for name, units in causes.items() if units[0]} == {"demand": 2.0, "stock_start": 3.0}


@pytest.mark.parametrize("other", [[[1.0, 2.0]], [[]]])
def test_plans_that_do_not_fit_are_refused(other: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="alike"):
        span(other, [[1.0]], [[1.0]], [[1.0]], [0.0], [0.0])


# --- The page -----------------------------------------------------------------------


@pytest.fixture
def cast() -> Cast:
    MovedClock.objects.create(at=AT)
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    """A cycle whose month before was planned with a fifth less of everything."""
    before = past_cycle(date(2026, 10, 1))
    cycle = cycle_signed()
    supply_plan_build(cycle=cycle, at=AT)
    for answer in SupplyAnswer.objects.filter(cycle=cycle):
        answer.pk, answer.cycle = None, before
        answer.demand = [0.8 * value for value in answer.demand]
        answer.save()
    return cycle


@pytest.mark.django_db
def test_families_and_resources_come_with_their_largest_change_first(cast: Cast, cycle: Cycle) -> None:
    page = plan_change_page(cycle)
    changes = [abs(row["change"]) for row in page["families"]]
    assert changes == sorted(changes, reverse=True)
    hours = [abs(row["change"]) for row in page["resources"]]
    assert hours == sorted(hours, reverse=True)
    for row in page["resources"]:
        assert sum(part["hours"] for part in row["causes"]) == pytest.approx(row["change"], abs=2)
    total = sum(sum(answer.supply[:12]) for answer in SupplyAnswer.objects.filter(cycle=cycle))
    assert page["total"]["new"] == pytest.approx(total)


@pytest.mark.django_db
def test_a_plan_of_the_planner_balances_so_that_no_cause_is_missing(cast: Cast, cycle: Cycle) -> None:
    """Against a plan of nothing, the supply of every family is its own causes."""
    rows = {row["name"]: row for row in plan_change_page(cycle)["families"]}
    answers = SupplyAnswer.objects.filter(cycle=cycle).select_related("product__family")
    for name, row in rows.items():
        own = [answer for answer in answers if answer.product.family.name == name]
        ends = sum(a.inventory[11] - a.backlog[11] - (a.opening_stock or 0) + a.opening_backlog for a in own)
        assert row["new"] == pytest.approx(sum(sum(a.demand[:12]) for a in own) + ends, abs=1e-6)


@pytest.mark.django_db
def test_the_page_reads_and_says_what_is_missing(cast: Cast, cycle: Cycle) -> None:
    client = Client()
    client.force_login(cast.rep.user)
    page = client.get("/supply/plan-change/").content.decode()
    assert "Because of" in page
    assert "changed most" in page
    SupplyAnswer.objects.exclude(cycle=cycle).delete()
    assert "Last month has no supply plan." in client.get("/supply/plan-change/").content.decode()
    SupplyAnswer.objects.all().delete()
    assert "is not made yet" in client.get("/supply/plan-change/").content.decode()


@pytest.mark.django_db
def test_the_page_takes_few_queries(cast: Cast, cycle: Cycle, django_assert_max_num_queries: object) -> None:
    client = Client()
    client.force_login(cast.supply_planner.user)
    with django_assert_max_num_queries(MOST_QUERIES):  # type: ignore[operator]
        client.get("/supply/plan-change/")
