"""When a mail may reach a person: by day, on a day they work, and in time for what it announces.

Quiet are the hours from the evening to the morning in the person's own time zone, and the days on which they do not
work. What becomes due then waits for the next morning, unless that would be too late to act on. The company sets the
hours; a person may have longer ones, as long as `LEAST_AWAKE` of the day is left.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from cycles.calendar_days import is_working_day

LEAST_AWAKE = timedelta(hours=4)
FRIDAY = 4


def _minutes(moment: time) -> int:
    return 60 * moment.hour + moment.minute


@dataclass(frozen=True)
class QuietHours:
    """From `since` in the evening `until` the morning, local time; `weekends`: mails also come on Saturday and Sunday.

    ValueError when less than `LEAST_AWAKE` of a day is left.
    """

    since: time = time(19)
    until: time = time(7)
    weekends: bool = False

    def __post_init__(self) -> None:
        if _minutes(self.since) - _minutes(self.until) < LEAST_AWAKE.total_seconds() / 60:
            raise ValueError(
                f"Between {self.until:%H:%M} and {self.since:%H:%M} too little of the day is left: "
                "mails need four hours in which they may come."
            )

    def narrowed(self, since: time | None, until: time | None, weekends: bool) -> "QuietHours":
        """A person's own hours within these: quiet earlier in the evening and longer in the morning, never shorter."""
        return QuietHours(
            min(since or self.since, self.since), max(until or self.until, self.until), self.weekends and weekends
        )


USUAL = QuietHours()


def is_quiet(
    at: datetime, *, zone: tzinfo, holidays: Collection[date] = frozenset(), hours: QuietHours = USUAL
) -> bool:
    """Whether `at` is evening, night or a day off where the person is."""
    local = at.astimezone(zone)
    awake = hours.until <= local.time() < hours.since
    return not awake or _is_off(local.date(), holidays, hours)


def _is_off(day: date, holidays: Collection[date], hours: QuietHours) -> bool:
    if hours.weekends and day.weekday() > FRIDAY:
        return day in holidays
    return not is_working_day(day, holidays=holidays)


def next_allowed(
    at: datetime, *, zone: tzinfo, holidays: Collection[date] = frozenset(), hours: QuietHours = USUAL
) -> datetime:
    """`at` itself, or the next morning of a working day at the end of the quiet hours, in the person's zone."""
    if not is_quiet(at, zone=zone, holidays=holidays, hours=hours):
        return at
    local = at.astimezone(zone)
    day = local.date() + timedelta(days=1) if local.time() >= hours.since else local.date()
    while _is_off(day, holidays, hours):
        day += timedelta(days=1)
    return datetime.combine(day, hours.until, zone)


def send_time(
    at: datetime,
    *,
    zone: tzinfo,
    holidays: Collection[date] = frozenset(),
    hours: QuietHours = USUAL,
    before: datetime | None = None,
) -> datetime:
    """When a mail that is due at `at` goes out; at once where the next allowed time is not `before` its deadline."""
    allowed = next_allowed(at, zone=zone, holidays=holidays, hours=hours)
    return at if before is not None and allowed >= before else allowed
