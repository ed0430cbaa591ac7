"""Signing supply, returning demand, keeping capacity."""

from datetime import date

import pytest

from cycles.models import Cycle, CycleState, MilestoneReached
from cycles.selectors import milestones_reached
from cycles.services import cycle_advance
from cycles.steps import Milestone, Step, StepState
from demand.models import Stage
from demand.selectors.versions import version_current
from jobs.errors import Invalid, NotYours, Refused
from jobs.models import Message
from masterdata.models import RowChange
from supply.models import CapacityException, Gap, GapOptionKind, SupplyAnswer, SupplyReturn
from supply.services.capacity import capacity_change, capacity_set
from supply.services.gaps import gap_escalate, gap_option_choose
from supply.services.planning import supply_plan_build
from supply.services.signing import supply_return, supply_sign
from tests.cast import Cast, small_company
from tests.supply.demand_plans import AT, LATER, cycle_signed, demand_planned

pytestmark = pytest.mark.django_db
MAR = date(2027, 3, 1)


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    cycle = cycle_signed(peaks={("ALPHA", 2): 40.0})
    supply_plan_build(cycle=cycle, at=AT)
    return cycle


def answered(cast: Cast, cycle: Cycle) -> None:
    for gap in Gap.objects.filter(cycle=cycle):
        gap_option_choose(gap=gap, kind=GapOptionKind.DO_NOTHING, person=cast.supply_planner, at=LATER)


# --- Signing ----------------------------------------------------------------------


def test_the_head_of_operations_signs_when_every_gap_has_an_answer(cast: Cast, cycle: Cycle) -> None:
    answered(cast, cycle)
    supply_sign(cycle=cycle, person=cast.coo, at=LATER, note="Tight in January.")
    row = MilestoneReached.objects.get(cycle=cycle, kind=Milestone.SUPPLY_SIGNED.value)
    assert (row.by, row.on_behalf_of, row.note) == (cast.coo.user, None, "Tight in January.")
    cycle_advance(cycle=cycle, at=LATER)
    assert cycle.steps.get(step=Step.SUPPLY_REVIEW.value).state == StepState.CLOSED.value


def test_a_gap_without_an_answer_stops_the_signature_and_is_named(cast: Cast, cycle: Cycle) -> None:
    with pytest.raises(Refused, match=r"1 gap without an answer: Welding in Jan 2027") as refusal:
        supply_sign(cycle=cycle, person=cast.coo, at=LATER)
    assert refusal.value.code == "gaps_open"


def test_a_gap_sent_to_pre_sop_counts_as_answered(cast: Cast, cycle: Cycle) -> None:
    gap_escalate(gap=Gap.objects.get(), person=cast.supply_planner, at=LATER)
    supply_sign(cycle=cycle, person=cast.coo, at=LATER)
    assert Milestone.SUPPLY_SIGNED in milestones_reached(cycle)


def test_the_deputy_signs_for_the_head(cast: Cast, cycle: Cycle) -> None:
    cast.coo.deputy = cast.supply_planner
    cast.coo.save()
    answered(cast, cycle)
    supply_sign(cycle=cycle, person=cast.supply_planner, at=LATER)
    row = MilestoneReached.objects.get(cycle=cycle, kind=Milestone.SUPPLY_SIGNED.value)
    assert (row.by, row.on_behalf_of) == (cast.supply_planner.user, cast.coo.user)


@pytest.mark.parametrize("who", ["sam", "mona", "carla", "fiona", "lena", "rita"])
def test_nobody_else_signs(cast: Cast, cycle: Cycle, who: str) -> None:
    answered(cast, cycle)
    with pytest.raises(NotYours, match="head of Operations"):
        supply_sign(cycle=cycle, person=cast.people[who], at=LATER)


def test_signing_twice_or_on_an_old_plan_is_refused(cast: Cast, cycle: Cycle) -> None:
    answered(cast, cycle)
    demand_planned(cycle, at=LATER)
    with pytest.raises(Refused, match="Demand was signed after this supply plan"):
        supply_sign(cycle=cycle, person=cast.coo, at=LATER)
    supply_plan_build(cycle=cycle, at=LATER)
    supply_sign(cycle=cycle, person=cast.coo, at=LATER)
    with pytest.raises(Refused, match="is signed already"):
        supply_sign(cycle=cycle, person=cast.coo, at=LATER)
    with pytest.raises(Refused, match="is signed"):
        supply_plan_build(cycle=cycle, at=LATER)


def test_supply_is_not_signed_before_there_is_a_plan(cast: Cast) -> None:
    cycle = cycle_signed()
    with pytest.raises(Refused):
        supply_sign(cycle=cycle, person=cast.coo, at=LATER)


# --- Returning the demand plan ----------------------------------------------------


