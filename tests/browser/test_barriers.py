"""What was in the way: one tap on the first page, and the leader's panel with what was done; a hand-over in entry."""

from datetime import timedelta
from pathlib import Path

from playwright.sync_api import expect

from cycles.models import Contribution
from cycles.services import cycle_advance
from meetings.models import BarrierRemedy
from tests.browser.accessible import assert_accessible
from tests.browser.test_meetings import Open, cast, clock, complaints, open_page, pytestmark, shoot
from tests.cast import Cast
from tests.meetings.journey import ENTRY, ENTRY_CLOSED, in_entry

__all__ = ["cast", "complaints", "open_page", "pytestmark"]


def test_one_tap_says_what_was_in_the_way_and_the_leader_acts(
    cast: Cast, open_page: Open, complaints: list[str], screenshots: Path
) -> None:
    cycle = in_entry(cast)
    cycle_advance(cycle=cycle, at=ENTRY_CLOSED)
    clock(ENTRY_CLOSED)
    rita = open_page(cast.rep, "/")
    expect(rita.get_by_role("heading", name="You did not take part in November. What was in the way?")).to_be_visible()
    assert_accessible(rita)
    shoot(rita, screenshots, "barrier")
    rita.get_by_role("button", name="No time").click()
    expect(rita.get_by_text("Thank you. The S&OP leader sees what can be done about it.")).to_be_visible()
    expect(rita.get_by_text("What was in the way?")).to_have_count(0)
    assert Contribution.objects.get(person=cast.rep.user).barrier == "no_time"
    rob = open_page(cast.other_rep, "/")
    rob.get_by_role("button", name="Skip").click()
    expect(rob.get_by_text("What was in the way?")).to_have_count(0)

    lena = open_page(cast.leader, "/cycle/")
    panel = lena.locator("#barriers")
    expect(panel.get_by_text("Sales: 2 of 2 did not take part")).to_be_visible()
    expect(panel.locator("th span", has_text="Rita Rep")).to_be_visible()
    row = panel.locator("tr", has_text="No time")
    row.get_by_text("Write what was done").click()
    assert_accessible(lena)
    shoot(lena, screenshots, "barrier-form")
    row.get_by_label("What was done, or is to be done").fill("Twelve lines at most need a look")
    row.get_by_label("Who, where it is an action").select_option(label="Mona Manager")
    row.get_by_label("Until").fill(f"{ENTRY_CLOSED.date() + timedelta(days=9):%Y-%m-%d}")
    row.get_by_role("button", name="Write it down").click()
    expect(panel.get_by_text("Twelve lines at most need a look")).to_be_visible()
    expect(panel.get_by_text("Mona Manager until 19 Nov")).to_be_visible()
    assert BarrierRemedy.objects.get().action is not None
    shoot(lena, screenshots, "barriers")
    assert not complaints


def test_customers_take_their_lines_along(
    cast: Cast, open_page: Open, complaints: list[str], screenshots: Path
) -> None:
    in_entry(cast)
    clock(ENTRY)
    page = open_page(cast.leader, f"/people/{cast.rep.pk}/")
    page.get_by_label("North Stores").check()
    page.get_by_label("Hand over to").select_option(label="Rob Rep (Sales)")
    page.get_by_label("Also in the running cycle, November 2026").check()
    assert_accessible(page)
    shoot(page, screenshots, "hand-over")
    page.get_by_role("button", name="Hand over the chosen ones").click()
    expect(page.get_by_text("1; 4 lines of the running cycle went with them.")).to_be_visible()
    rob = open_page(cast.other_rep, "/")
    expect(rob.get_by_role("button", name="All fine, submit 7")).to_be_visible()
    assert not complaints
