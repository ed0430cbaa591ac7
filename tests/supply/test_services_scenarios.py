"""Scenarios: worked out, kept, out of date, taken as the supply plan, and who may."""

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pytest

from cycles.models import Cycle
from cycles.services import milestone_reach
from cycles.steps import Milestone
from demand.models import Event, Stage
from demand.selectors.versions import version_current, version_plan
from jobs.errors import Invalid, NotYours, Refused
from jobs.models import Job, WorkState
from masterdata.models import Person, Product
from supply.change import Change
from supply.changes import Capacity, Demand, Outsource, Overtime, Prebuild, Promotion
from supply.models import CapacityException, Gap, GapOptionKind, Scenario, SupplyAnswer
from supply.selectors import situation
from supply.selectors.answers import answer_of, plan_outcome
from supply.selectors.load import load_of
from supply.selectors.news import news
from supply.selectors.scenarios_page import plan_as_it_is
from supply.selectors.start import scenario_start
from supply.services import scenarios as service
from supply.services.gaps import gap_option_choose
from supply.services.planning import supply_plan_build, supply_plan_part
from supply.services.reserved import reserved_build
from supply.services.scenarios import (
    scenario_again,
    scenario_choose,
    scenario_create,
    scenario_part,
    scenario_release,
    scenario_remove,
    scenario_stale,
    scenario_work,
)
from supply.services.signing import supply_sign
from tests.cast import Cast, small_company
from tests.supply.demand_plans import AT, LATER, cycle_signed, demand_planned

pytestmark = pytest.mark.django_db
NOV, JAN, END = date(2026, 11, 1), date(2027, 1, 1), date(2028, 10, 1)
PEAK = {("ALPHA", 2): 40.0}
OVERTIME = Overtime(NOV, END, "WELD")
ENOUGH = Outsource(JAN, JAN, "WELD", 200.0, 1.0)


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    cycle = cycle_signed(peaks=PEAK)
    supply_plan_build(cycle=cycle, at=AT)
    return cycle


def made(cycle: Cycle, person: Person, *changes: Change, name: str = "What if", at: datetime = LATER) -> Scenario:
    return scenario_create(cycle=cycle, name=name, changes=changes, person=person, at=at)[0]


def service_of(scenario: Scenario) -> float:
    return float(scenario.result["figures"]["in_time"])


# --- Worked out -------------------------------------------------------------------


def test_a_scenario_is_worked_out_at_once_with_figures_causes_and_who_waits(cast: Cast, cycle: Cycle) -> None:
    scenario, job = scenario_create(
        cycle=cycle, name=" Nothing  new ", changes=[], person=cast.supply_planner, at=LATER
    )
    assert (scenario.name, scenario.state, job) == ("Nothing new", Scenario.State.DONE, None)
    result = scenario.result
    assert result["hours"][0]["resource"] == "WELD"
    assert result["hours"][0]["month"] == "2027-01"
    assert result["hours"][0]["value"] > 0
    assert result["binding"]["WELD"] >= 1
    assert [row["family"] for row in result["families"]] == ["BIKES"]
    assert {row["name"] for row in result["customers"]} <= {"North Stores", "South Stores", "East Stores"}
    units = sum(row["units"] for row in result["families"])
    assert sum(row["units"] for row in result["customers"]) == pytest.approx(units)
    assert scenario.demand_version == version_current(cycle, Stage.DEMAND_PLAN)


def test_the_plan_as_it_is_has_the_figures_of_the_supply_plan(cast: Cast, cycle: Cycle) -> None:
    figures = plan_as_it_is(scenario_start(cycle, []))["figures"]
    outcome = plan_outcome(cycle)
    assert figures["in_time"] == pytest.approx(outcome.in_time)
    assert figures["value_late"] == pytest.approx(outcome.value_late)
    assert figures["stock"] == pytest.approx(outcome.stock_value)


def test_more_hours_ship_more_in_time_and_less_hours_less(cast: Cast, cycle: Cycle) -> None:
    planner = cast.supply_planner
    nothing = service_of(made(cycle, planner, name="Nothing"))
    overtime = service_of(made(cycle, planner, OVERTIME, name="Overtime"))
    supplier = service_of(made(cycle, planner, ENOUGH, name="Supplier"))
    ahead = service_of(made(cycle, planner, Prebuild(NOV, END), name="Ahead"))
    assert nothing < overtime <= supplier == pytest.approx(1)
    assert ahead == pytest.approx(1)


