"""Invitations: one per person and change, with an identity that stays and a number that rises; and the feed."""

import email
from datetime import UTC, datetime, timedelta, timezone
from email.message import Message as Mail
from itertools import pairwise

import pytest
from django.core import mail
from django.test import Client
from icalendar import Calendar

from cycles.models import Cycle
from cycles.steps import Step
from jobs.models import Message, MessageState
from jobs.services.messages import messages_due_send
from masterdata.models import Person
from meetings.invitations import Entry, feed, invitation
from meetings.models import Meeting, MeetingKind
from meetings.selectors.calendar import feed_address
from meetings.services.cadence import cycle_give_up, step_date_move, step_take_back
from meetings.services.due import due
from meetings.services.invitations import calendar_address_renew, invitations_queue
from meetings.services.rooms import meeting_cancel
from tests.cast import Cast, small_company
from tests.meetings.journey import DEMAND, OPENED, SUPPLY, started, supply_is_signed

NEXT_DAY = timedelta(days=1)
ENTRY = Entry("2026-11-pre_sop@small.example", 2, "Pre-S&OP Nov 2026", datetime(2026, 11, 17, 9, tzinfo=UTC), 90)


def events(text: str) -> list:
    return Calendar.from_ical(text).walk("VEVENT")


def test_an_invitation_is_what_mail_programs_understand() -> None:
    text = invitation(ENTRY, organiser="portal@small.example", attendee="fay@small.example", stamp=OPENED)
    calendar = Calendar.from_ical(text)
    [event] = calendar.walk("VEVENT")
    assert (calendar["METHOD"], calendar["VERSION"]) == ("REQUEST", "2.0")
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (ENTRY.uid, 2, "CONFIRMED")
    assert (event["ORGANIZER"], event["ATTENDEE"]) == ("mailto:portal@small.example", "mailto:fay@small.example")
    assert event.decoded("DTSTART") == ENTRY.starts
    assert event.decoded("DTEND") - event.decoded("DTSTART") == timedelta(minutes=90)
    assert "DTSTAMP:20261102T073000Z" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_a_cancelled_one_says_so_to_programs_too() -> None:
    gone = Entry(ENTRY.uid, 3, ENTRY.title, ENTRY.starts, 90, cancelled=True)
    text = invitation(gone, organiser="portal@small.example", attendee="fay@small.example", stamp=OPENED)
    assert "METHOD:CANCEL" in text
    assert events(text)[0]["STATUS"] == "CANCELLED"


def test_a_moment_is_the_same_in_every_zone_and_needs_one() -> None:
    berlin = Entry(ENTRY.uid, 0, "x", ENTRY.starts.astimezone(timezone(timedelta(hours=1))), 60)
    assert events(feed([berlin], name="S&OP", stamp=OPENED))[0].decoded("DTSTART") == ENTRY.starts
    with pytest.raises(ValueError, match="no time zone"):
        feed([Entry(ENTRY.uid, 0, "x", ENTRY.starts.replace(tzinfo=None), 60)], name="S&OP", stamp=OPENED)


@pytest.fixture
def cast(db: None) -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    made = started(cast)
    invitations_queue(cycle=made, at=OPENED)
    return made


def sent(person: Person, kind: MeetingKind) -> list:
    """The calendar entries of a meeting that were mailed to somebody, oldest first."""
    texts = Message.objects.filter(recipient=person.user).exclude(calendar="").order_by("id")
    found = [event for row in texts for event in events(row.calendar)]
    return [event for event in found if event["UID"].startswith(f"2026-11-{kind.value}@")]


def test_everybody_invited_is_asked_once_to_each_meeting(cast: Cast, cycle: Cycle) -> None:
    assert invitations_queue(cycle=cycle, at=OPENED) == 0
    for meeting in cycle.meetings.all():
        for row in meeting.attendance.all():
            [event] = sent(row.person, MeetingKind(meeting.kind))
            assert (event["SEQUENCE"], event.decoded("DTSTART")) == (0, meeting.starts_at)
    assert Message.objects.filter(kind="invitation").count() == sum(m.attendance.count() for m in cycle.meetings.all())
    assert sent(cast.rep, MeetingKind.DEMAND_REVIEW) == []


