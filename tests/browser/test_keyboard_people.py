"""Being away, mails, barriers, naming people, handing over, track record, with the keyboard alone."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import Browser, Locator, Page, expect

from cycles.models import Contribution
from cycles.services import cycle_advance
from demand.models import Change, Comment, GoalAnswer, OrderCall, SaidTo, TeamGoal
from demand.services.hand_over import customers_hand_over_now
from jobs.models import MovedClock
from masterdata.models import Absence, Customer, MailChoice, Person
from masterdata.roles import Role
from masterdata.services.absences import absence_enter
from meetings.models import BarrierRemedy
from supply.services.planning import supply_plan_build
from tests.browser.test_keyboard import press, sales, tab_to, type_into
from tests.browser.test_orders import sales as measured
from tests.browser.test_sales import Sales
from tests.cast import small_company
from tests.processes import Web
from tests.stages import ENTRY, REVIEW
from tests.supply.demand_plans import AT, cycle_signed

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
__all__ = ["measured", "sales"]
LAST_DAY = ENTRY.date() + timedelta(days=5)


@pytest.fixture(autouse=True)
def no_pointer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever touches a pointer here fails."""
    for name in ("click", "tap", "check", "uncheck", "hover", "fill", "select_option"):
        monkeypatch.setattr(Locator, name, _refuse)


@pytest.fixture
def planned(live_portal: Web, browser: Browser) -> Iterator[Sales]:
    """Supply is planned, and January cannot carry what is asked for."""
    cast = small_company()
    MovedClock.objects.create(at=AT)
    cycle = cycle_signed(peaks={("ALPHA", 2): 40.0})
    supply_plan_build(cycle=cycle, at=AT)
    made = Sales(live_portal.url, cast, cycle, browser, [])
    yield made
    for context in made.contexts:
        context.close()


def _refuse(*_: object, **__: object) -> None:
    pytest.fail("this walk is by keyboard alone")


def choose(page: Page, wanted: Locator, words: str) -> None:
    """Open nothing: typing the first letters chooses in a list."""
    tab_to(page, wanted)
    page.keyboard.type(words)


def type_day(page: Page, wanted: Locator, day: date) -> None:
    """A date field has three parts in the order of the browser's language."""
    tab_to(page, wanted)
    page.keyboard.type(f"{day:%d%m%Y}")
    if wanted.input_value() != day.isoformat():
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Shift+Tab")
        page.keyboard.type(f"{day:%m%d%Y}")
    assert wanted.input_value() == day.isoformat()


def open_account(page: Page, link: str) -> None:
    press(page, page.locator("details.menu summary"))
    press(page, page.get_by_role("link", name=link))


def test_a_rep_names_who_enters_while_away_and_comes_back(sales: Sales) -> None:
    page = sales.page(sales.cast.rep, "/")
    open_account(page, "I am away")
    type_day(page, page.get_by_label("Last day"), LAST_DAY)
    choose(page, page.get_by_label("Who enters meanwhile"), "Rob")
    press(page, page.get_by_role("button", name="Enter these days"))
    expect(page.get_by_text("Rita Rep: away until 9 Nov, Rob Rep enters.")).to_be_visible()
    assert Absence.objects.get().substitute == sales.cast.other_rep
    press(page, page.get_by_role("button", name="End the absence of Rita Rep"))
    expect(page.get_by_text("Rita Rep is back")).to_be_visible()
    assert not Absence.objects.exists()


def test_a_substitute_enters_and_sends(sales: Sales) -> None:
    cast = sales.cast
    absence_enter(
        person=cast.rep,
        first=ENTRY.date(),
        last=LAST_DAY,
        substitute=cast.other_rep,
        by=cast.rep,
        today=ENTRY.date(),
        at=ENTRY,
    )
    page = sales.page(cast.other_rep, "/")
    press(page, page.get_by_role("link", name="Open the sheet of Rita Rep"))
    tab_to(page, page.locator('td[data-m][tabindex="0"]'))
    page.keyboard.type("+1")
    page.keyboard.press("Enter")
    expect(page.locator("[data-grid-status]")).to_contain_text("Saved")
    press(page, page.get_by_role("button", name="Submit 8 lines"))
    expect(page.get_by_text("For Rita Rep: submitted 8 lines, 1 of them changed.")).to_be_visible()
    assert Change.objects.get().by == cast.other_rep
    assert Contribution.objects.get(person=cast.rep.user).answered_by == cast.other_rep.user


