import numpy as np
import pytest

from demand.backtesting import backtest_lines, group_target, origins
from demand.candidates import NAMES, Known
from demand.combination import combination_weights, pooled_scores

NAN = np.nan


def known(history):
    lines = np.array(history, dtype=float)
    return Known(lines, np.zeros(len(lines), dtype=int), None)


def backtest(history):
    nobody = np.zeros(len(history), dtype=bool)
    return backtest_lines(known(history), smooth=nobody, intermittent=nobody)


def test_the_last_twelve_months_are_forecast_once_each() -> None:
    assert origins(36) == [24, 27, 30, 33]
    assert origins(16) == [7, 10, 13]
    assert origins(8) == []


def test_actuals_are_the_last_twelve_months() -> None:
    line = np.arange(1.0, 37.0)
    assert backtest([line]).actual.tolist() == [line[24:].tolist()]


def test_a_line_counts_only_after_it_started() -> None:
    started_late = np.r_[np.zeros(28), 5.0, np.zeros(7)]
    actual = backtest([started_late]).actual[0]
    assert np.isnan(actual[:6]).all()
    assert actual[6:].tolist() == [0] * 6


def test_an_open_month_does_not_count() -> None:
    line = np.full(36, 5.0)
    line[30] = NAN
    assert np.isnan(backtest([line]).actual[0]).tolist() == [False] * 6 + [True] + [False] * 5


def test_a_young_history_has_no_backtest() -> None:
    both = backtest([[5.0] * 7])
    assert both.forecast.shape == (len(NAMES), 1, 0)
    assert both.actual.shape == (1, 0)


def test_forecasts_do_not_see_what_they_are_judged_by() -> None:
    line = np.full(36, 5.0)
    spiked = line.copy()
    spiked[33:] = 1000.0
    assert np.array_equal(backtest([line]).forecast, backtest([spiked]).forecast, equal_nan=True)


def test_the_total_of_a_steady_family_is_its_sum() -> None:
    history = np.array([[4.0] * 36, [6.0] * 36])
    both = backtest(history)
    weights = combination_weights(pooled_scores(both, np.zeros(2, dtype=int)))
    live = np.ones((2, 6), dtype=bool)
    target = group_target(known(history), np.array([[4.0] * 6, [6.0] * 6]), live, both, weights)
    assert target == pytest.approx(np.full((1, 6), 10.0))
