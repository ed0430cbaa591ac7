from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cycles.periods import month_range
from kpis.measures import money

MONTHS = month_range(date(2020, 5, 1), 4)
values = arrays(float, (24,), elements=st.integers(-1000, 100_000))


def test_revenue_cost_and_margin_of_lines_and_months() -> None:
    quantity = [[1.0, 2.0], [10.0, 0.0]]
    assert money.revenue(quantity, [100.0, 5.0]) == 350
    assert money.cost_of_sales(quantity, [90.0, 6.0]) == 330
    assert money.margin(quantity, [100.0, 5.0], [90.0, 6.0]) == 20
    assert money.margin_share(quantity, [100.0, 5.0], [90.0, 6.0]).value == pytest.approx(20 / 350)


def test_margin_below_cost_is_negative_and_unknown_without_revenue() -> None:
    assert money.margin_share([1.0], [10.0], [12.0]).value == pytest.approx(-0.2)
    assert not money.margin_share([0.0], [10.0], [12.0]).is_known


def test_a_price_per_cell_is_taken_as_it_is() -> None:
    assert money.revenue([[1.0, 2.0]], [[10.0, 20.0]]) == 50
    with pytest.raises(ValueError, match="do not fit"):
        money.revenue([[1.0, 2.0]], [1.0, 2.0, 3.0])


def test_costs() -> None:
    assert money.overtime_cost([10.0, 5.0], [37.5, 20.0]) == 475
    assert money.expediting_cost([3.0], [7.0]) == 21
    assert money.holding_cost([[100.0], [10.0]], [2.0, 30.0], 0.015) == pytest.approx(7.5)


def test_gap_by_month_quarter_and_year() -> None:
    forecast, budget = [100.0, 110.0, 90.0, 120.0], [120.0, 100.0, 100.0, 100.0]
    months = money.gap_to_budget(MONTHS, forecast, budget)
    assert [(g.period, g.gap) for g in months] == [
        ("2020-05", -20),
        ("2020-06", 10),
        ("2020-07", -10),
        ("2020-08", 20),
    ]
    years = money.gap_to_budget(MONTHS, forecast, budget, by="year", fiscal_year_start=7)
    assert [(g.period, g.forecast, g.budget) for g in years] == [("FY2020", 210, 220), ("FY2021", 210, 200)]
    assert years[0].share == pytest.approx(-10 / 220)
    quarters = money.gap_to_budget(MONTHS, forecast, budget, by="quarter", fiscal_year_start=7)
    assert [g.period for g in quarters] == ["FY2020 Q4", "FY2021 Q1"]


def test_unknown_months_are_left_out_on_both_sides() -> None:
    gaps = money.gap_to_budget(MONTHS, [100.0, np.nan, 90.0, 120.0], [120.0, 100.0, np.nan, 100.0], by="year")
    assert [(g.forecast, g.budget) for g in gaps] == [(220, 220)]
    assert money.gap_to_budget(MONTHS, [np.nan] * 4, [np.nan] * 4) == []


def test_no_budget_gives_no_share() -> None:
    [gap] = money.gap_to_budget(MONTHS[:1], [5.0], [0.0])
    assert np.isnan(gap.share)


@given(values, values, st.integers(1, 12))
def test_periods_add_up_to_the_same_gap(forecast: np.ndarray, budget: np.ndarray, start: int) -> None:
    months = month_range(date(2020, 1, 1), 24)
    total = (forecast - budget).sum()
    for by in ("month", "quarter", "year"):
        gaps = money.gap_to_budget(months, forecast, budget, by=by, fiscal_year_start=start)
        assert sum(g.gap for g in gaps) == pytest.approx(total)


def test_wrong_calls_are_named() -> None:
    with pytest.raises(ValueError, match="4 months"):
        money.gap_to_budget(MONTHS, [1.0], [1.0])
    with pytest.raises(ValueError, match="'week'"):
        money.gap_to_budget(MONTHS, [1.0] * 4, [1.0] * 4, by="week")