def test_mails_are_chosen(sales: Sales) -> None:
    page = sales.page(sales.cast.rep, "/")
    open_account(page, "My mails")
    for name in ("Daily digest", "Monthly card"):
        tab_to(page, page.get_by_label(name))
        page.keyboard.press("Space")
    press(page, page.get_by_role("button", name="Save", exact=True))
    expect(page.get_by_text("Saved.")).to_be_visible()
    choice = MailChoice.objects.get()
    assert (choice.digest, choice.card, choice.minutes) == (False, False, True)


def test_a_barrier_is_told_with_one_key_and_answered(sales: Sales) -> None:
    cast = sales.cast
    cycle_advance(cycle=sales.cycle, at=REVIEW)
    MovedClock.objects.update(at=REVIEW)
    page = sales.page(cast.rep, "/")
    press(page, page.get_by_role("button", name="No time"))
    expect(page.get_by_text("Thank you. The S&OP leader sees what can be done about it.")).to_be_visible()
    assert Contribution.objects.get(person=cast.rep.user).barrier == "no_time"
    leader = sales.page(cast.leader, "/cycle/")
    row = leader.locator("#barriers tr", has_text="No time")
    press(leader, row.locator("summary"))
    type_into(leader, row.get_by_label("What was done, or is to be done"), "Twelve lines at most need a look")
    choose(leader, row.get_by_label("Who, where it is an action"), "Mona")
    type_day(leader, row.get_by_label("Until"), REVIEW.date() + timedelta(days=9))
    press(leader, row.get_by_role("button", name="Write it down"))
    expect(leader.locator("#barriers").get_by_text("Twelve lines at most need a look")).to_be_visible()
    assert BarrierRemedy.objects.get().action.owner == cast.manager


