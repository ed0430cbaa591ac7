"""The two sides sign for each other: either head returns the other's plan with a reason, or a deputy does."""

from datetime import timedelta

import pytest
from django.test import Client

from cycles.models import Cycle, MilestoneReached, StepEvent
from cycles.selectors import milestones_reached, step_of
from cycles.steps import Action, Milestone, Step, StepState
from demand.models import Stage
from demand.selectors.versions import version_current
from demand.services.plan import demand_sign, proposal_build
from jobs.errors import Invalid, NotYours, Refused
from jobs.models import Message, MovedClock
from masterdata.models import Person
from meetings.models import Meeting, MeetingKind
from meetings.services.agreement import plan_return
from supply.services.planning import supply_plan_build
from supply.services.signing import supply_sign
from tests.cast import Cast, small_company
from tests.meetings.journey import (
    ENTRY,
    MONEY,
    SUPPLY,
    approved,
    confirmed,
    demand_is_signed,
    frozen,
    in_entry,
    supply_is_signed,
)

WHY = "Welding has no hours for the winter promotion."
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


def returned(cycle: Cycle, step: Step, person: Person, reason: str = WHY) -> None:
    plan_return(cycle=cycle, step=step, person=person, at=SUPPLY, reason=reason)


def stands(cycle: Cycle) -> set[Milestone]:
    return set(milestones_reached(cycle))


def test_operations_returns_the_demand_plan_and_its_review_is_open_again(cast: Cast) -> None:
    cycle = supply_is_signed(cast)
    returned(cycle, Step.DEMAND_REVIEW, cast.coo)
    assert step_of(cycle, Step.DEMAND_REVIEW).state == StepState.OPEN.value
    assert step_of(cycle, Step.SUPPLY_REVIEW).state == StepState.PENDING.value
    assert not stands(cycle) & {Milestone.DEMAND_SIGNED, Milestone.SUPPLY_SIGNED}
    assert version_current(cycle, Stage.DEMAND_PLAN) is None
    withdrawn = MilestoneReached.objects.get(cycle=cycle, kind=Milestone.DEMAND_SIGNED.value)
    assert WHY in withdrawn.withdrawn_why


def test_sales_returns_the_supply_plan_and_demand_stays_signed(cast: Cast) -> None:
    cycle = confirmed(cast)
    returned(cycle, Step.SUPPLY_REVIEW, cast.manager)
    assert step_of(cycle, Step.SUPPLY_REVIEW).state == StepState.OPEN.value
    assert Milestone.DEMAND_SIGNED in stands(cycle)
    assert not stands(cycle) & {Milestone.SUPPLY_SIGNED, Milestone.FINANCE_CONFIRMED}


def test_everybody_concerned_is_told_once_with_the_reason(cast: Cast) -> None:
    cycle = demand_is_signed(cast)
    Message.objects.all().delete()
    returned(cycle, Step.DEMAND_REVIEW, cast.coo)
    told = Message.objects.filter(kind="step_reopen")
    names = list(told.values_list("recipient__username", flat=True))
    assert len(names) == len(set(names))
    assert {"mona", "dora", "mark", "lena", "carla", "fiona"} <= set(names)
    assert "oscar" not in names
    assert all(WHY in text for text in told.values_list("text", flat=True))


def test_a_deputy_signs_and_returns_in_the_heads_name(cast: Cast) -> None:
    Person.objects.filter(pk=cast.manager.pk).update(deputy=cast.rep)
    Person.objects.filter(pk=cast.coo.pk).update(deputy=cast.supply_planner)
    cycle = demand_is_signed(cast)
    returned(cycle, Step.DEMAND_REVIEW, cast.supply_planner)
    event = StepEvent.objects.get(step__cycle=cycle, action=Action.REOPEN.value)
    assert "Sam Supply for Oscar Operations" in event.reason
    proposal_build(cycle=cycle, at=SUPPLY)
    demand_sign(cycle=cycle, person=cast.rep, at=SUPPLY)
    signed = MilestoneReached.objects.get(cycle=cycle, kind=Milestone.DEMAND_SIGNED.value, withdrawn_at=None)
    assert (signed.by, signed.on_behalf_of, signed.at) == (cast.rep.user, cast.manager.user, SUPPLY)


