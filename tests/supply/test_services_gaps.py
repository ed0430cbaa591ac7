"""Gaps: found, answered, kept over new plans, sent on, and priced with every short resource."""

from datetime import date

import numpy as np
import pytest

from cycles.models import Cycle
from cycles.services import milestone_reach
from cycles.steps import Milestone
from demand.models import Stage
from demand.selectors.versions import version_current
from jobs.errors import Invalid, NotYours, Refused
from supply.models import BillOfResource, CapacityException, Gap, GapOptionKind, Resource
from supply.selectors.answers import plan_outcome
from supply.selectors.gaps import gap_brief, gap_comparison, gap_rows, gaps_of
from supply.services.gaps import gap_escalate, gap_option_choose, gap_option_clear, gaps_take_recommended
from supply.services.planning import supply_plan_build
from tests.cast import Cast, small_company
from tests.supply.demand_plans import AT, LATER, cycle_signed, demand_planned

pytestmark = pytest.mark.django_db
JAN = date(2027, 1, 1)
# 3 x 40 ALPHA and 15 BETA need 270 of 150 hours in January; 20 of 30 pieces of stock cover part of it.
PEAK = {("ALPHA", 2): 40.0}


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    cycle = cycle_signed(peaks=PEAK)
    supply_plan_build(cycle=cycle, at=AT)
    return cycle


@pytest.fixture
def gap(cycle: Cycle) -> Gap:
    return Gap.objects.get(cycle=cycle)


def option(gap: Gap, kind: GapOptionKind) -> dict:
    return next(o for o in gap.options if o["kind"] == kind)


def choose(cast: Cast, gap: Gap, kind: GapOptionKind) -> object:
    return gap_option_choose(gap=gap, kind=kind, person=cast.supply_planner, at=LATER)


# --- What a gap says --------------------------------------------------------------


def test_a_gap_says_how_much_whose_and_what_could_be_done(cast: Cast, gap: Gap) -> None:
    assert (gap.resource.code, gap.month, gap.state) == ("WELD", JAN, Gap.State.OPEN)
    assert gap.hours == pytest.approx(2 * gap.units)
    assert {f["code"] for f in gap.families} == {"BIKES"}
    assert {c["name"] for c in gap.customers} == {"North Stores", "South Stores", "East Stores"}
    assert sum(c["units"] for c in gap.customers) == pytest.approx(gap.units, abs=0.5)
    assert [o["kind"] for o in gap.options] == list(GapOptionKind)
    assert sum(o["recommended"] for o in gap.options) == 1
    overtime = option(gap, GapOptionKind.OVERTIME)
    assert overtime["hours"] == pytest.approx(30)
    assert overtime["units"] == pytest.approx(15)
    assert overtime["cost"] == pytest.approx(30 * (30 - 20))


def test_small_differences_are_no_gap(cast: Cast) -> None:
    cycle = cycle_signed({"ALPHA": 25.0, "BETA": 0.2, "GAMMA": 1.0, "DELTA": 1.0})
    supply_plan_build(cycle=cycle, at=AT)
    assert not Gap.objects.exists()


def test_the_brief_has_a_question_options_with_effects_and_a_recommendation(cast: Cast, gap: Gap) -> None:
    brief = gap_brief(gap)
    assert brief.question.startswith("Welding cannot carry January 2027:")
    assert "North Stores" in brief.facts
    assert [o.key for o in brief.options if o.do_nothing] == ["do_nothing"]
    assert brief.recommendation in [o.key for o in brief.options]
    overtime = next(o for o in brief.options if o.key == "overtime")
    assert overtime.plan_effect == {"gap_option": "overtime"}
    assert overtime.capacity_hours == pytest.approx(30)
    assert 0 < overtime.service < 1
    assert overtime.revenue == pytest.approx(gap.value * 15 / gap.units)


# --- Choosing ---------------------------------------------------------------------


def test_overtime_adds_its_hours_and_the_plan_is_made_again(cast: Cast, cycle: Cycle, gap: Gap) -> None:
    before = plan_outcome(cycle)
    done = choose(cast, gap, GapOptionKind.OVERTIME)
    assert done.before == before
    assert done.units_gained == pytest.approx(15)
    assert done.after == plan_outcome(cycle)
    gap.refresh_from_db()
    assert (gap.state, gap.chosen, gap.extra_hours) == (Gap.State.CHOSEN, "overtime", pytest.approx(30))
    assert gap.by == cast.supply_planner
    assert version_current(cycle, Stage.SUPPLY_PLAN).made_by == cast.supply_planner


