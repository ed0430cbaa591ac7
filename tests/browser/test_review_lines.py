"""The planner's full grid in a browser: by keyboard and by pointer, saved, taken back, held, over pages."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from cycles.models import Cycle
from demand.models import LayerLine, Settlement, Stage
from demand.selectors.review import review
from demand.selectors.versions import stage_plan
from demand.services.entries import CellEdit
from demand.services.review_grid import review_cells, review_lock
from tests.browser.accessible import assert_accessible
from tests.browser.test_effort import counts, start
from tests.browser.test_review import desk as review_desk
from tests.browser.test_sales import PHONE, WIDE, Sales
from tests.stages import REVIEW

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
LINES = "/demand/lines/"
desk = review_desk
FAILED: list[str] = []
PASTE = """() => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", "11\\t12\\t13\\n21\\t22\\t23");
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(autouse=True)
def nothing_failed() -> Iterator[None]:
    FAILED.clear()
    yield
    assert FAILED == []


def opened(desk: Sales, path: str = LINES, **options: object) -> Page:
    page = desk.page(desk.cast.demand_planner, path, **options)
    page.on("pageerror", lambda error: FAILED.append(str(error)))
    return page


def cell(page: Page, line: int, month: str = "2026-11") -> Locator:
    return page.locator(f'tr[data-line="{line}"] td[data-m="{month}"]')


def saved(page: Page) -> None:
    expect(page.locator("#sheet")).to_have_attribute("data-state", "saved")


def plan(cycle: Cycle, line: int) -> np.ndarray:
    return stage_plan(cycle, Stage.DEMAND_PLAN, np.array([line])).quantity[0]


def standing(cycle: Cycle) -> list[str]:
    return list(Settlement.objects.filter(cycle=cycle, undone_at=None).order_by("id").values_list("source", flat=True))


def first_lines(page: Page, count: int) -> list[int]:
    rows = page.locator("#sheet tbody tr[data-line]")
    expect(rows.nth(count - 1)).to_be_attached()
    return [int(row.get_attribute("data-line") or 0) for row in rows.all()[:count]]


def test_from_the_tab_by_keyboard_a_number_is_typed_filled_and_taken_back(desk: Sales) -> None:
    page = opened(desk, "/demand/")
    page.get_by_role("link", name="All lines").click()
    expect(page.get_by_role("grid")).to_be_visible()
    assert page.url.endswith(LINES)
    one, two, three = first_lines(page, 3)
    before = [plan(desk.cycle, line)[0] for line in (one, two, three)]
    cell(page, one).click()
    start(page)
    page.keyboard.type("75")
    page.keyboard.press("Enter")
    for key in ("ArrowUp", "Shift+ArrowDown", "Shift+ArrowDown", "Control+d"):
        page.keyboard.press(key)
    saved(page)
    assert counts(page)[0] == 0
    assert [plan(desk.cycle, line)[0] for line in (one, two, three)] == [75.0] * 3
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page.locator("td.changed")).to_have_count(0)
    saved(page)
    np.testing.assert_allclose([plan(desk.cycle, line)[0] for line in (one, two, three)], before)


def test_undo_of_all_that_was_typed_leaves_no_choice_behind(desk: Sales) -> None:
    page = opened(desk)
    [line] = first_lines(page, 1)
    cell(page, line).click()
    page.keyboard.type("75")
    page.keyboard.press("Enter")
    saved(page)
    assert standing(desk.cycle) == ["typed"]
    page.reload()
    cell(page, line).click()
    page.keyboard.press("Control+z")
    expect(cell(page, line)).not_to_have_class("changed")
    saved(page)
    assert standing(desk.cycle) == []
    assert not LayerLine.objects.filter(cycle=desk.cycle, stage=Stage.DEMAND_PLAN).exists()


def test_a_family_is_a_heading_whose_total_spreads_and_adds_up(desk: Sales) -> None:
    page = opened(desk)
    page.get_by_role("link", name="Family", exact=True).click()
    heading = page.locator("tr.group").first
    total = heading.locator('td[data-m="2026-12"]')
    expect(heading).to_be_visible()
    held = first_lines(page, 1)[0]
    review_lock(cycle=desk.cycle, person=desk.cast.demand_planner, lines=[held], locked=True, at=REVIEW)
    page.reload()
    stood = plan(desk.cycle, held)[1]
    total.click()
    page.keyboard.type("5000")
    page.keyboard.press("Enter")
    expect(total).to_have_text("5,000")
    saved(page)
    family = review(desk.cycle).everything
    lines = family.loc[family["family_name"] == heading.locator("th").inner_text(), "line"].to_numpy()
    assert stage_plan(desk.cycle, Stage.DEMAND_PLAN, lines).quantity[:, 1].sum() == pytest.approx(5000)
    assert plan(desk.cycle, held)[1] == stood
    expect(page.locator("[data-grid-notes]")).to_contain_text("1 held")


