"""When the one daily mail goes out: seven in the morning of a working day, by the reader's own clock."""

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from cycles.calendar_days import is_working_day

HOUR: Final = time(7)


def morning_passed(at: datetime, zone: ZoneInfo, holidays: Collection[date]) -> datetime | None:
    """Seven o'clock of today in `zone`, when it has passed and today is a working day; None otherwise."""
    today = at.astimezone(zone).date()
    seven = datetime.combine(today, HOUR, zone)
    return seven if seven <= at and is_working_day(today, holidays=frozenset(holidays)) else None
