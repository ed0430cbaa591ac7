"""The pages of scenarios over HTTP: made, compared, chosen, by whom, and with bad input."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from cycles.models import Cycle
from jobs.models import MovedClock
from masterdata.models import Customer, Person, Product
from supply.models import Gap, Scenario
from supply.selectors.answers import answer_of
from supply.selectors.scenarios_page import plan_as_it_is
from supply.selectors.start import scenario_start
from supply.services.planning import supply_plan_build
from tests.cast import Cast, small_company
from tests.supply.demand_plans import AT, LATER, cycle_opened, cycle_signed, demand_planned

pytestmark = pytest.mark.django_db
PEAK = {("ALPHA", 2): 40.0}
SUPPLIER = {"kind": "outsource", "resource": "WELD", "hours": "200", "surcharge": "100", "first": "2027-01"}


@pytest.fixture
def cast() -> Cast:
    MovedClock.objects.create(at=AT)
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    cycle = cycle_signed(peaks=PEAK)
    supply_plan_build(cycle=cycle, at=AT)
    return cycle


def as_(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_who_is_served_in_time_stands_beside_each_plan(cast: Cast, cycle: Cycle) -> None:
    client = as_(cast.supply_planner)
    assert "miss" not in text(client.get("/supply/scenarios/"))
    Customer.objects.filter(code="SOUTH").update(priority=1)
    Customer.objects.filter(code__in=["NORTH", "EAST"]).update(priority=3)
    Product.objects.filter(code="ALPHA").update(service_target=99.9)
    supply_plan_build(cycle=cycle, at=LATER)
    page = text(client.get("/supply/scenarios/"))
    assert re.search(r"Class 1: [0-9.]+ % in time, of [0-9,]+ units asked for", page)
    assert re.search(r"Class 3: [0-9.]+ % in time", page)
    assert "1 product misses the service target." in page


def test_from_what_if_to_the_supply_plan(cast: Cast, cycle: Cycle) -> None:
    client = as_(cast.supply_planner)
    assert "No scenario is made yet." in text(client.get("/supply/scenarios/"))
    client.post("/supply/scenarios/new/", {"kind": "nothing"})
    page = text(client.post("/supply/scenarios/new/", SUPPLIER | {"name": "Welding outside"}, follow=True))
    assert "“Welding outside” is worked out." in page
    assert "One more hour at Welding in Jan 2027 is worth EUR" in page
    assert "<svg" in page
    assert "style=" not in page
    scenario = Scenario.objects.get(name="Welding outside")
    page = text(client.post(f"/supply/scenarios/{scenario.pk}/choose/", follow=True))
    assert "The supply plan is made by “Welding outside”" in page
    assert "Planned at least cost by the scenario “Welding outside”." in page
    page = text(client.post("/supply/scenarios/release/", follow=True))
    assert "made by the rules again" in page


def test_a_plan_that_ships_no_more_units_but_dearer_ones_is_told(cast: Cast, cycle: Cycle) -> None:
    """Service counts units; what waits may be worth less all the same."""
    client = as_(cast.supply_planner)
    client.post("/supply/scenarios/new/", {"kind": "nothing", "name": "At least cost"})
    scenario, base = Scenario.objects.get(), plan_as_it_is(scenario_start(cycle, []))["figures"]
    scenario.result["figures"] |= {"in_time": base["in_time"] - 0.01, "value_late": base["value_late"] - 2000}
    scenario.save()
    page = text(client.get("/supply/scenarios/"))
    assert "None of these ships more in time than the plan as it is; “At least cost” has EUR 2 k less late." in page
    scenario.result["figures"] |= {"value_late": base["value_late"] + 2000}
    scenario.save()
    assert "ships more in time than the plan as it is." in text(client.get("/supply/scenarios/"))


@pytest.mark.parametrize(
    ("kind", "more", "name"),
    [
        ("overtime", {"resource": ""}, "Overtime at every resource, Nov 2026 to Oct 2028"),
        ("shift", {"resource": "WELD", "hours": "40", "rate": "26"}, "40 more hours a month at Welding for 26.00 each"),
        ("units", {"product": "ALPHA", "units": "5", "price": "400"}, "Buy up to 5 Alpha a month for 400.00 each"),
        ("prebuild", {"family": "BIKES", "allowed": "yes"}, "Build Bikes ahead where it pays"),
        ("demand", {"scope": "region:N", "percent": "\u221210"}, "Demand for North \u221210 %"),
        ("down", {"resource": "WELD", "share": "50"}, "Welding loses 50% of its hours"),
        ("capacity", {"resource": "WELD", "hours": "20"}, "20 new regular hours a month at Welding"),
    ],
)
def test_every_kind_has_a_form_and_names_itself(
    cast: Cast, cycle: Cycle, kind: str, more: dict[str, str], name: str
) -> None:
    client = as_(cast.supply_planner)
    form = text(client.get("/supply/scenarios/new/", {"kind": kind}))
    assert all(f'name="{field}"' in form for field in more)
    client.post("/supply/scenarios/new/", {"kind": kind} | more)
    scenario = Scenario.objects.get()
    assert scenario.name.startswith(name)
    assert scenario.state == Scenario.State.DONE


def test_a_gap_leads_to_a_scenario_of_its_resource_and_month(cast: Cast, cycle: Cycle) -> None:
    client = as_(cast.supply_planner)
    page = client.get(f"/supply/gap/{Gap.objects.get().pk}/").content.decode()
    address = "/supply/scenarios/new/?kind=shift&amp;resource=WELD&amp;first=2027-01&amp;last=2027-01"
    assert address in page
    form = text(client.get(address.replace("&amp;", "&")))
    assert '<option value="WELD" selected>' in form
    assert form.count('<option value="2027-01" selected>') == 2


def test_one_can_be_built_on_another(cast: Cast, cycle: Cycle) -> None:
    client = as_(cast.supply_planner)
    client.post("/supply/scenarios/new/", SUPPLIER | {"name": "One"})
    first = Scenario.objects.get()
    client.post("/supply/scenarios/new/", {"kind": "overtime", "name": "Both", "built_on": str(first.pk)})
    assert [change["kind"] for change in Scenario.objects.get(name="Both").changes] == ["outsource", "overtime"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": ""}, "Choose what the scenario changes"),
        (SUPPLIER | {"hours": "ten"}, "“ten” is not a number"),
        (SUPPLIER | {"hours": ""}, "Hours a month is empty"),
        (SUPPLIER | {"resource": ""}, "Choose a resource"),
        (SUPPLIER | {"last": "2026-12"}, "before it starts"),
        (SUPPLIER | {"first": "never"}, "never"),
        (SUPPLIER | {"built_on": "x"}, "from the list"),
        ({"kind": "promotion", "event": "", "delay": "1"}, "Choose a promotion"),
    ],
)
def test_bad_input_is_named_and_kept(cast: Cast, cycle: Cycle, given: dict[str, str], said: str) -> None:
    answer = as_(cast.supply_planner).post("/supply/scenarios/new/", given | {"name": "My try"})
    assert answer.status_code == 422
    assert said in text(answer)
    assert 'value="My try"' in text(answer)
    assert not Scenario.objects.exists()


def test_others_read_without_costs_and_change_nothing(cast: Cast, cycle: Cycle) -> None:
    as_(cast.supply_planner).post("/supply/scenarios/new/", SUPPLIER | {"name": "Outside"})
    scenario = Scenario.objects.get()
    rep = as_(cast.rep)
    page = text(rep.get("/supply/scenarios/"))
    assert "Outside" in page
    assert "Margin" not in page
    assert "is worth EUR" not in page
    assert "Make it the supply plan" not in page
    assert rep.get("/supply/scenarios/new/").status_code == 403
    for what in ("choose", "again", "remove"):
        assert rep.post(f"/supply/scenarios/{scenario.pk}/{what}/").status_code == 403
    assert "Margin" in text(as_(cast.finance).get("/supply/scenarios/"))


def test_what_is_out_of_date_says_so_and_can_be_worked_out_again(cast: Cast, cycle: Cycle) -> None:
    client = as_(cast.supply_planner)
    client.post("/supply/scenarios/new/", SUPPLIER | {"name": "Outside"})
    scenario = Scenario.objects.get()
    client.post(
        "/supply/resource/WELD/capacity/", {"month": "2027-03", "regular": "60", "overtime": "0", "reason": "x"}
    )
    assert "Out of date: Demand, capacity, stock" in text(client.get("/supply/scenarios/"))
    assert "Out of date" not in text(client.post(f"/supply/scenarios/{scenario.pk}/again/", follow=True))
    client.post(f"/supply/scenarios/{scenario.pk}/remove/")
    assert not Scenario.objects.exists()


def test_the_supply_page_says_what_an_hour_is_worth_to_those_who_see_costs(cast: Cast, cycle: Cycle) -> None:
    client = as_(cast.supply_planner)
    assert "says which hours to buy first" in text(client.get("/supply/"))
    client.post("/supply/scenarios/new/", {"kind": "nothing"})
    assert "One more hour at Welding in Jan 2027 is worth EUR" in text(client.get("/supply/"))
    assert "is worth EUR" in text(as_(cast.finance).get("/supply/"))
    assert "is worth" not in text(as_(cast.rep).get("/supply/"))
    assert "Out of date" not in text(client.get("/supply/"))
    demand_planned(cycle, peaks={("ALPHA", 3): 60.0}, at=LATER)
    supply_plan_build(cycle=cycle, at=LATER)
    assert "Out of date: the demand plan has changed" in text(client.get("/supply/"))


def test_a_plan_with_units_from_outside_is_taken_and_its_load_is_only_what_is_made_here(
    cast: Cast, cycle: Cycle
) -> None:
    client = as_(cast.supply_planner)
    typed = {"kind": "units", "product": "ALPHA", "units": "100", "price": "310", "name": "Ready bikes"}
    client.post("/supply/scenarios/new/", typed)
    scenario = Scenario.objects.get()
    assert scenario.result["figures"]["bought"] > 0
    assert "Bought ready" in text(client.get("/supply/scenarios/"))
    client.post(f"/supply/scenarios/{scenario.pk}/choose/")
    answer = answer_of(cycle)
    assert answer is not None
    assert answer.bought.sum() == pytest.approx(scenario.result["figures"]["bought"])
    assert (answer.with_hours <= answer.supply).all()
    base = plan_as_it_is(scenario_start(cycle, []))["figures"]
    assert base["extra_cost"] == pytest.approx(scenario.result["figures"]["extra_cost"])
    assert base["bought"] == pytest.approx(scenario.result["figures"]["bought"])
    assert client.get("/supply/").status_code == 200


def test_before_there_is_a_demand_plan_the_page_says_so(cast: Cast) -> None:
    cycle_opened()
    answer = as_(cast.supply_planner).get("/supply/scenarios/")
    assert answer.status_code == 200
    page = text(answer)
    assert "Scenarios change a demand plan, and November 2026 has none yet." in page
    assert "Data close" in page
    assert 'href="/demand/"' in page
    assert "/supply/scenarios/" not in text(as_(cast.supply_planner).get("/supply/"))


def test_the_page_takes_as_many_queries_with_five_scenarios_as_with_one(
    cast: Cast, cycle: Cycle, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = as_(cast.supply_planner)
    for number in range(5):
        client.post("/supply/scenarios/new/", {"kind": "overtime", "name": f"Try {number}"})
    with django_assert_max_num_queries(45):
        client.get("/supply/scenarios/")
