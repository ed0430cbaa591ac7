"""Every scheduled message on real rows, as the mails people get."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail

from cycles.models import Contribution, Cycle, How
from cycles.reminders import Kind
from cycles.services import contribution_answer, contribution_nudge, cycle_advance
from cycles.steps import Step
from demand.services.team import team_nudge
from jobs.errors import NotYours, Refused
from jobs.models import Message, MessageState
from jobs.services.messages import messages_due_send
from meetings.models import Action
from meetings.services.actions import action_add, action_close
from meetings.services.reminders import late_nudge, nudge_preview, reminders_materialise
from tests.cast import Cast, small_company
from tests.meetings.journey import ENTRY, ENTRY_CLOSED, OPENED, demand_is_signed, in_entry, started

LAST_DAY = datetime(2026, 11, 9, 7, 30, tzinfo=UTC)  # Mon 08:30 in Berlin; entry closes on Tue at 17:00
ESCALATED = datetime(2026, 11, 11, 7, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return in_entry(cast)


def tick(cycle: Cycle | None, at: datetime) -> list[mail.EmailMultiAlternatives]:
    """Materialise and send, as the tick does; returns what was sent just now."""
    before = len(mail.outbox)
    reminders_materialise(cycle=cycle, at=at)
    messages_due_send(at=at)
    return list(mail.outbox[before:])


def to(mails: list[mail.EmailMultiAlternatives]) -> list[str]:
    return sorted(address.split("@")[0].split("<")[-1] for message in mails for address in message.to)


def answer(cycle: Cycle, person: object, at: datetime) -> None:
    contribution_answer(cycle=cycle, step=Step.SALES_FORECAST, person=person.user, how=How.ALL_FINE, at=at)


def html_of(message: mail.EmailMultiAlternatives) -> str:
    return str(message.alternatives[0][0])


def test_when_entry_opens_everybody_expected_is_asked_once(cast: Cast, cycle: Cycle) -> None:
    mails = tick(cycle, ENTRY)
    assert to(mails) == ["rita", "rob"]
    assert tick(cycle, ENTRY + timedelta(minutes=1)) == []
    rita = next(m for m in mails if "rita" in m.to[0])
    assert rita.subject == "2026-11: your forecast is prefilled, 8 lines to confirm"
    assert "It closes Tue 10 Nov 17:00 (Europe/Berlin)" in rita.body
    assert "http://127.0.0.1:8000/sheet/" in rita.body
    assert 'href="http://127.0.0.1:8000/sheet/"' in html_of(rita)
    assert "last request" not in rita.body


def test_the_day_before_the_deadline_only_those_who_have_not_answered(cast: Cast, cycle: Cycle) -> None:
    tick(cycle, ENTRY)
    answer(cycle, cast.rep, ENTRY + timedelta(days=1))
    mails = tick(cycle, LAST_DAY)
    assert to(mails) == ["rob"]
    assert mails[0].subject == "2026-11: the sales forecast closes Tue 10 Nov 17:00 (Europe/Berlin)"
    assert "This is the last request of this cycle." in mails[0].body
    assert tick(cycle, LAST_DAY + timedelta(hours=3)) == []


def test_who_answers_before_the_mail_went_out_gets_none(cast: Cast, cycle: Cycle) -> None:
    reminders_materialise(cycle=cycle, at=ENTRY)
    answer(cycle, cast.rep, ENTRY)
    assert to(tick(cycle, ENTRY)) == ["rob"]
    assert Message.objects.get(recipient=cast.rep.user).state == MessageState.CANCELLED


def test_who_takes_the_answer_back_is_reminded_after_all(cast: Cast, cycle: Cycle) -> None:
    reminders_materialise(cycle=cycle, at=ENTRY)
    answer(cycle, cast.rep, ENTRY)
    reminders_materialise(cycle=cycle, at=ENTRY)
    Contribution.objects.filter(person=cast.rep.user).update(answered_at=None, how="")
    assert to(tick(cycle, ENTRY)) == ["rita", "rob"]


def test_after_an_outage_only_the_latest_kind_goes_out(cast: Cast, cycle: Cycle) -> None:
    reminders_materialise(cycle=cycle, at=ENTRY)
    mails = tick(cycle, LAST_DAY)
    assert to(mails) == ["rita", "rob"]
    assert all("closes Tue 10 Nov" in m.subject for m in mails)
    opened = Message.objects.filter(kind=Kind.INPUT_OPENED.value)
    assert set(opened.values_list("state", flat=True)) == {MessageState.CANCELLED}


def test_a_nudge_takes_the_place_of_the_second_request(cast: Cast, cycle: Cycle) -> None:
    tick(cycle, ENTRY)
    answer(cycle, cast.rep, ENTRY + timedelta(hours=1))
    assert [p.username for p in nudge_preview(cycle).gets] == ["rob"]
    assert late_nudge(cycle=cycle, by=cast.leader, at=ENTRY + timedelta(days=2)) == 1
    mails = tick(cycle, ENTRY + timedelta(days=2))
    assert to(mails) == ["rob"]
    assert "personal reminder" in mails[0].subject
    assert tick(cycle, LAST_DAY) == []
    assert [why for _, why in nudge_preview(cycle).stays] == ["nudged already"]
    with pytest.raises(Refused, match="two requests in a cycle"):
        late_nudge(cycle=cycle, by=cast.leader, at=LAST_DAY)


def test_a_managers_nudge_becomes_a_mail_with_the_next_tick(cast: Cast, cycle: Cycle) -> None:
    tick(cycle, ENTRY)
    at = ENTRY + timedelta(days=1)
    contribution_nudge(cycle=cycle, step=Step.SALES_FORECAST, person=cast.other_rep.user, at=at)
    assert to(tick(cycle, at)) == ["rob"]
    assert tick(cycle, at + timedelta(minutes=1)) == []


def test_who_has_had_two_requests_cannot_be_nudged(cast: Cast, cycle: Cycle) -> None:
    tick(cycle, ENTRY)
    tick(cycle, LAST_DAY)
    assert [why for _, why in nudge_preview(cycle).stays] == ["has had two requests"] * 2
    with pytest.raises(Refused):
        late_nudge(cycle=cycle, by=cast.leader, at=LAST_DAY)


def test_only_the_leader_nudges_everybody(cast: Cast, cycle: Cycle) -> None:
    with pytest.raises(NotYours):
        late_nudge(cycle=cycle, by=cast.manager, at=ENTRY)


def test_after_the_deadline_it_goes_up_and_never_again_to_those_who_are_late(cast: Cast, cycle: Cycle) -> None:
    tick(cycle, ENTRY)
    answer(cycle, cast.rep, ENTRY + timedelta(days=1))
    tick(cycle, LAST_DAY)
    cycle_advance(cycle=cycle, at=ENTRY_CLOSED)
    manager = tick(cycle, ENTRY_CLOSED)
    assert to(manager) == ["mona"]
    assert manager[0].subject == "2026-11: 1 person has not answered the sales forecast"
    assert "- Rob Rep" in manager[0].body
    assert "http://127.0.0.1:8000/team/" in manager[0].body
    leader = tick(cycle, ESCALATED)
    assert to(leader) == ["lena"]
    assert "http://127.0.0.1:8000/cycle/" in leader[0].body
    assert tick(cycle, ESCALATED + timedelta(hours=2)) == []


def test_a_late_step_tells_who_finishes_it_and_a_day_later_the_leader(cast: Cast, cycle: Cycle) -> None:
    for person in (cast.rep, cast.other_rep):
        answer(cycle, person, ENTRY)
    demand_is_signed(cast, cycle)
    late = datetime(2026, 11, 16, 16, 5, tzinfo=UTC)  # supply review was due at 17:00 in Berlin
    mails = tick(cycle, late)
    assert to(mails) == ["oscar"]
    assert mails[0].subject == "2026-11: Supply review is late"
    assert "was due Mon 16 Nov 17:00" in mails[0].body
    after = tick(cycle, datetime(2026, 11, 17, 7, 5, tzinfo=UTC))
    assert to(after) == ["lena"]
    # pre-S&OP, past its date too, waits for the supply review: nobody is blamed for it
    assert tick(cycle, datetime(2026, 11, 18, 17, tzinfo=UTC)) == []


def action_of(cast: Cast, cycle: Cycle) -> Action:
    return action_add(
        cycle=cycle,
        text="Call the dealers about the new price list",
        owner=cast.manager,
        due_on=date(2026, 11, 13),
        by=cast.leader,
        on=OPENED.date(),
        at=OPENED,
    )


def test_an_action_is_remembered_before_at_and_after_its_day(cast: Cast) -> None:
    cycle = started(cast)
    action = action_of(cast, cycle)
    late = tick(cycle, datetime(2026, 11, 9, 9, tzinfo=UTC))
    assert [(to([m]), m.subject) for m in late] == [(["lena"], "2026-11: Data close is late")]
    soon = tick(cycle, datetime(2026, 11, 10, 8, tzinfo=UTC))
    assert (to(soon), soon[0].subject) == (["mona"], f"2026-11: {action.code} is due soon")
    due = tick(cycle, datetime(2026, 11, 13, 8, tzinfo=UTC))
    assert (to(due), due[0].subject) == (["mona"], f"2026-11: {action.code} is due today")
    assert "Call the dealers about the new price list" in due[0].body
    escalated = tick(cycle, datetime(2026, 11, 16, 8, tzinfo=UTC))
    mine = [m for m in escalated if action.code in m.subject]
    assert (to(mine), mine[0].subject) == (["carla"], f"2026-11: {action.code} is overdue")
    assert "Mona Manager" in mine[0].body


def test_an_action_that_is_closed_is_quiet_and_one_without_a_cycle_is_not(cast: Cast) -> None:
    cycle = started(cast)
    action = action_of(cast, cycle)
    assert to(tick(None, datetime(2026, 11, 10, 8, tzinfo=UTC))) == ["mona"]
    action_close(action=action, by=cast.manager, at=OPENED, outcome="Called all twelve")
    assert tick(None, datetime(2026, 11, 13, 8, tzinfo=UTC)) == []


def test_nobody_without_an_address_is_written_to(cast: Cast, cycle: Cycle) -> None:
    cast.rep.user.email = ""
    cast.rep.user.save()
    assert to(tick(cycle, ENTRY)) == ["rob"]


def test_materialising_costs_the_same_for_many_people(cast: Cast, cycle: Cycle, no_repeated_queries: None) -> None:
    reminders_materialise(cycle=cycle, at=ENTRY)


def test_a_managers_nudge_is_no_third_request(cast: Cast, cycle: Cycle) -> None:
    tick(cycle, ENTRY)
    tick(cycle, LAST_DAY)
    with pytest.raises(Refused, match="two requests"):
        team_nudge(cycle=cycle, manager=cast.manager, rep=cast.rep, at=LAST_DAY + timedelta(hours=1))
    tick(cycle, LAST_DAY + timedelta(hours=1))
    requests = Message.objects.filter(kind__startswith="input_", recipient=cast.rep.user, state=MessageState.SENT)
    assert requests.count() == 2
