"""The pages of the cycle in a browser: read, run a meeting, decide, on a desktop and on a phone."""

import io
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import openpyxl
import pytest
from django.conf import settings
from django.test import Client
from icalendar import Calendar
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pptx import Presentation

from cycles.models import Cycle
from jobs.models import Message, MovedClock
from masterdata.models import Person
from meetings.models import Decision, Meeting, MeetingKind, RiskOpportunity
from meetings.selectors.calendar import feed_address
from meetings.services.actions import action_add, risk_add
from meetings.services.decisions import OptionDraft
from meetings.services.rooms import meeting_finish, meeting_start
from tests.browser.accessible import assert_accessible
from tests.cast import Cast, small_company
from tests.meetings.journey import APPROVED, ENTRY, FROZEN, MONEY, confirmed, frozen, in_entry, supply_is_signed
from tests.meetings.test_decisions import NOTHING, brief, effect
from tests.meetings.test_papers import charts_of, rows_of, tables_of
from tests.meetings.test_rooms import shifts
from tests.processes import Web

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1440, "height": 900}
Open = Callable[[Person, str], Page]


@pytest.fixture
def cast(live_portal: Web) -> Cast:
    return small_company()


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def open_page(browser: Browser, live_portal: Web, complaints: list[str]):
    """`open_page(person, path)` in a browser of their own; nothing may complain on the console."""
    contexts: list[BrowserContext] = []

    def opened(person: Person, path: str) -> Page:
        client = Client()
        client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
        context = browser.new_context(viewport=WIDE, locale="en-GB", timezone_id="UTC")
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_portal.url}])
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{live_portal.url}{path}")
        return page

    yield opened
    for context in contexts:
        context.close()


def clock(at: datetime) -> None:
    MovedClock.objects.update_or_create(pk=1, defaults={"at": at})


def shoot(page: Page, folder: Path, name: str) -> None:
    """Desktop and phone, light and dark; nothing may stick out sideways."""
    page.wait_for_load_state("load")
    for size, viewport in (("desktop", WIDE), ("phone", PHONE)):
        page.set_viewport_size(viewport)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} {size} scrolls"
            page.screenshot(path=folder / f"meetings-{name}-{size}-{theme}.png", full_page=True)
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light")


def test_the_leader_watches_and_steers_the_cycle(
    cast: Cast, open_page: Open, complaints: list[str], screenshots: Path
) -> None:
    cycle = in_entry(cast)
    clock(ENTRY)
    page = open_page(cast.leader, "/cycle/")
    expect(page.get_by_text("On time: the pack is ready on Tue 17 Nov")).to_be_visible()
    assert_accessible(page)
    shoot(page, screenshots, "cycle")
    page.get_by_role("link", name="Nudge those who are late").click()
    expect(page.get_by_text("They get one mail each")).to_be_visible()
    page.get_by_label("Rob Rep").uncheck()
    shoot(page, screenshots, "nudge")
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_text("1 person gets a personal reminder")).to_be_visible()
    assert Message.objects.get(kind="input_nudge").recipient == cast.rep.user
    page.locator("tr", has_text="Demand review").get_by_text("Change").click()
    page.locator("#reason-demand_review").fill("Fair in Bern")
    page.locator("#due-demand_review").fill("2026-11-13T17:00")
    shoot(page, screenshots, "move")
    page.get_by_role("button", name="Move the date").locator("visible=true").click()
    expect(page.get_by_text("Demand review has a new date.")).to_be_visible()
    expect(page.get_by_text("Demand review moved by Lena Leader: Fair in Bern")).to_be_visible()
    assert Meeting.objects.get(cycle=cycle, kind=MeetingKind.DEMAND_REVIEW).starts_at.day == 13
    assert not complaints


