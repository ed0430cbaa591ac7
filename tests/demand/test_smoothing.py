import numpy as np
import pytest

from demand.smoothing import damped_trend

NAN = np.nan


def rows(*series):
    width = max(len(one) for one in series)
    return np.array([[NAN] * (width - len(one)) + list(one) for one in series])


def test_a_constant_line_goes_on_and_never_missed() -> None:
    smoothed = damped_trend(rows([7.0] * 40), 24)
    assert smoothed.forecast == pytest.approx(np.full((1, 24), 7.0))
    assert smoothed.spread == pytest.approx(np.zeros((1, 24)), abs=1e-9)


def test_growth_goes_on_and_tires() -> None:
    growing = np.arange(60.0) + 100
    steps = np.diff(damped_trend(rows(growing), 24).forecast[0])
    assert (steps > 0).all()
    assert steps[-1] < steps[0] <= 1.05


def test_a_line_is_forecast_the_same_whatever_stands_beside_it() -> None:
    random = np.random.default_rng(1)
    lines = [random.gamma(5, 20, length) for length in (60, 30, 48)]
    together, alone = damped_trend(rows(*lines), 12), damped_trend(rows(lines[1]), 12)
    assert together.forecast[1].tolist() == alone.forecast[0].tolist()
    assert together.spread[1].tolist() == alone.spread[0].tolist()


def test_the_typical_error_grows_with_distance_and_noise() -> None:
    random = np.random.default_rng(2)
    calm, wild = 100 + random.normal(0, 2, 80), 100 + random.normal(0, 20, 80)
    spread = damped_trend(rows(calm, wild), 24).spread
    assert (np.diff(spread, axis=1) >= 0).all()
    assert spread[1, 0] > 4 * spread[0, 0]
    assert 1.5 < spread[0, 0] < 3


def test_no_lines_are_no_problem() -> None:
    empty = damped_trend(np.empty((0, 30)), 5)
    assert empty.forecast.shape == (0, 5)
    assert empty.spread.shape == (0, 5)
