"""Reminders wait for the morning where the reader is, are taken back meanwhile, and are never too late to act on."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cycles.models import CycleStep
from cycles.reminders import Kind
from cycles.steps import Step
from jobs.models import Message, MessageState
from masterdata.models import Person
from meetings.models import Action
from meetings.services.actions import action_add
from meetings.services.cadence import step_date_move
from tests.cast import Cast, small_company
from tests.meetings.journey import ENTRY, in_entry
from tests.meetings.test_reminders import answer, tick, to

NEW_YORK_MORNING = datetime(2026, 11, 4, 12, tzinfo=UTC)  # seven there; entry opened at two in the night
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = small_company()
    Person.objects.filter(pk=cast.rep.pk).update(timezone="America/New_York", country="US")
    return cast


def test_a_request_waits_for_the_readers_morning(cast: Cast) -> None:
    cycle = in_entry(cast)
    assert to(tick(cycle, ENTRY)) == ["rob"]
    assert Message.objects.get(recipient=cast.rep.user, kind=Kind.INPUT_OPENED.value).due_at == NEW_YORK_MORNING
    assert tick(cycle, NEW_YORK_MORNING - timedelta(minutes=1)) == []
    assert to(tick(cycle, NEW_YORK_MORNING)) == ["rita"]


def test_who_answers_in_between_gets_nothing(cast: Cast) -> None:
    cycle = in_entry(cast)
    tick(cycle, ENTRY)
    answer(cycle, cast.rep, ENTRY + timedelta(hours=1))
    assert tick(cycle, NEW_YORK_MORNING) == []
    assert Message.objects.get(recipient=cast.rep.user).state == MessageState.CANCELLED


def test_it_goes_at_once_when_the_morning_comes_after_the_deadline(cast: Cast) -> None:
    cycle = in_entry(cast)
    CycleStep.objects.filter(cycle=cycle, step=Step.SALES_FORECAST.value).update(due_at=NEW_YORK_MORNING)
    assert to(tick(cycle, ENTRY)) == ["rita", "rob"]


def test_a_holiday_in_the_readers_own_country_is_quiet(cast: Cast) -> None:
    thanksgiving = date(2026, 11, 26)
    noon_in_new_york = datetime(2026, 11, 26, 17, tzinfo=UTC)
    cycle = in_entry(cast)
    for who in (cast.rep, cast.other_rep):
        action_add(
            cycle=cycle, text="Call.", owner=who, due_on=date(2026, 12, 1), by=cast.leader, on=thanksgiving, at=ENTRY
        )
    assert Action.objects.count() == 2
    mails = [mail for mail in tick(cycle, noon_in_new_york) if "Call" in mail.body]
    assert to(mails) == ["rob"]
    held = Message.objects.get(recipient=cast.rep.user, kind=Kind.ACTION_SOON.value)
    assert held.due_at == datetime(2026, 11, 27, 12, tzinfo=UTC)


def test_a_moved_date_is_told_in_the_morning_but_before_it_comes(cast: Cast) -> None:
    cycle = in_entry(cast)
    moves = {"cycle": cycle, "step": Step.SALES_FORECAST, "by": cast.leader, "reason": "A fair."}
    step_date_move(at=ENTRY, due_at=ENTRY + timedelta(days=8), **moves)
    step_date_move(at=ENTRY, due_at=ENTRY + timedelta(hours=2), **moves)
    rows = Message.objects.filter(kind="step_move", recipient=cast.rep.user).order_by("id")
    assert [row.due_at for row in rows] == [NEW_YORK_MORNING, ENTRY]
