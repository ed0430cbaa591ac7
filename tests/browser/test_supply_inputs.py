"""Capacity and stock typed over by keyboard alone: entry, fill, paste, undo, conflict, reason, and the plan again."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from demand.models import Stage
from demand.selectors.versions import version_current
from jobs.models import MovedClock
from masterdata.models import RowChange
from supply.inputs import InputEdit, Inputs
from supply.models import CapacityException, Inventory, SupplyOrder
from supply.services.inputs import inputs_save
from supply.services.planning import supply_plan_build
from tests.browser.test_supply import PEAKS, Supply, made
from tests.cast import small_company
from tests.processes import Web
from tests.supply.demand_plans import AT, LATER, cycle_signed

pytestmark = pytest.mark.browser


@pytest.fixture
def supply(live_portal: Web, browser: Browser) -> Iterator[Supply]:
    cast = small_company()
    MovedClock.objects.create(at=LATER)
    cycle = cycle_signed(peaks=PEAKS)
    supply_plan_build(cycle=cycle, at=AT)
    yield from made(live_portal, browser, cast, cycle)


def cell(page: Page, row: str, column: str) -> Locator:
    return page.locator(f'tr[data-line="{row}"] td[data-m="{column}"]')


def go(page: Page, row: str, column: str) -> None:
    """To a cell from the grid's one tab stop, by arrow keys; an empty column is the last one, of the reason."""
    target = f'td[data-m="{column}"]' if column else "[data-reason-cell]"
    wanted = page.locator(f'tr[data-line="{row}"] {target}')
    down, right = wanted.evaluate("(cell) => [cell.parentElement.sectionRowIndex, cell.cellIndex]")
    page.locator('#inputs [tabindex="0"]').focus()
    page.keyboard.press("Control+Home")
    for key, times in (("ArrowDown", down), ("ArrowRight", right)):
        for _ in range(times):
            page.keyboard.press(key)
    expect(wanted).to_be_focused()


def saved(page: Page) -> None:
    expect(page.locator("[data-grid-status]")).to_contain_text("Saved", timeout=20_000)


def paste(page: Page, text: str) -> None:
    page.evaluate(
        """(text) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", text);
          document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true}));
        }""",
        text,
    )


def kept() -> dict[str, Any]:
    return {f"{row.month:%Y-%m}": (row.regular, row.overtime) for row in CapacityException.objects.all()}


def test_capacity_is_typed_filled_pasted_and_undone_without_a_mouse(supply: Supply) -> None:
    resource, page = supply.cast.resource, supply.page(supply.cast.supply_planner, "/supply/inputs/capacity/")
    row, standard = f"{resource.pk}:regular", resource.regular_capacity
    go(page, row, "2027-03")
    page.keyboard.type("+5")
    page.keyboard.press("Enter")
    saved(page)
    assert kept() == {"2027-03": (standard + 5, resource.overtime_capacity)}

    go(page, row, "2027-03")
    for _ in range(2):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Control+r")
    expect(cell(page, row, "2027-05")).to_have_attribute("data-v", str(int(standard + 5)))
    page.keyboard.press("Control+z")
    expect(cell(page, row, "2027-05")).to_have_attribute("data-v", str(int(standard)))

    go(page, row, "2027-07")
    paste(page, "11\t12\r\n3\t4\r\n")
    expect(page.locator("[data-grid-notes]").get_by_text("Pasted 4 cells")).to_be_visible()
    expect(page.locator(".unsaved")).to_have_count(0)
    assert kept()["2027-07"] == (11, 3)
    assert kept()["2027-08"] == (12, 4)
    assert set(kept()) == {"2027-03", "2027-07", "2027-08"}
    change = RowChange.objects.filter(key=f"{resource.code} 2027-08", after__has_key="overtime").get()
    assert change.by == supply.cast.supply_planner


