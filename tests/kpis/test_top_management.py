"""Top management's support in figures: attendance, approvals, latency, the leader's reporting line."""

from datetime import date, timedelta

import pytest
from django.test import Client

from cycles.models import How
from jobs.models import MovedClock
from kpis.selectors.process import barriers
from kpis.selectors.top_management import top_management
from masterdata.models import Person
from meetings.models import Attendance, Meeting, MeetingKind
from meetings.services.actions import action_close
from meetings.services.agreement import ceo_approve
from meetings.services.barriers import barrier_remedy_add
from meetings.services.decisions import decision_decide
from meetings.services.rooms import attendance_mark, meeting_finish, meeting_start
from tests.cast import Cast, small_company
from tests.kpis.past import past_cycle
from tests.kpis.test_dashboard import OCT, answered
from tests.meetings.journey import APPROVED, DEMAND, FROZEN, MONEY, confirmed, frozen, started, supply_is_signed
from tests.meetings.test_decisions import brief

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


def test_a_cycle_shows_the_ceo_at_the_meeting_and_how_long_the_approval_took(cast: Cast) -> None:
    Person.objects.filter(pk=cast.ceo.pk).update(deputy=cast.coo)
    cycle = frozen(cast, confirmed(cast, supply_is_signed(cast)))
    decision_decide(decision=brief(cast, cycle), option="b", person=cast.ceo, at=DEMAND + timedelta(hours=5))
    meeting = meeting_start(
        meeting=Meeting.objects.get(cycle=cycle, kind=MeetingKind.EXECUTIVE), by=cast.leader,
        on=APPROVED.date(), at=APPROVED,
    )  # fmt: skip
    assert top_management(cycle)["rows"][0].attendance_words == "running"
    attendance_mark(meeting=meeting, by=cast.leader, present=[cast.ceo.pk])
    ceo_approve(cycle=cycle, person=cast.coo, at=APPROVED)
    meeting_finish(meeting=meeting, by=cast.leader, at=APPROVED)
    found = top_management(cycle)
    row = found["rows"][0]
    assert (row.attendance_words, found["held"], found["attended"]) == ("was there", 1, 1)
    assert row.hours == (APPROVED - FROZEN).total_seconds() / 3600
    assert (row.approved.by, row.approved.on_behalf_of) == (cast.coo.user, cast.ceo.user)
    assert (row.decided, row.latency) == (1, 5.0)
    Attendance.objects.filter(meeting=meeting, person=cast.ceo).update(present=False)
    assert top_management(cycle)["attended"] == 0


def test_the_reporting_line_is_said_and_a_replayed_cycle_does_not_count(cast: Cast) -> None:
    past_cycle(OCT)
    cycle = started(cast)
    found = top_management(cycle)
    assert found["to_the_ceo"]
    assert [row.cycle for row in found["rows"]] == [cycle]
    Person.objects.filter(pk=cast.leader.pk).update(reports_to=cast.coo)
    MovedClock.objects.update_or_create(pk=1, defaults={"at": MONEY})
    client = Client()
    client.force_login(cast.rep.user)
    page = client.get("/dashboard/").content.decode()
    assert "reports to Oscar Operations" in page
    assert "not to the CEO" in page


def test_a_barrier_comes_with_what_was_done_about_it(cast: Cast) -> None:
    cycle = past_cycle(OCT, {})
    answered(cycle, cast.rep, How.ABSENT, barrier="no_time")
    assert [barrier.done for barrier in barriers(cycle)] == [()]
    facts = {"cycle": cycle, "department": "Sales", "barrier": "no_time", "by": cast.leader, "at": MONEY}
    barrier_remedy_add(text="A quarter of an hour is kept free.", on=MONEY.date(), **facts)
    remedy = barrier_remedy_add(
        text="Fewer lines are flagged", on=MONEY.date(), owner=cast.demand_planner, due_on=date(2026, 12, 1), **facts
    )
    assert barriers(cycle)[0].done == (
        f"Fewer lines are flagged ({remedy.action.code}, open); A quarter of an hour is kept free",
    )
    action_close(action=remedy.action, by=cast.demand_planner, at=MONEY, outcome="Twelve at most")
    assert "(A-1, done)" in barriers(cycle)[0].done[0]
