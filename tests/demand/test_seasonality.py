import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demand.seasonality import LOWEST_INDEX, group_indices, group_totals, seasonal_index, spread_index

YEAR = np.array([1.6, 1.2, 0.8, 0.4, 0.4, 0.8, 1.2, 1.6, 1.2, 0.8, 1.0, 1.0])
NAN = np.nan


def test_many_years_show_their_season_almost_whole() -> None:
    index = seasonal_index(np.tile(YEAR, 12) * 100)
    assert index == pytest.approx(YEAR / YEAR.mean(), abs=0.06)


def test_few_years_show_only_part_of_it() -> None:
    two = seasonal_index(np.tile(YEAR, 2) * 100)
    assert two == pytest.approx(1 + (YEAR / YEAR.mean() - 1) / 2, abs=1e-9)


def test_a_short_history_takes_the_shape_above_it() -> None:
    prior = YEAR / YEAR.mean()
    assert seasonal_index([5.0] * 8, prior=prior) == pytest.approx(prior)
    assert seasonal_index([], prior=prior) == pytest.approx(prior)
    assert seasonal_index([0.0] * 40, prior=prior) == pytest.approx(prior)


def test_a_steady_trend_is_no_season() -> None:
    assert seasonal_index(np.arange(100, 160)) == pytest.approx(np.ones(12), abs=0.01)


def test_months_before_the_first_demand_do_not_count() -> None:
    late = np.r_[np.zeros(24), np.tile(YEAR, 3) * 100]
    assert seasonal_index(late) == pytest.approx(seasonal_index(np.tile(YEAR, 3) * 100))


def test_an_unknown_month_is_skipped() -> None:
    total = np.tile(YEAR, 4) * 100
    total[20] = NAN
    assert seasonal_index(total) == pytest.approx(YEAR / YEAR.mean(), abs=0.3)


def test_positions_follow_the_columns() -> None:
    whole = np.tile(YEAR, 5)
    shifted = seasonal_index(whole[3:])
    assert shifted[:9] == pytest.approx(seasonal_index(whole)[3:], abs=0.1)


def test_a_season_of_one_month_is_none() -> None:
    assert seasonal_index([1, 2, 3], season=1).tolist() == [1]


def test_odd_seasons_work_too() -> None:
    assert seasonal_index(np.tile([1.0, 2.0, 3.0], 30), season=3) == pytest.approx([0.5, 1, 1.5], abs=0.05)


@given(arrays.arrays(float, st.integers(0, 50), elements=st.floats(0, 1e6)))
def test_an_index_has_mean_one_and_never_vanishes(total) -> None:
    index = seasonal_index(total)
    assert index.mean() == pytest.approx(1)
    assert (index >= LOWEST_INDEX / 12).all()


def test_a_young_group_borrows_the_company_s_season() -> None:
    old, young = np.tile(YEAR, 3) * 100, np.r_[[NAN] * 30, [7.0] * 6]
    indices = group_indices(np.array([old, young]), np.array([0, 1]), old)
    assert indices[1] == pytest.approx(seasonal_index(old))
    assert np.abs(indices[0] - YEAR / YEAR.mean()).max() < np.abs(indices[1] - YEAR / YEAR.mean()).max()


def test_with_a_reference_a_group_does_not_depend_on_its_neighbours() -> None:
    random = np.random.default_rng(1)
    lines, total = random.gamma(2, 5, (6, 36)), np.tile(YEAR, 3) * 1000
    together = group_indices(lines, np.array([0, 0, 0, 1, 1, 1]), total)
    alone = group_indices(lines[3:], np.zeros(3, dtype=int), total)
    assert together[1].tolist() == alone[0].tolist()


def test_totals_add_what_is_known() -> None:
    lines = np.array([[1.0, NAN, NAN], [2.0, 5.0, NAN], [4.0, 4.0, 4.0]])
    totals = group_totals(lines, np.array([0, 0, 1]))
    assert totals[0, :2].tolist() == [3, 5]
    assert np.isnan(totals[0, 2])
    assert totals[1].tolist() == [4, 4, 4]


def test_an_index_runs_on_through_the_years() -> None:
    assert spread_index(np.array([[1.0, 2.0, 3.0]]), 4, 4).tolist() == [[2, 3, 1, 2]]
