from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cycles import calendar_days as cal

US_2026 = cal.holiday_dates("US", [2026])
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
closures = st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=20)


def test_holiday_dates_come_from_the_country_and_the_site() -> None:
    thanksgiving, plant_closed = date(2026, 11, 26), date(2026, 12, 28)
    assert thanksgiving in US_2026
    found = cal.holiday_dates("US", [2026], extra=[plant_closed])
    assert found == US_2026 | {plant_closed}
    assert cal.holiday_dates("", [2026], extra=[plant_closed]) == {plant_closed}


def test_holiday_dates_know_subdivisions() -> None:
    epiphany = date(2026, 1, 6)
    assert epiphany in cal.holiday_dates("DE-BY", [2026])
    assert epiphany not in cal.holiday_dates("DE-BE", [2026])


def test_an_unknown_country_is_named() -> None:
    with pytest.raises(ValueError, match="'XX'"):
        cal.holiday_dates("XX", [2026])


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (1, date(2026, 11, 2)),
        (7, date(2026, 11, 10)),
        (8, date(2026, 11, 12)),  # Veterans Day, 11 November, is skipped
        (19, date(2026, 11, 30)),
        (40, date(2026, 11, 30)),  # the month has 19: the last
    ],
)
def test_working_day_of_november(n: int, expected: date) -> None:
    assert cal.working_day(date(2026, 11, 1), n, holidays=US_2026) == expected


def test_working_day_refuses_zero_and_an_empty_month() -> None:
    with pytest.raises(ValueError, match="count from 1"):
        cal.working_day(date(2026, 11, 1), 0, holidays=US_2026)
    closed = {date(2026, 8, 1) + timedelta(days=i) for i in range(31)}
    with pytest.raises(ValueError, match="2026-08 has no working day"):
        cal.working_day(date(2026, 8, 1), 1, holidays=closed)


@pytest.mark.parametrize(
    ("start", "n", "expected"),
    [
        (date(2026, 11, 6), 1, date(2026, 11, 9)),  # Friday to Monday
        (date(2026, 11, 7), 1, date(2026, 11, 9)),  # Saturday: the next working day
        (date(2026, 11, 7), -1, date(2026, 11, 6)),
        (date(2026, 11, 7), 0, date(2026, 11, 9)),
        (date(2026, 11, 9), 0, date(2026, 11, 9)),
        (date(2026, 11, 10), 1, date(2026, 11, 12)),  # over Veterans Day
        (date(2026, 11, 12), -1, date(2026, 11, 10)),
    ],
)
def test_add_working_days(start: date, n: int, expected: date) -> None:
    assert cal.add_working_days(start, n, holidays=US_2026) == expected


@given(days, st.integers(0, 60), closures)
def test_adding_and_counting_agree(start: date, n: int, closed: frozenset[date]) -> None:
    first = cal.add_working_days(start, 0, holidays=closed)
    end = cal.add_working_days(first, n, holidays=closed)
    assert cal.is_working_day(end, holidays=closed)
    assert cal.count(first, end, holidays=closed) == n
    assert cal.count(end, first, holidays=closed) <= 0


@given(days, closures)
def test_working_days_are_those_that_are(day: date, closed: frozenset[date]) -> None:
    month = day.replace(day=1)
    found = cal.working_days(month, holidays=closed)
    assert found == sorted(set(found))
    assert cal.is_working_day(day, holidays=closed) == (day in found)
    assert (day.weekday() < 5 and day not in closed) == (day in found)
