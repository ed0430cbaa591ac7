"""The calendar of company and sites, and the quiet hours of company and people: who sets what, and whom it reaches."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.test import Client

from cycles.models import CalendarException, Cycle, SiteCalendar
from cycles.periods import add_months
from cycles.reminders import Kind
from cycles.selectors import company_holidays, holidays_by_place
from cycles.steps import Step
from jobs.errors import Invalid, NotYours
from jobs.models import Message, MovedClock
from masterdata.models import Company, MailChoice, Person, RowChange
from meetings.services.cadence import step_days
from meetings.services.calendar import (
    closed_day_remove,
    closed_days_add,
    own_hours_set,
    quiet_hours_set,
    site_assign,
    site_set,
)
from tests.cast import CYCLE_MONTH, Cast, small_company
from tests.meetings.journey import ENTRY, OPENED, in_entry
from tests.meetings.test_reminders import tick, to

MORNING = datetime(2026, 11, 5, 6, tzinfo=UTC)  # Thu 07:00 in Berlin
CLOSED = {"name": "Plant closed", "site": ""}
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = small_company()
    Company.objects.update(country="DE")
    MovedClock.objects.create(at=ENTRY)
    return cast


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def asked_at(cycle: Cycle, person: Person) -> datetime:
    return Message.objects.get(recipient=person.user, kind=Kind.INPUT_OPENED.value, cycle=cycle.code).due_at


def site(cast: Cast, *people: Person, country: str = "DE-BY") -> SiteCalendar:
    made = site_set(code="plant", name="Plant", country=country, by=cast.leader)
    for person in people:
        site_assign(person=person, site=made.code, by=cast.leader, at=OPENED)
        person.refresh_from_db()
    return made


# --- Days off --------------------------------------------------------------------------------


def test_the_companys_days_off_move_the_steps_of_the_next_cycle(cast: Cast) -> None:
    december, today = add_months(CYCLE_MONTH, 1), date(2026, 12, 1)
    before = step_days(december, today)
    added = closed_days_add(first=date(2026, 12, 3), last=date(2026, 12, 4), by=cast.leader, **CLOSED)
    after = step_days(december, today)
    assert added == 2
    assert before[Step.SALES_FORECAST][0] == date(2026, 12, 3)
    assert after[Step.SALES_FORECAST][0] == date(2026, 12, 7)
    assert after[Step.DATA_CLOSE] == before[Step.DATA_CLOSE]


def test_a_sites_days_off_move_no_step_but_are_its_peoples(cast: Cast) -> None:
    site(cast, cast.rep)
    day = date(2026, 12, 3)
    closed_days_add(first=day, last=day, name="Fair", site="PLANT", by=cast.leader)
    assert day not in company_holidays("DE", (2026,))
    found = holidays_by_place({"PLANT", "DE"}, (2026,))
    assert day in found["PLANT"]
    assert day not in found["DE"]
    epiphany = date(2026, 1, 6)  # a holiday in Bavaria, not in all of Germany
    assert epiphany in found["PLANT"]
    assert epiphany not in found["DE"]


def test_a_day_off_is_entered_once_and_can_be_taken_back(cast: Cast) -> None:
    day = date(2026, 12, 28)
    assert closed_days_add(first=day, last=day, by=cast.leader, **CLOSED) == 1
    assert closed_days_add(first=day, last=day + timedelta(days=1), by=cast.leader, **CLOSED) == 1
    closed_day_remove(pk=CalendarException.objects.get(day=day).pk, by=cast.leader)
    assert day not in company_holidays("DE", (2026,))
    with pytest.raises(Invalid, match="not on the calendar"):
        closed_day_remove(pk=0, by=cast.leader)


@pytest.mark.parametrize(
    ("first", "last", "name", "where", "what"),
    [
        (date(2026, 12, 2), date(2026, 12, 1), "Fair", "", "first and a last day"),
        (date(2026, 1, 1), date(2026, 12, 1), "Fair", "", "at most 62 days"),
        (date(2026, 12, 1), date(2026, 12, 1), " ", "", "why"),
        (date(2026, 12, 1), date(2026, 12, 1), "Fair", "MOON", "no site"),
    ],
)
def test_what_makes_no_sense_is_refused(cast: Cast, first: date, last: date, name: str, where: str, what: str) -> None:
    with pytest.raises(Invalid, match=what):
        closed_days_add(first=first, last=last, name=name, site=where, by=cast.leader)


def test_a_site_needs_a_country_whose_holidays_are_known(cast: Cast) -> None:
    for country in ("", "XX", "DE-XX"):
        with pytest.raises(Invalid, match="Country"):
            site_set(code="A", name="A", country=country, by=cast.leader)
    with pytest.raises(Invalid, match="code"):
        site_set(code="a b", name="A", country="DE", by=cast.leader)
    assert not SiteCalendar.objects.exists()


def test_only_the_leader_sets_the_calendar_and_everybody_their_own_site(cast: Cast) -> None:
    with pytest.raises(NotYours):
        site_set(code="A", name="A", country="DE", by=cast.rep)
    with pytest.raises(NotYours):
        closed_days_add(first=date(2026, 12, 1), last=date(2026, 12, 1), by=cast.rep, **CLOSED)
    with pytest.raises(NotYours):
        quiet_hours_set(since=time(18), until=time(8), weekends=False, by=cast.manager, at=ENTRY)
    site(cast)
    assert site_assign(person=cast.rep, site="PLANT", by=cast.rep, at=ENTRY)
    assert not site_assign(person=cast.rep, site="PLANT", by=cast.rep, at=ENTRY)
    with pytest.raises(NotYours):
        site_assign(person=cast.other_rep, site="PLANT", by=cast.rep, at=ENTRY)
    assert RowChange.objects.filter(table="masterdata_person", key="rita").count() == 1


# --- Whom it reaches -------------------------------------------------------------------------


def test_nobody_is_reminded_on_their_own_sites_holiday_and_the_deadline_stays(cast: Cast) -> None:
    site(cast, cast.rep)
    day = ENTRY.date()
    closed_days_add(first=day, last=day, name="Fair", site="PLANT", by=cast.leader)
    cycle = in_entry(cast)
    due = cycle.steps.get(step=Step.SALES_FORECAST.value).due_at
    assert to(tick(cycle, ENTRY)) == ["rob"]
    assert asked_at(cycle, cast.rep) == MORNING
    assert to(tick(cycle, MORNING)) == ["rita"]
    assert cycle.steps.get(step=Step.SALES_FORECAST.value).due_at == due


def test_the_companys_quiet_hours_hold_for_everybody(cast: Cast) -> None:
    quiet_hours_set(since=time(18), until=time(10), weekends=False, by=cast.leader, at=OPENED)
    cycle = in_entry(cast)  # nine in Berlin
    assert tick(cycle, ENTRY) == []
    assert to(tick(cycle, ENTRY + timedelta(hours=1))) == ["rita", "rob"]


def test_a_person_is_left_alone_longer(cast: Cast) -> None:
    hours = {"since": None, "until": time(11), "weekends": True, "site": "", "at": OPENED}
    own_hours_set(person=cast.rep, **hours)
    cycle = in_entry(cast)
    assert to(tick(cycle, ENTRY)) == ["rob"]
    assert asked_at(cycle, cast.rep) == datetime(2026, 11, 4, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "until", "what"),
    [(time(20), None, "begin earlier"), (None, time(6), "end"), (time(10), None, "four hours")],
)
def test_but_not_shorter_than_the_company_allows(cast: Cast, since: time | None, until: time | None, what: str) -> None:
    with pytest.raises(Invalid, match=what):
        own_hours_set(person=cast.rep, since=since, until=until, weekends=True, site="", at=OPENED)
    assert not MailChoice.objects.exists()


def test_when_the_company_gets_quieter_own_hours_that_leave_no_day_give_way(cast: Cast) -> None:
    own_hours_set(person=cast.rep, since=time(14), until=time(9), weekends=True, site="", at=OPENED)
    quiet_hours_set(since=time(16), until=time(11), weekends=False, by=cast.leader, at=OPENED)
    cycle = in_entry(cast)
    tick(cycle, ENTRY)
    assert asked_at(cycle, cast.rep) == asked_at(cycle, cast.other_rep) == datetime(2026, 11, 4, 10, tzinfo=UTC)


# --- The pages -------------------------------------------------------------------------------


def test_the_leader_sets_it_all_on_the_page_and_everybody_reads_it(cast: Cast) -> None:
    leader, page = signed_in(cast.leader), "/cycle/calendar/"
    steps = [
        ("site", {"code": "plant", "name": "Plant <1>", "country": "de-by"}, "keeps the holidays of DE-BY"),
        ("person", {"person": "rita", "site": "PLANT"}, "Rita Rep is reminded on the working days there"),
        ("days", {"first": "2026-12-03", "name": "Fair", "site": "PLANT"}, "1 day is off"),
        ("quiet", {"since": "18:00", "until": "08:00"}, "between 18:00 and 08:00"),
    ]
    for what, given, said in steps:
        assert said in leader.post(f"{page}{what}/", given, follow=True).content.decode()
    text = signed_in(cast.rep).get(page).content.decode()
    assert "Plant &lt;1&gt;" in text
    assert "Thu 3 Dec 2026" in text
    assert "<strong>18:00</strong>" in text
    assert "Enter days off" not in text
    day = CalendarException.objects.get().pk
    assert (
        "3 Dec 2026 is a working day again" in leader.post(f"{page}remove/", {"day": day}, follow=True).content.decode()
    )


def test_a_mistake_on_the_page_is_told_beside_what_was_typed(cast: Cast) -> None:
    leader, page = signed_in(cast.leader), "/cycle/calendar/"
    for what, given, said in (
        ("days", {"first": "3.12.", "name": "Fair"}, "give a day"),
        ("site", {"code": "A", "name": "Alp", "country": "XX"}, "No holiday calendar for"),
        ("quiet", {"since": "8", "until": "07:00"}, "give an hour"),
        ("quiet", {"since": "08:00", "until": "07:00"}, "four hours"),
        ("remove", {"day": "x"}, "not on the calendar"),
    ):
        answer = leader.post(f"{page}{what}/", given)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert leader.post(f"{page}moon/").status_code == 404
    assert signed_in(cast.rep).post(f"{page}quiet/", {"since": "18:00", "until": "08:00"}).status_code == 403


def test_own_hours_and_holidays_on_the_mails_page(cast: Cast) -> None:
    site(cast)
    client = signed_in(cast.rep)
    given = {"since": "17:30", "until": "", "site": "PLANT"}
    assert "Saved." in client.post("/mails/hours/", given, follow=True).content.decode()
    choice = MailChoice.objects.get(person=cast.rep)
    assert (choice.quiet_since, choice.quiet_until, choice.weekend_mails) == (time(17, 30), None, True)
    cast.rep.refresh_from_db()
    assert cast.rep.site == "PLANT"
    answer = client.post("/mails/hours/", given | {"since": "21:00"})
    assert answer.status_code == 422
    assert 'value="21:00"' in answer.content.decode()
    assert "The company is quiet from 19:00 to 07:00" in answer.content.decode()
