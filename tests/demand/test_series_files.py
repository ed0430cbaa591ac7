import numpy as np
import pytest

from demand.series_files import cases_from
from jobs.errors import Invalid

GOOD = "series_id,month,value\nA,2025-01,5\nA,2025-03-31,\nA,2025-04,8\nB,2024-12,1.5\nB,2025-01,2\n"


def cases(text, horizon=1):
    return cases_from(text.splitlines(), horizon=horizon, name="f.csv")


def test_the_last_months_are_held_back_and_a_missing_month_is_unknown() -> None:
    a, b = cases(GOOD)
    assert (a.name, b.name) == ("A", "B")
    assert np.array_equal(a.past, [5, np.nan, np.nan], equal_nan=True)
    assert a.future.tolist() == [8]
    assert (b.past.tolist(), b.future.tolist()) == ([1.5], [2])


def test_columns_may_stand_in_any_order_among_others() -> None:
    (one,) = cases("Value,note,MONTH,series_id\n1,x,2025-01,A\n2,,2025-02,A\n\n")
    assert (one.past.tolist(), one.future.tolist()) == ([1], [2])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: the column series_id is missing"),
        ("series_id,date,value\n", "line 1: the column month is missing.*found: series_id, date, value"),
        ("series_id,month,value\n", "has no rows under its header"),
        ("series_id,month,value\nA,2025-13,1\n", "line 2: the month “2025-13” cannot be read. Write it as 2026-03"),
        ("series_id,month,value\nA,March,1\n", "line 2: the month “March”"),
        ("series_id,month,value\nA,2025-01,1\nA,2025-02,1.234,5x\nA,2025-03,12k\n", "line 4: the value “12k”"),
        ("series_id,month,value\nA,2025-01,nan\n", "line 2: the value “nan” is not a number"),
        ("series_id,month,value\nA,2025-01\n", "line 2: 2 values where the header has more"),
        ("series_id,month,value\n,2025-01,1\n", "line 2: series_id is empty"),
        ("series_id,month,value\nA,2025-01,1\nA,2025-01,2\n", "line 3: A has 2025-01 twice"),
        ("series_id,month,value\nA,2025-01,1\n", "series A has no known month before the last 1"),
    ],
)
def test_a_bad_file_is_told_where_and_what_to_do(text, said) -> None:
    with pytest.raises(Invalid, match=said):
        cases(text)


def test_holding_back_nothing_is_refused() -> None:
    with pytest.raises(Invalid, match="--horizon must be at least 1"):
        cases(GOOD, horizon=0)