def full_agenda(cast: Cast, cycle: Cycle) -> tuple[Decision, Decision]:
    """An executive meeting with two questions, an overdue action and a risk."""
    first = shifts(cast, cycle)
    second = brief(
        cast,
        cycle,
        question="Delay the winter promotion of bikes?",
        forum=MeetingKind.EXECUTIVE,
        decider=cast.ceo,
        options=[NOTHING, OptionDraft("b", "Delay it by a month", plan_effect=effect(-10))],
    )
    action_add(
        cycle=cycle, text="Agree the price list with all dealers", owner=cast.manager, due_on=date(2026, 11, 13),
        by=cast.leader, on=date(2026, 11, 2), at=ENTRY,
    )  # fmt: skip
    risk_add(
        cycle=cycle, kind=RiskOpportunity.Kind.RISK, text="North Stores may cut its range", value=40_000.0,
        probability=0.3, month=date(2027, 2, 1), owner=cast.manager, by=cast.manager, at=ENTRY,
    )  # fmt: skip
    risk_add(
        cycle=cycle, kind=RiskOpportunity.Kind.OPPORTUNITY, text="A new chain in the east", value=25_000.0,
        probability=0.5, month=date(2027, 3, 1), owner=cast.other_rep, by=cast.manager, at=ENTRY,
    )  # fmt: skip
    return first, second


def test_an_executive_meeting_from_the_agenda_to_the_digest(
    cast: Cast, open_page: Open, complaints: list[str], screenshots: Path
) -> None:
    cycle = confirmed(cast)
    first, second = full_agenda(cast, cycle)
    frozen(cast, cycle)
    clock(APPROVED)
    room = f"/meetings/2026-11/{MeetingKind.EXECUTIVE.value}/"
    leader = open_page(cast.leader, room)
    assert_accessible(leader)
    shoot(leader, screenshots, "room-planned")
    leader.get_by_role("button", name="Start").click()
    expect(leader.get_by_text("as it was at the start")).to_be_visible()
    assert_pack_in_slides(leader, cycle, screenshots)
    for name in ("Carla Chief", "Lena Leader", "Oscar Operations", "Fiona Funds"):
        leader.get_by_label(name, exact=True).check()
    leader.get_by_role("button", name="Save who is here").click()
    expect(leader.get_by_text("4 of 6 are here.")).to_be_visible()

    ceo = open_page(cast.ceo, room)
    expect(ceo.get_by_role("button", name="Approve the plan")).to_be_visible()
    shoot(ceo, screenshots, "room-running")
    assert_accessible(ceo)
    ceo.locator(f"#{first.code}").get_by_role("button", name="Two Saturdays").click()
    expect(ceo.get_by_text(f"{first.code} is decided: Two Saturdays.")).to_be_visible()
    question = ceo.locator(f"#{second.code}")
    question.get_by_label("Why").fill("Ask the dealers first")
    question.get_by_label("Defer to").fill("2026-12-10")
    question.get_by_role("button", name="Defer", exact=True).click()
    expect(ceo.get_by_text(f"{second.code} is deferred")).to_be_visible()

    note = leader.locator("#item-0 textarea")
    note.fill("Mona brings the list on Friday")
    leader.locator("#item-0").get_by_role("button", name="Save note").click()
    expect(leader.locator("#item-0").get_by_text("Saved")).to_be_visible()
    leader.get_by_label("What is to be done").fill("Ask the union about December")
    leader.get_by_label("Who").select_option(label="Oscar Operations")
    leader.get_by_label("Until").fill("2026-11-27")
    leader.get_by_role("button", name="Add action").click()
    expect(leader.get_by_text("for Oscar Operations, due 27 Nov 2026")).to_be_visible()
    leader.get_by_role("link", name="See the minutes").click()
    expect(leader.get_by_text("This goes out to 11 people when you finish")).to_be_visible()
    expect(leader.get_by_role("heading", name="For Oscar Operations")).to_be_visible()
    shoot(leader, screenshots, "minutes-preview")
    leader.get_by_role("button", name="Close the panel").click()

    ceo.goto(f"{ceo.url.split('#')[0]}")
    ceo.get_by_role("button", name="Approve the plan").click()
    expect(ceo.get_by_text("Approved. The company forecast is being published.")).to_be_visible()
    leader.get_by_role("button", name="Finish and send").click()
    expect(leader.get_by_text("The minutes are written")).to_be_visible()
    shoot(leader, screenshots, "room-finished")
    assert_accessible(leader)
    assert Message.objects.filter(kind="meeting_digest").count() == 11
    assert_calendar_knows(cast.ceo, leader)
    leader.get_by_role("link", name="Print, slides, workbook, PDF").click()
    expect(leader.get_by_text("Decided by Carla Chief: Two Saturdays")).to_be_visible()
    shoot(leader, screenshots, "minutes-paper")
    assert not complaints