def test_demand_of_a_region_and_an_event_can_change(cast: Cast, cycle: Cycle) -> None:
    Event.objects.create(
        code="SALE",
        name="Sale",
        kind="promotion",
        product=cast.products["ALPHA"],
        from_month=JAN,
        to_month=JAN,
        uplift_pct=100.0,
        entered_on=NOV,
    )
    before = scenario_start(cycle, []).ground.demand.sum()
    cancelled = made(cycle, cast.supply_planner, Promotion(NOV, END, "SALE"), name="No sale")
    assert cancelled.state == Scenario.State.DONE
    start = scenario_start(cycle, [Promotion(NOV, END, "SALE"), Demand(NOV, END, "region", "N", -50.0)])
    assert start.ground.events["SALE"].sum() == pytest.approx(60)
    assert start.ground.regions["N"].sum() == pytest.approx(before * 2 / 3, rel=0.05)
    assert service_of(cancelled) > service_of(made(cycle, cast.supply_planner, name="Nothing"))


def test_a_change_that_reaches_nothing_is_kept_with_its_problem(cast: Cast, cycle: Cycle) -> None:
    scenario = made(cycle, cast.supply_planner, Promotion(NOV, END, "GONE"))
    assert (scenario.state, scenario.result) == (Scenario.State.FAILED, {})
    assert "GONE is not in the plan" in scenario.problem
    with pytest.raises(Refused, match="changes demand"):
        scenario_choose(scenario=scenario, person=cast.supply_planner, at=LATER)


def test_products_made_like_each_other_in_a_circle_do_not_stop_a_plan(cast: Cast, cycle: Cycle) -> None:
    alpha, beta = cast.products["ALPHA"], cast.products["BETA"]
    Product.objects.filter(pk=alpha.pk).update(like_product=beta)
    Product.objects.filter(pk=beta.pk).update(like_product=alpha)
    assert made(cycle, cast.supply_planner, OVERTIME).state == Scenario.State.DONE


def test_what_takes_too_long_goes_to_a_worker(cast: Cast, cycle: Cycle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "AT_ONCE", 0.0)
    scenario, job = scenario_create(cycle=cycle, name="Big", changes=[OVERTIME], person=cast.supply_planner, at=LATER)
    scenario.refresh_from_db()
    assert job is not None
    assert (scenario.state, job.kind) == (Scenario.State.WAITING, "scenario")
    payload = job.parts.get().payload
    assert "worked out" in scenario_part(job=job.pk, payload=payload, at=LATER)
    scenario.refresh_from_db()
    assert (scenario.state, scenario.result["method"]) == (Scenario.State.DONE, "cost")
    assert scenario_choose(scenario=scenario, person=cast.supply_planner, at=LATER) is None
    with pytest.raises(Refused, match="being made again"):
        supply_sign(cycle=cycle, person=cast.coo, at=LATER)
    planning = Job.objects.get(kind="supply_plan")
    supply_plan_part(job=planning.pk, payload=planning.parts.get().payload, at=LATER)
    assert "by the scenario “Big”" in version_current(cycle, Stage.SUPPLY_PLAN).note
    Job.objects.update(state=WorkState.DONE)
    scenario_release(cycle=cycle, person=cast.supply_planner, at=LATER)
    scenario.refresh_from_db()
    scenario_remove(scenario=scenario, person=cast.supply_planner)
    assert "removed meanwhile" in scenario_part(job=job.pk, payload=payload, at=LATER)


def test_without_time_the_plan_of_the_rules_is_priced_and_says_so(cast: Cast, cycle: Cycle) -> None:
    scenario = made(cycle, cast.supply_planner, OVERTIME)
    best = scenario.result["figures"]["cost"]
    scenario_work(scenario=scenario, at=LATER, seconds=0.0, else_by_rules=True)
    assert scenario.result["method"] == "rules"
    figures = scenario.result["figures"]
    assert figures["cost"] >= best - 1e-6
    assert figures["gap"] >= 1 - best / figures["cost"] - 1e-6
    assert scenario.result["hours"] == []


