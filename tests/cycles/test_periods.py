from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cycles import periods

months = st.dates(date(1950, 1, 1), date(2100, 1, 1)).map(lambda d: d.replace(day=1))
shifts = st.integers(-300, 300)


def test_month_of_takes_dates_and_datetimes() -> None:
    assert periods.month_of(date(2026, 11, 30)) == date(2026, 11, 1)
    assert periods.month_of(datetime(2026, 11, 30, 23, 59, tzinfo=UTC)) == date(2026, 11, 1)


@pytest.mark.parametrize("text", ["2026-11", " 2026-11 "])
def test_parse_month(text: str) -> None:
    assert periods.parse_month(text) == date(2026, 11, 1)


@pytest.mark.parametrize(
    "text",
    ["2026-13", "2026-00", "2026-1", "11-2026", "2026-11-01", "", "0000-05", "٢٠٢٦-١١", None],
)
def test_parse_month_names_what_it_read(text: str) -> None:
    with pytest.raises(ValueError, match="is not a month") as caught:
        periods.parse_month(text)
    assert repr(text) in str(caught.value)
    assert "YYYY-MM" in str(caught.value)


@given(months)
def test_format_and_parse_are_inverse(month: date) -> None:
    assert periods.parse_month(periods.format_month(month)) == month


@given(months, shifts)
def test_add_and_between_are_inverse(month: date, n: int) -> None:
    moved = periods.add_months(month, n)
    assert moved.day == 1
    assert periods.months_between(month, moved) == n
    assert periods.add_months(moved, -n) == month


def test_month_range() -> None:
    assert periods.month_range(date(2026, 11, 17), 3) == [
        date(2026, 11, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
    ]
    assert periods.month_range(date(2026, 11, 1), 0) == []
    with pytest.raises(ValueError, match="n >= 0"):
        periods.month_range(date(2026, 11, 1), -1)


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)))
def test_bounds_are_half_open_and_hold_the_day(day: date) -> None:
    first, following = periods.month_bounds(day)
    assert first <= day < following
    assert periods.month_bounds(following)[0] == following


@pytest.mark.parametrize(
    ("month", "start", "year", "quarter"),
    [
        (date(2019, 7, 1), 7, 2020, 1),
        (date(2020, 6, 1), 7, 2020, 4),
        (date(2020, 7, 1), 7, 2021, 1),
        (date(2019, 12, 1), 7, 2020, 2),
        (date(2020, 1, 1), 1, 2020, 1),
        (date(2020, 12, 1), 1, 2020, 4),
        (date(2020, 11, 1), 12, 2020, 4),
        (date(2020, 12, 1), 12, 2021, 1),
    ],
)
def test_fiscal_year_is_named_by_its_end(month: date, start: int, year: int, quarter: int) -> None:
    assert periods.fiscal_year(month, start) == year
    assert periods.quarter_of(month, start) == (year, quarter)


@given(months, st.integers(1, 12))
def test_a_month_lies_in_its_fiscal_year(month: date, start: int) -> None:
    year = periods.fiscal_year(month, start)
    whole = periods.fiscal_year_months(year, start)
    assert month in whole
    assert len(whole) == 12
    assert whole[0].month == start
    assert {periods.quarter_of(m, start) for m in whole} == {(year, q) for q in (1, 2, 3, 4)}


@pytest.mark.parametrize("start", [0, 13])
def test_fiscal_year_refuses_a_wrong_start(start: int) -> None:
    with pytest.raises(ValueError, match="1-12"):
        periods.fiscal_year(date(2020, 1, 1), start)
    with pytest.raises(ValueError, match="1-12"):
        periods.fiscal_year_months(2020, start)


@pytest.mark.parametrize(
    ("day", "n", "moved"),
    [
        (date(2020, 1, 31), 1, date(2020, 2, 29)),
        (date(2021, 1, 31), 1, date(2021, 2, 28)),
        (date(2020, 5, 31), 78, date(2026, 11, 30)),
        (date(2020, 3, 31), -1, date(2020, 2, 29)),
        (date(2020, 5, 15), 0, date(2020, 5, 15)),
    ],
)
def test_shift_date_clips(day: date, n: int, moved: date) -> None:
    assert periods.shift_date(day, n) == moved


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)), shifts)
def test_shift_date_moves_exactly_n_months(day: date, n: int) -> None:
    moved = periods.shift_date(day, n)
    assert periods.months_between(day, moved) == n
    assert moved.day <= day.day