def test_somebody_is_named_in_a_thread_and_finds_it(sales: Sales) -> None:
    page = sales.page(sales.cast.rep, "/sheet/")
    tab_to(page, page.locator('td[data-m][tabindex="0"]'))
    page.keyboard.press("c")
    expect(page.locator("#panel-body").get_by_label("Add a note")).to_be_focused()
    page.keyboard.type("Is the price right, @mon")
    expect(page.get_by_role("listbox", name="People").get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    press(page, page.get_by_role("button", name="Add note"))
    expect(page.locator("#panel-body .thread")).to_contain_text("to Mona Manager")
    page.keyboard.press("Escape")
    expect(page.locator('td[data-m][tabindex="0"]')).to_be_focused()
    assert Comment.objects.get().text == "Is the price right, @mona"
    manager = sales.page(sales.cast.manager, "/")
    press(manager, manager.get_by_role("link", name="Open the number"))
    expect(manager.get_by_role("heading", level=1)).to_contain_text("North Stores, Alpha")
    assert SaidTo.objects.get().seen_at is not None


def test_customers_are_handed_over_from_a_day_on(sales: Sales) -> None:
    cast, day = sales.cast, date(2026, 11, 1)
    page = sales.page(cast.leader, "/people/")
    press(page, page.get_by_role("link", name="Rita Rep"))
    choose(page, page.get_by_label("Hand over to"), "Rob")
    type_day(page, page.get_by_label("From"), day)
    tab_to(page, page.get_by_label("North Stores"))
    page.keyboard.press("Space")
    press(page, page.get_by_role("button", name="Hand over the chosen ones"))
    expect(page.get_by_text("Handed over to Rob Rep from 2026-11-01: 1.")).to_be_visible()
    assert Customer.objects.get(code="SOUTH").owner == cast.rep


def test_a_quiet_customer_is_called_and_an_order_slips(measured: Sales) -> None:
    page = measured.page(measured.cast.rep, "/orders/")
    rows = page.locator(".order")
    expect(rows.nth(2)).to_contain_text("usually orders every 3 months")
    tab_to(page, rows.nth(2).get_by_role("button", name="Lost"))
    page.keyboard.press("3")
    expect(page.get_by_text("1 of 3 called")).to_be_visible()
    expect(rows.nth(2).get_by_role("button", name="Doubtful")).to_be_focused()
    choose(page, rows.nth(0).get_by_label("Month it slips to"), "Jan")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 of 3 called")).to_be_visible()
    called = OrderCall.objects.filter(cycle=measured.cycle).order_by("pk")
    assert list(called.values_list("call", "slips_to")) == [("doubtful", None), ("slips", date(2027, 1, 1))]


def test_the_track_record_is_filtered_and_shown_whole_again(measured: Sales) -> None:
    page = measured.page(measured.cast.rep, "/feedback/")
    choose(page, page.get_by_label("Customer", exact=True), "South")
    press(page, page.get_by_role("button", name="Show"))
    expect(page.get_by_text("Your calls: too few yet: 0 of 5 of one kind.")).to_be_visible()
    choose(page, page.get_by_label("Reason", exact=True), "Prom")
    press(page, page.get_by_role("button", name="Show"))
    expect(page).to_have_url(re.compile("reason=promotion"))
    press(page, page.get_by_role("link", name="Show all"))
    expect(page.get_by_text("When you said 90 %, 6 of 6 came.")).to_be_visible()


def test_a_whole_page_is_left_again(sales: Sales) -> None:
    """Tabbing goes through every page and out of it: nothing holds the focus."""
    for person, path in ((sales.cast.rep, "/"), (sales.cast.rep, "/sheet/"), (sales.cast.manager, "/team/")):
        page = sales.page(person, path)
        tab_to(page, page.get_by_role("link", name="Skip to content"))
        tab_to(page, page.locator("details.menu summary"))
        tab_to(page, page.get_by_role("link", name="Skip to content"))


def test_a_team_goal_is_proposed_joined_left_and_withdrawn(sales: Sales) -> None:
    third_rep(sales)
    manager = sales.page(sales.cast.manager, "/team/")
    choose(manager, manager.get_by_label("Everybody in by"), "Fri")
    press(manager, manager.get_by_role("button", name="Propose"))
    expect(manager.get_by_text("0 of 3 have joined.")).to_be_visible()
    rep = sales.page(sales.cast.rep, "/")
    press(rep, rep.get_by_role("button", name="Join", exact=True))
    expect(rep.get_by_text("You have joined. The count shows once three have.")).to_be_visible()
    press(rep, rep.get_by_role("button", name="Leave the goal"))
    expect(rep.get_by_text("You are not in it.")).to_be_visible()
    assert not GoalAnswer.objects.get().joins
    manager.reload()
    press(manager, manager.get_by_role("button", name="Withdraw the goal"))
    expect(manager.get_by_text("The goal is withdrawn.")).to_be_visible()
    assert not TeamGoal.objects.exists()


def third_rep(sales: Sales) -> None:
    """A goal needs three people: Rosa takes South Stores over."""
    user = get_user_model().objects.create(username="rosa", first_name="Rosa Rep")
    rosa = Person.objects.create(user=user, role=Role.SALES_REP, department="Sales", reports_to=sales.cast.manager)
    south = [sales.cast.customers["SOUTH"].pk]
    customers_hand_over_now(
        customers=south, to=rosa, on=ENTRY.date(), today=ENTRY.date(), by=sales.cast.leader, at=ENTRY
    )


def test_what_to_offer_instead_is_reached_from_the_news(planned: Sales) -> None:
    page = planned.page(planned.cast.rep, "/supply/news/")
    press(page, page.get_by_role("link", name="Alternatives to Alpha for North Stores"))
    expect(page.get_by_role("heading", name="Instead of Alpha for North Stores")).to_be_visible()