def test_a_chosen_plan_that_is_not_found_in_time_is_made_by_the_rules_and_says_so(
    cast: Cast, cycle: Cycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = made(cycle, cast.supply_planner, ENOUGH)
    monkeypatch.setattr(situation, "SECONDS", 0.0)
    version = scenario_choose(scenario=scenario, person=cast.supply_planner, at=LATER)
    assert version is not None
    assert "was not found in time; the rules plan with its hours" in version.note
    assert plan_outcome(cycle).units_late == pytest.approx(0, abs=1e-6)


# --- Out of date ------------------------------------------------------------------


def test_a_scenario_is_out_of_date_when_demand_or_capacity_has_changed(cast: Cast, cycle: Cycle) -> None:
    scenario = made(cycle, cast.supply_planner, OVERTIME)
    assert not scenario_stale(scenario)
    exception = CapacityException.objects.create(resource=cast.resource, month=JAN, regular=60, overtime=0)
    assert scenario_stale(scenario)
    with pytest.raises(Refused, match="Work it out again"):
        scenario_choose(scenario=scenario, person=cast.supply_planner, at=LATER)
    exception.delete()
    assert not scenario_stale(scenario)
    demand_planned(cycle, peaks={("ALPHA", 3): 60.0}, at=LATER)
    assert scenario_stale(scenario)
    assert scenario_again(scenario=scenario, person=cast.supply_planner, at=LATER) is None
    assert not scenario_stale(scenario)


# --- Chosen -----------------------------------------------------------------------


def test_a_chosen_scenario_is_the_supply_plan_with_all_that_follows(cast: Cast, cycle: Cycle) -> None:
    assert Gap.objects.filter(state=Gap.State.OPEN).count() == 1
    scenario = made(cycle, cast.supply_planner, ENOUGH)
    version = scenario_choose(scenario=scenario, person=cast.supply_planner, at=LATER)
    assert version is not None
    assert "by the scenario “What if”" in version.note
    assert plan_outcome(cycle).in_time == pytest.approx(service_of(scenario))
    assert not Gap.objects.exists()
    shared = version_plan(version)
    answer = answer_of(cycle)
    assert answer is not None
    assert shared.quantity.sum() == pytest.approx(answer.committed.sum())
    before = np.column_stack([answer.opening_stock, answer.inventory[:, :-1]])
    np.testing.assert_allclose(before + answer.supply - answer.shipments, answer.inventory, atol=1e-6)
    used = load_of(cycle, answer.products, answer.demand, answer.supply)
    assert used.released[0, 2] == pytest.approx(350)
    assert (used.planned <= used.released + 1e-6).all()
    assert news(cast.rep, LATER.date())["facts"] == []
    assert reserved_build(version=version) >= 0
    figures = plan_as_it_is(scenario_start(cycle, []))["figures"]
    assert figures["cost"] == pytest.approx(scenario.result["figures"]["cost"])


def test_gaps_that_stay_can_still_be_answered_on_top(cast: Cast, cycle: Cycle) -> None:
    scenario = made(cycle, cast.supply_planner, Capacity(JAN, JAN, "WELD", 10.0))
    scenario_choose(scenario=scenario, person=cast.supply_planner, at=LATER)
    gap = Gap.objects.get()
    before = plan_outcome(cycle).units_late
    gap_option_choose(gap=gap, kind=GapOptionKind.OVERTIME, person=cast.supply_planner, at=LATER)
    assert before > 1
    assert plan_outcome(cycle).units_late == pytest.approx(0, abs=1e-6)


def test_another_scenario_takes_its_place_and_the_rules_come_back(cast: Cast, cycle: Cycle) -> None:
    planner, before = (
        cast.supply_planner,
        list(SupplyAnswer.objects.order_by("product").values_list("committed", flat=True)),
    )
    first, second = made(cycle, planner, OVERTIME, name="One"), made(cycle, planner, ENOUGH, name="Two")
    scenario_choose(scenario=first, person=planner, at=LATER)
    scenario_choose(scenario=second, person=planner, at=LATER)
    assert list(Scenario.objects.filter(chosen_at__isnull=False)) == [second]
    with pytest.raises(Refused, match="Take that back first"):
        scenario_remove(scenario=Scenario.objects.get(pk=second.pk), person=planner)
    scenario_release(cycle=cycle, person=planner, at=LATER)
    assert list(SupplyAnswer.objects.order_by("product").values_list("committed", flat=True)) == before
    with pytest.raises(Refused, match="not made by a scenario"):
        scenario_release(cycle=cycle, person=planner, at=LATER)


def test_what_changes_demand_is_for_a_decision(cast: Cast, cycle: Cycle) -> None:
    scenario = made(cycle, cast.supply_planner, Demand(NOV, END, "family", "BIKES", -10.0))
    with pytest.raises(Refused, match="which Sales has to agree"):
        scenario_choose(scenario=scenario, person=cast.supply_planner, at=LATER)


def test_after_signing_only_a_decision_takes_a_scenario(cast: Cast, cycle: Cycle) -> None:
    scenario = made(cycle, cast.supply_planner, ENOUGH)
    milestone_reach(cycle=cycle, kind=Milestone.SUPPLY_SIGNED, at=LATER)
    with pytest.raises(Refused, match="is signed"):
        scenario_choose(scenario=scenario, person=cast.supply_planner, at=LATER)
    version = scenario_choose(scenario=scenario, person=cast.ceo, at=LATER, decision="D-3")
    assert version is not None
    assert "decided with D-3" in version.note
    assert plan_outcome(cycle).units_late == pytest.approx(0, abs=1e-6)


# --- Who may, and bad input -------------------------------------------------------


@pytest.mark.parametrize("who", ["rita", "mona", "dora", "finn", "carla", "adam", "lena"])
def test_only_operations_makes_and_takes_scenarios(cast: Cast, cycle: Cycle, who: str) -> None:
    person, scenario = cast.people[who], made(cycle, cast.supply_planner, ENOUGH)
    with pytest.raises(NotYours):
        made(cycle, person, OVERTIME, name="Other")
    with pytest.raises(NotYours):
        scenario_choose(scenario=scenario, person=person, at=LATER)
    with pytest.raises(NotYours):
        scenario_again(scenario=scenario, person=person, at=LATER)
    with pytest.raises(NotYours):
        scenario_remove(scenario=scenario, person=person)
    with pytest.raises(NotYours):
        scenario_release(cycle=cycle, person=person, at=LATER)


def test_names_are_there_and_once_and_there_is_an_end(
    cast: Cast, cycle: Cycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(cycle, cast.coo, OVERTIME)
    for name, said in (("What if", "already"), ("  ", "Give the scenario a name"), ("x" * 81, "at most 80")):
        with pytest.raises(Invalid, match=said):
            made(cycle, cast.supply_planner, OVERTIME, name=name)
    with pytest.raises(Invalid, match="at most 6 changes"):
        made(cycle, cast.supply_planner, *[OVERTIME] * 7, name="Much")
    monkeypatch.setattr(service, "MOST", 1)
    with pytest.raises(Refused, match="Remove one"):
        made(cycle, cast.supply_planner, OVERTIME, name="Next")
    assert not Job.objects.filter(kind="scenario").exists()


def test_an_event_may_come_later_in_a_month_without_demand(cast: Cast) -> None:
    """All of the product's demand is the event's; it moves to a month in which nobody asks for anything."""
    cycle = cycle_signed(per_line={"ALPHA": 0.0, "BETA": 5.0, "GAMMA": 20.0, "DELTA": 2.0}, peaks={("ALPHA", 2): 40.0})
    given = scenario_start(cycle, [])
    part = np.where(given.ground.demand > 40, given.ground.demand, 0.0)
    part[np.arange(len(part)) != list(given.ground.codes).index("ALPHA")] = 0.0
    start = replace(given, ground=replace(given.ground, events={"SALE": part}))
    result = service._result(start, [Promotion(NOV, END, "SALE", 3)], 60.0, False)
    assert result["figures"]["units_late"] > 0
    waiting = next(row for row in result["families"] if row["family"] == "BIKES")["units"]
    assert sum(row["units"] for row in result["customers"]) == pytest.approx(waiting)
