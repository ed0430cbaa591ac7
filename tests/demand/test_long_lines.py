import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demand.long_lines import NAMES, forecast_long, method_weights

NAN = np.nan
YEAR = 100 + 50 * np.sin(np.arange(12) / 12 * 2 * np.pi)


def noisy(months, seed=1):
    return np.resize(YEAR, months) * np.random.default_rng(seed).normal(1, 0.08, months)


def test_a_season_and_its_level_go_on() -> None:
    result = forecast_long(noisy(72)[np.newaxis], months=24)
    assert np.abs(result.quantity[0] - np.tile(YEAR, 2)).mean() < 8
    assert result.weights.sum(axis=0) == pytest.approx(1)
    assert result.weights.shape == (len(NAMES), 1)


def test_the_trial_is_made_of_months_that_were_not_seen() -> None:
    line = noisy(60)
    result = forecast_long(line[np.newaxis], months=6)
    assert result.came[0] == pytest.approx(line[-18:])
    assert result.trial.tolist() == forecast_long(np.r_[line[:-18], line[-18:]][np.newaxis], months=24).trial.tolist()
    late = line.copy()
    late[-18:] *= 10
    assert (forecast_long(late[np.newaxis], months=6).trial / result.trial).max() < 2


def test_a_line_of_two_years_is_tried_on_half_a_year() -> None:
    result = forecast_long(noisy(26)[np.newaxis], months=6)
    assert np.isfinite(result.came[0]).sum() == 6


def test_the_scale_does_not_matter() -> None:
    line = noisy(60)
    one, thousand = (forecast_long(line[np.newaxis] * scale, months=24) for scale in (1.0, 1024.0))
    assert thousand.quantity == pytest.approx(one.quantity * 1024)
    assert thousand.spread == pytest.approx(one.spread)


def test_an_unknown_month_is_not_read_as_zero() -> None:
    line = np.full(60, 10.0)
    line[[20, 40, 59]] = NAN
    assert forecast_long(line[np.newaxis], months=24).quantity == pytest.approx(np.full((1, 24), 10.0))


def test_a_line_is_forecast_the_same_whatever_stands_beside_it() -> None:
    lines = np.array([noisy(48, 1), noisy(48, 2)])
    together, alone = forecast_long(lines, months=12), forecast_long(lines[1:], months=12)
    assert together.quantity[1].tolist() == alone.quantity[0].tolist()


def test_methods_are_weighed_by_their_errors_and_the_silent_have_no_weight() -> None:
    trials = np.array([[[11.0, 9.0]], [[12.0, 8.0]], [[NAN, NAN]]])
    weights = method_weights(trials, np.array([[10.0, 10.0]]))
    assert weights.ravel() == pytest.approx([2 / 3, 1 / 3, 0])


@settings(max_examples=15, deadline=None)
@given(arrays.arrays(float, (2, 40), elements=st.sampled_from([1.0, 5.0, 40.0, 300.0, 0.0, -3.0, NAN, 1e6])))
def test_whatever_was_sold_the_forecast_is_a_bounded_number(history) -> None:
    history[:, :2] = 5.0
    result = forecast_long(history, months=24)
    assert np.isfinite(result.quantity).all()
    assert np.isfinite(result.spread).all()
    assert (result.quantity >= 0).all()
    assert (result.quantity <= 2 * np.nanmax(history, axis=1)[:, np.newaxis] + 1e-6).all()