def downloaded(page: Page, name: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name).click()
    return Path(waiting.value.path()).read_bytes()


def assert_pack_in_slides(page: Page, cycle: Cycle, folder: Path) -> None:
    """The slides that the room links to say the numbers of the frozen pack."""
    room = page.url
    page.get_by_role("link", name="pack 1").click()
    expect(page.get_by_role("heading", name="Executive S&OP, cycle 2026-11, pack 1")).to_be_visible()
    assert_accessible(page)
    shoot(page, folder, "pack")
    pack = Meeting.objects.get(cycle=cycle, kind=MeetingKind.EXECUTIVE).pack
    slides = downloaded(page, "Slides (PPTX)")
    (folder / "pack.pptx").write_bytes(slides)
    deck = Presentation(io.BytesIO(slides))
    tables = tables_of(deck)
    assert [row[1] for row in tables["Months"][1:]] == [f"{round(row['revenue']):,}" for row in pack["months"]]
    assert charts_of(deck)[0]["Forecast"] == tuple(row["revenue"] for row in pack["months"])
    book = openpyxl.load_workbook(io.BytesIO(downloaded(page, "Workbook (XLSX)")))
    assert [row[5] for row in rows_of(book["Families"])[1 : len(pack["families"]) + 1]] == [
        row["revenue"] for row in pack["families"]
    ]
    page.goto(room)


def assert_calendar_knows(person: Person, page: Page) -> None:
    """The person's calendar address gives a calendar that another program reads, with the meeting in it."""
    answer = page.request.get(f"{urljoin(page.url, urlsplit(feed_address(person)).path)}")
    calendar = Calendar.from_ical(answer.text())
    events = calendar.walk("VEVENT")
    assert not [error for event in events for error in event.errors]
    held = next(event for event in events if "Executive S&OP" in str(event["SUMMARY"]))
    assert held["DTSTART"].dt == Meeting.objects.get(kind=MeetingKind.EXECUTIVE).starts_at
    assert len({str(event["UID"]) for event in events}) == len(events)


def test_two_executives_decide_at_once_and_both_are_told(cast: Cast, open_page: Open, screenshots: Path) -> None:
    cycle = confirmed(cast)
    decision = brief(cast, cycle, question="Delay the winter promotion of bikes?")
    clock(MONEY)
    room = f"/meetings/2026-11/{MeetingKind.PRE_SOP.value}/?present=1"
    ceo, coo = open_page(cast.ceo, room), open_page(cast.coo, room)
    for page in (ceo, coo):
        expect(page.get_by_role("button", name="Saturday shifts")).to_be_visible()
    shoot(ceo, screenshots, "present")
    assert_accessible(ceo)
    ceo.get_by_role("button", name="Saturday shifts").click()
    expect(ceo.get_by_text(f"{decision.code} is decided: Saturday shifts.")).to_be_visible()
    coo.get_by_role("button", name="Do nothing").click()
    expect(coo.get_by_text(f"Carla Chief has decided {decision.code} already: Saturday shifts.")).to_be_visible()
    decision.refresh_from_db()
    assert (decision.chosen, decision.decided_by) == ("b", cast.ceo)