def test_outsourcing_closes_the_gap(cast: Cast, cycle: Cycle, gap: Gap) -> None:
    done = choose(cast, gap, GapOptionKind.OUTSOURCE)
    assert done.after.units_late == pytest.approx(0, abs=1e-6)
    gap.refresh_from_db()
    assert (gap.units, gap.state) == (0, Gap.State.CHOSEN)


def test_building_ahead_moves_the_work_and_holds_stock(cast: Cast, cycle: Cycle, gap: Gap) -> None:
    done = choose(cast, gap, GapOptionKind.PREBUILD)
    assert done.after.units_late == pytest.approx(0, abs=1e-6)
    assert done.after.stock_value > done.before.stock_value


@pytest.mark.parametrize("kind", [GapOptionKind.DO_NOTHING, GapOptionKind.DELAY])
def test_accepting_the_delay_is_an_answer_and_changes_no_number(
    cast: Cast, cycle: Cycle, gap: Gap, kind: GapOptionKind
) -> None:
    done = choose(cast, gap, kind)
    assert done.units_gained == 0
    gap.refresh_from_db()
    assert (gap.state, gap.extra_hours) == (Gap.State.CHOSEN, 0)
    assert gap.units > 0


def test_a_choice_survives_a_new_plan_and_can_be_taken_back(cast: Cast, cycle: Cycle, gap: Gap) -> None:
    choose(cast, gap, GapOptionKind.OUTSOURCE)
    supply_plan_build(cycle=cycle, at=LATER)
    gap.refresh_from_db()
    assert (gap.chosen, plan_outcome(cycle).units_late) == ("outsource", pytest.approx(0, abs=1e-6))
    done = gap_option_clear(gap=gap, person=cast.supply_planner, at=LATER)
    gap.refresh_from_db()
    assert (gap.state, gap.chosen, gap.extra_hours) == (Gap.State.OPEN, "", 0)
    assert done.units_gained < 0


def test_a_gap_that_grows_past_what_was_accepted_opens_again(cast: Cast, cycle: Cycle, gap: Gap) -> None:
    choose(cast, gap, GapOptionKind.DO_NOTHING)
    demand_planned(cycle, peaks={("ALPHA", 2): 60.0}, at=LATER)
    supply_plan_build(cycle=cycle, at=LATER)
    gap.refresh_from_db()
    assert (gap.state, gap.chosen) == (Gap.State.OPEN, "do_nothing")
    assert "Do nothing was chosen, but" in gap.note


def test_a_gap_without_an_answer_goes_when_the_plan_no_longer_has_it(cast: Cast, cycle: Cycle, gap: Gap) -> None:
    demand_planned(cycle, at=LATER)
    supply_plan_build(cycle=cycle, at=LATER)
    assert not Gap.objects.filter(pk=gap.pk).exists()
    with pytest.raises(Refused, match="no longer there"):
        choose(cast, gap, GapOptionKind.OVERTIME)


def test_an_answered_gap_stays_at_nothing_when_the_plan_no_longer_has_it(cast: Cast, cycle: Cycle, gap: Gap) -> None:
    choose(cast, gap, GapOptionKind.DELAY)
    demand_planned(cycle, at=LATER)
    supply_plan_build(cycle=cycle, at=LATER)
    gap.refresh_from_db()
    assert (gap.units, gap.state, gap.chosen) == (0, Gap.State.CHOSEN, "delay")


def test_an_option_takes_hours_at_every_resource_that_is_short(cast: Cast) -> None:
    paint = Resource.objects.create(
        code="PAINT", name="Paint", regular_capacity=155, overtime_capacity=60, regular_cost=10, overtime_cost=15
    )
    BillOfResource.objects.create(family=cast.families["BIKES"], resource=paint, hours_per_unit=2)
    cycle = cycle_signed(peaks=PEAK)
    supply_plan_build(cycle=cycle, at=AT)
    gap = Gap.objects.get(resource__code="WELD")
    overtime = option(gap, GapOptionKind.OVERTIME)
    assert set(overtime["hours_by"]) == {"WELD", "PAINT"}
    assert overtime["hours_by"]["WELD"] == pytest.approx(30)
    done = choose(cast, gap, GapOptionKind.OVERTIME)
    assert done.units_gained == pytest.approx(15)


def test_every_recommended_option_is_taken_at_once(cast: Cast) -> None:
    cycle = cycle_signed(peaks=PEAK | {("ALPHA", 8): 45.0, ("BETA", 14): 30.0})
    supply_plan_build(cycle=cycle, at=AT)
    assert Gap.objects.filter(state=Gap.State.OPEN).count() == 3
    done = gaps_take_recommended(cycle=cycle, person=cast.supply_planner, at=LATER)
    assert not Gap.objects.filter(chosen="").exists()
    assert done.after.units_late < done.before.units_late


