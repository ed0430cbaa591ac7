"""The sheet's page around the grid: the cue, groups, locks, units and parts by key alone, hints and locks on cards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from demand.models import Certainty, CycleLine, LayerLine, Stage
from demand.services.own_past import own_past_set
from demand.services.submissions import submissions_expect
from jobs.models import MovedClock
from tests.browser.accessible import assert_accessible
from tests.browser.test_keyboard import UNSEEN_FOCUS, press, tab_to
from tests.browser.test_sales import PHONE, Sales, flag_lines, saved, shoot
from tests.cast import small_company
from tests.demand.test_hints import past_changes
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


def number_in(cell: Locator) -> float:
    """A cell says its number where it is not just what is shown."""
    return float(cell.get_attribute("data-v") or cell.inner_text().replace(",", ""))


def test_the_cue_of_firm_likely_and_upside_is_that_of_the_number(sales: Sales) -> None:
    page = sales.page(sales.cast.rep, "/sheet/")
    number = sales.cell(page, "ALPHA", "NORTH")
    base = number_in(number)
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
    base = number_in(number)
    number.click()
    expect(cue(page)).to_contain_text(f"Baseline {base:,.0f}")
    page.get_by_role("link", name="Money").click()
    expect(cue(page)).to_contain_text(f"Baseline {base * PRICE:,.0f}")
    page.get_by_role("link", name="Units").click()
    page.get_by_role("link", name="By customer").click()
    page.locator("tr.group", has_text="North Stores").locator('td[data-m="2026-11"]').click()
    lines = [sales.cell(page, product, "NORTH") for product in ("ALPHA", "BETA", "GAMMA", "DELTA")]
    total = sum(number_in(line) for line in lines)
    expect(cue(page)).to_contain_text(f"Baseline {total:,.0f}")


# --- By key alone: what is seen, and what a screen reader is told ---------------------


def heard(page: Page) -> dict[str, object]:
    """The focused element as a screen reader gets it: role, name, description, readonly, expanded."""
    session = page.context.new_cdp_session(page)
    found = session.send("Runtime.evaluate", {"expression": "document.activeElement"})["result"]["objectId"]
    node = session.send("Accessibility.getPartialAXTree", {"objectId": found, "fetchRelatives": False})["nodes"][0]
    texts = {key: node.get(key, {}).get("value", "") for key in ("role", "name", "description")}
    session.detach()
    return texts | {one["name"]: one["value"].get("value") for one in node.get("properties", [])}


def told(page: Page) -> Locator:
    """What was last announced politely."""
    return page.locator("[data-grid-live]")


def enter_grid(page: Page) -> None:
    tab_to(page, page.locator('td[data-m][tabindex="0"], th[tabindex="0"]').first)


def assert_focus_is_seen(page: Page) -> None:
    assert page.evaluate(UNSEEN_FOCUS) == "", "the focus cannot be seen"


def test_a_subtotal_by_key(sales: Sales) -> None:
    page = sales.page(sales.cast.rep, "/sheet/")
    press(page, page.get_by_role("link", name="By customer"))
    expect(page.get_by_role("link", name="By customer")).to_have_attribute("aria-current", "true")
    enter_grid(page)
    page.keyboard.press("Control+Home")
    assert (heard(page)["role"], heard(page)["name"]) == ("rowheader", "North Stores")
    page.keyboard.press("Space")
    expect(told(page)).to_have_text("North Stores, all 4 lines: shown.")
    expect(sales.cell(page, "DELTA", "NORTH")).to_be_visible()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert heard(page)["role"] == "gridcell"
    typed(page, "400")
    expect(told(page)).to_contain_text("Saved.")
    assert_focus_is_seen(page)
    line = sales.cast.line("DELTA", "NORTH").pk
    products = [sales.number(product, "NORTH") for product in ("ALPHA", "BETA", "GAMMA", "DELTA")]
    assert sum(products) == 400
    page.keyboard.press("ArrowUp")
    assert heard(page)["name"] == "400"
    assert str(heard(page)["description"]).startswith("Baseline ")
    page.keyboard.press("Control+z")
    saved(page)
    assert not LayerLine.objects.filter(cycle=sales.cycle, stage=Stage.SALES, line=line, quantity__0__gt=0).exists()


def test_a_lock_by_key(sales: Sales) -> None:
    page = sales.page(sales.cast.rep, "/sheet/")
    before = sales.number("ALPHA", "NORTH")
    enter_grid(page)
    page.keyboard.press("l")
    expect(told(page)).to_contain_text("1 cell locked")
    assert (heard(page)["readonly"], heard(page)["description"]) == (True, "Locked by Rita Rep")
    assert_focus_is_seen(page)
    page.keyboard.type("5")
    expect(told(page)).to_contain_text("Locked by Rita Rep. L unlocks it.")
    assert sales.number("ALPHA", "NORTH") == before
    page.keyboard.press("l")
    expect(told(page)).to_contain_text("1 cell unlocked")
    assert not heard(page).get("readonly")
    typed(page, "60")
    expect(told(page)).to_contain_text("Saved. 1 changed")
    assert sales.number("ALPHA", "NORTH") == 60


def test_money_by_key(sales: Sales) -> None:
    page = sales.page(sales.cast.rep, "/sheet/")
    press(page, page.get_by_role("link", name="Money"))
    enter_grid(page)
    typed(page, str(60 * PRICE))
    expect(told(page)).to_contain_text("Saved. 1 changed")
    expect(told(page)).to_contain_text("EUR vs baseline")
    page.keyboard.press("ArrowUp")
    assert heard(page)["name"] == f"{60 * PRICE:,}"
    assert_focus_is_seen(page)
    assert sales.number("ALPHA", "NORTH") == 60


def test_firm_likely_and_upside_by_key(sales: Sales) -> None:
    page = sales.page(sales.cast.rep, "/sheet/")
    enter_grid(page)
    typed(page, "75")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    expect(told(page)).to_have_text("Firm, likely and upside of North Stores, Alpha shown beneath.")
    for name, text in (("Firm", "50"), ("Likely", None), ("Upside", "12")):
        page.keyboard.press("ArrowDown")
        row = page.locator("tr:has(:focus)")
        expect(row.get_by_role("rowheader")).to_have_text(name)
        assert_focus_is_seen(page)
        if text:
            typed(page, text)
            page.keyboard.press("ArrowUp")
            assert heard(page)["name"] == text
    expect(told(page)).to_contain_text("Saved.")
    saved(page)
    said = Certainty.objects.get(line=sales.cast.line("ALPHA", "NORTH"))
    assert (said.firm[0], said.upside[0]) == (50, 12)
    page.keyboard.press("Space")
    expect(page.locator("tr.part")).to_have_count(0)
    expect(told(page)).to_contain_text("hidden.")
    assert_focus_is_seen(page)


# --- More than one reason -----------------------------------------------------------


def two_reasons(sales: Sales) -> None:
    flag = {"code": "far", "text": "differs", "why": "Far from your last number.", "value": 9}
    flag |= {"also": ["Orders for 12 units were put off 3 times."]}
    CycleLine.objects.filter(cycle=sales.cycle, line=sales.cast.line("ALPHA", "NORTH")).update(flags=[flag])


def test_the_other_reasons_of_a_line_can_be_read(sales: Sales) -> None:
    two_reasons(sales)
    page = sales.page(sales.cast.rep, "/sheet/")
    expect(cue(page)).to_contain_text("Also: Orders for 12 units were put off 3 times.")
    enter_grid(page)
    page.keyboard.press("h")
    expect(page.locator("#panel-body")).to_contain_text("Also: Orders for 12 units were put off 3 times.")
    assert_accessible(page)
    phone = sales.page(sales.cast.rep, "/sheet/", viewport=PHONE, has_touch=True)
    expect(phone.locator("[data-card]:visible")).to_contain_text("Also: Orders for 12 units were put off 3 times.")


# --- Cards --------------------------------------------------------------------------


def assert_targets_are_large(card: Locator) -> None:
    boxes = [button.bounding_box() for button in card.get_by_role("button").all()]
    assert boxes
    assert all(box is not None and box["height"] >= 48 and box["width"] >= 44 for box in boxes)


def test_a_card_says_what_ones_own_increases_came_to(sales: Sales, screenshots: Path) -> None:
    past_changes(sales.cast, 1.5)
    own_past_set(cycle=sales.cycle)
    page = sales.page(sales.cast.rep, "/sheet/", viewport=PHONE, has_touch=True)
    card = page.locator("[data-card]:visible")
    base = float(card.get_attribute("data-bl") or 0)
    card.get_by_role("button", name="Type").tap()
    card.get_by_role("textbox").fill("+50%")
    card.get_by_role("button", name="Take").tap()
    expect(card).to_contain_text("Your last 6 increases here came in")
    expect(card.get_by_text("Why?")).to_be_visible()
    assert_targets_are_large(card)
    assert_accessible(page)
    shoot(page, screenshots, "cards-hint")
    card.get_by_role("button", name=f"Use {base:.0f}").tap()
    expect(page.get_by_text("2 of 4")).to_be_visible()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    assert sales.number("ALPHA", "NORTH") == pytest.approx(base)
    card.get_by_role("button", name="+20%").tap()
    expect(card.get_by_text("Your last 6 increases")).to_be_hidden()


def test_a_number_is_locked_on_its_card(sales: Sales, screenshots: Path) -> None:
    page = sales.page(sales.cast.rep, "/sheet/", viewport=PHONE, has_touch=True)
    card = page.locator("[data-card]:visible")
    lock = card.get_by_role("button", name="Lock")
    lock.tap()
    expect(lock).to_have_attribute("aria-pressed", "true")
    expect(card).to_contain_text("Locked by Rita Rep.")
    expect(card.get_by_role("button", name="+10%")).to_be_disabled()
    assert_targets_are_large(card)
    assert_accessible(page)
    shoot(page, screenshots, "cards-locked")
    page.reload()
    expect(card.get_by_role("button", name="Lost")).to_be_disabled()
    layer = LayerLine.objects.get(cycle=sales.cycle, stage=Stage.SALES, line=sales.cast.line("ALPHA", "NORTH"))
    assert layer.locked == [sales.cycle.month]
    lock.tap()
    expect(card.get_by_role("button", name="+10%")).to_be_enabled()
    layer.refresh_from_db()
    assert layer.locked == []
