from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demand.aggregation import LEVELS, fold_months, long_form, measured, period_labels, roll_up, spread_period

NAN = np.nan
START = date(2026, 5, 1)
KEYS = pd.DataFrame(
    {
        "customer": ["C1", "C2", "C1", "C3"],
        "product": ["P1", "P1", "P2", "P3"],
        "family": ["F1", "F1", "F1", "F2"],
        "region": ["N", "S", "N", ""],
        "rep": ["linda", "shu", "linda", ""],
    },
    index=[40, 12, 7, 3],
)
MATRIX = np.array([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0], [1000.0, 2000.0]])
PRICE, COST = [2.0, 2.0, 3.0, 1.0], [1.0, 1.0, 4.0, 0.5]
EACH_LEVEL = pytest.mark.parametrize("level", LEVELS)


def rolled(level, **worth):
    return roll_up(MATRIX, KEYS, level, start=START, **worth)


@pytest.mark.parametrize(
    ("level", "codes", "first"),
    [
        ("product", ["P1", "P2", "P3"], [11, 100, 1000]),
        ("family", ["F1", "F2"], [111, 1000]),
        ("customer", ["C1", "C2", "C3"], [101, 10, 1000]),
        ("region", ["", "N", "S"], [1000, 101, 10]),
        ("rep", ["", "linda", "shu"], [1000, 101, 10]),
        ("company", ["company"], [1111]),
    ],
)
def test_lines_add_up_by_level(level, codes, first) -> None:
    frame = rolled(level)
    assert frame.index.tolist() == codes
    assert frame[START].tolist() == first


def test_a_line_is_a_customer_and_a_product() -> None:
    frame = rolled("line")
    assert frame.index.names == ["customer", "product"]
    assert frame.loc[("C1", "P2")].tolist() == [100, 200]


def test_columns_are_months() -> None:
    assert rolled("company").columns.tolist() == [date(2026, 5, 1), date(2026, 6, 1)]


def test_revenue_and_margin_are_quantity_times_what_a_unit_brings() -> None:
    assert rolled("product", measure="revenue", price=PRICE)[START].tolist() == [22, 300, 1000]
    assert rolled("product", measure="margin", price=PRICE, cost=COST)[START].tolist() == [11, -100, 500]


def test_prices_may_differ_by_month() -> None:
    by_month = np.tile([1.0, 10.0], (4, 1))
    assert rolled("company", measure="revenue", price=by_month).iloc[0].tolist() == [1111, 22220]


def test_unknown_cells_are_no_zeros() -> None:
    matrix = MATRIX.copy()
    matrix[:2, 0] = NAN
    frame = roll_up(matrix, KEYS, "product", start=START)
    assert np.isnan(frame.loc["P1", START])
    assert roll_up(matrix, KEYS, "company", start=START)[START].tolist() == [1100]


