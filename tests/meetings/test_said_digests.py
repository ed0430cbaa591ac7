"""The one daily mail: what was said and not read, once, in the morning, to nobody else."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail

from cycles.models import CalendarException, Cycle, SiteCalendar
from demand.models import Comment, SaidTo
from demand.services.comments import note_add, operations_tell, question_answer, question_ask
from demand.services.said import said_seen
from jobs.models import Message
from jobs.services.messages import messages_due_send
from masterdata.models import Person
from masterdata.services.mails import mail_choice_set, mail_hours_set
from meetings.mornings import morning_passed
from meetings.services.due import due
from meetings.services.said_digests import KIND, said_digests_queue
from tests.cast import Cast, small_company
from tests.meetings.journey import in_entry

BERLIN = ZoneInfo("Europe/Berlin")
SAID = datetime(2026, 11, 5, 15, tzinfo=UTC)  # Thursday
FRIDAY = datetime(2026, 11, 6, 6, 30, tzinfo=UTC)  # 07:30 in Berlin
MONDAY = FRIDAY + timedelta(days=3)
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return in_entry(cast)


def said(cast: Cast, cycle: Cycle, text: str, at: datetime = SAID, by: str = "finance") -> Comment:
    line = cast.line("ALPHA", "NORTH")
    return note_add(cycle=cycle, by=getattr(cast, by), text=text, at=at, line=line, month=date(2026, 12, 1))


def digests() -> list[Message]:
    return list(Message.objects.filter(kind=KIND).order_by("id"))


@pytest.mark.parametrize(
    ("at", "passed"),
    [
        (datetime(2026, 11, 6, 5, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 6, 6, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 6, 22, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 6, 23, 1, tzinfo=UTC), False),  # Saturday in Berlin
        (datetime(2026, 11, 9, 9, 0, tzinfo=UTC), False),  # a holiday of the company
    ],
)
def test_the_morning_of_a_working_day_by_ones_own_clock(at: datetime, passed: bool) -> None:
    seven = morning_passed(at, BERLIN, {date(2026, 11, 9)})
    assert seven == (datetime(2026, 11, 6, 7, tzinfo=BERLIN) if passed else None)


def test_a_days_notes_are_one_mail_with_the_permanent_address_of_each_number(cast: Cast, cycle: Cycle) -> None:
    said(cast, cycle, "@rita, is <b>75</b> right?")
    said(cast, cycle, "@rita and the price?", by="manager")
    operations_tell(cycle=cycle, by=cast.manager, text="@rita: the depot moves.", at=SAID)
    assert said_digests_queue(at=FRIDAY) == 2
    mine = Message.objects.get(kind=KIND, recipient=cast.rep.user)
    assert mine.subject == "3 notes are for you, from Finn Finance, Mona Manager"
    address = f"http://127.0.0.1:8000/why/{cast.line('ALPHA', 'NORTH').pk}/2026-12/?cycle=2026-11"
    for text in ("is <b>75</b> right?", "and the price?", "the depot moves.", "North Stores, Alpha, Dec 2026", address):
        assert text in mine.text
    assert "is &lt;b&gt;75&lt;/b&gt; right?" in mine.html
    assert mine.html.count(f'href="{address}"') == 2
    assert "/mails/" in mine.text


def test_the_tick_run_twice_and_again_later_sends_once(cast: Cast, cycle: Cycle) -> None:
    said(cast, cycle, "@rita?")
    for at in (FRIDAY, FRIDAY, FRIDAY + timedelta(hours=5), MONDAY):
        due(at=at)
        messages_due_send(at=at)
    assert [m.subject for m in mail.outbox if "notes" in m.subject or "note is" in m.subject] == [
        "1 note is for you, from Finn Finance"
    ]
    assert len(digests()) == 1


def test_a_day_off_at_ones_own_site_and_a_longer_night_are_kept(cast: Cast, cycle: Cycle) -> None:
    site = SiteCalendar.objects.create(code="DEPOT", name="Depot", country="DE")
    CalendarException.objects.create(site=site, day=FRIDAY.date(), name="Stock-taking")
    Person.objects.filter(pk=cast.rep.pk).update(site="DEPOT")
    mail_hours_set(person=cast.other_rep, since=None, until=time(9), weekends=False, at=SAID)
    said(cast, cycle, "@rita and @rob?")
    assert said_digests_queue(at=FRIDAY) == 0
    assert said_digests_queue(at=FRIDAY + timedelta(hours=2)) == 1
    assert [one.recipient for one in digests()] == [cast.other_rep.user]
    assert said_digests_queue(at=MONDAY) == 1


def test_what_is_said_after_the_mail_waits_for_the_next_working_day(cast: Cast, cycle: Cycle) -> None:
    said(cast, cycle, "@rita one")
    said_digests_queue(at=FRIDAY)
    said(cast, cycle, "@rita two", at=FRIDAY + timedelta(hours=1))
    for at in (FRIDAY + timedelta(hours=2), FRIDAY + timedelta(days=1), FRIDAY + timedelta(days=2)):
        assert said_digests_queue(at=at) == 0
    assert said_digests_queue(at=MONDAY) == 1
    first, second = digests()
    assert ("@rita two" in first.text, "@rita one" in second.text) == (False, False)
    assert "@rita two" in second.text


def test_nothing_goes_out_in_the_night_before(cast: Cast, cycle: Cycle) -> None:
    said(cast, cycle, "@rita?")
    assert said_digests_queue(at=SAID + timedelta(hours=1)) == 0
    assert said_digests_queue(at=datetime(2026, 11, 6, 5, 30, tzinfo=UTC)) == 0


def test_somebody_in_another_zone_gets_it_in_their_morning(cast: Cast, cycle: Cycle) -> None:
    Person.objects.filter(pk=cast.rep.pk).update(timezone="America/New_York")
    said(cast, cycle, "@rita?")
    assert said_digests_queue(at=FRIDAY) == 0
    assert said_digests_queue(at=datetime(2026, 11, 6, 12, 1, tzinfo=UTC)) == 1


def test_what_was_read_or_answered_on_the_page_is_not_sent(cast: Cast, cycle: Cycle) -> None:
    note = said(cast, cycle, "@rita, @mona and @sam?")
    said_seen(person=cast.rep, comments=[note], at=SAID)
    said(cast, cycle, "Thank you, it is right.", by="manager")
    said_digests_queue(at=FRIDAY)
    assert [message.recipient for message in digests()] == [cast.supply_planner.user]


def test_an_answer_goes_to_the_asker_and_a_question_keeps_its_own_mail(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH")
    question = question_ask(cycle=cycle, line=line, by=cast.manager, text="Why so high?", at=SAID)
    question_answer(question=question, by=cast.rep, text="They told me.", at=SAID)
    said_digests_queue(at=FRIDAY)
    assert [(message.recipient, "They told me." in message.text) for message in digests()] == [
        (cast.manager.user, True)
    ]
    assert Message.objects.get(kind="question").recipient == cast.rep.user


def test_no_copies_go_to_anybody_else(cast: Cast, cycle: Cycle) -> None:
    said(cast, cycle, "@rita?")
    said_digests_queue(at=FRIDAY)
    messages_due_send(at=FRIDAY)
    [sent] = [m for m in mail.outbox if "note" in m.subject]
    assert (sent.to, sent.cc, sent.bcc) == (["Rita Rep <rita@small.example>"], [], [])


def test_switched_off_nothing_goes_out_and_switched_on_only_the_last_days(cast: Cast, cycle: Cycle) -> None:
    said(cast, cycle, "@rita?")
    mail_choice_set(person=cast.rep, digest=False, card=True, minutes=True, at=SAID)
    assert said_digests_queue(at=FRIDAY) == 0
    mail_choice_set(person=cast.rep, digest=True, card=True, minutes=True, at=FRIDAY)
    assert said_digests_queue(at=MONDAY + timedelta(days=7)) == 0
    assert said_digests_queue(at=MONDAY) == 1
    assert SaidTo.objects.get().told_at == MONDAY


def test_without_an_address_or_an_account_nothing_is_queued(cast: Cast, cycle: Cycle) -> None:
    said(cast, cycle, "@rita and @mona?")
    cast.rep.user.email = ""
    cast.rep.user.save()
    cast.manager.user.is_active = False
    cast.manager.user.save()
    assert said_digests_queue(at=FRIDAY) == 0


def test_a_long_list_is_cut_and_counted(cast: Cast, cycle: Cycle) -> None:
    for number in range(23):
        said(cast, cycle, f"@rita note {number}")
    said_digests_queue(at=FRIDAY)
    [message] = digests()
    assert "23 notes are" in message.subject
    assert "And 3 more on your first page" in message.text
