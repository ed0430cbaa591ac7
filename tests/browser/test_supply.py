"""Supply in a browser: from a gap to a signed plan that the customer's rep reads about."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from cycles.models import Cycle
from cycles.selectors import milestones_reached
from cycles.steps import Milestone
from jobs.models import MovedClock
from masterdata.models import Person
from supply.models import CapacityException, Gap
from supply.selectors.answers import plan_outcome
from supply.services.planning import supply_plan_build
from tests.browser.accessible import assert_accessible
from tests.cast import Cast, small_company
from tests.processes import Web
from tests.supply.demand_plans import AT, cycle_opened, cycle_signed, demand_planned

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PEAKS = {("ALPHA", 2): 40.0, ("ALPHA", 8): 45.0}


@dataclass
class Supply:
    """The small company in supply review, as people see it in browsers of their own."""

    url: str
    cast: Cast
    cycle: Cycle
    browser: Browser
    contexts: list[BrowserContext]
    complaints: list[str]

    def page(self, person: Person, path: str, **options: object) -> Page:
        client = Client()
        client.force_login(person.user)
        context = self.browser.new_context(**{"viewport": WIDE, "locale": "en-GB", "timezone_id": "UTC"} | options)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self.url}])
        self.contexts.append(context)
        page = context.new_page()
        page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(f"{self.url}{path}")
        return page


def made(live_portal: Web, browser: Browser, cast: Cast, cycle: Cycle) -> Iterator[Supply]:
    supply = Supply(live_portal.url, cast, cycle, browser, [], [])
    yield supply
    for context in supply.contexts:
        context.close()
    assert supply.complaints == []


@pytest.fixture
def supply(live_portal: Web, browser: Browser) -> Iterator[Supply]:
    cast = small_company()
    MovedClock.objects.create(at=AT)
    cycle = cycle_signed(peaks=PEAKS)
    supply_plan_build(cycle=cycle, at=AT)
    yield from made(live_portal, browser, cast, cycle)


@pytest.fixture
def waiting(live_portal: Web, browser: Browser) -> Iterator[Supply]:
    cast = small_company()
    MovedClock.objects.create(at=AT)
    cycle = cycle_opened()
    demand_planned(cycle, peaks=PEAKS)
    yield from made(live_portal, browser, cast, cycle)


def test_from_gaps_to_a_signed_plan_that_the_rep_reads(supply: Supply) -> None:
    planner = supply.page(supply.cast.supply_planner, "/supply/")
    expect(planner.get_by_text("2 of 2 to answer")).to_be_visible()
    before = plan_outcome(supply.cycle).units_late
    first, second = Gap.objects.order_by("-value")
    planner.locator(f"#gap-{first.pk}").get_by_role("button", name="Choose overtime").click()
    expect(planner.get_by_text("Overtime for Welding, Jul 2027. Units late:")).to_be_visible()
    assert plan_outcome(supply.cycle).units_late < before
    planner.locator(f"#gap-{second.pk}").get_by_role("button", name="Send to pre-S&OP").click()
    expect(planner.get_by_text("goes to pre-S&OP with its options.")).to_be_visible()

    head = supply.page(supply.cast.coo, "/supply/")
    head.get_by_label("Note for the record").fill("Tight in July.")
    head.get_by_role("button", name="Sign the supply plan").click()
    expect(head.get_by_text("Signed by Oscar Operations")).to_be_visible()
    assert Milestone.SUPPLY_SIGNED in milestones_reached(supply.cycle)
    planner.reload()
    expect(planner.get_by_role("button", name="Choose")).to_have_count(0)

    rep = supply.page(supply.cast.rep, "/supply/news/")
    expect(rep.get_by_text("Alpha for North Stores:")).to_be_visible()
    expect(rep.get_by_text("of 40 confirmed in Jan, rest in").first).to_be_visible()


def test_options_side_by_side_and_the_choice_from_there(supply: Supply) -> None:
    gap = Gap.objects.order_by("-value").first()
    assert gap is not None
    planner = supply.page(supply.cast.supply_planner, f"/supply/gap/{gap.pk}/")
    row = planner.get_by_role("row", name="Outsource")
    expect(row).to_contain_text("the gap is closed")
    row.get_by_role("button").click()
    expect(planner.get_by_text("Outsource for Welding, Jul 2027.")).to_be_visible()
    gap.refresh_from_db()
    assert (gap.chosen, gap.units) == ("outsource", 0)


def test_capacity_is_kept_and_planned_with_at_once(supply: Supply) -> None:
    planner = supply.page(supply.cast.supply_planner, "/supply/resource/WELD/")
    month = planner.get_by_role("combobox", name="Month")
    month.select_option("2027-03")
    planner.get_by_role("textbox", name="Regular").fill("12x")
    planner.get_by_label("Reason").fill("Shutdown")
    planner.get_by_role("button", name="Keep").click()
    expect(planner.get_by_role("alert")).to_contain_text("“12x” is not a number")
    supply.complaints.clear()  # the browser reports the refusal's status
    expect(planner.get_by_label("Reason")).to_have_value("Shutdown")
    expect(month).to_have_value("2027-03")
    planner.get_by_role("textbox", name="Regular").fill("20")
    planner.get_by_role("button", name="Keep").click()
    expect(planner.get_by_text("The supply plan is made again with it.")).to_be_visible()
    expect(planner.get_by_role("row", name="March 2027 exception")).to_be_visible()
    assert CapacityException.objects.get().regular == 20
    assert Gap.objects.filter(month="2027-03-01").exists()


def test_before_demand_is_signed_the_page_waits_with_a_preview(waiting: Supply, screenshots: Path) -> None:
    page = waiting.page(waiting.cast.supply_planner, "/supply/")
    expect(page.get_by_text("The supply plan waits for the demand plan.")).to_be_visible()
    expect(page.get_by_text("Preview on today's numbers")).to_be_visible()
    page.screenshot(path=screenshots / "supply-waiting-light-1440.png", full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["desktop", "phone"])
def test_every_page_is_accessible_and_fits(
    supply: Supply, screenshots: Path, scheme: str, size: dict[str, int]
) -> None:
    gap = Gap.objects.first()
    assert gap is not None
    paths = {
        "supply": "/supply/",
        "supply-gap": f"/supply/gap/{gap.pk}/",
        "supply-families": "/supply/families/",
        "supply-family": "/supply/family/BIKES/",
        "supply-resource": "/supply/resource/WELD/",
        "supply-capacity": "/supply/inputs/capacity/",
        "supply-stock": "/supply/inputs/stock/",
        "supply-orders": "/supply/inputs/orders/",
        "supply-plan-change": "/supply/plan-change/",
        "supply-kept": "/supply/kept/",
        "supply-news": "/supply/news/",
    }
    page = supply.page(supply.cast.supply_planner, "/supply/", viewport=size, color_scheme=scheme)
    for name, path in paths.items():
        page.goto(f"{supply.url}{path}")
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
        page.screenshot(path=screenshots / f"{name}-{scheme}-{size['width']}.png", full_page=True)