def test_a_return_tells_the_leader_and_the_supply_planner_the_reason_and_changes_no_plan(
    cast: Cast, cycle: Cycle
) -> None:
    version = version_current(cycle, Stage.SUPPLY_PLAN)
    told = supply_return(cycle=cycle, person=cast.coo, reason="  The January peak <cannot> be made. ", at=LATER)
    assert told.reason == "The January peak <cannot> be made."
    mails = {mail.recipient: mail for mail in Message.objects.filter(kind="supply_return")}
    assert mails.keys() == {cast.leader.user, cast.supply_planner.user}
    mail, planners = mails[cast.leader.user], mails[cast.supply_planner.user]
    assert "Reopening the demand review is yours to decide" in mail.text
    assert "yours to decide" not in planners.text + planners.html
    assert "The January peak <cannot> be made." in planners.text
    assert "Oscar Operations cannot supply the demand plan of 2026-11" in mail.text
    assert "The January peak <cannot> be made." in mail.text
    assert "&lt;cannot&gt;" in mail.html
    assert "/cycle/" in mail.text
    assert version_current(cycle, Stage.SUPPLY_PLAN) == version
    assert Milestone.DEMAND_SIGNED in milestones_reached(cycle)


def test_who_returns_it_is_not_told_of_it(cast: Cast, cycle: Cycle) -> None:
    supply_return(cycle=cycle, person=cast.supply_planner, reason="No steel in March.", at=LATER)
    assert Message.objects.get(kind="supply_return").recipient == cast.leader.user


def test_a_return_needs_a_reason_operations_and_signed_demand(cast: Cast, cycle: Cycle) -> None:
    with pytest.raises(Invalid, match="Say in a few words"):
        supply_return(cycle=cycle, person=cast.coo, reason="  ", at=LATER)
    with pytest.raises(NotYours):
        supply_return(cycle=cycle, person=cast.rep, reason="No.", at=LATER)
    answered(cast, cycle)
    supply_sign(cycle=cycle, person=cast.coo, at=LATER)
    with pytest.raises(Refused, match="before supply is signed"):
        supply_return(cycle=cycle, person=cast.coo, reason="Too late.", at=LATER)
    assert not SupplyReturn.objects.exists()


# --- Capacity ---------------------------------------------------------------------


def keep(cast: Cast, regular: float, overtime: float, reason: str = "Second shift") -> CapacityException:
    return capacity_set(
        resource=cast.resource, month=MAR, regular=regular, overtime=overtime, reason=reason,
        person=cast.supply_planner, at=AT,
    )  # fmt: skip


def test_a_month_gets_another_capacity_with_its_reason_on_record(cast: Cast) -> None:
    keep(cast, 200, 10)
    keep(cast, 220, 0, "Holidays")
    row = CapacityException.objects.get()
    assert (row.regular, row.overtime) == (220, 0)
    last = RowChange.objects.filter(table="supply_capacityexception").first()
    assert last is not None
    assert (last.key, last.by) == ("WELD 2027-03", cast.supply_planner)
    assert last.before == {"regular": 200, "overtime": 10}
    assert last.after == {"regular": 220, "overtime": 0, "reason": "Holidays"}


def test_the_standard_takes_the_exception_away(cast: Cast) -> None:
    keep(cast, 200, 10)
    keep(cast, 150, 30, "Back to normal")
    assert not CapacityException.objects.exists()
    assert RowChange.objects.filter(table="supply_capacityexception").count() == 2


@pytest.mark.parametrize(
    ("regular", "overtime", "reason", "said"),
    [
        (-1, 0, "x", "Regular capacity of Welding"),
        (float("nan"), 0, "x", "Regular capacity of Welding"),
        (10, float("inf"), "x", "Overtime capacity of Welding"),
        (10, 2e9, "x", "Overtime capacity of Welding"),
        (10, 0, "  ", "Say why this month differs"),
    ],
)
def test_capacity_that_cannot_be_is_refused(
    cast: Cast, regular: float, overtime: float, reason: str, said: str
) -> None:
    with pytest.raises(Invalid, match=said):
        keep(cast, regular, overtime, reason)
    assert not CapacityException.objects.exists()


@pytest.mark.parametrize("who", ["oscar", "rita", "dora", "lena", "adam"])
def test_only_the_supply_planner_keeps_capacity(cast: Cast, who: str) -> None:
    with pytest.raises(NotYours):
        capacity_set(
            resource=cast.resource, month=MAR, regular=1, overtime=1, reason="x", person=cast.people[who], at=AT
        )


def test_changed_capacity_is_planned_with_at_once_until_supply_is_signed(cast: Cast, cycle: Cycle) -> None:
    def change(regular: float) -> bool:
        return capacity_change(
            cycle=cycle, resource=cast.resource, month=MAR, regular=regular, overtime=0, reason="Shutdown",
            person=cast.supply_planner, at=LATER,
        )  # fmt: skip

    assert change(10) is True
    assert SupplyAnswer.objects.get(product__code="ALPHA").binding[4] == "WELD"
    answered(cast, cycle)
    supply_sign(cycle=cycle, person=cast.coo, at=LATER)
    assert change(100) is False
    assert SupplyAnswer.objects.get(product__code="ALPHA").binding[4] == "WELD"


def test_the_plan_of_a_cycle_that_has_ended_stays(cast: Cast, cycle: Cycle) -> None:
    Cycle.objects.update(state=CycleState.NOT_PUBLISHED)
    cycle.refresh_from_db()
    with pytest.raises(Refused, match="has ended"):
        supply_plan_build(cycle=cycle, at=LATER)
