"""Clocks that jump, change to summer time, or stand far from UTC: what is due is done once, in the company's month."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail

from cycles.models import CycleStep, StepEvent
from cycles.steps import Step
from jobs.models import Job, Message, MessageState
from jobs.services.messages import messages_due_send
from kpis.services.audit import audit_due, audit_queue
from masterdata.models import Company
from meetings.services.cadence import cycle_start
from meetings.services.due import next_month_due
from sop_portal.tick import tick
from tests.cast import Cast, small_company
from tests.meetings.journey import ENTRY, in_entry

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
Seen = Callable[[str, str, str], None]
ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Kiritimati")
HOUR = timedelta(hours=1)
JUMPS = [timedelta(0), -3 * HOUR, timedelta(hours=5), timedelta(minutes=-1), timedelta(days=3), timedelta(days=-2)]


@pytest.fixture
def cast(db: None) -> Cast:
    return small_company()


def look(at: datetime) -> None:
    """A tick as two beats would ask for it, and the mails sent."""
    for _ in range(2):
        assert tick(at=at) == []
        messages_due_send(at=at)


def move(zone: str) -> None:
    Company.objects.update(timezone=zone)


def assert_once() -> int:
    """No mail twice, no step opened or closed twice; returns the number of mails."""
    sent = Counter(message.extra_headers["Message-ID"] for message in mail.outbox)
    assert set(sent.values()) <= {1}
    assert Message.objects.filter(state=MessageState.SENT).count() == len(sent)
    events = Counter(StepEvent.objects.values_list("step__step", "action"))
    assert set(events.values()) <= {1}, events
    return len(sent)


def test_f15_the_clock_jumps_forth_and_back(cast: Cast, seen: Seen) -> None:
    in_entry(cast)
    for day in range(2):
        for jump in JUMPS:
            look(ENTRY + timedelta(days=day) + jump)
    seen("F15", "clock jumps up to three days forth and back", f"{assert_once()} mails, each once; no step twice")


def test_f15_beat_is_down_for_three_days(cast: Cast, seen: Seen) -> None:
    in_entry(cast)
    look(ENTRY)
    before = assert_once()
    look(ENTRY + timedelta(days=3))
    look(ENTRY + timedelta(days=3, hours=1))
    after = assert_once()
    waiting = Message.objects.filter(state=MessageState.DUE, due_at__lte=ENTRY + timedelta(days=3))
    assert not waiting.exists()
    seen("F15", "beat down for three days", f"{before} mails before, {after - before} after, each once")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("month", "last"),
    [
        (date(2026, 11, 1), date(2026, 11, 30)),
        (date(2026, 12, 1), date(2026, 12, 31)),
        (date(2028, 2, 1), date(2028, 2, 29)),
        (date(2027, 2, 1), date(2027, 2, 28)),
    ],
)
def test_f15_a_month_begins_at_midnight_where_the_company_is(cast: Cast, zone: str, month: date, last: date) -> None:
    """A second before midnight of the month's last day the next cycle is not due, at midnight it is."""
    move(zone)
    cycle_start(month=month, at=datetime(month.year, month.month, 1, 12, tzinfo=UTC))
    published = datetime(month.year, month.month, 3, tzinfo=UTC)
    CycleStep.objects.filter(step=Step.PUBLISH.value).update(opens_at=published - HOUR, due_at=published)
    midnight = datetime(last.year, last.month, last.day, tzinfo=ZoneInfo(zone)) + timedelta(days=1)
    after = midnight.astimezone(UTC)
    following = (last + timedelta(days=1)).replace(day=1)
    assert next_month_due(after - timedelta(seconds=1)) is None
    assert next_month_due(after) == following
    assert next_month_due(after + timedelta(days=3)) == following


@pytest.mark.parametrize(
    "night", [datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC)]
)
@pytest.mark.parametrize("zone", ZONES)
def test_f15_once_a_night_also_when_an_hour_is_twice_or_missing(cast: Cast, zone: str, night: datetime) -> None:
    """Two nights in steps of twenty minutes, each looked at twice."""
    move(zone)
    for step in range(2 * 24 * 3):
        at = night - timedelta(hours=12) + timedelta(minutes=20 * step)
        for _ in range(2):
            if audit_due(at):
                audit_queue(at=at)
                Job.objects.filter(kind="audit").update(state="done")
    keys = list(Job.objects.filter(kind="audit").values_list("key", flat=True))
    assert len(keys) == len(set(keys))
    assert len(keys) in (2, 3)
