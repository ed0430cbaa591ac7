import numpy as np
import pytest

from demand.benchmarking import Case, CaseForecasts, benchmark_figures, is_seasonal, naive2, right_aligned

NAN = np.nan
YEAR = 100 + 50 * np.sin(np.arange(12) / 12 * 2 * np.pi)


def test_naive2_repeats_the_last_value_where_there_is_no_season() -> None:
    walk = np.cumsum(np.random.default_rng(1).normal(0, 1, 60)) + 100
    assert naive2(walk, 3).tolist() == [walk[-1]] * 3
    assert naive2(YEAR[:10], 2).tolist() == [YEAR[9]] * 2


def test_naive2_carries_a_season_on() -> None:
    assert is_seasonal(np.tile(YEAR, 4), 12)
    assert naive2(np.tile(YEAR, 4), 12) == pytest.approx(YEAR, rel=0.01)


def test_series_of_different_length_end_together() -> None:
    rows = right_aligned([np.array([1.0]), np.array([2.0, 3.0])])
    assert np.array_equal(rows, [[NAN, 1], [2, 3]], equal_nan=True)


def test_figures_by_hand() -> None:
    past = np.arange(1.0, 25.0)
    cases = [Case("A", past, np.array([20.0, 30.0])), Case("B", past, np.array([24.0, NAN]))]
    quantity = np.array([[30.0, 30.0], [24.0, 24.0]])
    ranges = np.array([0.9, 0.5, 0.4])[:, np.newaxis, np.newaxis]
    figures = benchmark_figures(cases, CaseForecasts(quantity, quantity * ranges, quantity * 1.1))
    assert figures.series == 2
    assert figures.smape == pytest.approx((200 * 10 / 50 / 2 + 0) / 2)
    assert figures.mase == pytest.approx((5 / 12 + 0) / 2)
    assert figures.wape == pytest.approx(10 / 74)
    assert figures.coverage_50 == pytest.approx(2 / 3)
    assert figures.coverage_80 == 1
    naive_smape = (200 * (4 / 44 + 6 / 54) / 2 + 0) / 2
    assert figures.smape_naive2 == pytest.approx(naive_smape)
    assert figures.owa == pytest.approx((20 / naive_smape / 2 * 1 + (5 / 12) / (5 / 12)) / 2, rel=1e-6)
