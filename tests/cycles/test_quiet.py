"""Mails wait for the person's morning, but never past what they announce."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cycles.quiet import USUAL, QuietHours, is_quiet, next_allowed, send_time

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Sydney")]
UNITY = date(2026, 10, 5)  # a Monday off, taken here as the only holiday
START = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))


def berlin(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("due", "goes"),
    [
        (berlin(11, 4, 8), berlin(11, 4, 8)),
        (berlin(11, 4, 6, 59), berlin(11, 4, 7)),
        (berlin(11, 4, 7), berlin(11, 4, 7)),
        (berlin(11, 4, 18, 59), berlin(11, 4, 18, 59)),
        (berlin(11, 4, 19), berlin(11, 5, 7)),
        (berlin(11, 6, 23), berlin(11, 9, 7)),  # Friday night waits for Monday
        (berlin(11, 7, 12), berlin(11, 9, 7)),
        (berlin(10, 3, 12), berlin(10, 6, 7)),  # the Monday is a holiday
        (berlin(3, 28, 12), berlin(3, 30, 7)),  # over the night that summer time begins
    ],
)
def test_the_next_morning_of_a_working_day(due: datetime, goes: datetime) -> None:
    assert next_allowed(due, zone=BERLIN, holidays={UNITY}) == goes


def test_the_persons_own_clock_counts() -> None:
    opens = berlin(11, 4, 8)
    assert next_allowed(opens, zone=ZoneInfo("America/New_York")) == berlin(11, 4, 13)
    assert next_allowed(opens, zone=ZoneInfo("Asia/Kathmandu")) == opens


def test_never_past_the_deadline_it_announces() -> None:
    due = berlin(11, 6, 20)
    assert send_time(due, zone=BERLIN, before=berlin(11, 9, 17)) == berlin(11, 9, 7)
    assert send_time(due, zone=BERLIN, before=berlin(11, 9, 7)) == due
    assert send_time(due, zone=BERLIN, before=berlin(11, 7, 0)) == due


HOURS = st.builds(
    lambda until, awake, weekends: QuietHours(time(until + awake), time(until, 30 * (awake % 2)), weekends),
    st.integers(0, 10),
    st.integers(5, 13),
    st.booleans(),
)


def test_weekends_are_quiet_unless_the_company_says_otherwise() -> None:
    saturday, weekends = berlin(11, 7, 12), QuietHours(weekends=True)
    assert next_allowed(saturday, zone=BERLIN) == berlin(11, 9, 7)
    assert next_allowed(saturday, zone=BERLIN, hours=weekends) == saturday
    assert next_allowed(saturday, zone=BERLIN, hours=weekends, holidays={saturday.date()}) == berlin(11, 8, 7)


def test_a_persons_hours_are_never_shorter_than_the_companys() -> None:
    assert USUAL.narrowed(time(17), time(9), True) == QuietHours(time(17), time(9), False)
    assert USUAL.narrowed(time(22), time(5), True) == USUAL
    assert USUAL.narrowed(None, time(8), False) == QuietHours(time(19), time(8), False)


@pytest.mark.parametrize(("since", "until"), [(time(9), time(7)), (time(7), time(19)), (time(12), time(8, 1))])
def test_four_hours_of_the_day_must_be_left(since: time, until: time) -> None:
    with pytest.raises(ValueError, match="four hours"):
        QuietHours(since, until)


@given(MOMENTS, st.sampled_from(ZONES), HOURS)
def test_whatever_the_hours_it_waits_for_the_first_moment_allowed(
    due: datetime, zone: ZoneInfo, hours: QuietHours
) -> None:
    """The clock may jump over the hour or show it twice."""
    goes = next_allowed(due, zone=zone, holidays={UNITY}, hours=hours)
    assert goes >= due
    assert not is_quiet(goes.astimezone(UTC), zone=zone, holidays={UNITY}, hours=hours)
    if goes > due:
        assert is_quiet(goes.astimezone(UTC) - timedelta(minutes=1), zone=zone, holidays={UNITY}, hours=hours)


@given(MOMENTS, st.sampled_from(ZONES))
def test_what_is_allowed_is_not_quiet_and_is_the_first_such_moment(due: datetime, zone: ZoneInfo) -> None:
    goes = next_allowed(due, zone=zone, holidays={UNITY})
    assert goes >= due
    assert not is_quiet(goes, zone=zone, holidays={UNITY})
    assert next_allowed(goes, zone=zone, holidays={UNITY}) == goes
    if goes > due:
        assert is_quiet(goes - timedelta(minutes=1), zone=zone, holidays={UNITY})


@given(MOMENTS, st.sampled_from(ZONES), st.integers(1, 200))
def test_a_mail_is_never_late_for_its_deadline(due: datetime, zone: ZoneInfo, hours: int) -> None:
    deadline = due + timedelta(hours=hours)
    assert due <= send_time(due, zone=zone, before=deadline) < deadline