def test_what_happens_by_itself_invites_too(cast: Cast) -> None:
    made = started(cast)
    due(at=OPENED)
    assert Message.objects.filter(kind="invitation", cycle=made.code).exists()


def test_the_mail_carries_the_invitation_as_its_own_part(cast: Cast, cycle: Cycle) -> None:
    messages_due_send(at=OPENED)
    mails: list[Mail] = [email.message_from_bytes(one.message().as_bytes()) for one in mail.outbox]
    one = next(m for m in mails if m["To"].endswith("<carla@small.example>") and "Executive" in m["Subject"])
    [part] = [p for p in one.walk() if p.get_content_type() == "text/calendar"]
    assert part.get_param("method") == "REQUEST"
    assert events(part.get_payload(decode=True).decode())[0]["SEQUENCE"] == 0


def test_a_moved_meeting_is_told_once_with_the_same_identity_and_the_next_number(cast: Cast, cycle: Cycle) -> None:
    before = Meeting.objects.get(cycle=cycle, kind=MeetingKind.PRE_SOP)
    due_at = before.starts_at.replace(hour=16) + NEXT_DAY
    step_date_move(cycle=cycle, step=Step.PRE_SOP, by=cast.leader, at=OPENED, reason="Fay is away.", due_at=due_at)
    invitations_queue(cycle=cycle, at=OPENED)
    for person in (cast.finance, cast.leader):
        first, second = sent(person, MeetingKind.PRE_SOP)
        assert first["UID"] == second["UID"]
        assert (first["SEQUENCE"], second["SEQUENCE"]) == (0, 1)
        assert second.decoded("DTSTART") == before.starts_at + NEXT_DAY
    kinds = Message.objects.filter(recipient=cast.finance.user, subject__contains="Pre-S&OP").values_list("kind")
    assert sorted(kind for (kind,) in kinds) == ["invitation", "step_move"]


def test_a_reopened_step_asks_again(cast: Cast) -> None:
    made = supply_is_signed(cast)
    invitations_queue(cycle=made, at=OPENED)
    later = Meeting.objects.get(cycle=made, kind=MeetingKind.SUPPLY_REVIEW).starts_at.replace(hour=16) + 2 * NEXT_DAY
    step_take_back(
        cycle=made, step=Step.SUPPLY_REVIEW, by=cast.leader, at=SUPPLY, reason="A line was missing.", due_at=later
    )
    invitations_queue(cycle=made, at=SUPPLY)
    numbers = [int(event["SEQUENCE"]) for event in sent(cast.supply_planner, MeetingKind.SUPPLY_REVIEW)]
    assert numbers == [0, 1]


def test_a_cancelled_meeting_leaves_the_calendars(cast: Cast, cycle: Cycle) -> None:
    meeting = Meeting.objects.get(cycle=cycle, kind=MeetingKind.DEMAND_REVIEW)
    meeting_cancel(meeting=meeting, by=cast.leader, on=OPENED.date(), at=OPENED)
    invitations_queue(cycle=cycle, at=OPENED)
    for person in (cast.demand_planner, cast.leader):
        first, second = sent(person, MeetingKind.DEMAND_REVIEW)
        assert (first["STATUS"], second["STATUS"]) == ("CONFIRMED", "CANCELLED")
        assert first["SEQUENCE"] < second["SEQUENCE"]
    told = Message.objects.filter(recipient=cast.demand_planner.user, subject__contains="cancelled")
    assert [row.kind for row in told] == ["meeting_cancelled"]


