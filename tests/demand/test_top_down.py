import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demand.candidates import Known
from demand.seasonality import group_totals
from demand.top_down import FURTHEST, agreed_totals, group_candidates, lean_on_total, total_weights

NAN = np.nan
GROUP = np.array([0, 0, 1])
LINES = arrays.arrays(float, (3, 4), elements=st.floats(0, 1e5))
TARGET = arrays.arrays(float, (2, 4), elements=st.floats(0, 1e5))


def known(history, group=None):
    lines = np.array(history, dtype=float)
    return Known(lines, np.zeros(len(lines), dtype=int) if group is None else np.array(group), None)


def test_thin_lines_go_half_way_to_what_the_total_leaves() -> None:
    lines = np.array([[10.0], [30.0], [5.0]])
    moved = lean_on_total(lines, np.array([True, True, True]), np.array([[62.5], [5.0]]), GROUP)
    assert moved.ravel() == pytest.approx([10 * 1.25, 30 * 1.25, 5])


def test_full_lines_stay_and_their_part_is_not_given_twice() -> None:
    lines = np.array([[10.0], [30.0], [5.0]])
    moved = lean_on_total(lines, np.array([True, False, True]), np.array([[40.0], [5.0]]), GROUP)
    assert moved.ravel() == pytest.approx([10, 30, 5])


def test_a_far_total_moves_lines_only_so_far() -> None:
    lines = np.array([[10.0], [10.0], [10.0]])
    moved = lean_on_total(lines, np.ones(3, dtype=bool), np.array([[1e6], [0.0]]), GROUP)
    assert moved.ravel() == pytest.approx([10 * FURTHEST**0.5] * 2 + [10 / FURTHEST**0.5])


def test_a_month_nobody_orders_in_stays_empty() -> None:
    lines = np.zeros((3, 2))
    moved = lean_on_total(lines, np.ones(3, dtype=bool), np.full((2, 2), 50.0), GROUP)
    assert moved.tolist() == lines.tolist()


@given(lines=LINES, target=TARGET, thin=arrays.arrays(bool, 3))
def test_leaning_brings_totals_no_further_off_and_nothing_below_zero(lines, target, thin) -> None:
    moved = lean_on_total(lines, thin, target, GROUP)
    before = np.abs(group_totals(lines, GROUP) - target)
    after = np.abs(group_totals(moved, GROUP) - target)
    assert (after <= before + 1e-6 * (1 + target)).all()
    assert (moved >= 0).all()
    assert (moved[~thin] == lines[~thin]).all()


@given(lines=LINES, target=TARGET, thin=arrays.arrays(bool, 3))
def test_after_leaning_lines_add_up_to_the_total_that_was_agreed(lines, target, thin) -> None:
    moved = lean_on_total(lines, thin, target, GROUP)
    chosen = thin[:, np.newaxis]
    total = group_totals(np.where(chosen, moved, 0.0), GROUP)
    assert total == pytest.approx(agreed_totals(lines, thin, target, GROUP), rel=1e-9, abs=1e-6)
    assert moved[~thin].tolist() == lines[~thin].tolist()


def test_a_constant_family_has_a_constant_total_all_three_ways() -> None:
    history = np.full((2, 30), 6.0)
    live = np.ones((2, 5), dtype=bool)
    totals = group_candidates(known(history), np.full((2, 5), 6.0), live)
    assert totals == pytest.approx(np.full((3, 1, 5), 12.0))


def test_lines_that_end_take_their_part_of_the_total_with_them() -> None:
    history = np.array([[6.0] * 30, [2.0] * 30])
    live = np.array([[True, True], [True, False]])
    totals = group_candidates(known(history), np.array([[6.0, 6.0], [2.0, 2.0]]), live)
    assert totals[:, 0] == pytest.approx(np.array([[8.0, 6.0]] * 3))


def test_a_family_that_is_gone_has_no_total() -> None:
    totals = group_candidates(known(np.full((2, 30), 6.0)), np.zeros((2, 3)), np.zeros((2, 3), dtype=bool))
    assert totals.tolist() == np.zeros((3, 1, 3)).tolist()


def test_the_way_with_the_smaller_error_is_trusted_more() -> None:
    candidates = np.array([[[10.0, 10]], [[14.0, 14]], [[30.0, 30]]])
    trust = total_weights(candidates, np.array([[10.0, 10.0]]))
    assert trust.sum() == pytest.approx(1)
    assert trust[0, 0] > trust[1, 0] > trust[2, 0]


def test_without_sales_all_ways_are_trusted_alike() -> None:
    assert total_weights(np.ones((3, 1, 0)), np.ones((1, 0))).ravel() == pytest.approx([1 / 3] * 3)
    assert total_weights(np.ones((3, 1, 1)), np.full((1, 1), NAN)).ravel() == pytest.approx([1 / 3] * 3)
