"""The demand review in a browser: one key a decision, nothing reloads, nothing lost, the page for the meeting."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from cycles.models import Cycle
from cycles.periods import add_months
from demand.models import CycleLine, LayerLine, Settlement, Source, Stage
from demand.selectors.review import review
from demand.selectors.versions import stage_plan
from demand.services.entries import CellEdit, cells_save
from demand.services.plan import demand_sign
from jobs.models import MovedClock
from tests.browser.accessible import assert_accessible
from tests.browser.test_effort import counts, seconds, start
from tests.browser.test_sales import PHONE, WIDE, Sales
from tests.larger import larger_company
from tests.processes import Web
from tests.stages import ENTRY, REVIEW, cycle_in_entry, cycle_to_review

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
EXCEPTIONS = 12
RISKS = "/meetings/risks/"
SAID = "Opens two shops in spring"
Say = Callable[[str, str], None]
FAILED: list[str] = []


@pytest.fixture
def desk(live_portal: Web, browser: Browser) -> Iterator[Sales]:
    """A rep has moved twelve lines far from the baseline, each with a reason; the review is open."""
    cast = larger_company()
    cycle = cycle_in_entry()
    rows = CycleLine.objects.filter(cycle=cycle, owner=cast.rep, line__product__family__code="BIKES")
    lines = np.array(rows.order_by("line_id").values_list("line_id", flat=True)[:EXCEPTIONS])
    near = stage_plan(cycle, Stage.BASELINE, lines).quantity[:, :6]
    edits = [
        CellEdit(int(line), add_months(cycle.month, m), round(1.5 * value + i), reason="customer_told", comment=SAID)
        for i, (line, values) in enumerate(zip(lines, near, strict=True))
        for m, value in enumerate(values)
    ]
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=edits, at=ENTRY)
    cycle_to_review(cycle)
    MovedClock.objects.create(at=REVIEW)
    FAILED.clear()
    made = Sales(live_portal.url, cast, cycle, browser, [])
    yield made
    for context in made.contexts:
        context.close()
    assert FAILED == []


def opened(desk: Sales, path: str = "/demand/", **options: object) -> Page:
    page = desk.page(desk.cast.demand_planner, path, **options)
    page.on("pageerror", lambda error: FAILED.append(str(error)))
    return page


def standing(cycle: Cycle) -> list[str]:
    return list(Settlement.objects.filter(cycle=cycle, undone_at=None).order_by("id").values_list("source", flat=True))


def test_twelve_exceptions_by_one_key_each(desk: Sales, figure: Say) -> None:
    page = opened(desk)
    expect(page.locator(".review-table tr[data-line]")).to_have_count(EXCEPTIONS)
    since = start(page)
    keys = "sbhp" * (EXCEPTIONS // 4)
    for key in keys:
        page.keyboard.press(key)
    expect(page.locator(".review-count", has_text="All settled.")).to_be_visible()
    expect(page.locator("[data-review-status]")).to_have_text(f"Saved, {EXCEPTIONS} choices")
    pressed = counts(page)
    figure(f"Planner, {EXCEPTIONS} exceptions", f"{pressed[1] / EXCEPTIONS:.0f} key a decision, {seconds(since)}")
    assert pressed == (0, EXCEPTIONS)
    assert standing(desk.cycle) == [Source.SALES, Source.BASELINE, Source.HALF, Source.PROPOSAL] * (EXCEPTIONS // 4)
    assert review(desk.cycle).open == 0


def row_of(page: Page, place: int = 0) -> Locator:
    return page.locator(".review-table tr[data-line]").nth(place)


def shown(page: Page) -> int:
    """The line whose chart is on the page."""
    return int(page.locator("#focus [data-focused]").get_attribute("data-focused") or 0)


def saved(page: Page, choices: int) -> None:
    count = "1 choice" if choices == 1 else f"{choices} choices"
    expect(page.locator("[data-review-status]")).to_have_text(f"Saved, {count}")


def test_arrows_show_the_line_and_a_total_is_typed_in_place(desk: Sales) -> None:
    page = opened(desk)
    lines = [row.line for row in review(desk.cycle).lines]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(row_of(page, 2).locator("[data-focus]")).to_be_focused()
    expect(page.locator(f'#focus [data-focused="{lines[2]}"]')).to_be_visible()
    page.keyboard.type("9x")
    page.keyboard.press("Enter")
    expect(page.locator(".review-table input[aria-invalid]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(row_of(page, 2).locator("[data-focus]")).to_be_focused()
    page.keyboard.press("t")
    page.keyboard.type("1.2k")
    page.keyboard.press("Enter")
    saved(page, 1)
    expect(row_of(page, 3).locator("[data-focus]")).to_be_focused()
    expect(row_of(page, 2).locator("[data-typed]")).to_have_text("1,200")
    plan = stage_plan(desk.cycle, Stage.DEMAND_PLAN, np.array([lines[2]])).quantity[0, :12]
    assert plan.sum() == pytest.approx(1200)
    page.keyboard.press("End")
    page.keyboard.press("n")
    expect(row_of(page, 0).locator("[data-focus]")).to_be_focused()


def test_undo_takes_choices_back_one_by_one_also_after_a_reload(desk: Sales) -> None:
    page = opened(desk)
    first = row_of(page)
    for key in "bh":
        page.keyboard.press(key)
    saved(page, 2)
    expect(first.locator('button[value^="baseline"]')).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(row_of(page, 2).locator("[data-focus]")).to_be_focused()
    page.keyboard.press("u")
    expect(row_of(page, 1).locator("[data-focus]")).to_be_focused()
    expect(page.locator(".review-count")).to_contain_text(f"1 of {EXCEPTIONS}")
    page.get_by_role("button", name="Undo baseline").click()
    expect(page.locator(".review-count")).to_contain_text(f"0 of {EXCEPTIONS}")
    expect(first.get_by_text("open", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    assert standing(desk.cycle) == []


def test_a_refused_choice_is_said_and_marked(desk: Sales) -> None:
    page = opened(desk)
    demand_sign(cycle=desk.cycle, person=desk.cast.manager, at=REVIEW)
    page.keyboard.press("s")
    expect(page.locator("[data-review-status]")).to_contain_text("Not saved: Demand of 2026-11 is signed.")
    expect(row_of(page)).to_have_class("failed")
    page.context.set_offline(True)
    page.keyboard.press("b")
    expect(page.locator("[data-review-status]")).to_contain_text("cannot be reached")
    assert standing(desk.cycle) == []


def test_a_press_takes_a_number_and_readers_only_read(desk: Sales) -> None:
    page = opened(desk)
    row_of(page, 4).locator('button[value^="half"]').click()
    saved(page, 1)
    assert standing(desk.cycle) == [Source.HALF]
    reader = desk.page(desk.cast.rep, "/demand/")
    assert reader.locator("button.take").count() == 0
    row_of(reader).locator("[data-focus]").focus()
    reader.keyboard.press("s")
    reader.keyboard.press("ArrowDown")
    expect(row_of(reader, 1).locator("[data-focus]")).to_be_focused()
    assert standing(desk.cycle) == [Source.HALF]


def test_letter_keys_can_be_switched_off(desk: Sales) -> None:
    page = opened(desk)
    page.context.add_cookies([{"name": "shortcuts", "value": "off", "url": desk.url}])
    page.reload()
    page.keyboard.press("s")
    page.keyboard.press("Tab")
    expect(row_of(page).locator('button[value^="sales"]')).to_be_focused()
    page.keyboard.press("Enter")
    saved(page, 1)
    assert standing(desk.cycle) == [Source.SALES]


def test_in_the_meeting_space_goes_on_and_a_key_decides(desk: Sales, figure: Say) -> None:
    page = opened(desk, "/demand/?present=1")
    names = [f"{row.customer}, {row.product}" for row in review(desk.cycle).lines]
    title = page.locator(".present h1")
    expect(title).to_have_text(names[0])
    start(page)
    page.keyboard.press("Space")
    expect(title).to_have_text(names[1])
    page.keyboard.press("h")
    expect(title).to_have_text(names[2])
    page.keyboard.press("u")
    expect(title).to_have_text(names[1])
    page.keyboard.press("ArrowLeft")
    expect(title).to_have_text(names[0])
    page.get_by_role("button", name="Baseline").click()
    expect(title).to_have_text(names[1])
    expect(page.locator(".review-count")).to_contain_text(f"1 of {EXCEPTIONS}")
    figure("In the meeting, one exception", "1 key, the next one follows")
    assert standing(desk.cycle) == [Source.BASELINE]
    assert desk.cast.rep.name not in page.locator("main").inner_text()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Demand review November 2026")).to_be_visible()


def test_everything_works_without_script(desk: Sales) -> None:
    page = desk.page(desk.cast.demand_planner, "/demand/", java_script_enabled=False)
    row_of(page, 1).locator('button[value^="sales"]').click()
    expect(page.get_by_text("1 settled:")).to_be_visible()
    row_of(page, 5).locator("[data-focus]").click()
    assert shown(page) == review(desk.cycle).lines[5].line
    page.get_by_text("Type a total with a note").click()
    page.get_by_label("Units of the next twelve months").fill("500")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(row_of(page, 5).locator("[data-typed]")).to_have_text("500")
    page.get_by_role("button", name="Undo typed").click()
    page.get_by_role("link", name="Present").click()
    page.get_by_role("button", name="Half-way").click()
    expect(page.locator(".review-count")).to_contain_text(f"2 of {EXCEPTIONS}")
    assert standing(desk.cycle) == [Source.SALES, Source.HALF]


def test_a_bulk_rule_is_shown_done_and_undone(desk: Sales, figure: Say) -> None:
    page = opened(desk)
    start(page)
    page.get_by_label("where the change is under, %").fill("")
    page.get_by_label("and the family is").select_option("BIKES")
    page.get_by_label("and the reason is").select_option("customer_told")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text(f"and the reason is “Customer told me”: {EXCEPTIONS} lines")).to_be_visible()
    page.get_by_role("button", name=f"Settle {EXCEPTIONS} lines").click()
    expect(page.locator(".review-count")).to_contain_text("All settled.")
    assert review(desk.cycle).open == 0
    page.get_by_role("button", name="Undo the bulk rule").click()
    expect(page.locator(".review-count")).to_contain_text(f"0 of {EXCEPTIONS}")
    assert not LayerLine.objects.filter(cycle=desk.cycle, stage=Stage.DEMAND_PLAN).exists()
    figure("A bulk rule over twelve lines", "2 clicks and its conditions; 1 to undo it")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_nothing_is_wrong_for_axe_and_nothing_scrolls_sideways(desk: Sales, screenshots: Path, size: dict) -> None:
    paths = {"review": "/demand/", "all": "/demand/?lines=all", "present": "/demand/?present=1", "risks": RISKS}
    for name, path in paths.items():
        page = opened(desk, path, viewport=size)
        page.wait_for_load_state("networkidle")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert_accessible(page)
            page.screenshot(path=screenshots / f"review-{name}-{scheme}-{size['width']}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
