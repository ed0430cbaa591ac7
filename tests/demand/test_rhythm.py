from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demand.rhythm import fading, first_demand, forecast_rhythm, last_demand, usual_gap

NAN = np.nan
ONE_GROUP = np.zeros(1, dtype=int)
HISTORY = arrays.arrays(float, (3, 30), elements=st.sampled_from([0.0, 0.0, 4.0, 10.0, NAN]))


def rhythm(line, interval=1, alpha=0.5, months=4, needs=0):
    history = np.array([line], dtype=float)
    return forecast_rhythm(history, interval=interval, alpha=alpha, months=months, needs=needs)[0]


def test_where_demand_begins_and_ends() -> None:
    history = np.array([[0, 3, 0], [0, 0, 0], [NAN, NAN, 2]])
    assert first_demand(history).tolist() == [1, 3, 2]
    assert last_demand(history).tolist() == [1, -1, 2]


def test_a_quarterly_customer_is_expected_in_its_months_only() -> None:
    line = [0, 0, 9, 0, 0, 9, 0, 0, 9, 0]
    assert rhythm(line, interval=3, months=6).tolist() == [0, 9, 0, 0, 9, 0]


def test_the_newest_weighs_most() -> None:
    assert rhythm([4, 10], alpha=0.5).tolist() == pytest.approx([8] * 4)
    assert rhythm([4, 0, 0, 10, 0, 0], interval=3, alpha=0.5)[0] == pytest.approx(8)


def test_a_steady_line_stays_steady_at_any_rhythm() -> None:
    for interval in (1, 3, 6, 12):
        assert rhythm([5] * 24, interval=interval, months=30) == pytest.approx(np.full(30, 5.0))


def test_months_before_the_first_demand_do_not_count() -> None:
    assert rhythm([0, 0, 0, 0, 6, 6]).tolist() == [6, 6, 6, 6]


def test_an_unknown_month_is_not_a_zero() -> None:
    assert rhythm([6, NAN, 6, NAN]).tolist() == [6, 6, 6, 6]
    assert rhythm([9, 0, 0, NAN, 0, 0], interval=3)[0] == 9


def test_no_demand_means_nothing_expected() -> None:
    assert rhythm([0, 0, 0]).tolist() == [0, 0, 0, 0]
    assert rhythm([NAN, NAN]).tolist() == [0, 0, 0, 0]


def test_a_yearly_rhythm_has_no_say_about_a_line_of_eleven_months() -> None:
    assert np.isnan(rhythm([7] * 11, interval=12, needs=12)).all()
    assert rhythm([7] * 12, interval=12, needs=12).tolist() == [7, 7, 7, 7]


@given(history=HISTORY, interval=st.integers(1, 12), alpha=st.floats(0, 1))
def test_a_forecast_stays_within_what_was_seen(history, interval, alpha) -> None:
    forecast = forecast_rhythm(history, interval=interval, alpha=alpha, months=24)
    assert np.isfinite(forecast).all()
    assert (forecast >= 0).all()
    assert (forecast.max(axis=1) <= np.nan_to_num(history).max(axis=1) + 1e-9).all()


@given(history=HISTORY, interval=st.integers(1, 12))
def test_a_forecast_repeats_with_its_interval(history, interval) -> None:
    forecast = forecast_rhythm(history, interval=interval, alpha=0.4, months=24)
    assert (forecast[:, interval:] == forecast[:, :-interval]).all()


def test_usual_gap_is_the_line_s_own_or_its_group_s() -> None:
    history = np.array([[1, 0, 0, 1, 0, 0, 1], [0, 0, 1, 0, 1, 0, 0], [0, 0, 0, 0, 0, 1, 0]])
    assert usual_gap(history, np.array([0, 1, 0])).tolist() == [3, 2, 3]


def test_a_line_that_orders_on_time_has_all_its_demand() -> None:
    quarterly = np.array([[1, 0, 0] * 6 + [1, 0, 0]], dtype=float)
    assert fading(quarterly, ONE_GROUP).tolist() == [1]


def test_a_line_that_fell_silent_fades_away_within_a_year() -> None:
    left = [fading(np.array([[5.0] * 12 + [0] * gone]), ONE_GROUP)[0] for gone in range(14)]
    assert left[:3] == [1, 1, 1]
    assert all(later < earlier for earlier, later in pairwise(left[2:13]))
    assert left[12:] == [0, 0]


def test_a_yearly_order_is_waited_for() -> None:
    yearly = np.array([[7.0] + [0] * 11 + [7.0] + [0] * 11])
    assert fading(yearly, ONE_GROUP)[0] == 1


@given(history=HISTORY)
def test_fading_lies_between_nothing_and_all(history) -> None:
    left = fading(history, np.array([0, 0, 1]))
    assert ((left >= 0) & (left <= 1)).all()
