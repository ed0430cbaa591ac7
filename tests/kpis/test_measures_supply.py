import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.measures import supply
from kpis.measures.measured import Measured, pooled, ratio

amounts = st.lists(st.integers(0, 100), min_size=1, max_size=12)


def test_utilisation_pools_hours_and_counts_overtime() -> None:
    found = supply.capacity_utilisation([110.0, 50.0], [100.0, 100.0], [10.0, 0.0])
    assert found.value == pytest.approx(160 / 210)
    assert not supply.capacity_utilisation([5.0], [0.0]).is_known
    assert supply.capacity_utilisation([150.0], [100.0]).value == 1.5


def test_too_much_of_one_item_does_not_offset_missing_another() -> None:
    assert supply.plan_attainment([200, 50], [100, 100]).value == pytest.approx(0.75)
    assert supply.plan_attainment([-20, 100], [100, 100]).value == pytest.approx(0.5)
    assert not supply.plan_attainment([5], [0]).is_known


@given(amounts)
def test_making_the_plan_attains_it(plan: list[int]) -> None:
    found = supply.plan_attainment([2 * quantity for quantity in plan], plan)
    assert found.value == 1.0 if sum(plan) else not found.is_known


def test_plan_performance_counts_family_months_within_tolerance() -> None:
    found = supply.plan_performance(
        [[95.0, 111.0], [0.0, 5.0], [np.nan, 0.0]], [[100.0, 100.0], [0.0, 0.0], [10.0, 10.0]], tolerance=0.1
    )
    assert (found.value, found.n) == (pytest.approx(1 / 4), 4)
    assert not supply.plan_performance([0.0], [0.0]).is_known


def test_days_of_supply() -> None:
    assert supply.days_of_supply([30, 30], [91], 91).value == 60
    assert supply.days_of_supply([30], [0], 91).value == math.inf
    assert not supply.days_of_supply([30], [10], 0).is_known


def test_inventory_turns_need_twelve_months() -> None:
    assert supply.inventory_turns([100.0] * 12, [200.0] * 13).value == 6
    assert not supply.inventory_turns([100.0] * 11, [200.0]).is_known
    assert not supply.inventory_turns([100.0] * 12, [0.0]).is_known


def test_below_safety_share() -> None:
    assert supply.below_safety_share([5, 10, 20, 0], [10, 10, 10, 0]).value == 0.25
    assert not supply.below_safety_share([], []).is_known


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        supply.plan_attainment([1, 2], [1])


def test_ratios_pool_by_their_sums() -> None:
    parts = [ratio(1, 2, 3), ratio(9, 8, 5), Measured(math.nan, 4)]
    assert pooled(parts) == ratio(10, 10, 8)
    assert not pooled([]).is_known
    assert not ratio(1, 0, 1).is_known
