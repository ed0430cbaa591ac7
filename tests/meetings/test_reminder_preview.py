"""What the preview says is what then happens; looking changes nothing."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from cycles.models import Cycle, StepEvent
from jobs.errors import Invalid, NotYours
from jobs.models import Job, Message, MovedClock
from jobs.services.messages import messages_due_send
from masterdata.models import Absence, Person
from masterdata.services.absences import absence_enter
from meetings.services.due import due
from meetings.services.reminder_preview import Preview, reminder_preview
from meetings.services.reminders import late_nudge
from tests.cast import Cast, small_company
from tests.meetings.journey import ENTRY, in_entry, started
from tests.meetings.test_reminders import answer

OPENS = datetime(2026, 11, 4, 7, tzinfo=UTC)  # Wed 08:00 in Berlin
LAST_DAY = datetime(2026, 11, 9, 7, tzinfo=UTC)
DEADLINE = datetime(2026, 11, 10, 16, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = small_company()
    MovedClock.objects.create(at=ENTRY)
    return cast


def told(preview: Preview) -> list[tuple[str, str]]:
    return sorted((mail.person.username, mail.subject) for mail in preview.mails if not mail.waits)


def silent(preview: Preview) -> dict[str, str]:
    return {one.person.username: one.why for one in preview.silent}


def look(cast: Cast, at: datetime, until: datetime) -> Preview:
    return reminder_preview(until=until, by=cast.leader, at=at)


def ticks(at: datetime, until: datetime) -> Iterator[datetime]:
    while at < until:
        yield at
        at += timedelta(hours=2)
    yield until


def live(at: datetime, until: datetime) -> list[tuple[str, str]]:
    """What the tick sends meanwhile, every two hours."""
    for moment in ticks(at, until):
        due(at=moment)
        messages_due_send(at=moment)
    rows = Message.objects.filter(state="sent", sent_at__gte=at).values_list("recipient__username", "subject")
    return sorted(rows)


def stored() -> tuple[object, ...]:
    rows = Message.objects.order_by("pk").values_list("key", "state", "due_at")
    return list(rows), StepEvent.objects.count(), Job.objects.count()


@pytest.mark.parametrize("days", [0, 5, 7])
def test_what_it_says_is_what_then_happens(cast: Cast, days: int) -> None:
    Person.objects.filter(pk=cast.rep.pk).update(timezone="America/New_York", country="US")
    cycle = in_entry(cast)
    due(at=ENTRY)
    before, until = stored(), ENTRY + timedelta(days=days)
    preview = look(cast, ENTRY, until)
    assert stored() == before
    said = told(preview)
    assert said == live(ENTRY, until)
    assert len(said) >= (0 if not days else 2)
    assert Cycle.objects.get() == cycle


def test_before_entry_opens_it_names_who_will_be_asked(cast: Cast) -> None:
    cycle = started(cast)
    in_entry_later = look(cast, OPENS - timedelta(days=1), OPENS)
    assert silent(in_entry_later) == {}
    in_entry(cast, cycle)
    asked = [mail for mail in look(cast, ENTRY, ENTRY).mails if "forecast is prefilled" in mail.subject]
    assert {(mail.person.username, mail.step) for mail in asked} == {
        ("rita", "Sales forecast"),
        ("rob", "Sales forecast"),
    }


def test_who_gets_nothing_and_why(cast: Cast) -> None:
    cycle = in_entry(cast)
    due(at=ENTRY)
    messages_due_send(at=ENTRY)
    assert silent(look(cast, ENTRY, ENTRY)) == {"rita": "has had this request", "rob": "has had this request"}
    answer(cycle, cast.rep, ENTRY)
    at = ENTRY + timedelta(hours=1)
    late_nudge(cycle=cycle, by=cast.leader, at=at)
    messages_due_send(at=at)
    found = silent(look(cast, at, LAST_DAY + timedelta(hours=1)))
    assert found == {
        "rita": "has answered",
        "rob": "had a personal reminder, which takes the place of the second request",
    }
    assert silent(look(cast, at, DEADLINE))["rob"] == "sales entry is over"


def test_who_is_away_is_not_asked_and_the_substitute_is(cast: Cast) -> None:
    in_entry(cast)
    days = {"first": date(2026, 11, 4), "last": date(2026, 11, 6), "today": ENTRY.date(), "at": ENTRY}
    absence_enter(person=cast.rep, substitute=cast.other_rep, by=cast.leader, **days)
    preview = look(cast, ENTRY, ENTRY)
    requests = [mail for mail in preview.mails if mail.step == "Sales forecast"]
    assert [mail.person.username for mail in requests] == ["rob", "rob"]
    assert any("for Rita Rep" in mail.subject for mail in requests)
    Absence.objects.update(substitute=None)
    assert silent(look(cast, ENTRY, ENTRY)) == {"rita": "away, and nobody stands in"}


def test_quiet_hours_are_told_with_their_end(cast: Cast) -> None:
    Person.objects.filter(pk=cast.rep.pk).update(timezone="America/New_York")
    in_entry(cast)
    rita = next(
        mail for mail in look(cast, ENTRY, ENTRY).mails if mail.person == cast.rep and mail.step == "Sales forecast"
    )
    assert (rita.quiet, rita.waits) == (True, True)
    assert rita.leaves == datetime(2026, 11, 4, 12, tzinfo=UTC)


def test_no_address_no_mail(cast: Cast) -> None:
    type(cast.rep.user).objects.filter(pk=cast.rep.user_id).update(email="")
    in_entry(cast)
    assert silent(look(cast, ENTRY, ENTRY)) == {"rita": "has no mail address"}


def test_only_the_leader_looks_and_not_into_the_past_or_far_ahead(cast: Cast) -> None:
    in_entry(cast)
    with pytest.raises(NotYours):
        reminder_preview(until=ENTRY, by=cast.rep, at=ENTRY)
    for until in (ENTRY - timedelta(minutes=1), ENTRY + timedelta(days=30)):
        with pytest.raises(Invalid, match="moment from now on"):
            look(cast, ENTRY, until)


def test_the_page(cast: Cast) -> None:
    in_entry(cast)
    client = Client()
    client.force_login(cast.leader.user, backend="django.contrib.auth.backends.ModelBackend")
    text = client.get("/cycle/reminders/").content.decode()
    assert "Rita Rep" in text
    assert "lines to confirm" in text
    assert "The last request for input" in text
    assert client.get("/cycle/reminders/?until=2026-11-09T08:30").status_code == 200
    for until in ("x", "2026-01-01T08:00"):
        assert client.get(f"/cycle/reminders/?until={until}").status_code == 422
    client.force_login(cast.rep.user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/cycle/reminders/").status_code == 403
    assert Message.objects.count() == 0
