"""Working days: counted where a line goes with them and its trial says so, and nowhere else."""

import numpy as np
import pytest

from demand.baseline import PER_DAY, forecast_baseline
from demand.calendar_effect import day_shares, days_win, goes_with_days
from demand.long_lines import forecast_long

MONTHS = np.arange("2018-01", "2025-01", dtype="datetime64[M]")
DAYS = np.busday_count(MONTHS.astype("datetime64[D]"), (MONTHS + 1).astype("datetime64[D]")).astype(float)
KNOWN = 72


def lines(effect, *, count=6, noise=0.03):
    season = 1 + 0.3 * np.sin(np.arange(len(DAYS)) / 12 * 2 * np.pi)
    chance = np.exp(np.random.default_rng(4).normal(0, noise, (count, len(DAYS))))
    return 500 * season * chance * day_shares(DAYS) ** effect


def missed(forecast, came):
    return np.abs(forecast - came).sum() / came.sum()


def test_lines_that_sell_by_the_day_are_forecast_by_the_day_and_better() -> None:
    sold = lines(effect=1)
    past, came = sold[:, :KNOWN], sold[:, KNOWN:]
    counted = forecast_long(past, months=12, days=DAYS)
    assert counted.by_days.sum() >= 5
    assert missed(counted.quantity, came) < 0.85 * missed(forecast_long(past, months=12).quantity, came)


def test_lines_that_do_not_are_left_as_they_are() -> None:
    past = lines(effect=0)[:, :KNOWN]
    counted, plain = forecast_long(past, months=12, days=DAYS), forecast_long(past, months=12)
    assert counted.by_days.sum() <= 1
    alone = ~counted.by_days
    assert counted.quantity[alone].tolist() == plain.quantity[alone].tolist()


def test_months_are_judged_against_their_own_season_and_neighbours() -> None:
    shares = day_shares(DAYS)
    grown = lines(effect=1) * np.exp(np.arange(len(DAYS)) * 0.02)
    assert goes_with_days(grown, shares).all()
    assert not goes_with_days(grown / shares**2, shares).any()
    assert not goes_with_days(np.full((1, len(DAYS)), 5.0), shares).any()
    assert not goes_with_days(np.where(np.arange(len(DAYS)) % 3, 0.0, grown), shares).any()
    assert not goes_with_days(grown[:, -20:], shares[-20:]).any()


def test_a_trial_has_to_be_clearly_better_and_unknown_cells_do_not_count() -> None:
    came = np.array([[100.0, 100.0, np.nan]] * 3)
    plain = np.array([[110.0, 90.0, 5.0]] * 3)
    by_days = np.array([[110.0, 90.0, 900.0], [109.6, 90.0, np.nan], [105.0, 95.0, 0.0]])
    assert days_win(plain, by_days, came).tolist() == [False, False, True]


def test_the_baseline_says_so_and_needs_a_month_for_every_column() -> None:
    sold = lines(effect=1)[:, :KNOWN]
    told = forecast_baseline(sold, months=12, group=np.arange(len(sold)), days=DAYS)
    assert sum(method.endswith(PER_DAY) for method in told.method) >= 5
    assert not any(PER_DAY in method for method in forecast_baseline(sold[:1], months=12).method)
    with pytest.raises(ValueError, match="days has 84 months, expected 96"):
        forecast_baseline(sold, months=24, days=DAYS)
    with pytest.raises(ValueError, match="needs working days"):
        forecast_baseline(sold, months=12, days=np.zeros(len(DAYS)))
