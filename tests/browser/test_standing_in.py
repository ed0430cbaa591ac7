"""A rep leaves and names a colleague, who enters and sends for them; the rep reads who did it."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from cycles.models import Contribution
from cycles.selectors import open_cycle
from demand.models import Change, OrderCall, OrderLine
from demand.services.comments import question_ask
from masterdata.models import Absence
from tests.browser.accessible import assert_accessible
from tests.browser.test_sales import PHONE, WIDE, Sales, sales, saved, shoot
from tests.stages import ENTRY

pytestmark = pytest.mark.browser
__all__ = ["sales"]


def test_a_rep_leaves_and_the_substitute_enters(sales: Sales, screenshots: Path) -> None:
    rita = sales.page(sales.cast.rep, "/")
    rita.locator("summary", has_text="Rita Rep").click()
    rita.get_by_role("link", name="I am away").click()
    expect(rita.get_by_role("heading", name="I am away")).to_be_visible()
    assert_accessible(rita)
    rita.get_by_label("Last day").fill(f"{ENTRY.date() + timedelta(days=5):%Y-%m-%d}")
    rita.get_by_label("Who enters meanwhile").select_option(label="Rob Rep (Sales)")
    rita.get_by_role("button", name="Enter these days").click()
    expect(rita.get_by_text("Rita Rep: away until 9 Nov, Rob Rep enters.")).to_be_visible()
    shoot(rita, screenshots, "away")

    rob = sales.page(sales.cast.other_rep, "/")
    expect(rob.get_by_text("Rita Rep is away until 9 Nov. You enter the forecast meanwhile.")).to_be_visible()
    assert_accessible(rob)
    shoot(rob, screenshots, "stands-in")
    rob.get_by_role("link", name="Open the sheet of Rita Rep").click()
    expect(rob.get_by_role("heading", name="You enter for Rita Rep: 4 lines need you")).to_be_visible()
    assert_accessible(rob)
    sales.cell(rob, "ALPHA", "NORTH").click()
    rob.keyboard.type("+1")
    rob.keyboard.press("Enter")
    saved(rob)
    shoot(rob, screenshots, "sheet-for")
    rob.get_by_role("button", name="Submit 8 lines").click()
    expect(rob.get_by_text("For Rita Rep: submitted 8 lines, 1 of them changed.")).to_be_visible()
    assert Change.objects.get().by == sales.cast.other_rep
    assert Contribution.objects.get(person=sales.cast.rep.user).answered_by == sales.cast.other_rep.user

    rita.goto(f"{sales.url}/sheet/")
    expect(rita.get_by_text("Rob Rep entered 1 of your lines")).to_be_visible()
    expect(rita.get_by_text("by Rob Rep")).to_be_visible()
    shoot(rita, screenshots, "entered-for")
    assert_accessible(rita)

    mona = sales.page(sales.cast.manager, "/team/")
    expect(mona.get_by_text("away until 9 Nov, Rob Rep enters")).to_be_visible()
    shoot(mona, screenshots, "team-away")
    assert_accessible(mona)


def test_the_substitute_on_a_phone(sales: Sales, screenshots: Path) -> None:
    page = sales.page(sales.cast.rep, "/away/", viewport=PHONE)
    shoot(page, screenshots, "away")
    assert_accessible(page)
    page.get_by_label("Who enters meanwhile").select_option(label="Rob Rep (Sales)")
    page.get_by_role("button", name="Enter these days").click()
    rob = sales.page(sales.cast.other_rep, "/sheet/rita/", viewport=PHONE)
    card = rob.locator("[data-card]:visible").first
    card.get_by_role("button", name="+10%").click()
    card.get_by_role("button", name="Customer told me").click()
    expect(rob.locator("[data-cards-state]")).to_contain_text("Saved")
    shoot(rob, screenshots, "sheet-for")
    assert Change.objects.first().by == sales.cast.other_rep


@pytest.mark.parametrize("viewport", [WIDE, PHONE])
def test_the_substitute_calls_and_answers(sales: Sales, screenshots: Path, viewport: dict[str, int]) -> None:
    cast = sales.cast
    days = {"first_day": ENTRY.date(), "last_day": ENTRY.date() + timedelta(days=5)}
    Absence.objects.create(person=cast.rep, substitute=cast.other_rep, entered_by=cast.rep, entered_at=ENTRY, **days)
    cycle, line = open_cycle(), cast.line("ALPHA", "NORTH")
    assert cycle is not None
    facts = {"customer": line.customer, "product": line.product, "qty": 5, "ordered_on": date(2026, 10, 1)}
    OrderLine.objects.create(code="O-1", promised_on=date(2026, 11, 20), **facts)
    question_ask(cycle=cycle, line=line, month=cycle.month, by=cast.manager, text="Why so many?", at=ENTRY)
    rob = sales.page(cast.other_rep, "/", viewport=viewport)
    expect(rob.get_by_text("Mona Manager asks Rita Rep")).to_be_visible()
    assert_accessible(rob)
    shoot(rob, screenshots, "question-for")
    rob.get_by_role("link", name="Orders to watch of Rita Rep").click()
    expect(rob.get_by_role("heading", name="Orders to watch of Rita Rep")).to_be_visible()
    rob.get_by_role("button", name="Likely").first.click()
    expect(rob.get_by_text("Likely.").first).to_be_visible()
    assert_accessible(rob)
    shoot(rob, screenshots, "orders-for")
    call = OrderCall.objects.get()
    assert (call.by, call.on_behalf_of) == (cast.other_rep, cast.rep)
    rob.goto(f"{sales.url}/sheet/rita/?layer=sales")
    if viewport is WIDE:
        rob.get_by_role("link", name="All months").click()
        expect(rob.locator("table.months-all")).to_be_visible()
    rob.get_by_label("Your answer").fill("They asked for it.")
    rob.get_by_role("button", name="Answer").click()
    expect(rob.get_by_text("Answered for Rita Rep. Mona Manager sees it beside the number.")).to_be_visible()
    expect(rob.get_by_role("heading", name="You enter for Rita Rep")).to_be_visible()
    assert_accessible(rob)
    shoot(rob, screenshots, "answered-for")
