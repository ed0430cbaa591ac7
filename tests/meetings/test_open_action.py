"""An action of January that nobody closes: on the agenda of February, escalated once, and in the measures."""

from datetime import UTC, date, datetime

import pytest
from django.test import Client

from cycles.models import Cycle
from cycles.reminders import Kind
from jobs.models import Message, MovedClock
from kpis.selectors.process import health, process_measures
from meetings.agenda import Section
from meetings.models import Action, Meeting, MeetingKind
from meetings.services.actions import action_add, action_close
from meetings.services.cadence import cycle_start
from meetings.services.due import next_cycle_open
from meetings.services.reminders import reminders_materialise
from meetings.services.rooms import agenda_items, meeting_minutes, meeting_start
from tests.cast import Cast, small_company

JANUARY, FEBRUARY = date(2027, 1, 1), date(2027, 2, 1)
OPENED = datetime(2027, 1, 4, 8, tzinfo=UTC)
HELD = datetime(2027, 1, 20, 10, tzinfo=UTC)
DUE = date(2027, 1, 22)  # a Friday
MONDAY = datetime(2027, 1, 25, 10, tzinfo=UTC)
NEXT = datetime(2027, 2, 2, 8, tzinfo=UTC)
REVIEWED = datetime(2027, 2, 18, 10, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


def executive(cycle: Cycle) -> Meeting:
    return Meeting.objects.get(cycle=cycle, kind=MeetingKind.EXECUTIVE)


def january(cast: Cast) -> Action:
    """Promised by the head of Sales in January's executive meeting."""
    cycle = cycle_start(month=JANUARY, at=OPENED, by=cast.leader)
    meeting = meeting_start(meeting=executive(cycle), by=cast.leader, on=HELD.date(), at=HELD)
    return action_add(
        cycle=cycle, text="Agree the price list", owner=cast.manager, due_on=DUE, by=cast.leader,
        on=HELD.date(), at=HELD, meeting=meeting,
    )  # fmt: skip


def february() -> Cycle:
    return next_cycle_open(month=FEBRUARY, at=NEXT)


def closure(cycle: Cycle, at: datetime) -> tuple[float, int]:
    found = next(row for row in process_measures(cycle, at=at) if row.measure.code == "action_closure")
    return found.measured.value, found.measured.n


def test_it_opens_the_agenda_of_february_in_every_meeting(cast: Cast) -> None:
    action = january(cast)
    cycle = february()
    for meeting in Meeting.objects.filter(cycle=cycle):
        first = agenda_items(meeting, REVIEWED.date())[0]
        assert (first["section"], first["codes"]) == (Section.ACTIONS, [action.code]), meeting.kind
    MovedClock.objects.update_or_create(pk=1, defaults={"at": REVIEWED})
    client = Client()
    client.force_login(cast.rep.user)
    page = client.get(f"/meetings/{cycle.code}/{MeetingKind.EXECUTIVE.value}/").content.decode()
    assert f"{action.code} Agree the price list (Mona Manager)" in page
    assert "Overdue since 22 Jan 2027" in client.get("/meetings/actions/").content.decode()


def test_it_is_escalated_to_the_owners_manager_once(cast: Cast) -> None:
    action = january(cast)
    cycle = Cycle.objects.get(month=JANUARY)
    for moment in (MONDAY, MONDAY, datetime(2027, 1, 29, 10, tzinfo=UTC)):
        reminders_materialise(cycle=cycle, at=moment)
    later = february()
    for moment in (NEXT, REVIEWED):
        reminders_materialise(cycle=later, at=moment)
    told = Message.objects.get(kind=Kind.ACTION_ESCALATED.value)
    assert told.recipient == action.owner.reports_to.user
    assert action.text in told.text


def test_it_counts_against_the_measure_and_closing_it_late_does_not_mend_that(cast: Cast) -> None:
    action = january(cast)
    cycle = february()
    assert closure(cycle, HELD) != (0.0, 1)  # not due yet
    assert closure(cycle, REVIEWED) == (0.0, 1)
    shown = health(cycle, at=REVIEWED, today=REVIEWED.date())
    assert (shown.actions_open, shown.actions_overdue) == (1, 1)
    meeting = meeting_start(meeting=executive(cycle), by=cast.leader, on=REVIEWED.date(), at=REVIEWED)
    action_close(action=action, by=cast.manager, at=REVIEWED, outcome="Agreed with all twelve")
    assert "Closed: Agreed with all twelve" in meeting_minutes(meeting, REVIEWED).plain
    assert closure(cycle, REVIEWED) == (0.0, 1)
    march = Meeting(cycle=cycle, kind=MeetingKind.DEMAND_REVIEW)
    assert all(item["section"] != Section.ACTIONS for item in agenda_items(march, REVIEWED.date()))
