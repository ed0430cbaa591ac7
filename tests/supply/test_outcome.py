"""A plan in five numbers, and customers in classes."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supply.customer_classes import customer_classes
from supply.outcome import outcome


def test_lateness_value_and_stock_by_hand() -> None:
    demand = np.array([[10.0, 10.0], [5.0, 5.0]])
    committed = np.array([[6.0, 14.0], [5.0, 3.0]])
    found = outcome(demand, committed, [[4.0, 0.0], [0.0, 2.0]], [100.0, 10.0], [50.0, 5.0])
    assert found.units_late == 6.0  # 4 of the first month, 2 of the second product
    assert found.value_late == 420.0
    assert found.in_time == pytest.approx(0.8)
    assert found.units_open == 2.0  # the first product caught up
    assert found.stock_value == pytest.approx((200.0 + 10.0) / 2)


def test_without_demand_the_share_is_not_defined() -> None:
    assert math.isnan(outcome([[0.0]], [[0.0]], [[3.0]], [1.0], [1.0]).in_time)


def test_matrices_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        outcome([[1.0, 2.0]], [[1.0]], [[1.0]], [1.0], [1.0])


def test_classes_by_half_and_next_thirty_percent() -> None:
    assert customer_classes([10.0, 50.0, 20.0, 15.0, 0.0, 5.0]).tolist() == [3, 1, 2, 2, 3, 3]


def test_one_customer_who_buys_everything_is_first() -> None:
    assert customer_classes([7.0]).tolist() == [1]
    assert customer_classes([0.0, -3.0]).tolist() == [3, 3]


def test_a_missing_value_is_refused() -> None:
    with pytest.raises(ValueError, match="missing"):
        customer_classes([1.0, float("nan")])


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_a_larger_customer_is_never_in_a_later_class(values: list[float]) -> None:
    classes = customer_classes(values)
    order = np.argsort(values, kind="stable")
    ranked = [(values[i], classes[i]) for i in order]
    assert all(a[1] >= b[1] for a, b in pairwise(ranked) if a[0] < b[0])
    assert set(classes) <= {1, 2, 3}
