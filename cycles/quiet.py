"""When a mail may reach a person: by day, on a day they work, and in time for what it announces.

Quiet are the hours from the evening to the morning in the person's own time zone, and the days on which they do not
work. What becomes due then waits for the next morning, unless that would be too late to act on.
"""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta, tzinfo

from cycles.calendar_days import add_working_days, is_working_day

QUIET_FROM = time(19)
QUIET_UNTIL = time(7)


def is_quiet(at: datetime, *, zone: tzinfo, holidays: Collection[date] = frozenset()) -> bool:
    """Whether `at` is evening, night or a day off where the person is."""
    local = at.astimezone(zone)
    awake = QUIET_UNTIL <= local.time() < QUIET_FROM
    return not awake or not is_working_day(local.date(), holidays=holidays)


def next_allowed(at: datetime, *, zone: tzinfo, holidays: Collection[date] = frozenset()) -> datetime:
    """`at` itself, or the next morning of a working day at the end of the quiet hours, in the person's zone."""
    if not is_quiet(at, zone=zone, holidays=holidays):
        return at
    local = at.astimezone(zone)
    later = local.date() + timedelta(days=1) if local.time() >= QUIET_FROM else local.date()
    return datetime.combine(add_working_days(later, 0, holidays=holidays), QUIET_UNTIL, zone)


def send_time(
    at: datetime, *, zone: tzinfo, holidays: Collection[date] = frozenset(), before: datetime | None = None
) -> datetime:
    """When a mail that is due at `at` goes out; at once where the next allowed time is not `before` its deadline."""
    allowed = next_allowed(at, zone=zone, holidays=holidays)
    return at if before is not None and allowed >= before else allowed
