"""Every task of a rep, a manager and marketing with the keyboard alone: no pointer is touched."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from cycles.models import Contribution, How
from demand.models import Change, Event, OrderCall, OrderLine, Reason, Stage, TeamReview
from demand.services.submissions import submission_send, submissions_expect
from jobs.models import MovedClock
from tests.browser.test_sales import Sales, flag_lines
from tests.cast import small_company
from tests.processes import Web
from tests.stages import ENTRY, cycle_in_entry

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
MOST_STOPS = 90
CANCEL = re.compile("Cancel it.*Spring weeks")
FOCUSED = "(wanted) => document.activeElement === wanted"
# What the focus is on when it cannot be seen; empty where it can, and past the last stop, where the browser has it.
UNSEEN_FOCUS = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  if (at === document.body || at === document.documentElement) return "";
  const seen = box.bottom > 0 && box.top < innerHeight && getComputedStyle(at).outlineStyle !== "none";
  return seen ? "" : at.outerHTML.slice(0, 200);
}"""


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


def tab_to(page: Page, wanted: Locator) -> None:
    """Tab until the element has the focus, which must be seen at every stop on the way."""
    element = wanted.element_handle()
    page.wait_for_load_state()
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        assert page.evaluate(UNSEEN_FOCUS) == "", "the focus cannot be seen"
        if page.evaluate(FOCUSED, element):
            return
    pytest.fail(f"{wanted} is not reached within {MOST_STOPS} tab stops")


def press(page: Page, wanted: Locator) -> None:
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def type_into(page: Page, wanted: Locator, text: str) -> None:
    tab_to(page, wanted)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def test_a_rep_submits_takes_back_and_submits_again(sales: Sales) -> None:
    page = sales.page(sales.cast.rep, "/")
    press(page, page.get_by_role("button", name="All fine, submit 8"))
    expect(page.get_by_text("Submitted 8 lines at")).to_be_visible()
    press(page, page.get_by_role("button", name="Take back"))
    expect(page.get_by_text("Taken back.")).to_be_visible()
    assert Contribution.objects.get(person=sales.cast.rep.user).answered_at is None
    press(page, page.get_by_role("button", name="Submit 8 lines"))
    expect(page.get_by_text("Submitted 8 lines at")).to_be_visible()


def test_a_rep_changes_notes_and_submits_with_reasons(sales: Sales) -> None:
    page = sales.page(sales.cast.rep, "/sheet/")
    tab_to(page, page.locator('td[data-m][tabindex="0"]'))
    page.keyboard.type("+500")
    page.keyboard.press("Enter")
    page.keyboard.press("c")
    note = page.locator("#panel-body").get_by_label("Add a note")
    expect(note).to_be_focused()
    page.keyboard.type("Depot moves.")
    press(page, page.get_by_role("button", name="Add note"))
    expect(page.locator("#panel-body .comment-body", has_text="Depot moves.")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="1 large change: why?")).to_be_visible()
    expect(page.locator("select[autofocus]")).to_be_focused()
    page.keyboard.type("2")
    press(page, page.get_by_role("button", name="Submit 8 lines"))
    expect(page.get_by_text("Submitted 8 lines, 1 of them changed.")).to_be_visible()
    assert Change.objects.filter(reason=Reason.ORDER_CONFIRMED).exists()


def test_a_rep_unfolds_the_months_and_leaves_the_grid(sales: Sales) -> None:
    page = sales.page(sales.cast.rep, "/sheet/")
    press(page, page.get_by_role("link", name="All months"))
    expect(sales.cell(page, "ALPHA", "NORTH", "2028-10")).to_be_visible()
    tab_to(page, page.locator('td[data-m][tabindex="0"]'))
    page.keyboard.press("Control+End")
    page.keyboard.press("Control+Home")
    press(page, page.get_by_role("button", name="4 others match the baseline"))
    expect(sales.cell(page, "DELTA", "SOUTH")).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Submit 8 lines"))


def test_a_rep_calls_an_order(sales: Sales) -> None:
    OrderLine.objects.create(
        code="SO-1",
        customer=sales.cast.customers["NORTH"],
        product=sales.cast.products["ALPHA"],
        qty=4,
        ordered_on=date(2026, 10, 1),
        promised_on=date(2026, 11, 20),
    )
    page = sales.page(sales.cast.rep, "/orders/")
    press(page, page.get_by_role("button", name="Likely"))
    expect(page.get_by_text("1 of 1 called")).to_be_visible()
    expect(page.get_by_role("button", name="Likely")).to_be_focused()
    page.keyboard.press("9")
    expect(page.get_by_role("button", name="Firm")).to_have_attribute("aria-pressed", "true")
    assert OrderCall.objects.count() == 2


def test_a_manager_adjusts_accepts_and_asks(sales: Sales) -> None:
    submission_send(cycle=sales.cycle, person=sales.cast.rep, at=ENTRY + timedelta(minutes=5), active_seconds=60)
    page = sales.page(sales.cast.manager, "/team/")
    type_into(page, page.get_by_label("New total"), "+10%")
    tab_to(page, page.get_by_label("Reason", exact=True))
    page.keyboard.type("Price")
    press(page, page.get_by_role("button", name="Adjust", exact=True))
    expect(page.get_by_text("Rita Rep sees it at once.")).to_be_visible()
    press(page, page.locator("#rep-rita").get_by_role("button", name="Accept Rita Rep"))
    expect(page.locator("#rep-rita").get_by_text("Accepted", exact=True)).to_be_visible()
    assert TeamReview.objects.get().rep == sales.cast.rep
    assert sales.number("ALPHA", "NORTH", 0, Stage.TEAM) > sales.number("ALPHA", "NORTH")
    press(page, page.get_by_role("link", name="Rita Rep", exact=True))
    tab_to(page, page.locator('td[data-m][tabindex="0"]'))
    page.keyboard.press("h")
    question = page.get_by_label("Note, or question to Rita Rep")
    expect(question).to_be_visible()
    type_into(page, question, "Is the tender in?")
    press(page, page.get_by_role("button", name="Send back with this question"))
    expect(page.get_by_text("Sent back to Rita Rep")).to_be_visible()
    rep = sales.page(sales.cast.rep, "/sheet/")
    type_into(rep, rep.get_by_label("Your answer"), "Yes.")
    press(rep, rep.get_by_role("button", name="Answer"))
    expect(rep.get_by_text("Is the tender in?")).to_be_hidden()


def test_marketing_adds_and_cancels_an_event(sales: Sales) -> None:
    page = sales.page(sales.cast.marketing, "/events/")
    type_into(page, page.get_by_label("What", exact=True), "Spring weeks")
    tab_to(page, page.get_by_label("Which products and customers"))
    page.keyboard.type("Bikes")
    for label, month in (("From", "Mar 27"), ("To", "Apr 27")):
        tab_to(page, page.get_by_label(label, exact=True))
        page.keyboard.type(month)
    type_into(page, page.get_by_label("Uplift, %"), "25")
    press(page, page.get_by_role("button", name="Add event"))
    expect(page.get_by_role("button", name=CANCEL)).to_be_visible()
    event = Event.objects.get(name="Spring weeks")
    assert (event.from_month, event.to_month) == (date(2027, 3, 1), date(2027, 4, 1))
    press(page, page.get_by_role("button", name=CANCEL))
    expect(page.get_by_role("button", name=CANCEL)).to_be_hidden()
    event.refresh_from_db()
    assert event.cancelled_on is not None
    assert Contribution.objects.exclude(how=How.AUTO).filter(answered_at=None).count() == 2
