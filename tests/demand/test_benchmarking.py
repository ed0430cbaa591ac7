import numpy as np
import pytest

from demand.benchmarking import (
    Case,
    CaseForecasts,
    benchmark_figures,
    forecast_cases,
    is_seasonal,
    naive2,
    right_aligned,
)

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


@pytest.mark.parametrize("season", [1, 2, 4, 12, 24])
@pytest.mark.filterwarnings("error")
def test_series_of_any_length_kind_and_season_have_a_forecast(season) -> None:
    random = np.random.default_rng(3)
    gaps = np.where(np.arange(60) % 7 == 3, NAN, random.gamma(5, 20, 60))
    pasts = [random.gamma(5, 20, length) for length in (1, 7, 20, 25, 40, 60)]
    pasts += [np.full(50, 3.0), np.zeros(40), np.r_[np.full(30, NAN), 5.0], -random.gamma(5, 20, 50), gaps, gaps * 1e-9]
    forecasts = forecast_cases([Case("", past, past[:1]) for past in pasts], months=6, season=season)
    assert np.isfinite(forecasts.quantity).all()
    assert np.isfinite(forecasts.high).all()
    assert (forecasts.low >= 0).all()
    assert forecasts.quantity[6] == pytest.approx([3.0] * 6)
