import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demand.order_calls import (
    PROBABILITY,
    call_calibration,
    call_probability,
    expected_quantity,
    overdue_customers,
    slip,
)

NAN = math.nan
PLAN = arrays.arrays(float, 6, elements=st.floats(0, 1e6))


@pytest.mark.parametrize(
    ("call", "probability"), [("firm", 0.9), ("likely", 0.7), ("even", 0.5), ("doubtful", 0.3), ("lost", 0)]
)
def test_a_call_stands_for_a_probability(call, probability) -> None:
    assert call_probability(call) == probability


def test_an_unknown_call_lists_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"'perhaps' is not a call\. Use one of: firm, likely"):
        call_probability("perhaps")


def test_expected_quantity_of_orders() -> None:
    assert expected_quantity([10, 20, 5], ["firm", "even", "lost"]).tolist() == [9, 10, 0]


@pytest.mark.parametrize(
    ("source", "target", "qty", "expected"),
    [
        (0, 2, 30, [20, 20, 30]),
        (2, 0, 30, [50, 20, 0]),
        (0, 1, 80, [0, 70, 0]),
        (0, None, 30, [20, 20, 0]),
        (1, 1, 10, [50, 20, 0]),
        (0, 1, 0, [50, 20, 0]),
    ],
)
def test_a_slip_moves_the_quantity_to_its_new_month(source, target, qty, expected) -> None:
    assert slip([50, 20, 0], source, target, qty).tolist() == expected


def test_a_slip_leaves_the_plan_it_was_given_alone() -> None:
    plan = np.array([5.0, 0.0])
    slip(plan, 0, 1, 5)
    assert plan.tolist() == [5, 0]


@pytest.mark.parametrize(
    ("source", "target", "qty", "message"),
    [(3, 0, 1, "month 3"), (-1, 0, 1, "month -1"), (0, 9, 1, "month 9"), (0, 1, -1, "not -1"), (0, 1, NAN, "not nan")],
)
def test_a_slip_that_cannot_be_says_why(source, target, qty, message) -> None:
    with pytest.raises(ValueError, match=message):
        slip([1, 1, 1], source, target, qty)


@given(plan=PLAN, source=st.integers(0, 5), target=st.integers(0, 5), qty=st.floats(0, 2e6))
def test_a_slip_inside_the_horizon_keeps_the_total_and_goes_below_zero_nowhere(plan, source, target, qty) -> None:
    moved = slip(plan, source, target, qty)
    assert moved.sum() == pytest.approx(plan.sum())
    assert (moved >= 0).all()


def overdue(*months, **rules):
    return overdue_customers(np.array([months], dtype=float), **rules).iloc[0]


def test_a_quarterly_customer_is_overdue_when_half_an_interval_more_has_passed() -> None:
    quarterly = [5, 0, 0] * 3
    assert not overdue(*quarterly, 5, 0, 0, 0)["overdue"]
    late = overdue(*quarterly, 5, 0, 0, 0, 0)
    assert late["overdue"]
    assert (late["usual_interval"], late["months_since_order"], late["orders"]) == (3, 5, 4)


def test_a_monthly_customer_is_overdue_after_one_month_without() -> None:
    assert not overdue(4, 4, 4, 4)["overdue"]
    assert overdue(4, 4, 4, 4, 0)["overdue"]


def test_two_orders_are_no_habit() -> None:
    seldom = overdue(1, 0, 1, 0, 0, 0, 0, 0)
    assert not seldom["overdue"]
    assert math.isnan(seldom["usual_interval"])
    assert overdue(1, 0, 1, 0, 0, 0, 0, 0, fewest_orders=2)["overdue"]


def test_one_long_pause_does_not_change_what_is_usual() -> None:
    assert overdue(1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1)["usual_interval"] == 1


def test_returns_and_unknown_months_are_no_orders() -> None:
    assert overdue(-5, NAN, 0, -1)["orders"] == 0
    assert math.isnan(overdue(-5, NAN, 0, -1)["months_since_order"])


def test_every_customer_has_its_own_row() -> None:
    frame = overdue_customers([[1, 1, 1, 0, 0], [0, 0, 0, 0, 0], [1, 0, 1, 0, 1]])
    assert frame["overdue"].tolist() == [True, False, False]
    assert overdue_customers(np.empty((0, 5))).empty
    assert overdue_customers(np.empty((2, 0)))["orders"].tolist() == [0, 0]


def test_bookings_must_be_a_matrix() -> None:
    with pytest.raises(ValueError, match=r"\(customers, months\)"):
        overdue_customers([1, 2, 3])


@given(arrays.arrays(float, (4, 18), elements=st.sampled_from([0.0, 0.0, 3.0, -2.0, NAN])))
def test_who_ordered_last_month_is_overdue_only_if_used_to_order_more_often(bookings) -> None:
    frame = overdue_customers(bookings)
    assert (frame["usual_interval"].dropna() >= 1).all()
    assert not frame.loc[frame["months_since_order"] == 1, "overdue"].any()


def test_calls_are_scored_when_their_month_has_come() -> None:
    calls = ["likely"] * 10 + ["firm", "lost"]
    came = [1] * 6 + [0] * 3 + [NAN, 1, 0]
    scored = call_calibration(calls, came)
    assert scored.index.tolist() == list(PROBABILITY)
    assert scored.loc["likely", ["n", "came"]].tolist() == [9, 6]
    assert scored.loc["likely", "share"] == pytest.approx(6 / 9)
    assert scored.loc["firm", "share"] == 1
    assert math.isnan(scored.loc["even", "share"])


def test_an_unknown_word_among_the_calls_is_refused() -> None:
    with pytest.raises(ValueError, match="'sure' is not a call"):
        call_calibration(["sure"], [1])
