"""Naming somebody in a note, one's mails, and adding an event, in a browser: by keys, by touch, in both themes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from cycles.models import Cycle
from demand.models import Comment, Event, SaidTo
from demand.services.submissions import submissions_expect
from jobs.models import MovedClock
from masterdata.models import MailChoice, Person, Product
from tests.browser.accessible import assert_accessible
from tests.cast import Cast, small_company
from tests.processes import Web
from tests.stages import ENTRY, cycle_in_entry

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1440, "height": 900}
COUNTER = """
window.counted = { clicks: 0, keys: 0 };
addEventListener("click", (event) => { if (event.isTrusted) counted.clicks += 1; }, true);
addEventListener("keydown", (event) => { if (event.isTrusted && event.key !== "Shift") counted.keys += 1; }, true);
"""


@dataclass
class Rooms:
    """The small company in sales entry, as people see it in browsers of their own."""

    url: str
    cast: Cast
    cycle: Cycle
    browser: Browser
    contexts: list[BrowserContext]

    def page(self, person: Person, path: str, **options: object) -> Page:
        client = Client()
        client.force_login(person.user)
        context = self.browser.new_context(**{"viewport": WIDE, "locale": "en-GB", "timezone_id": "UTC"} | options)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self.url}])
        context.add_init_script(COUNTER)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"a script threw: {error}"))
        page.goto(f"{self.url}{path}")
        return page

    @property
    def why(self) -> str:
        return f"/why/{self.cast.line('ALPHA', 'NORTH').pk}/2026-11/"


@pytest.fixture
def rooms(live_portal: Web, browser: Browser) -> Iterator[Rooms]:
    cast = small_company()
    cycle = cycle_in_entry()
    submissions_expect(cycle=cycle)
    MovedClock.objects.create(at=ENTRY)
    made = Rooms(live_portal.url, cast, cycle, browser, [])
    yield made
    for context in made.contexts:
        context.close()


def shoot(page: Page, folder: Path, name: str) -> None:
    """Light and dark, as far as the window shows."""
    page.wait_for_load_state("load")
    size = "phone" if page.viewport_size["width"] < 720 else "desktop"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} {size} scrolls"
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.screenshot(path=folder / f"threads-{name}-{size}-{theme}.png")
    page.emulate_media(color_scheme="light")


def test_naming_somebody_by_keys_puts_the_note_on_their_first_page(rooms: Rooms, screenshots: Path) -> None:
    page = rooms.page(rooms.cast.finance, rooms.why)
    note = page.get_by_label("Add a note")
    note.click()
    page.keyboard.type("Is the price right, @re")
    names = page.get_by_role("listbox", name="People").get_by_role("option")
    expect(names).to_have_count(2)
    page.keyboard.press("ArrowDown")
    expect(names.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    assert note.get_attribute("aria-activedescendant") == names.nth(0).get_attribute("id")
    assert_accessible(page)
    shoot(page, screenshots, "mention")
    page.keyboard.press("Enter")
    expect(names).to_have_count(0)
    expect(note).to_have_value("Is the price right, @rita ")
    page.keyboard.type("or not? @Mona Man")
    expect(names).to_have_count(1)
    page.keyboard.press("Escape")
    expect(names).to_have_count(0)
    note.fill("Is the price right, @rita?")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".thread")).to_contain_text("to Rita Rep")
    assert Comment.objects.get().text == "Is the price right, @rita?"
    first = rooms.page(rooms.cast.rep, "/")
    said = first.get_by_role("region", name="Said to you")
    expect(said).to_contain_text("Is the price right, @rita?")
    expect(said.get_by_text("new", exact=True)).to_be_visible()
    shoot(first, screenshots, "said")
    said.get_by_role("link", name="Open the number").click()
    expect(first.get_by_role("heading", level=1)).to_contain_text("North Stores, Alpha")
    assert SaidTo.objects.get().seen_at is not None


def test_naming_somebody_by_touch_on_the_phone(rooms: Rooms, screenshots: Path) -> None:
    page = rooms.page(rooms.cast.rep, rooms.why, viewport=PHONE, has_touch=True, is_mobile=True)
    note = page.get_by_label("Add a note")
    note.tap()
    page.keyboard.type("@sam")
    option = page.get_by_role("option", name="Sam Supply")
    expect(option).to_be_visible()
    box = option.bounding_box()
    assert box is not None
    assert box["height"] >= 48
    shoot(page, screenshots, "mention")
    option.tap()
    expect(note).to_have_value("@sam ")
    expect(note).to_be_focused()
    page.keyboard.type("the depot moves.")
    page.get_by_role("button", name="Add note").tap()
    expect(page.locator(".thread")).to_contain_text("to Sam Supply")


def test_a_name_nobody_has_keeps_the_note_in_the_panel(rooms: Rooms, screenshots: Path) -> None:
    page = rooms.page(rooms.cast.rep, "/sheet/")
    page.locator("a[data-why]").first.click()
    panel = page.locator("#panel-body")
    panel.get_by_label("Add a note").fill("@somebody, look")
    panel.get_by_role("button", name="Add note").click()
    expect(panel.get_by_role("alert")).to_contain_text("Nobody here is called @somebody.")
    expect(panel.get_by_label("Add a note")).to_have_value("@somebody, look")
    assert_accessible(page)
    shoot(page, screenshots, "refused")
    panel.get_by_label("Add a note").fill("@dora, look")
    panel.get_by_role("button", name="Add note").click()
    expect(panel.locator(".thread")).to_contain_text("to Dora Demand")


@pytest.mark.parametrize("viewport", [WIDE, PHONE])
def test_my_mails(rooms: Rooms, screenshots: Path, viewport: dict[str, int]) -> None:
    page = rooms.page(rooms.cast.rep, "/", viewport=viewport)
    page.locator("details.menu summary").click()
    page.get_by_role("link", name="My mails").click()
    assert_accessible(page)
    shoot(page, screenshots, "mails")
    page.get_by_label("Monthly card").uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    choice = MailChoice.objects.get()
    assert (choice.digest, choice.card) == (True, False)


def event(cast: Cast, name: str, month: date, **more: object) -> Event:
    facts = {"kind": "promotion", "uplift_pct": 18.0, "entered_on": date(2026, 1, 5), "family": cast.families["BIKES"]}
    return Event.objects.create(code=name, name=name, from_month=month, to_month=month, **facts | more)


def test_an_event_is_added_with_few_clicks_and_its_uplift_follows(rooms: Rooms, screenshots: Path) -> None:
    cast = rooms.cast
    event(cast, "Spring sale", date(2026, 4, 1), uplift_pct=25.0)
    event(cast, "Spare days", date(2026, 5, 1), uplift_pct=40.0, family=cast.families["PARTS"])
    event(cast, "Fair", date(2026, 12, 1), shape="dip")
    page = rooms.page(cast.marketing, "/events/")
    advice = page.locator("#ev-advice")
    uplift = page.get_by_label("Uplift, %")
    assert_accessible(page)
    shoot(page, screenshots, "events")
    page.get_by_label("What", exact=True).click()
    page.keyboard.type("Winter sale")
    page.get_by_label("Which products and customers").select_option("family:BIKES")
    page.get_by_label("From", exact=True).select_option("2026-12")
    page.get_by_label("To", exact=True).select_option("2027-02")
    page.get_by_label("Over the months").select_option("front")
    expect(advice).to_contain_text("Most similar: Spring sale +25 %, Spare days +40 %; median +32.5 %.")
    expect(advice).to_contain_text("It overlaps Fair")
    expect(uplift).to_have_value("32.5")
    uplift.fill("20")
    page.get_by_label("Kind").select_option("price")
    expect(advice).to_contain_text("No past event of this kind to learn from.")
    expect(uplift).to_have_value("20")
    page.get_by_label("Kind").select_option("promotion")
    expect(advice).to_contain_text("It overlaps Fair")
    assert_accessible(page)
    shoot(page, screenshots, "event-advice")
    page.get_by_role("button", name="Add event").click()
    expect(page.get_by_text("Winter sale is planned")).to_be_visible()
    made = Event.objects.get(name="Winter sale")
    assert (made.uplift_pct, made.shape) == (20, "front")
    shoot(page, screenshots, "event-shapes")
    expect(page.get_by_role("row", name="Winter sale").first).to_contain_text("overlaps Fair")


def test_an_event_takes_at_most_twelve_stops_by_keys(rooms: Rooms) -> None:
    page = rooms.page(rooms.cast.marketing, "/events/")
    page.get_by_label("What", exact=True).focus()
    page.keyboard.type("Winter sale")
    stops = 1
    while page.evaluate("document.activeElement.type") != "submit":
        page.keyboard.press("Tab")
        stops += 1
        if page.evaluate("document.activeElement.name") == "uplift":
            page.keyboard.type("12")
    assert stops <= 12
    page.keyboard.press("Enter")
    expect(page.get_by_text("Winter sale is planned")).to_be_visible()


def test_a_successor_is_one_press_and_last_year_two(rooms: Rooms, screenshots: Path) -> None:
    cast = rooms.cast
    Product.objects.filter(code="ALPHA").update(phase_out_month=date(2026, 12, 1))
    Product.objects.filter(code="BETA").update(like_product=cast.products["ALPHA"])
    event(cast, "Spring sale", date(2026, 4, 1))
    page = rooms.page(cast.marketing, "/events/", viewport=PHONE)
    page.get_by_label("Which products and customers").select_option("product:ALPHA")
    page.get_by_label("From", exact=True).select_option("2027-02")
    page.get_by_role("button", name="Take Beta").click()
    expect(page.get_by_label("Which products and customers")).to_have_value("product:BETA")
    expect(page.locator("#ev-advice")).not_to_contain_text("ends in")
    before = page.evaluate("counted.clicks")
    page.get_by_text("Copy last year's 1 event").click()
    expect(page.get_by_text("Spring sale, Bikes: Apr 27")).to_be_visible()
    assert_accessible(page)
    shoot(page, screenshots, "event-copy")
    assert page.evaluate("counted.clicks") - before == 1
    page.get_by_role("button", name="Copy these 1").click()
    expect(page.get_by_text("Copied 1: Spring sale (Apr 2027).")).to_be_visible()
