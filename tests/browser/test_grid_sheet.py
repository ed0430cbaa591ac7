"""The sheet's page around the grid: the cue says what the number is compared with, whichever row is focused."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from demand.services.submissions import submissions_expect
from jobs.models import MovedClock
from tests.browser.test_sales import Sales, flag_lines
from tests.cast import small_company
from tests.processes import Web
from tests.stages import ENTRY, cycle_in_entry

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
PRICE = 500


@pytest.fixture
def sales(live_portal: Web, browser: Browser) -> Iterator[Sales]:
    cast = small_company()
    cycle = cycle_in_entry()
    submissions_expect(cycle=cycle)
    flag_lines(cycle, cast)
    MovedClock.objects.create(at=ENTRY)
    made = Sales(live_portal.url, cast, cycle, browser, [])
    yield made
    for context in made.contexts:
        context.close()


def cue(page: Page) -> Locator:
    return page.locator("[data-cue]")


def typed(page: Page, text: str) -> None:
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_the_cue_of_firm_likely_and_upside_is_that_of_the_number(sales: Sales) -> None:
    page = sales.page(sales.cast.rep, "/sheet/")
    number = sales.cell(page, "ALPHA", "NORTH")
    base = float(number.get_attribute("data-v") or 0)
    number.click()
    typed(page, f"{base + 10:.0f}")
    page.keyboard.press("ArrowUp")
    said = cue(page).inner_text()
    assert f"Baseline {base:.0f}" in said
    assert "Last 12 months" in said
    page.keyboard.press("Space")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
        assert cue(page).inner_text() == said
    typed(page, "12")
    page.keyboard.press("ArrowUp")
    expect(page.locator("tr.part.upside td:focus")).to_have_text("12")
    assert cue(page).inner_text() == said


def test_the_cue_follows_units_and_money_and_sums_a_subtotal(sales: Sales) -> None:
    page = sales.page(sales.cast.rep, "/sheet/")
    number = sales.cell(page, "ALPHA", "NORTH")
    base = float(number.get_attribute("data-v") or 0)
    number.click()
    expect(cue(page)).to_contain_text(f"Baseline {base:,.0f}")
    page.get_by_role("link", name="Money").click()
    expect(cue(page)).to_contain_text(f"Baseline {base * PRICE:,.0f}")
    page.get_by_role("link", name="Units").click()
    page.get_by_role("link", name="By customer").click()
    page.locator("tr.group", has_text="North Stores").locator('td[data-m="2026-11"]').click()
    lines = [sales.cell(page, product, "NORTH") for product in ("ALPHA", "BETA", "GAMMA", "DELTA")]
    total = sum(float(line.get_attribute("data-v") or 0) for line in lines)
    expect(cue(page)).to_contain_text(f"Baseline {total:,.0f}")