@EACH_LEVEL
def test_no_lines_roll_up_to_nothing(level) -> None:
    assert roll_up(np.empty((0, 2)), KEYS[:0], level, start=START).shape == (0, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"level": "galaxy"}, "'galaxy' is not a level"),
        ({"level": "rep", "measure": "joy"}, "'joy' is not a measure"),
        ({"level": "rep", "measure": "revenue"}, "need a price"),
        ({"level": "rep", "measure": "margin", "price": PRICE}, "need a cost"),
        ({"level": "rep", "measure": "revenue", "price": [1.0]}, "price has shape"),
    ],
)
def test_what_cannot_be_rolled_up_says_why(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        rolled(**arguments)


def test_keys_must_fit_the_lines() -> None:
    with pytest.raises(ValueError, match="4 rows of keys for 1 lines"):
        roll_up([[1.0]], KEYS, "rep", start=START)
    with pytest.raises(ValueError, match="needs the column 'rep'"):
        roll_up(MATRIX, KEYS.drop(columns="rep"), "rep", start=START)
    with pytest.raises(ValueError, match=r"\(lines, months\)"):
        measured([1.0, 2.0])


@EACH_LEVEL
@given(matrix=arrays.arrays(float, (4, 3), elements=st.floats(0, 1e6)))
def test_every_level_has_the_company_s_total(level, matrix) -> None:
    frame = roll_up(matrix, KEYS, level, start=START)
    assert frame.sum().to_numpy() == pytest.approx(matrix.sum(axis=0))


def test_long_form_has_a_row_per_code_and_month() -> None:
    long = long_form(rolled("line"), "quantity")
    assert long.columns.tolist() == ["customer", "product", "month", "quantity"]
    assert long.iloc[0].tolist() == ["C1", "P1", date(2026, 5, 1), 1.0]
    assert len(long) == 8
    assert long_form(rolled("company"), "quantity").columns.tolist() == ["company", "month", "quantity"]


def test_months_fold_to_fiscal_quarters_and_years() -> None:
    year = roll_up(np.arange(1.0, 25.0)[np.newaxis], KEYS[:1], "company", start=START)
    quarters = fold_months(year, "quarter", fiscal_start=7)
    assert quarters.columns.tolist()[:3] == ["2026 Q4", "2027 Q1", "2027 Q2"]
    assert quarters.iloc[0].tolist()[:3] == [1 + 2, 3 + 4 + 5, 6 + 7 + 8]
    assert fold_months(year, "year", fiscal_start=7).columns.tolist() == ["2026", "2027", "2028"]
    assert fold_months(year, "month").columns.tolist()[0] == "2026-05"


def test_folding_keeps_the_order_of_time_across_years() -> None:
    frame = roll_up(np.ones((4, 20)), KEYS, "rep", start=date(2026, 9, 1))
    labels = fold_months(frame, "quarter").columns.tolist()
    assert labels == ["2026 Q3", "2026 Q4", "2027 Q1", "2027 Q2", "2027 Q3", "2027 Q4", "2028 Q1", "2028 Q2"]


def test_an_unknown_period_lists_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"'week' is not a period\. Use one of: month, quarter, year"):
        period_labels([START], "week")


@given(
    matrix=arrays.arrays(float, (4, 14), elements=st.floats(0, 1e6)),
    period=st.sampled_from(["month", "quarter", "year"]),
    fiscal_start=st.integers(1, 12),
)
def test_folding_keeps_every_total(matrix, period, fiscal_start) -> None:
    frame = roll_up(matrix, KEYS, "rep", start=START)
    folded = fold_months(frame, period, fiscal_start=fiscal_start)
    assert folded.sum(axis=1).to_numpy() == pytest.approx(frame.sum(axis=1).to_numpy())


def test_a_quarter_s_total_goes_down_to_its_months_and_lines() -> None:
    labels = ["Q1", "Q1", "Q2"]
    spread = spread_period([[10.0, 30.0, 7.0], [0.0, 20.0, 8.0]], labels, "Q1", 120, decimals=0)
    assert spread.tolist() == [[20, 60, 7], [0, 40, 8]]


def test_held_cells_and_fallbacks_hold_for_periods_too() -> None:
    matrix, held = [[10.0, 0.0], [0.0, 0.0]], [[True, False], [False, False]]
    spread = spread_period(matrix, ["Q1", "Q1"], "Q1", 40, held=held, fallbacks=[[[0.0, 1.0], [0.0, 2.0]]])
    assert spread.tolist() == [[10, 10], [0, 20]]


def test_a_period_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="'Q9' is not one of the periods"):
        spread_period([[1.0, 2.0]], ["Q1", "Q1"], "Q9", 5)


@given(matrix=arrays.arrays(float, (3, 6), elements=st.integers(0, 500).map(float)), total=st.integers(0, 5000))
def test_a_spread_period_folds_back_to_its_total(matrix, total) -> None:
    labels = period_labels([date(2026, m, 1) for m in range(1, 7)], "quarter")
    spread = spread_period(matrix, labels, "2026 Q2", total, decimals=0)
    assert spread[:, 3:].sum() == total
    assert (spread[:, :3] == matrix[:, :3]).all()
