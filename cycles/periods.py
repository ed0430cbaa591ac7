"""Months as `datetime.date` of their first day, and the arithmetic on them.

Every month of the product is a date whose day is 1; a month's span is half-open: from its first
day up to, not including, the first day of the next.
"""

import calendar
import re
from datetime import date

_MONTH_TEXT = re.compile(r"([0-9]{4})-([0-9]{2})")


def month_of(day: date) -> date:
    """First day of the month `day` lies in (a datetime counts as its own date)."""
    return date(day.year, day.month, 1)


def parse_month(text: str) -> date:
    """`'2026-11'` -> `date(2026, 11, 1)`; ValueError says what was read and what is expected."""
    found = _MONTH_TEXT.fullmatch(text.strip()) if isinstance(text, str) else None
    if not found or int(found[1]) == 0 or not 1 <= int(found[2]) <= 12:
        raise ValueError(f"{text!r} is not a month. Write it as YYYY-MM, for example 2026-11.")
    return date(int(found[1]), int(found[2]), 1)


def format_month(month: date) -> str:
    """`date(2026, 11, 1)` -> `'2026-11'`."""
    return f"{month.year:04d}-{month.month:02d}"


def add_months(month: date, n: int) -> date:
    """The month `n` months after (before, when negative) the month of `month`."""
    years, index = divmod(month.month - 1 + n, 12)
    return date(month.year + years, index + 1, 1)


def months_between(a: date, b: date) -> int:
    """Number of months from the month of `a` to the month of `b`; negative when `b` is earlier."""
    return (b.year - a.year) * 12 + b.month - a.month


def month_range(start: date, n: int) -> list[date]:
    """`n` consecutive months, the first being the month of `start`. ValueError for n < 0."""
    if n < 0:
        raise ValueError(f"A range of months needs n >= 0, got {n}.")
    return [add_months(start, i) for i in range(n)]


def month_bounds(month: date) -> tuple[date, date]:
    """(first day, first day of the next month): half-open."""
    return month_of(month), add_months(month, 1)


def quarter_of(month: date, start_month: int = 1) -> tuple[int, int]:
    """(fiscal year, quarter 1-4) of a month; with `start_month` 1 the calendar quarter."""
    year = fiscal_year(month, start_month)
    return year, (month.month - start_month) % 12 // 3 + 1


def fiscal_year(month: date, start_month: int) -> int:
    """The fiscal year of a month, named by the calendar year in which it ends.

    With a start in July, 2019-07 to 2020-06 is fiscal 2020; with a start in January it is the
    calendar year. ValueError when `start_month` is not 1-12.
    """
    _check_start_month(start_month)
    return month.year + (start_month > 1 and month.month >= start_month)


def fiscal_year_months(year: int, start_month: int) -> list[date]:
    """The twelve months of fiscal year `year` (named as in `fiscal_year`)."""
    _check_start_month(start_month)
    return month_range(date(year - (start_month > 1), start_month, 1), 12)


def shift_date(day: date, n: int) -> date:
    """`day` moved by `n` months, clipped to a shorter month's last day (31 Jan + 1 = 28 Feb)."""
    month = add_months(day, n)
    last = calendar.monthrange(month.year, month.month)[1]
    return date(month.year, month.month, min(day.day, last))


def _check_start_month(start_month: int) -> None:
    if not 1 <= start_month <= 12:
        raise ValueError(f"A fiscal year starts in a month 1-12, got {start_month}.")