def test_a_meeting_is_presented_by_the_keys(cast: Cast, open_page: Open, complaints: list[str]) -> None:
    cycle = confirmed(cast)
    full_agenda(cast, cycle)
    frozen(cast, cycle)
    clock(APPROVED)
    page = open_page(cast.leader, f"/meetings/2026-11/{MeetingKind.EXECUTIVE.value}/")
    page.get_by_role("link", name="Present").click()
    expect(page.get_by_text("item 1 of")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("item 2 of")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("item 1 of")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Agenda")).to_be_visible()
    assert not complaints


def test_a_brief_is_written_and_comes_back_whole_when_it_lacks_something(
    cast: Cast, open_page: Open, complaints: list[str], screenshots: Path
) -> None:
    supply_is_signed(cast)
    clock(MONEY)
    page = open_page(cast.demand_planner, "/meetings/decisions/new/")
    assert_accessible(page)
    page.get_by_label("Question").fill("Delay the winter promotion of bikes?")
    page.locator("#b-label").fill("Delay it by a month")
    page.locator("#b-text").fill("Marketing moves the fair to February")
    page.get_by_role("button", name="Put it on the agenda").click()
    expect(page.get_by_text("fill in its effect on revenue, margin or cost")).to_be_visible()
    expect(page.locator("#b-text")).to_have_value("Marketing moves the fair to February")
    page.locator("#b-label + *")  # the option is still there
    page.locator("fieldset", has_text="Option B").get_by_text("Effect on the plan").click()
    page.locator("#b-scope").select_option(label="Bikes")
    page.locator("#b-pct").fill("-10")
    page.locator("#b-from").select_option("2026-12")
    page.locator("#b-to").select_option("2027-01")
    page.locator("fieldset", has_text="Option B").get_by_label("Recommended").check()
    shoot(page, screenshots, "brief-form")
    page.get_by_role("button", name="Put it on the agenda").click()
    expect(page.get_by_text("D-1 is on the agenda of the Pre-S&OP.")).to_be_visible()
    expect(page.get_by_text("BIKES −10 %, 2026-12 to 2027-01")).to_be_visible()
    shoot(page, screenshots, "brief")
    assert_accessible(page)
    page.goto(page.url.replace("/D-1/", "/"))
    expect(page.get_by_text("Delay the winter promotion of bikes?")).to_be_visible()
    shoot(page, screenshots, "decisions")
    assert_accessible(page)
    # the brief that was refused answered with 422, which the browser notes
    assert all("422" in words for words in complaints), complaints


def test_actions_are_closed_where_they_stand(
    cast: Cast, open_page: Open, complaints: list[str], screenshots: Path
) -> None:
    cycle = confirmed(cast)
    full_agenda(cast, cycle)
    meeting = Meeting.objects.get(cycle=cycle, kind=MeetingKind.PRE_SOP)
    meeting = meeting_start(meeting=meeting, by=cast.leader, on=MONEY.date(), at=MONEY)
    meeting_finish(meeting=meeting, by=cast.leader, at=MONEY)
    clock(FROZEN)
    page = open_page(cast.manager, "/meetings/actions/")
    expect(page.get_by_text("Overdue since 13 Nov 2026")).to_be_visible()
    shoot(page, screenshots, "actions")
    assert_accessible(page)
    page.get_by_label("What came of A-1").fill("Agreed with all twelve")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_text("A-1 is closed.")).to_be_visible()
    expect(page.get_by_text("Agreed with all twelve")).to_be_visible()
    page.goto(page.url.replace("actions/", ""))
    shoot(page, screenshots, "list")
    assert_accessible(page)
    page.get_by_role("link", name="Pre-S&OP").first.click()
    expect(page.get_by_role("heading", name="Minutes")).to_be_visible()
    shoot(page, screenshots, "minutes")
    assert not complaints
