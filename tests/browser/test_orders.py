"""Orders to watch by keyboard, the track record that comes of the calls, and the sheet's soft hints, in a browser."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from cycles.models import Cycle
from demand.models import Booking, Call, LayerLine, OrderCall, OrderLine, Reason, Stage
from demand.selectors.versions import stage_plan
from demand.services.own_past import own_past_set
from demand.services.submissions import submissions_expect
from jobs.models import MovedClock
from tests.browser.accessible import assert_accessible
from tests.browser.test_sales import PHONE, Sales, flag_lines
from tests.cast import small_company
from tests.kpis.past import past_cycle
from tests.processes import Web
from tests.stages import ENTRY, cycle_in_entry

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
AT = datetime(2026, 10, 5, 9, tzinfo=UTC)
LINES = [("ALPHA", "NORTH"), ("ALPHA", "SOUTH"), ("BETA", "NORTH"), ("GAMMA", "NORTH"), ("GAMMA", "SOUTH")]


@pytest.fixture
def sales(live_portal: Web, browser: Browser) -> Iterator[Sales]:
    """Sales entry of November after three measured cycles in which Rita changed five lines and called orders."""
    cast = small_company()
    silence(cast)
    past = [past_cycle(date(2026, month, 1), {Stage.BASELINE: 1.3}) for month in (8, 9, 10)]
    made = Sales(live_portal.url, cast, cycle_in_entry(), browser, [])
    for cycle in past:
        changes(cycle, made)
        called(cycle, made)
    submissions_expect(cycle=made.cycle)
    flag_lines(made.cycle, cast)
    own_past_set(cycle=made.cycle)
    orders(made)
    MovedClock.objects.create(at=ENTRY)
    yield made
    for context in made.contexts:
        context.close()


def silence(cast) -> None:
    booked = Booking.objects.filter(product=cast.products["BETA"], customer=cast.customers["SOUTH"])
    kept = booked.filter(month__month__in=(3, 6, 9, 12), month__lte=date(2026, 4, 1))
    kept.update(qty=12)
    booked.exclude(pk__in=kept).delete()


def changes(cycle: Cycle, sales: Sales) -> None:
    """Every line a half up but the last, which goes up by a twenty-fifth."""
    for i, names in enumerate(LINES):
        line = sales.cast.line(*names)
        stood = stage_plan(cycle, Stage.BASELINE, np.array([line.pk])).quantity[0, 0]
        layer: list[float | None] = [None] * cycle.horizon
        layer[0] = float(stood) * (1.04 if i == 4 else 1.5)
        layer[1] = float(stood) * 1.02
        reason = Reason.CUSTOMER_TOLD if i % 2 else Reason.PROMOTION
        fields = {"reason": reason, "note": "Spring leaflet", "changed_by": sales.cast.rep, "changed_at": AT}
        LayerLine.objects.create(cycle=cycle, stage=Stage.SALES, line=line, quantity=layer, **fields)


def called(cycle: Cycle, sales: Sales) -> None:
    for i, call in enumerate([Call.LIKELY, Call.LIKELY, Call.FIRM, Call.FIRM, Call.EVEN, Call.LOST]):
        order = OrderLine.objects.create(
            code=f"OLD-{cycle.code}-{i}",
            customer=sales.cast.customers["NORTH"],
            product=sales.cast.products["ALPHA"],
            qty=5,
            ordered_on=cycle.month,
            shipped_on=cycle.month if i in (1, 2, 3) else date(2026, 11, 2),
            shipped_qty=5,
        )
        OrderCall.objects.create(cycle=cycle, order_line=order, month=cycle.month, call=call, by=sales.cast.rep, at=AT)


def orders(sales: Sales) -> None:
    for i, product in enumerate(("ALPHA", "BETA")):
        OrderLine.objects.create(
            code=f"SO-{i}",
            customer=sales.cast.customers["NORTH"],
            product=sales.cast.products[product],
            qty=20,
            ordered_on=date(2026, 10, 1),
            promised_on=date(2026, 11, 20),
            pushes=2 * i,
        )


def shoot(page: Page, folder: Path, name: str) -> None:
    page.wait_for_load_state("load")
    size = "phone" if page.viewport_size["width"] < 720 else "desktop"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} {size} scrolls"
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.screenshot(path=folder / f"orders-{name}-{size}-{theme}.png", full_page=True)
    page.emulate_media(color_scheme="light")


# --- Orders to watch ---------------------------------------------------------------


def test_number_keys_call_the_row_one_is_on_and_arrows_go_on(sales: Sales, screenshots: Path) -> None:
    page = sales.page(sales.cast.rep, "/orders/")
    expect(page.locator(".order")).to_have_count(3)
    rows = page.locator(".order")
    expect(rows.nth(2)).to_contain_text("usually orders every 3 months, last order 8 months ago, about 12 units")
    rows.nth(0).get_by_role("button", name="Firm").focus()
    page.keyboard.press("7")
    expect(page.get_by_text("1 of 3 called")).to_be_visible()
    expect(rows.nth(0).get_by_role("button", name="Likely")).to_be_focused()
    expect(page.locator("#live")).to_have_text("SO-1: Likely.")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("0")
    expect(page.locator("#live")).to_have_text("Usual order: Lost.")
    expect(rows.nth(2).get_by_role("button", name="Lost")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("x")
    assert list(OrderCall.objects.filter(cycle=sales.cycle).values_list("call", flat=True)) == ["likely", "lost"]
    assert_accessible(page)
    shoot(page, screenshots, "list")


def test_an_order_shipped_meanwhile_says_so(sales: Sales) -> None:
    page = sales.page(sales.cast.rep, "/orders/")
    expect(page.locator(".order")).to_have_count(3)
    OrderLine.objects.filter(code="SO-0").update(shipped_on=date(2026, 11, 3))
    page.locator(".order", has_text="SO-0").get_by_role("button", name="Firm").click()
    expect(page.get_by_text("Order SO-0 was shipped on 3 Nov 2026; no answer is needed.").first).to_be_visible()
    expect(page.get_by_text("0 of 2 called")).to_be_visible()
    assert not OrderCall.objects.filter(cycle=sales.cycle).exists()


def test_orders_on_a_phone(sales: Sales, screenshots: Path) -> None:
    page = sales.page(sales.cast.rep, "/orders/", viewport=PHONE, has_touch=True)
    row = page.locator(".order").last
    row.get_by_role("button", name="Doubtful").tap()
    expect(page.get_by_text("1 of 3 called")).to_be_visible()
    heights = [button.bounding_box()["height"] for button in row.get_by_role("button").all()]
    assert min(heights) >= 48
    shoot(page, screenshots, "list")


# --- The track record ---------------------------------------------------------------


def test_the_track_record_in_three_facts(sales: Sales, screenshots: Path) -> None:
    page = sales.page(sales.cast.rep, "/feedback/")
    expect(page.get_by_text("When you said 90 %, 6 of 6 came.")).to_be_visible()
    assert_accessible(page)
    shoot(page, screenshots, "record")
    page.get_by_label("Customer", exact=True).select_option("South Stores")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Your calls: too few yet: 0 of 5 of one kind.")).to_be_visible()
    phone = sales.page(sales.cast.rep, "/feedback/", viewport=PHONE)
    expect(phone.get_by_text("When you said 90 %, 6 of 6 came.")).to_be_visible()
    shoot(phone, screenshots, "record")


# --- Hints on the sheet --------------------------------------------------------------


def enter(page: Page, sales: Sales, product: str, customer: str, text: str) -> None:
    sales.cell(page, product, customer).click()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_a_small_change_and_an_increase_are_asked_about_once(sales: Sales, screenshots: Path) -> None:
    page = sales.page(sales.cast.rep, "/sheet/")
    hint = page.locator(".grid-note.hint")
    enter(page, sales, "ALPHA", "NORTH", "*1.5")
    expect(hint).to_contain_text("Your last 11 increases here came in")
    expect(hint).to_contain_text("lower on average. Keep")
    assert_accessible(page)
    shoot(page, screenshots, "hint")
    hint.get_by_role("button", name="Keep").click()
    expect(hint).to_have_count(0)
    expect(page.locator("td[data-m]:focus")).to_have_count(1)
    stood = sales.number("GAMMA", "NORTH", stage=Stage.BASELINE)
    enter(page, sales, "GAMMA", "NORTH", "+2%")
    expect(hint).to_contain_text("Small changes helped in")
    hint.get_by_role("button", name="Use").click()
    expect(hint).to_have_count(0)
    expect(page.locator("[data-grid-status]")).to_contain_text("Saved")
    assert sales.number("GAMMA", "NORTH") == pytest.approx(stood)
    assert sales.number("ALPHA", "NORTH") > sales.number("ALPHA", "NORTH", stage=Stage.BASELINE)
    enter(page, sales, "GAMMA", "NORTH", "+3%")
    expect(page.locator("[data-grid-status]")).to_contain_text("2 changed")
    expect(hint).to_have_count(0)


def test_undo_takes_the_hint_away_and_other_changes_get_none(sales: Sales) -> None:
    page = sales.page(sales.cast.rep, "/sheet/")
    hint = page.locator(".grid-note.hint")
    enter(page, sales, "ALPHA", "NORTH", "*0.5")
    expect(page.locator("[data-grid-status]")).to_contain_text("1 changed")
    expect(hint).to_have_count(0)
    enter(page, sales, "BETA", "NORTH", "*2")
    expect(hint).to_be_visible()
    page.keyboard.press("Control+z")
    expect(hint).to_have_count(0)
