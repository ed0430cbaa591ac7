import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demand import library_methods as methods

EACH = pytest.mark.parametrize("method", [methods.theta, methods.tsb, methods.adida])


@EACH
def test_a_constant_series_goes_on(method) -> None:
    assert method(np.full(30, 5.0), months=24) == pytest.approx(np.full(24, 5.0))


@EACH
@pytest.mark.parametrize("series", [[], [4.0], [3.0, 5.0, 4.0]])
def test_a_short_series_gives_its_mean(method, series) -> None:
    expected = np.mean(series) if series else 0
    assert method(np.array(series), months=3) == pytest.approx(np.full(3, expected))


@EACH
def test_nothing_sold_is_nothing_expected(method) -> None:
    assert method(np.zeros(24), months=6).tolist() == [0] * 6


def test_theta_sees_a_season_when_two_are_known() -> None:
    year = 100 + 50 * np.sin(np.arange(12) / 12 * 2 * np.pi)
    forecast = methods.theta(np.tile(year, 4), months=12, season=12)
    assert np.abs(forecast - year).mean() < 5


def test_a_steep_young_trend_cannot_run_away() -> None:
    rising = methods.theta(np.array([1.0, 10, 30, 60, 100, 150]), months=60)
    assert rising.max() <= 300
    falling = methods.theta(np.array([150.0, 100, 60, 30, 10, 1]), months=60)
    assert falling.min() >= 0


def test_tsb_fades_after_silence_where_the_interval_method_does_not_forget() -> None:
    ended = np.r_[np.tile([0.0, 6.0], 12), np.zeros(8)]
    alive = np.tile([0.0, 6.0], 16)
    assert methods.tsb(ended, months=1)[0] < methods.tsb(alive, months=1)[0] / 2


@EACH
@settings(max_examples=10, deadline=None)
@given(series=arrays.arrays(float, st.integers(0, 40), elements=st.floats(-100, 1e6)))
def test_whatever_was_sold_the_forecast_is_a_bounded_number(method, series) -> None:
    forecast = method(series, months=24)
    assert np.isfinite(forecast).all()
    assert (forecast >= 0).all()
    assert (forecast <= 2 * max(series.max(initial=0), 0) + 1e-9).all()
