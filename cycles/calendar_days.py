"""The company's working days: weekdays that are no holiday.

Holidays come as a set of dates (`holiday_dates`, from the `holidays` library plus the company's
own), and are handed to every function, so that a site with another calendar is only another set.
"""

from collections.abc import Collection, Iterable
from datetime import date
from functools import lru_cache
from typing import Literal, cast

import holidays as holiday_library
import numpy as np

from cycles.periods import month_bounds


def holiday_dates(country: str, years: Iterable[int], extra: Iterable[date] = ()) -> frozenset[date]:
    """Public holidays of a country in the given years, and the `extra` days a site is closed.

    `country` is an ISO 3166 code, with a subdivision after a hyphen where wanted (`US`, `DE-BY`);
    empty means weekends only. ValueError when the code is unknown.
    """
    return frozenset(holiday_names(country, years)) | frozenset(extra)


def holiday_names(country: str, years: Iterable[int]) -> dict[date, str]:
    """The public holidays of a country with their names; the same codes and errors as `holiday_dates`."""
    if not country:
        return {}
    nation, _, part = country.partition("-")
    try:
        return dict(holiday_library.country_holidays(nation, subdiv=part or None, years=sorted(set(years))))
    except NotImplementedError as error:
        raise ValueError(f"No holiday calendar for {country!r}. Use a code such as US or DE-BY.") from error


def is_working_day(day: date, *, holidays: Collection[date] = frozenset()) -> bool:
    """Whether `day` is a weekday and no holiday."""
    return bool(np.is_busday(np.datetime64(day, "D"), busdaycal=_calendar(frozenset(holidays))))


def working_days(month: date, *, holidays: Collection[date] = frozenset()) -> list[date]:
    """All working days of a month, in order."""
    first, following = month_bounds(month)
    days = np.arange(np.datetime64(first, "D"), np.datetime64(following, "D"))
    open_days: list[date] = days[np.is_busday(days, busdaycal=_calendar(frozenset(holidays)))].tolist()
    return open_days


def working_day(month: date, n: int, *, holidays: Collection[date] = frozenset()) -> date:
    """Date of the `n`-th working day of a month; the last one when the month has fewer.

    ValueError for n < 1 and for a month without any working day.
    """
    if n < 1:
        raise ValueError(f"Working days count from 1, got {n}.")
    days = working_days(month, holidays=holidays)
    if not days:
        raise ValueError(f"{month:%Y-%m} has no working day: check the holidays.")
    return days[min(n, len(days)) - 1]


def add_working_days(day: date, n: int, *, holidays: Collection[date] = frozenset()) -> date:
    """The working day `n` working days after `day` (before, when negative).

    From a day off, +1 is the next working day and -1 the previous one; 0 is the day itself, or the
    next working day when it is a day off.
    """
    roll: Literal["backward", "forward"] = "backward" if n > 0 else "forward"
    start = np.datetime64(day, "D")
    moved = np.busday_offset(start, n, roll=roll, busdaycal=_calendar(frozenset(holidays)))
    return cast(date, moved.item())


def count(start: date, end: date, *, holidays: Collection[date] = frozenset()) -> int:
    """Working days in [start, end): `end` itself is not counted; negative when `end` is earlier."""
    first, last = np.datetime64(start, "D"), np.datetime64(end, "D")
    return int(np.busday_count(first, last, busdaycal=_calendar(frozenset(holidays))))


@lru_cache(maxsize=64)
def _calendar(holidays: frozenset[date]) -> np.busdaycalendar:
    return np.busdaycalendar(holidays=np.array(sorted(holidays), dtype="datetime64[D]"))
