import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demand.cleaning import without_outliers

NAN = np.nan


def test_one_month_far_outside_is_cut_to_five_usual_ones() -> None:
    cleaned = without_outliers(np.array([[10.0, 12, 0, 8, 900, 10, 10]]))
    assert cleaned.tolist() == [[10, 12, 0, 8, 50, 10, 10]]


def test_nobody_can_judge_a_line_with_three_orders() -> None:
    line = np.array([[0, 1.0, 0, 1, 900]])
    assert without_outliers(line).tolist() == line.tolist()


def test_unknown_months_stay_unknown_and_returns_stay() -> None:
    cleaned = without_outliers(np.array([[10.0, NAN, 10, 10, 10, -4]]))
    assert np.isnan(cleaned[0, 1])
    assert cleaned[0, 5] == -4


def test_no_lines_are_no_problem() -> None:
    assert without_outliers(np.empty((0, 12))).shape == (0, 12)


@given(arrays.arrays(float, (4, 12), elements=st.sampled_from([0.0, 1.0, 5.0, 100.0, 1e6, NAN])))
def test_cleaning_only_ever_lowers_and_once_is_enough(history) -> None:
    once = without_outliers(history)
    assert (np.isnan(once) == np.isnan(history)).all()
    assert (np.nan_to_num(once) <= np.nan_to_num(history)).all()
    assert (np.nan_to_num(without_outliers(once)) == np.nan_to_num(once)).all()
