import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demand.cleaning import ABOVE, BELOW, filled, treated_months, without_outliers, without_strays

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


YEAR = 100 + 60 * np.sin(np.arange(12) / 12 * 2 * np.pi)


def steady(months=60, seed=1):
    return np.resize(YEAR, months) * np.random.default_rng(seed).normal(1, 0.05, months)


def test_a_stray_month_is_taken_as_the_months_around_it_say() -> None:
    line = steady()
    stray = line.copy()
    stray[[20, 33]] = [line[20] * 4, 0.0]
    cleaned = without_strays(stray[np.newaxis])[0]
    assert np.flatnonzero(cleaned != stray).tolist() == [20, 33]
    assert np.abs(cleaned[[20, 33]] / line[[20, 33]] - 1).max() < 0.2
    told = treated_months(stray[np.newaxis], cleaned[np.newaxis])
    assert [(one.column, one.was, one.why) for one in told] == [(20, stray[20], ABOVE), (33, 0.0, BELOW)]


def test_a_peak_of_every_year_a_new_level_and_the_newest_months_are_no_strays() -> None:
    peaks, shift, newest = steady(), steady(), steady()
    peaks[5::12] *= 4
    shift[40:] *= 4
    newest[-1] *= 6
    for line in (peaks, shift, newest):
        assert without_strays(line[np.newaxis])[0].tolist() == line.tolist()


def test_unknown_months_are_filled_from_the_years_beside_them() -> None:
    line = np.r_[np.nan, YEAR, YEAR, YEAR]
    line[[15, 16]] = np.nan
    whole = filled(line[np.newaxis])[0]
    assert np.isnan(whole[0])
    assert np.allclose(whole[1:], np.tile(YEAR, 3))
    assert filled(np.array([[1.0, np.nan, 3.0]])).tolist() == [[1, 2, 3]]
