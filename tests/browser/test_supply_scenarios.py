"""Scenarios in a browser: from a gap over what-ifs and a brief to a signed plan that the customer's rep reads."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from meetings.models import Decision
from supply.changes import Outsource, Overtime
from supply.models import Gap, Scenario
from supply.selectors.answers import plan_outcome
from supply.services.scenarios import scenario_create
from tests.browser.accessible import assert_accessible
from tests.browser.test_supply import PHONE, WIDE, Supply, supply
from tests.supply.demand_plans import LATER

__all__ = ["supply"]
pytestmark = pytest.mark.browser


def test_from_a_gap_to_a_signed_plan_with_three_scenarios(supply: Supply, screenshots: Path) -> None:
    planner = supply.page(supply.cast.supply_planner, "/supply/")
    expect(planner.get_by_text("2 of 2 to answer")).to_be_visible()
    gap = Gap.objects.get(month="2027-01-01")
    expect(planner.locator(f"#gap-{gap.pk}")).to_contain_text("North Stores")
    rep = supply.page(supply.cast.rep, "/")
    news = rep.get_by_role("region", name="Your customers")
    expect(news).to_contain_text("Alpha for North Stores: 27 of 40 confirmed in Jan, rest in Feb")
    expect(news).to_contain_text("Because Welding is full.")
    before = plan_outcome(supply.cycle).units_late
    planner.get_by_role("link", name="Scenarios").click()
    planner.get_by_role("link", name="New scenario").click()
    # by keys alone: the first field, the choice, the button
    planner.get_by_label("Name").focus()
    planner.keyboard.type("Overtime everywhere")
    planner.keyboard.press("Enter")
    expect(planner.get_by_text("“Overtime everywhere” is worked out.")).to_be_visible()

    planner.get_by_role("link", name="New scenario").click()
    planner.get_by_role("link", name="Build ahead").click()
    planner.get_by_label("Name").fill("Ahead")
    planner.get_by_role("button", name="Work it out").click()
    expect(planner.get_by_text("“Ahead” is worked out.")).to_be_visible()

    planner.get_by_role("link", name="New scenario").click()
    planner.get_by_role("link", name="Outsource").click()
    planner.get_by_label("Hours a month").fill("many")
    planner.get_by_label("Name").fill("Supplier")
    planner.get_by_role("button", name="Work it out").click()
    expect(planner.get_by_role("alert")).to_contain_text("“many” is not a number")
    supply.complaints.clear()  # the browser reports the refusal's status
    planner.get_by_label("Hours a month").fill("200")
    planner.get_by_role("button", name="Work it out").click()
    expect(planner.get_by_role("columnheader", name="Supplier")).to_be_visible()
    expect(planner.get_by_role("columnheader")).to_have_count(5)
    planner.screenshot(path=screenshots / "scenarios-compared-1440.png", full_page=True)

    planner.get_by_role("link", name="Write a brief about Supplier").click()
    expect(planner.get_by_label("Question")).to_have_value(re.compile("Do we plan supply by “Supplier”"))
    planner.get_by_role("button", name="Put it on the agenda").click()
    expect(planner.get_by_text("is on the agenda of the")).to_be_visible()
    decision = Decision.objects.get()
    chosen = Scenario.objects.get(name="Supplier")
    assert decision.options.get(key="b").plan_effect == {"scenario": chosen.pk}
    assert decision.options.get(key="b").units > 0

    planner.goto(f"{supply.url}/supply/scenarios/")
    planner.get_by_role("button", name="Make it the supply plan by Supplier").click()
    expect(planner.get_by_text("The supply plan is made by “Supplier”")).to_be_visible()
    assert plan_outcome(supply.cycle).units_late < before
    assert not Gap.objects.filter(state=Gap.State.OPEN).exists()
    chosen.refresh_from_db()
    assert chosen.chosen_by == supply.cast.supply_planner

    head = supply.page(supply.cast.coo, "/supply/")
    head.get_by_role("button", name="Sign the supply plan").click()
    expect(head.get_by_text("Signed by Oscar Operations")).to_be_visible()
    planner.goto(f"{supply.url}/supply/scenarios/")
    expect(planner.get_by_role("button", name="Make it the supply plan")).to_have_count(0)
    rep.reload()
    expect(news).to_contain_text("Everything your customers need is committed.")
    asked = news.get_by_role("row", name="Asked for").get_by_role("cell")
    expect(news.get_by_role("row", name="Confirmed").get_by_role("cell")).to_have_text(asked.all_inner_texts())
    rep.goto(f"{supply.url}/sheet/")
    beside = rep.get_by_role("region", name="What supply commits")
    expect(beside).to_contain_text("Everything your customers need in the next six months is committed.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["desktop", "phone"])
def test_the_pages_of_scenarios_are_accessible_and_fit(
    supply: Supply, screenshots: Path, scheme: str, size: dict[str, int]
) -> None:
    first, last = supply.cycle.month, supply.cycle.month.replace(year=2028, month=10)
    for name, changes in {
        "Nothing new": [],
        "Overtime everywhere": [Overtime(first, last)],
        "Welding to a supplier": [Outsource(first, last, "WELD", 60.0, 1.0)],
    }.items():
        scenario_create(cycle=supply.cycle, name=name, changes=changes, person=supply.cast.supply_planner, at=LATER)
    page = supply.page(supply.cast.supply_planner, "/supply/", viewport=size, color_scheme=scheme)
    for name, path in {"scenarios": "/supply/scenarios/", "scenario-new": "/supply/scenarios/new/?kind=demand"}.items():
        page.goto(f"{supply.url}{path}")
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
        page.screenshot(path=screenshots / f"{name}-{scheme}-{size['width']}.png", full_page=True)