def test_a_block_from_excel_lands_where_the_cursor_is(desk: Sales) -> None:
    page = opened(desk, f"{LINES}?show=all")
    one, two = first_lines(page, 2)
    cell(page, one).click()
    page.evaluate(PASTE)
    saved(page)
    assert plan(desk.cycle, one)[:3].tolist() == [11, 12, 13]
    assert plan(desk.cycle, two)[:3].tolist() == [21, 22, 23]
    assert standing(desk.cycle) == ["typed"]


def test_a_cell_is_locked_with_l_and_says_by_whom(desk: Sales) -> None:
    page = opened(desk)
    [line] = first_lines(page, 1)
    cell(page, line).click()
    page.keyboard.press("l")
    expect(cell(page, line)).to_have_class("locked")
    page.keyboard.type("9")
    expect(page.locator("[data-grid-notes]")).to_contain_text("Locked by Dora Demand")
    page.reload()
    expect(cell(page, line)).to_have_attribute("data-locked", "Dora Demand")
    cell(page, line).click()
    page.keyboard.press("l")
    expect(cell(page, line)).not_to_have_class("locked")
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    saved(page)
    assert plan(desk.cycle, line)[0] == 9.0


def test_two_planners_see_both_values_and_pick_one(desk: Sales) -> None:
    page = opened(desk)
    [line] = first_lines(page, 1)
    edit = CellEdit(line, desk.cycle.month, 42.0)
    review_cells(cycle=desk.cycle, person=desk.cast.demand_planner, edits=[edit], at=REVIEW)
    cell(page, line).click()
    page.keyboard.type("75")
    page.keyboard.press("Enter")
    notes = page.locator("[data-grid-notes]")
    expect(notes).to_contain_text("yours 75, Dora Demand 42")
    notes.get_by_role("button", name="Keep 75").click()
    saved(page)
    assert plan(desk.cycle, line)[0] == 75.0


def test_filters_have_addresses_and_undo_reaches_lines_outside_them(desk: Sales) -> None:
    page = opened(desk)
    rows = review(desk.cycle).everything
    line = int(rows.loc[rows["family"] == "PARTS", "line"].iloc[0])
    before = plan(desk.cycle, line)[0]
    cell(page, line).click()
    page.keyboard.type("88")
    page.keyboard.press("Enter")
    saved(page)
    page.get_by_label("Family").select_option("BIKES")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**family=BIKES**")
    expect(page.locator(f'tr[data-line="{line}"]')).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-grid-notes]")).to_contain_text("outside the filter")
    saved(page)
    assert plan(desk.cycle, line)[0] == pytest.approx(before)
    page.get_by_label("Show", exact=True).select_option("exceptions")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#sheet tbody tr[data-line]")).to_have_count(len(review(desk.cycle).lines))


def test_undo_outside_the_filter_leaves_what_somebody_changed_since(desk: Sales) -> None:
    page = opened(desk)
    [line] = first_lines(page, 1)
    for number in ("88", "99"):
        cell(page, line).click()
        page.keyboard.type(number)
        page.keyboard.press("Enter")
        saved(page)
    edit = CellEdit(line, desk.cycle.month, 42.0)
    review_cells(cycle=desk.cycle, person=desk.cast.demand_planner, edits=[edit], at=REVIEW)
    page.goto(f"{desk.url}{LINES}?family=PARTS")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-grid-notes]")).to_contain_text("changed meanwhile (Dora Demand)")
    assert plan(desk.cycle, line)[0] == 42.0


def test_in_the_exceptions_l_holds_a_line_against_choices(desk: Sales) -> None:
    page = opened(desk, "/demand/")
    row = page.locator(".review-table tr[data-line]").first
    page.keyboard.press("l")
    expect(row).to_have_attribute("data-held", "Dora Demand")
    page.keyboard.press("h")
    expect(page.locator("[data-review-status]")).to_contain_text("Locked by Dora Demand")
    assert standing(desk.cycle) == []
    expect(page.locator("#focus").get_by_role("button", name="Unlock this line")).to_be_visible()
    page.locator("#focus").get_by_role("button", name="Unlock this line").click()
    expect(page.locator(".review-table tr[data-held]")).to_have_count(0)
    row.locator("[data-focus]").focus()
    page.keyboard.press("h")
    expect(page.locator("[data-review-status]")).to_have_text("Saved, 1 choice")
    assert standing(desk.cycle) == ["half"]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_nothing_is_wrong_for_axe(desk: Sales, screenshots: Path, size: dict[str, int]) -> None:
    for name, path in {"lines": LINES, "pivot": f"{LINES}?by=family&show=all"}.items():
        page = opened(desk, path, viewport=size)
        page.wait_for_load_state("networkidle")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert_accessible(page)
            page.screenshot(path=screenshots / f"review-{name}-{scheme}-{size['width']}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
