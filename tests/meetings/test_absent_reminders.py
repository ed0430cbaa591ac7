"""Who is away is not asked: the substitute is, once per kind, and everybody reads who enters."""

from datetime import date, datetime, timedelta

import pytest

from cycles.models import Cycle
from cycles.reminders import Kind
from cycles.selectors import contributions
from jobs.errors import Refused
from jobs.models import Message
from masterdata.models import Absence, Person
from masterdata.services.absences import absence_end
from meetings.selectors.taking_part import taking_part
from meetings.services.reminders import late_nudge, nudge_preview, reminders_materialise
from tests.cast import Cast, small_company
from tests.meetings.journey import ENTRY, ENTRY_CLOSED, in_entry
from tests.meetings.test_reminders import ESCALATED, LAST_DAY, answer, tick, to

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2026, 11, 4), date(2026, 11, 10)


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return in_entry(cast)


def leave(person: Person, substitute: Person | None, first: date = FIRST, last: date = LAST) -> Absence:
    return Absence.objects.create(
        person=person, first_day=first, last_day=last, substitute=substitute, entered_by=person, entered_at=ENTRY
    )


def for_rita(kind: Kind) -> Message:
    return Message.objects.get(key=f"2026-11:sales_forecast:rita:{kind.value}")


def test_the_substitute_gets_both_requests_and_the_absent_none(cast: Cast, cycle: Cycle) -> None:
    leave(cast.rep, cast.other_rep)
    mails = tick(cycle, ENTRY)
    assert to(mails) == ["rob", "rob"]
    assert for_rita(Kind.INPUT_OPENED).recipient == cast.other_rep.user
    mail = next(m for m in mails if "Rita" in m.subject)
    assert mail.subject == "2026-11: for Rita Rep: you enter the sales forecast, until Tue 10 Nov 17:00 (Europe/Berlin)"
    assert "Rita Rep is away until 10 Nov, and you are named to enter the sales forecast meanwhile." in mail.body
    assert "The 8 lines are filled in" in mail.body
    assert "/sheet/rita/?layer=sales" in mail.body
    assert "you stand in for Rita Rep" in mail.body
    assert tick(cycle, ENTRY + timedelta(minutes=1)) == []
    last = tick(cycle, LAST_DAY)
    assert to(last) == ["rob", "rob"]
    assert any("for Rita Rep: the sales forecast closes" in m.subject for m in last)
    assert Message.objects.filter(recipient=cast.rep.user).count() == 0


def test_nothing_is_asked_after_the_answer(cast: Cast, cycle: Cycle) -> None:
    leave(cast.rep, cast.other_rep)
    answer(cycle, cast.rep, ENTRY)
    answer(cycle, cast.other_rep, ENTRY)
    assert tick(cycle, ENTRY) == []
    assert tick(cycle, LAST_DAY) == []


def test_who_was_asked_before_leaving_is_not_asked_a_third_time(cast: Cast, cycle: Cycle) -> None:
    answer(cycle, cast.other_rep, ENTRY)
    assert to(tick(cycle, ENTRY)) == ["rita"]
    leave(cast.rep, cast.other_rep, first=date(2026, 11, 6))
    assert tick(cycle, datetime(2026, 11, 6, 9, tzinfo=ENTRY.tzinfo)) == []
    assert to(tick(cycle, LAST_DAY)) == ["rob"]
    assert Message.objects.filter(key__contains=":rita:").count() == 2


def test_a_waiting_mail_goes_to_who_enters_now(cast: Cast, cycle: Cycle) -> None:
    reminders_materialise(cycle=cycle, at=ENTRY)
    assert for_rita(Kind.INPUT_OPENED).recipient == cast.rep.user
    absence = leave(cast.rep, cast.other_rep)
    reminders_materialise(cycle=cycle, at=ENTRY)
    assert for_rita(Kind.INPUT_OPENED).recipient == cast.other_rep.user
    absence_end(absence=absence, by=cast.rep, today=FIRST, at=ENTRY)
    assert to(tick(cycle, ENTRY)) == ["rita", "rob"]
    assert "you enter" not in for_rita(Kind.INPUT_OPENED).subject


def test_nobody_is_asked_nor_chased_for_who_is_away_without_a_substitute(cast: Cast, cycle: Cycle) -> None:
    leave(cast.rep, None)
    answer(cycle, cast.other_rep, ENTRY)
    for moment in (ENTRY, LAST_DAY, ENTRY_CLOSED, ESCALATED):
        assert [m for m in tick(cycle, moment) if "Demand review" not in m.subject] == []


def test_a_substitute_who_is_away_too_is_not_asked(cast: Cast, cycle: Cycle) -> None:
    leave(cast.rep, cast.other_rep)
    leave(cast.other_rep, None)
    assert tick(cycle, ENTRY) == []


def test_a_nudge_goes_to_the_substitute_or_is_not_offered(cast: Cast, cycle: Cycle) -> None:
    answer(cycle, cast.other_rep, ENTRY)
    absence = leave(cast.rep, cast.other_rep)
    tick(cycle, ENTRY)
    assert [p.username for p in nudge_preview(cycle, on=FIRST).gets] == ["rita"]
    late_nudge(cycle=cycle, by=cast.leader, at=ENTRY + timedelta(hours=2))
    mails = tick(cycle, ENTRY + timedelta(hours=2))
    assert to(mails) == ["rob"]
    assert "for Rita Rep: a personal reminder" in mails[0].subject
    assert tick(cycle, LAST_DAY) == []
    absence.substitute = None
    absence.save()
    contributions(cycle).update(nudged_at=None)
    assert nudge_preview(cycle, on=FIRST).stays == [(cast.rep, "away until 10 Nov, nobody to ask")]
    with pytest.raises(Refused, match="Nobody is left to nudge"):
        late_nudge(cycle=cycle, by=cast.leader, at=ENTRY + timedelta(hours=3))


def test_the_leaders_table_says_who_is_away_and_who_enters(cast: Cast, cycle: Cycle) -> None:
    leave(cast.rep, cast.other_rep)
    rows = taking_part(cycle, list(contributions(cycle)), [], FIRST)
    assert {row.person.username: row.away and row.away.words for row in rows} == {
        "rita": "away until 10 Nov, Rob Rep enters",
        "rob": None,
    }


def test_materialising_costs_the_same_with_people_away(cast: Cast, cycle: Cycle, no_repeated_queries: None) -> None:
    leave(cast.rep, cast.other_rep)
    leave(cast.other_rep, cast.manager)
    reminders_materialise(cycle=cycle, at=ENTRY)
    assert Message.objects.filter(recipient=cast.manager.user).count() == 1
