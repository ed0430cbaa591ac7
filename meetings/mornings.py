"""When the one daily mail goes out: seven in the morning of a working day, by the reader's own clock."""

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from cycles.calendar_days import is_working_day

HOUR: Final = time(7)


def morning_passed(at: datetime, zone: ZoneInfo, holidays: Collection[date], *, until: time = HOUR) -> datetime | None:
    """Seven o'clock of today in `zone`, or `until` for who sleeps longer; None before it and on a day off."""
    today = at.astimezone(zone).date()
    morning = datetime.combine(today, max(HOUR, until), zone)
    return morning if morning <= at and is_working_day(today, holidays=frozenset(holidays)) else None