def test_supply_is_signed_by_the_deputy_for_the_head(cast: Cast) -> None:
    Person.objects.filter(pk=cast.coo.pk).update(deputy=cast.supply_planner)
    cycle = supply_is_signed(cast)
    returned(cycle, Step.SUPPLY_REVIEW, cast.manager)
    supply_plan_build(cycle=cycle, at=MONEY)
    supply_sign(cycle=cycle, person=cast.supply_planner, at=MONEY)
    signed = MilestoneReached.objects.get(cycle=cycle, kind=Milestone.SUPPLY_SIGNED.value, withdrawn_at=None)
    assert (signed.by, signed.on_behalf_of) == (cast.supply_planner.user, cast.coo.user)


def test_nobody_returns_their_own_plan_or_without_a_reason_or_too_late(cast: Cast) -> None:
    cycle = demand_is_signed(cast)
    with pytest.raises(NotYours):
        returned(cycle, Step.DEMAND_REVIEW, cast.manager)
    with pytest.raises(NotYours):
        returned(cycle, Step.DEMAND_REVIEW, cast.ceo)
    with pytest.raises(Invalid, match="Say why"):
        returned(cycle, Step.DEMAND_REVIEW, cast.coo, " ")
    with pytest.raises(Refused, match="nothing to return"):
        returned(cycle, Step.SUPPLY_REVIEW, cast.manager)
    with pytest.raises(Refused, match="Only the demand plan"):
        returned(cycle, Step.PUBLISH, cast.manager)
    approved(cast, frozen(cast, confirmed(cast, supply_is_signed(cast, cycle))))
    with pytest.raises(Refused, match="CEO has approved"):
        returned(cycle, Step.DEMAND_REVIEW, cast.coo)


def test_the_panel_shows_who_signed_and_returns_from_there(cast: Cast) -> None:
    cycle = demand_is_signed(cast)
    MovedClock.objects.update_or_create(pk=1, defaults={"at": SUPPLY})
    client, rep = Client(), Client()
    client.force_login(cast.coo.user)
    rep.force_login(cast.rep.user)
    assert "Return the demand plan" not in rep.get("/meetings/signed/").content.decode()
    page = client.get("/meetings/signed/").content.decode()
    assert "signed by Mona Manager" in page
    empty = client.post("/meetings/signed/demand_review/return/", {"reason": ""})
    assert (empty.status_code, "Say why" in empty.content.decode()) == (422, True)
    client.post("/meetings/signed/demand_review/return/", {"reason": WHY, "next": "/supply/"})
    assert f"Oscar Operations: {WHY}" in rep.get("/meetings/signed/").content.decode()
    assert Milestone.DEMAND_SIGNED not in stands(cycle)


def test_a_meeting_with_nothing_to_decide_is_offered_to_the_leader_on_the_list(cast: Cast) -> None:
    cycle = in_entry(cast)
    MovedClock.objects.update_or_create(pk=1, defaults={"at": ENTRY})
    leader, rep = Client(), Client()
    leader.force_login(cast.leader.user)
    rep.force_login(cast.rep.user)
    offer = f"/meetings/{cycle.code}/{MeetingKind.DEMAND_REVIEW.value}/cancel/"
    assert offer in leader.get("/meetings/").content.decode()
    told = rep.get("/meetings/").content.decode()
    assert offer not in told
    assert "The S&amp;OP leader may cancel it" in told
    leader.post(offer)
    assert Meeting.objects.get(cycle=cycle, kind=MeetingKind.DEMAND_REVIEW).state == Meeting.State.CANCELLED
    assert offer not in leader.get("/meetings/").content.decode()


def test_a_pack_frozen_too_late_says_so(cast: Cast) -> None:
    cycle = frozen(cast)
    meeting = Meeting.objects.get(cycle=cycle, kind=MeetingKind.EXECUTIVE)
    client = Client()
    client.force_login(cast.ceo.user)
    MovedClock.objects.update_or_create(pk=1, defaults={"at": meeting.starts_at})
    room = f"/meetings/{cycle.code}/{MeetingKind.EXECUTIVE.value}/"
    assert "less than 24 hours before" not in client.get(room).content.decode()
    Meeting.objects.filter(pk=meeting.pk).update(pack_frozen_at=meeting.starts_at - timedelta(hours=23))
    assert "less than 24 hours before" in client.get(room).content.decode()
