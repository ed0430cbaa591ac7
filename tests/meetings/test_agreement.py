"""Finance confirms, the pack is frozen, the CEO approves or returns; everybody affected is told."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail

from cycles.models import MilestoneReached
from cycles.reminders import Kind
from cycles.selectors import milestones_reached, step_of
from cycles.steps import Milestone, Step, StepState
from jobs.errors import Invalid, NotYours, Refused
from jobs.models import Job, Message
from jobs.services.messages import messages_due_send
from masterdata.models import Person
from meetings.models import Meeting, MeetingKind, RiskOpportunity
from meetings.selectors.pack import pack_for
from meetings.services.actions import risk_add
from meetings.services.agreement import ceo_approve, ceo_return, finance_confirm, pack_due, pack_freeze
from meetings.services.decisions import OptionDraft, decision_raise
from meetings.services.due import due
from tests.cast import Cast, small_company
from tests.meetings.journey import (
    APPROVED,
    FROZEN,
    MONEY,
    approved,
    confirmed,
    demand_is_signed,
    frozen,
    supply_is_signed,
)

BERLIN = ZoneInfo("Europe/Berlin")
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


def current(cycle: object, kind: Milestone) -> MilestoneReached:
    return MilestoneReached.objects.get(cycle=cycle, kind=kind.value, withdrawn_at=None)


@pytest.mark.parametrize("name", ["finance", "cfo"])
def test_finance_or_its_head_confirms_the_money_view(cast: Cast, name: str) -> None:
    cycle = supply_is_signed(cast)
    person = getattr(cast, name)
    finance_confirm(cycle=cycle, person=person, at=MONEY)
    assert current(cycle, Milestone.FINANCE_CONFIRMED).by == person.user
    with pytest.raises(Refused, match="confirmed already"):
        finance_confirm(cycle=cycle, person=person, at=MONEY)


def test_the_deputy_of_the_head_confirms_in_the_heads_name(cast: Cast) -> None:
    Person.objects.filter(pk=cast.cfo.pk).update(deputy=cast.leader)
    cycle = supply_is_signed(cast)
    finance_confirm(cycle=cycle, person=cast.leader, at=MONEY)
    assert current(cycle, Milestone.FINANCE_CONFIRMED).on_behalf_of == cast.cfo.user


def test_others_do_not_confirm_and_nobody_before_supply_is_signed(cast: Cast) -> None:
    cycle = demand_is_signed(cast)
    with pytest.raises(NotYours):
        finance_confirm(cycle=cycle, person=cast.ceo, at=MONEY)
    with pytest.raises(Refused, match="has signed supply"):
        finance_confirm(cycle=cycle, person=cast.finance, at=MONEY)


def test_the_pack_keeps_numbers_decisions_and_risks_and_goes_to_those_invited(cast: Cast) -> None:
    cycle = confirmed(cast)
    decision_raise(
        cycle=cycle,
        forum=MeetingKind.EXECUTIVE,
        question="Saturday shifts in December?",
        options=[
            OptionDraft("a", "Do nothing", do_nothing=True),
            OptionDraft("b", "Two Saturdays", effects={"revenue": 40_000.0, "margin": 9_000.0, "cost": 2_000.0}),
        ],
        recommendation="b",
        decider=cast.ceo,
        decide_by=date(2026, 11, 19),
        by=cast.leader,
        at=MONEY,
    )
    risk_add(
        cycle=cycle,
        kind=RiskOpportunity.Kind.RISK,
        text="North may cut its range",
        value=10_000.0,
        probability=0.3,
        month=date(2027, 2, 1),
        owner=cast.manager,
        by=cast.manager,
        at=MONEY,
    )
    meeting = pack_freeze(cycle=cycle, by=cast.leader, at=FROZEN)
    pack = meeting.pack
    assert (pack["number"], meeting.pack_frozen_at) == (1, FROZEN)
    assert [row["stage"] for row in pack["stages"]] == [
        "baseline",
        "sales",
        "team",
        "events",
        "demand_plan",
        "supply_plan",
        "company_forecast",
    ]
    assert pack["year"]["budget"] == 12 * 60_000
    assert "budget" in pack["message"]
    assert pack["message"].endswith("1 decision waits for you.")
    assert pack["risks_weighted"] == pytest.approx(-3_000)
    assert step_of(cycle, Step.PRE_SOP).state == StepState.CLOSED.value
    assert step_of(cycle, Step.EXECUTIVE_SOP).state == StepState.OPEN.value
    messages_due_send(at=FROZEN)
    told = sorted(m.to[0].split("<")[1].split("@")[0] for m in mail.outbox if "pack 1" in m.subject)
    assert told == ["carla", "fiona", "lena", "mark", "mona", "oscar"]
    carla = next(m for m in mail.outbox if "carla@" in m.to[0] and "pack 1" in m.subject)
    assert "Saturday shifts in December?" in carla.body
    assert "B. Two Saturdays (recommended), margin +9,000 EUR" in carla.body
    assert "http://127.0.0.1:8000/executive/" in carla.body
    # what is smaller than a family shows no margin to those who may not see unit cost
    mark = next(m for m in mail.outbox if "mark@" in m.to[0] and "pack 1" in m.subject)
    assert "9,000" not in mark.body + str(mark.alternatives[0][0])
    assert "revenue +40,000 EUR" in mark.body
    assert pack_for(pack, cast.rep)["decisions"][0]["options"][1]["margin"] is None
    assert pack_for(pack, cast.cfo)["decisions"][0]["options"][1]["margin"] == 9_000.0


def test_the_pack_is_frozen_by_the_leader_once_finance_has_confirmed(cast: Cast) -> None:
    cycle = supply_is_signed(cast)
    with pytest.raises(Refused, match="Finance has confirmed"):
        pack_freeze(cycle=cycle, by=cast.leader, at=FROZEN)
    confirmed(cast, cycle)
    with pytest.raises(NotYours):
        pack_freeze(cycle=cycle, by=cast.finance, at=FROZEN)
    pack_freeze(cycle=cycle, by=cast.leader, at=FROZEN)
    with pytest.raises(Refused, match="frozen already"):
        pack_freeze(cycle=cycle, by=cast.leader, at=FROZEN)


def test_by_time_it_is_due_at_the_end_of_pre_sop(cast: Cast) -> None:
    cycle = supply_is_signed(cast)
    end = datetime(2026, 11, 17, 17, tzinfo=BERLIN)
    assert not pack_due(cycle, end)
    confirmed(cast, cycle)
    assert not pack_due(cycle, end - timedelta(minutes=1))
    assert pack_due(cycle, end)
    pack_freeze(cycle=cycle, at=end)
    assert not pack_due(cycle, end)


def test_by_time_it_is_due_a_day_before_the_executive_meeting_at_the_latest(cast: Cast) -> None:
    cycle = confirmed(cast)
    a_day_before = datetime(2026, 11, 18, 10, tzinfo=BERLIN)
    cycle.steps.filter(step="pre_sop").update(due_at=a_day_before + timedelta(hours=7))
    assert not pack_due(cycle, a_day_before - timedelta(minutes=1))
    assert pack_due(cycle, a_day_before)


def test_nobody_hears_that_pre_sop_is_late_which_the_same_tick_ends(cast: Cast) -> None:
    cycle = confirmed(cast)
    due(at=datetime(2026, 11, 17, 17, 1, tzinfo=BERLIN))
    assert step_of(cycle, Step.PRE_SOP).state == StepState.CLOSED.value
    assert not Message.objects.filter(kind=Kind.STEP_LATE.value).exists()


def test_the_ceo_approves_and_publishing_is_queued(cast: Cast) -> None:
    cycle = frozen(cast)
    with pytest.raises(NotYours, match="Carla Chief"):
        ceo_approve(cycle=cycle, person=cast.cfo, at=APPROVED)
    ceo_approve(cycle=cycle, person=cast.ceo, at=APPROVED)
    assert current(cycle, Milestone.CEO_APPROVED).by == cast.ceo.user
    assert step_of(cycle, Step.EXECUTIVE_SOP).state == StepState.CLOSED.value
    assert Job.objects.get(kind="publish").key == "2026-11"


def test_nothing_is_approved_before_the_pack_is_frozen(cast: Cast) -> None:
    cycle = confirmed(cast)
    with pytest.raises(Refused, match="pack is frozen"):
        ceo_approve(cycle=cycle, person=cast.ceo, at=APPROVED)


def test_the_ceo_returns_the_plan_and_all_heads_are_told_why(cast: Cast) -> None:
    cycle = frozen(cast)
    with pytest.raises(Invalid):
        ceo_return(cycle=cycle, person=cast.ceo, at=APPROVED, reason=" ")
    with pytest.raises(NotYours):
        ceo_return(cycle=cycle, person=cast.coo, at=APPROVED, reason="No")
    ceo_return(cycle=cycle, person=cast.ceo, at=APPROVED, reason="The gap in bikes is not answered")
    assert step_of(cycle, Step.PRE_SOP).state == StepState.OPEN.value
    assert milestones_reached(cycle) & {Milestone.FINANCE_CONFIRMED, Milestone.PACK_FROZEN} == set()
    assert Milestone.SUPPLY_SIGNED in milestones_reached(cycle)
    mails = Message.objects.filter(kind="step_reopen")
    assert {m.recipient.username for m in mails} >= {"mona", "oscar", "fiona", "mark", "lena", "finn"}
    assert all("The gap in bikes is not answered" in m.text for m in mails)
    executive = Meeting.objects.get(cycle=cycle, kind=MeetingKind.EXECUTIVE)
    assert executive.starts_at == datetime(2026, 11, 23, 10, tzinfo=BERLIN)


def test_after_a_return_the_next_pack_has_the_next_number(cast: Cast) -> None:
    cycle = frozen(cast)
    ceo_return(cycle=cycle, person=cast.ceo, at=APPROVED, reason="Look at bikes again")
    later = APPROVED + timedelta(hours=3)
    finance_confirm(cycle=cycle, person=cast.finance, at=later)
    meeting = pack_freeze(cycle=cycle, by=cast.leader, at=later)
    assert meeting.pack["number"] == 2
    assert Message.objects.filter(kind="pack", recipient=cast.ceo.user).count() == 2
    approved(cast, cycle)


def test_there_is_nothing_to_return_before_the_pack(cast: Cast) -> None:
    with pytest.raises(Refused, match="no frozen pack"):
        ceo_return(cycle=confirmed(cast), person=cast.ceo, at=APPROVED, reason="Too early")
