"""A scenario as a decision: the brief comes with its numbers, and what is decided is what operations plan by."""

from datetime import date

import pytest
from django.test import Client

from cycles.models import Cycle
from jobs.errors import Refused
from jobs.models import MovedClock
from meetings.models import Decision
from meetings.selectors.brief_form import brief_form
from meetings.services.decisions import decision_decide
from supply.change import Change
from supply.changes import Demand, Outsource, Overtime
from supply.models import Scenario
from supply.selectors.answers import plan_outcome
from supply.services.planning import supply_plan_build
from supply.services.scenarios import scenario_create, scenario_remove
from tests.cast import Cast, small_company
from tests.supply.demand_plans import AT, LATER, cycle_signed

pytestmark = pytest.mark.django_db
JAN, JUN = date(2027, 1, 1), date(2027, 6, 1)


@pytest.fixture
def cast() -> Cast:
    MovedClock.objects.create(at=AT)
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    cycle = cycle_signed(peaks={("ALPHA", 2): 40.0})
    supply_plan_build(cycle=cycle, at=AT)
    return cycle


def scenario(cast: Cast, cycle: Cycle, *changes: Change) -> Scenario:
    return scenario_create(cycle=cycle, name="Supplier", changes=changes, person=cast.supply_planner, at=AT)[0]


def raised(cast: Cast, cycle: Cycle, about: Scenario) -> Decision:
    """The brief as the form offers it, sent unchanged."""
    values = brief_form(cycle, None, AT.date(), None, about)["values"]
    client = Client()
    client.force_login(cast.supply_planner.user)
    answer = client.post("/meetings/decisions/new/", values)
    assert answer.status_code == 302, answer.content.decode()
    return Decision.objects.get()


def test_the_brief_of_a_scenario_is_filled_in_and_deciding_it_makes_the_plan(cast: Cast, cycle: Cycle) -> None:
    supplier = scenario(cast, cycle, Outsource(JAN, JAN, "WELD", 200.0, 1.0))
    before = plan_outcome(cycle)
    decision = raised(cast, cycle, supplier)
    nothing, option = decision.options.all()
    assert (nothing.do_nothing, nothing.units, nothing.plan_effect) == (True, 0, {})
    assert option.units == pytest.approx(before.units_late, abs=1)
    assert option.capacity_hours > 0
    assert option.cost == pytest.approx(option.capacity_hours * 20, abs=20)
    assert option.plan_effect == {"scenario": supplier.pk}
    assert decision.decider == cast.coo
    decision_decide(decision=decision, option="b", person=cast.coo, at=LATER)
    supplier.refresh_from_db()
    assert (supplier.chosen_by, supplier.decision) == (cast.coo, decision.code)
    assert plan_outcome(cycle).units_late == pytest.approx(0, abs=1e-6)


def test_doing_nothing_leaves_the_plan(cast: Cast, cycle: Cycle) -> None:
    decision = raised(cast, cycle, scenario(cast, cycle, Overtime(JAN, JUN, "WELD")))
    before = plan_outcome(cycle)
    decision_decide(decision=decision, option="a", person=cast.coo, at=LATER)
    assert plan_outcome(cycle) == before


def test_a_scenario_of_demand_is_decided_as_a_change_of_the_plan(cast: Cast, cycle: Cycle) -> None:
    decision = raised(cast, cycle, scenario(cast, cycle, Demand(JAN, JUN, "family", "BIKES", -10.0)))
    effect = decision.options.get(key="b").plan_effect
    assert effect == {"scope": "family", "code": "BIKES", "from": "2027-01", "to": "2027-06", "pct": -10.0}


def test_a_scenario_that_was_removed_cannot_be_decided(cast: Cast, cycle: Cycle) -> None:
    supplier = scenario(cast, cycle, Outsource(JAN, JAN, "WELD", 200.0, 1.0))
    decision = raised(cast, cycle, supplier)
    scenario_remove(scenario=supplier, person=cast.supply_planner)
    with pytest.raises(Refused, match="was removed"):
        decision_decide(decision=decision, option="b", person=cast.coo, at=LATER)