def test_a_reason_is_a_digit_and_the_plan_is_worked_out_from_the_keyboard(supply: Supply) -> None:
    page = supply.page(supply.cast.supply_planner, "/supply/inputs/capacity/")
    row = f"{supply.cast.resource.pk}:regular"
    before = version_current(supply.cycle, Stage.SUPPLY_PLAN)
    go(page, row, "2027-03")
    page.keyboard.type("25")
    page.keyboard.press("Enter")
    saved(page)
    expect(page.locator("[data-grid-status]")).to_contain_text("1 reason missing")
    go(page, row, "")
    page.keyboard.press("2")
    expect(page.locator(f'tr[data-line="{row}"] [data-reason-cell]')).to_have_text("Another shift")
    expect(page.locator("[data-grid-status]")).not_to_contain_text("missing")
    expect(page.locator(".unsaved")).to_have_count(0)
    go(page, row, "2027-03")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Supply plan made again")).to_be_visible()
    after = version_current(supply.cycle, Stage.SUPPLY_PLAN)
    assert before is not None
    assert after is not None
    assert after.revision > before.revision
    assert RowChange.objects.order_by("-pk")[0].after["reason"] == "Another shift"


def test_a_number_changed_meanwhile_is_shown_with_both_values(supply: Supply) -> None:
    resource, page = supply.cast.resource, supply.page(supply.cast.supply_planner, "/supply/inputs/capacity/")
    row = f"{resource.pk}:regular"
    theirs = InputEdit(row, "2027-03", 77.0, resource.regular_capacity, "Staff")
    planner = supply.cast.supply_planner
    inputs_save(cycle=supply.cycle, kind=Inputs.CAPACITY, person=planner, edits=[theirs], at=LATER, token=uuid4())
    go(page, row, "2027-03")
    page.keyboard.type("66")
    page.keyboard.press("Enter")
    expect(page.locator("[data-grid-notes]").get_by_text("yours 66, Sam Supply 77.")).to_be_visible()
    supply.complaints.clear()  # the browser reports the refusal's status
    assert kept()["2027-03"][0] == 77
    page.get_by_role("button", name="Keep 66").click()
    expect(page.locator(".conflict")).to_have_count(0)
    saved(page)
    assert kept()["2027-03"][0] == 66
    supply.complaints.clear()


def test_stock_and_orders_are_typed_in_the_same_grid(supply: Supply) -> None:
    product = supply.cast.products["GAMMA"]
    order = SupplyOrder.objects.create(
        code="PO-1", product=product, kind="purchase", qty=500, due_on=supply.cycle.month
    )
    page = supply.page(supply.cast.supply_planner, "/supply/inputs/stock/")
    go(page, str(product.pk), "on_hand")
    page.keyboard.type("1.2k")
    page.keyboard.press("Tab")
    page.keyboard.type("90")
    page.keyboard.press("Enter")
    saved(page)
    expect(page.locator(".unsaved")).to_have_count(0)
    row = Inventory.objects.filter(product=product).latest("as_of")
    assert (row.on_hand, row.safety_stock) == (1200, 90)
    page.goto(f"{supply.url}/supply/inputs/orders/")
    go(page, str(order.pk), "qty")
    page.keyboard.type("-20%")
    page.keyboard.press("Enter")
    saved(page)
    order.refresh_from_db()
    assert order.qty == 400
    day = cell(page, str(order.pk), "due_on")
    expect(day).to_have_text("1 Nov 2026")
    go(page, str(order.pk), "due_on")
    page.keyboard.type("+2w")
    page.keyboard.press("Enter")
    expect(day).to_have_text("15 Nov 2026")
    go(page, str(order.pk), "due_on")
    page.keyboard.type("31 Feb")
    page.keyboard.press("Enter")
    expect(page.locator("[data-grid-notes]")).to_contain_text("`31 Feb` is not a date. Try 2026-12-05")
    page.keyboard.press("Escape")
    go(page, str(order.pk), "qty")
    paste(page, "450\t2027-01-20\r\n")
    expect(day).to_have_text("20 Jan 2027")
    expect(page.locator(".unsaved")).to_have_count(0)
    order.refresh_from_db()
    assert (order.qty, f"{order.due_on}") == (450, "2027-01-20")
    page.keyboard.press("Control+z")
    expect(day).to_have_text("15 Nov 2026")
    expect(page.locator(".unsaved")).to_have_count(0)
    page.reload()
    expect(page.get_by_text("comes in on 15 Nov 2026 (was 20 Jan 2027)")).to_be_visible()


def test_others_read_and_nothing_can_be_typed(supply: Supply) -> None:
    page = supply.page(supply.cast.coo, "/supply/inputs/capacity/")
    row = f"{supply.cast.resource.pk}:regular"
    expect(page.get_by_text("These figures are kept by the supply planner")).to_be_visible()
    cell(page, row, "2027-03").dblclick()
    expect(page.locator("input.cell-input")).to_have_count(0)