# --- Sending on, and who may ------------------------------------------------------


def test_a_gap_goes_to_pre_sop_and_comes_back_decided(cast: Cast, cycle: Cycle, gap: Gap) -> None:
    gap_escalate(gap=gap, person=cast.supply_planner, at=LATER, note="A second supplier is possible.")
    gap.refresh_from_db()
    assert (gap.state, gap.note) == (Gap.State.ESCALATED, "A second supplier is possible.")
    milestone_reach(cycle=cycle, kind=Milestone.SUPPLY_SIGNED, at=LATER)
    gap_option_choose(gap=gap, kind=GapOptionKind.OUTSOURCE, person=cast.ceo, at=LATER, decision="D-7")
    gap.refresh_from_db()
    assert (gap.state, gap.chosen, gap.note) == (Gap.State.CHOSEN, "outsource", "Decision D-7")
    assert plan_outcome(cycle).units_late == pytest.approx(0, abs=1e-6)


def test_an_answered_gap_is_not_sent_on(cast: Cast, gap: Gap) -> None:
    choose(cast, gap, GapOptionKind.DELAY)
    with pytest.raises(Refused, match="Take it back"):
        gap_escalate(gap=gap, person=cast.supply_planner, at=LATER)


@pytest.mark.parametrize("who", ["rita", "mona", "dora", "finn", "carla", "adam", "lena"])
def test_only_operations_answers_gaps(cast: Cast, cycle: Cycle, gap: Gap, who: str) -> None:
    person = cast.people[who]
    with pytest.raises(NotYours):
        gap_option_choose(gap=gap, kind=GapOptionKind.DELAY, person=person, at=LATER)
    with pytest.raises(NotYours):
        gap_option_clear(gap=gap, person=person, at=LATER)
    with pytest.raises(NotYours):
        gap_escalate(gap=gap, person=person, at=LATER)
    with pytest.raises(NotYours):
        gaps_take_recommended(cycle=cycle, person=person, at=LATER)


def test_the_head_of_operations_may_answer_too(cast: Cast, gap: Gap) -> None:
    gap_option_choose(gap=gap, kind=GapOptionKind.DELAY, person=cast.coo, at=LATER)
    gap.refresh_from_db()
    assert gap.by == cast.coo


def test_after_signing_only_a_decision_changes_a_gap(cast: Cast, cycle: Cycle, gap: Gap) -> None:
    milestone_reach(cycle=cycle, kind=Milestone.SUPPLY_SIGNED, at=LATER)
    with pytest.raises(Refused, match="is signed"):
        choose(cast, gap, GapOptionKind.OVERTIME)


def test_an_option_that_is_not_possible_is_refused_with_its_reason(cast: Cast) -> None:
    CapacityException.objects.create(resource=cast.resource, month=JAN, regular=60, overtime=0)
    cycle = cycle_signed(peaks=PEAK)
    supply_plan_build(cycle=cycle, at=AT)
    with pytest.raises(Refused, match="No overtime is left at Welding"):
        choose(cast, Gap.objects.first(), GapOptionKind.OVERTIME)
    with pytest.raises(Invalid, match="Choose one of the options"):
        gap_option_choose(gap=Gap.objects.first(), kind="magic", person=cast.supply_planner, at=LATER)


# --- Side by side -----------------------------------------------------------------


def test_options_are_compared_by_making_the_whole_plan_again(cast: Cast, cycle: Cycle, gap: Gap) -> None:
    compared = {c.option["kind"]: c for c in gap_comparison(gap, cast.supply_planner)}
    assert compared["do_nothing"].units_gained == 0
    assert compared["overtime"].units_gained == pytest.approx(15)
    assert compared["outsource"].outcome.units_late == pytest.approx(0, abs=1e-6)
    assert compared["prebuild"].stock_added > 0
    done = choose(cast, gap, GapOptionKind.OVERTIME)
    np.testing.assert_allclose(done.after.units_late, compared["overtime"].outcome.units_late)
    again = {c.option["kind"]: c for c in gap_comparison(gap, cast.supply_planner)}
    assert again["overtime"].units_gained == pytest.approx(15)


def test_cost_and_margin_are_for_those_who_may_see_them(cast: Cast, cycle: Cycle, gap: Gap) -> None:
    rep = gap_rows(gaps_of(cycle), cast.rep)[0]["options"]
    assert all(o["cost"] is None and o["margin"] is None and o["inventory"] is None for o in rep)
    assert not any("EUR" in o["text"] for o in rep if o["kind"] in ("overtime", "prebuild", "outsource"))
    planner = gap_rows(gaps_of(cycle), cast.supply_planner)[0]["options"]
    assert any(o["cost"] for o in planner)