def test_a_cycle_given_up_takes_its_meetings_out_and_nobody_hears_of_the_past(cast: Cast, cycle: Cycle) -> None:
    cycle_give_up(cycle=cycle, at=DEMAND)
    before = Message.objects.count()
    invitations_queue(cycle=cycle, at=DEMAND + timedelta(hours=5))
    fresh = Message.objects.order_by("id")[before:]
    assert {"is cancelled" in row.subject for row in fresh} == {True}
    assert not any("Demand review" in row.subject for row in fresh)


def test_numbers_only_ever_rise(cast: Cast, cycle: Cycle) -> None:
    meeting = Meeting.objects.get(cycle=cycle, kind=MeetingKind.EXECUTIVE)
    for hour in (9, 9, 11, 10, 10):
        meeting.starts_at = meeting.starts_at.replace(hour=hour)
        meeting.save(update_fields=["starts_at"])
        invitations_queue(cycle=cycle, at=OPENED)
    numbers = [int(event["SEQUENCE"]) for event in sent(cast.ceo, MeetingKind.EXECUTIVE)]
    assert all(a < b for a, b in pairwise(numbers))
    assert Message.objects.filter(state=MessageState.DUE, kind="invitation").exists()


def read(person: Person) -> list:
    answer = Client().get(path_of(person))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return events(answer.content.decode())


def path_of(person: Person) -> str:
    return "/calendar/" + feed_address(person).rpartition("/")[2]


def test_the_feed_shows_ones_own_meetings_and_deadlines(cast: Cast, cycle: Cycle) -> None:
    planner = {str(event["SUMMARY"]) for event in read(cast.demand_planner)}
    assert {"Demand review Nov 2026", "Demand review Nov 2026 is due", "Data close Nov 2026 is due"} <= planner
    assert not any("Executive" in title for title in planner)
    assert {str(event["SUMMARY"]) for event in read(cast.rep)} == {"Sales forecast Nov 2026 is due"}


def test_the_feed_follows_a_move_under_the_same_identity(cast: Cast, cycle: Cycle) -> None:
    def review() -> tuple:
        [event] = [e for e in read(cast.demand_planner) if e["SUMMARY"] == "Demand review Nov 2026"]
        return event["UID"], int(event["SEQUENCE"]), event.decoded("DTSTART")

    before = review()
    due_at = before[2].replace(hour=16) + NEXT_DAY
    step_date_move(cycle=cycle, step=Step.DEMAND_REVIEW, by=cast.leader, at=OPENED, reason="A holiday.", due_at=due_at)
    assert review() == (before[0], before[1] + 1, before[2] + NEXT_DAY)


def test_the_feed_asks_a_fixed_number_of_questions(
    cast: Cast, cycle: Cycle, django_assert_max_num_queries: object
) -> None:
    path = path_of(cast.leader)
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        Client().get(path)


def test_a_new_address_makes_the_old_one_useless_and_only_ones_own(cast: Cast, cycle: Cycle) -> None:
    old, other = path_of(cast.demand_planner), path_of(cast.rep)
    calendar_address_renew(person=cast.demand_planner)
    assert Client().get(old).status_code == 404
    assert len(read(cast.demand_planner)) > 0
    assert Client().get(other).status_code == 200


def test_strangers_and_those_who_left_find_nothing(cast: Cast, cycle: Cycle) -> None:
    assert Client().get("/calendar/made-up.ics").status_code == 404
    path = path_of(cast.demand_planner)
    cast.demand_planner.user.is_active = False
    cast.demand_planner.user.save(update_fields=["is_active"])
    assert Client().get(path).status_code == 404


def test_my_mails_shows_the_address_and_renews_it(cast: Cast, client: Client) -> None:
    client.force_login(cast.rep.user, backend="django.contrib.auth.backends.ModelBackend")
    before = feed_address(cast.rep)
    assert before in client.get("/mails/").content.decode()
    answer = client.post("/mails/calendar/", follow=True).content.decode()
    assert before not in answer
    assert feed_address(cast.rep) in answer
