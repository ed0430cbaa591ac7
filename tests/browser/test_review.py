"""The demand review in a browser: one key a decision, nothing reloads, nothing lost, the page for the meeting."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from cycles.models import Cycle
from cycles.periods import add_months
from demand.models import CycleLine, Settlement, Source, Stage
from demand.selectors.review import review
from demand.selectors.versions import stage_plan
from demand.services.entries import CellEdit, cells_save
from jobs.models import MovedClock
from tests.browser.test_effort import counts, seconds, start
from tests.browser.test_sales import PHONE, Sales
from tests.larger import larger_company
from tests.processes import Web
from tests.stages import ENTRY, REVIEW, cycle_in_entry, cycle_to_review

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
EXCEPTIONS = 12
SAID = "Opens two shops in spring"
Say = Callable[[str, str], None]


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
    made = Sales(live_portal.url, cast, cycle, browser, [])
    yield made
    for context in made.contexts:
        context.close()


def opened(desk: Sales, path: str = "/demand/", **options: object) -> Page:
    page = desk.page(desk.cast.demand_planner, path, **options)
    page.on("pageerror", lambda error: pytest.fail(f"the script failed: {error}"))
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


def test_pictures(desk: Sales, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = Path("/tmp/s/shots")
    folder.mkdir(exist_ok=True)
    for theme in ("light", "dark"):
        page = opened(desk, color_scheme=theme)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"review-{theme}.png")
        page.screenshot(path=folder / f"review-{theme}-full.png", full_page=True)
        page = opened(desk, "/demand/?present=1", color_scheme=theme)
        page.screenshot(path=folder / f"present-{theme}.png")
    page = opened(desk, viewport=PHONE, has_touch=True)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=folder / "phone.png", full_page=True)
    page = opened(desk, "/demand/?present=1", viewport=PHONE, has_touch=True)
    page.screenshot(path=folder / "present-phone.png", full_page=True)
