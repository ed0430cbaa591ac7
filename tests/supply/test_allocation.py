import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from supply.allocation import Rule, allocate
from supply.commitment import SupplyInput, plan

LINES = np.array([0, 0, 1, 1, 1, 2])
quantities = arrays(float, (6, 4), elements=st.floats(0, 1000))
released = arrays(float, (1, 4), elements=st.floats(0, 4000))
ranks = arrays(float, (6,), elements=st.integers(1, 3))


def by_product(matrix: np.ndarray) -> np.ndarray:
    return np.stack([matrix[p == LINES].sum(axis=0) for p in range(3)])


def committed(demand: np.ndarray, capacity: np.ndarray) -> np.ndarray:
    return plan(SupplyInput(by_product(demand), np.ones((1, 3)), capacity)).commitment


def test_fair_share_gives_everybody_the_same_fraction() -> None:
    shared = allocate([[60.0], [30.0]], [0, 0], [[45.0]])
    assert shared.ravel().tolist() == [30, 15]


def test_a_full_commitment_returns_the_demand_plan_itself() -> None:
    demand = np.array([[0.1, 0.7], [0.2, 0.0], [3.3, 4.4]])
    total = demand.sum(axis=0, keepdims=True)
    assert (allocate(demand, [0, 0, 0], total) == demand).all()


def test_a_late_commitment_serves_what_waited() -> None:
    shared = allocate([[60.0, 0.0], [30.0, 0.0]], [0, 0], [[45.0, 45.0]])
    assert shared.tolist() == [[30, 30], [15, 15]]


def test_priority_serves_low_numbers_first_and_equal_ones_fairly() -> None:
    shared = allocate([[10.0], [20.0], [20.0], [5.0]], [0, 0, 0, 0], [[30.0]], Rule.PRIORITY, priority=[1, 2, 2, 3])
    assert shared.ravel().tolist() == pytest.approx([10, 10, 10, 0])


def test_margin_serves_the_richest_line_first() -> None:
    shared = allocate([[10.0], [20.0]], [0, 0], [[15.0]], Rule.MARGIN, margin=[1.0, 3.0])
    assert shared.ravel().tolist() == [0, 15]


def test_what_was_committed_comes_first_as_far_as_it_is_still_asked_for() -> None:
    """Of 50 the first line was promised 30 and asks for 40, the second 20 and asks for only 10: 30 and 10 come first;
    the ten that are left go to the 10 and the 20 still asked for."""
    shared = allocate([[40.0], [10.0], [20.0]], [0, 0, 0], [[50.0]], Rule.COMMITTED, promised=[[30.0], [20.0], [0.0]])
    assert shared.ravel().tolist() == pytest.approx([30 + 10 / 3, 10, 20 / 3])


def test_less_than_was_committed_is_shared_fairly_and_made_good_first() -> None:
    shared = allocate(
        [[40.0, 0.0], [40.0, 0.0]], [0, 0], [[20.0, 60.0]], Rule.COMMITTED, promised=[[30.0, 0.0], [10.0, 0.0]]
    )
    assert shared[0].tolist() == pytest.approx([15, 25])
    assert shared[1].tolist() == pytest.approx([5, 35])


def test_two_parts_that_round_up_leave_nothing_below_zero_to_wait() -> None:
    """7.6 + (30.7 - 7.6) is more than 30.7 by a hair."""
    shared = allocate([[30.7, 0.0]], [0], [[30.7, 0.0]], Rule.COMMITTED, promised=[[7.6, 0.0]])
    assert shared.tolist() == [[30.7, 0.0]]


@given(quantities, released, st.sampled_from(Rule), ranks)
def test_sums_are_kept_and_nobody_gets_more_than_asked(
    demand: np.ndarray, capacity: np.ndarray, rule: Rule, rank: np.ndarray
) -> None:
    commitment = committed(demand, capacity)
    shared = allocate(demand, LINES, commitment, rule, priority=rank, margin=rank, promised=demand[:, ::-1] / 2)
    assert np.allclose(by_product(shared), commitment, atol=1e-6)
    assert (shared >= 0).all()
    assert (np.cumsum(shared, axis=1) <= np.cumsum(demand, axis=1) + 1e-6).all()


@given(quantities, released)
def test_the_order_of_the_lines_does_not_matter(demand: np.ndarray, capacity: np.ndarray) -> None:
    commitment = committed(demand, capacity)
    shuffled = np.array([5, 3, 1, 0, 4, 2])
    usual = allocate(demand, LINES, commitment)
    moved = allocate(demand[shuffled], LINES[shuffled], commitment)
    assert np.allclose(usual[shuffled], moved)


def test_a_product_without_lines_and_a_commitment_too_high_are_refused() -> None:
    with pytest.raises(ValueError, match="Product 1 is committed 3 units in month 0"):
        allocate([[5.0]], [0], [[5.0], [3.0]])
    with pytest.raises(ValueError, match="may get only 5"):
        allocate([[5.0]], [0], [[6.0]])
    assert allocate([[5.0]], [0], [[5.0], [0.0]]).tolist() == [[5.0]]


@pytest.mark.parametrize("rule", [Rule.PRIORITY, Rule.MARGIN])
def test_a_rule_needs_its_vector(rule: Rule) -> None:
    with pytest.raises(ValueError, match=rule.value):
        allocate([[5.0]], [0], [[5.0]], rule)
    with pytest.raises(ValueError, match="promised"):
        allocate([[5.0]], [0], [[5.0]], Rule.COMMITTED)
    with pytest.raises(ValueError, match="expected 1 finite"):
        allocate([[5.0]], [0], [[5.0]], rule, priority=[1, 2], margin=[np.nan])


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        allocate([[5.0, 5.0]], [0], [[5.0]])
