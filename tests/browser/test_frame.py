"""The frame and every part of the design system on one specimen page: behaviour, access, both themes, both widths."""

from datetime import UTC, date, datetime

import pytest
from playwright.sync_api import expect

from tests.browser.accessible import assert_accessible
from tests.browser.page_server import PageServer

pytestmark = pytest.mark.browser
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
MINUS = "\u2212"


def months(count):
    return [date(2026 + (4 + i) // 12, (4 + i) % 12 + 1, 1) for i in range(count)]


AT = months(12)
CONTEXT = {
    "company_name": "Adventure Works Cycles",
    "cycle_name": "November 2026",
    "step_name": "Sales forecast",
    "deadline": datetime(2026, 11, 26, 17, 0, tzinfo=UTC),
    "search_url": "/search/",
    "role_name": "Sales rep",
    "demo_note": "Demonstration data of a fictitious company.",
    "rail": [
        {"url": f"#{icon}", "label": label, "icon": icon, "current": icon == "sheet"}
        for label, icon in [
            ("My month", "month"),
            ("My sheet", "sheet"),
            ("Orders to watch", "orders"),
            ("Track record", "track"),
            ("Dashboard", "dashboard"),
            ("Company forecast", "forecast"),
        ]
    ],
    "rows": [
        {"line": 0, "c": "Nordwind AG", "p": "Valve 40", "flag": "slip?", "ly": 120, "bl": 118, "v": 118, "q": 354},
        {"line": 1, "c": "Brandt", "p": "Seal kit", "flag": "", "ly": 1450, "bl": 1400, "v": 1260, "q": 4200},
    ],
    "reasons": [("customer_told", "Customer told me"), ("other", "Other")],
    "steps": [("Data close", "2–3 Nov", "done", "on time"), ("Sales forecast", "4–10 Nov", "open", "28 of 31 in")],
    "people": [("Linda Mitchell", "done", "submitted", 30, 1, -113), ("Jae Pak", "late", "not yet", 50, 0, 0)],
    "tl": ["Nov", "Dec", "Jan", "Feb", "Mar", "Apr"] * 3,
    "three": {
        "months": AT,
        "values": [8.1, 8.2, 9.0, 8.6, 9.0, 9.6, 8.8, 8.1, 9.8, 9.8, 10.6, 11.5],
        "plan": [8.0, 8.4, 8.9, 8.8, 9.2, 9.5, 9.1, 8.7, 9.9, 10.2, 10.8, 11.2],
        "previous_year": [7.5] * 12,
        "forecast": [False] * 6 + [True] * 6,
        "links": [f"#month-{i}" for i in range(12)],
        "message": "The year ends 0.3 mUSD short of plan",
        "who": "All families",
        "measure": "Net sales",
        "unit": "mUSD",
        "when": "May 26 to Apr 27",
    },
    "load": {
        "months": AT,
        "loads": {"Mountain": [300] * 12, "Road": [200] * 12},
        "regular": [400] * 12,
        "measure": "Load",
    },
    "inventory": {"months": AT, "values": [90, 80, 70, 60, 50, 40, 30, 20, 30, 40, 50, 60], "low": [40] * 12},
    "bridge": {"steps": [{"label": "Gap", "value": -2.8, "kind": "gap"}, {"label": "Saturday shifts", "value": 0.4}]},
    "stair": {"stages": [{"label": "Naive", "wape": 0.62}, {"label": "Baseline", "wape": 0.47}]},
    "bias": {"months": AT, "bias": [0.02, 0.06, 0.11, -0.03, -0.07, 0.04, 0.01, 0.09, 0.03, None, -0.02, 0.05]},
    "tolerance": {"months": AT, "families": ["Mountain"], "deviations": [[0.01, 0.1, -0.2] * 4]},
    "history": [3, 4, 5, 4, 6, 7],
}


@pytest.fixture(scope="module")
def server():
    pages = PageServer(CONTEXT)
    yield pages
    pages.close()


@pytest.fixture
def specimen(page, server, csp_violations):
    page.goto(f"{server.url}specimen")
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_and_nothing_overflows(browser, server, screenshots, theme, size):
    page = browser.new_page(viewport=SIZES[size], color_scheme=theme, timezone_id="UTC", locale="en-GB")
    page.goto(f"{server.url}specimen")
    expect(page.locator("svg.figure:visible").first).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") == SIZES[size]["width"]
    assert_accessible(page)
    page.screenshot(path=screenshots / f"specimen-{size}-{theme}.png", full_page=True)
    page.close()


def test_the_switch_to_dark_holds_on_the_next_page_before_any_script(specimen, server):
    specimen.locator(".menu > summary").click()
    specimen.get_by_label("Appearance").select_option("dark")
    background = "() => getComputedStyle(document.documentElement).backgroundColor"
    assert specimen.evaluate(background) == "rgb(12, 17, 22)"
    assert 'data-theme="dark"' in specimen.request.get(f"{server.url}specimen").text()
    specimen.get_by_label("Appearance").select_option("")
    assert 'data-theme="dark"' not in specimen.request.get(f"{server.url}specimen").text()


def test_rows_follow_the_density_setting(specimen):
    height = "() => document.querySelector('.data tbody tr').getBoundingClientRect().height"
    assert round(specimen.evaluate(height)) == 32
    specimen.locator(".menu > summary").click()
    specimen.get_by_label("Rows").select_option("dense")
    assert round(specimen.evaluate(height)) == 28


def test_classic_colours_are_a_setting(specimen):
    colour = "() => getComputedStyle(document.querySelector('.delta.bad')).color"
    assert specimen.evaluate(colour) == "rgb(194, 65, 12)"
    specimen.locator(".menu > summary").click()
    specimen.get_by_label("Variances").select_option("classic")
    assert specimen.evaluate(colour) == "rgb(194, 24, 7)"


def test_a_cookie_of_nonsense_changes_nothing(browser, server):
    page = browser.new_page()
    page.context.add_cookies([{"name": "theme", "value": 'x"><b>', "url": server.url}])
    page.goto(f"{server.url}specimen")
    assert page.locator("html").get_attribute("data-theme") is None
    page.close()


def test_slash_searches_but_not_while_typing(specimen):
    specimen.keyboard.press("/")
    expect(specimen.locator("#search")).to_be_focused()
    specimen.locator("#f1").focus()
    specimen.keyboard.press("End")
    specimen.keyboard.press("/")
    expect(specimen.locator("#f1")).to_have_value("Spring promotion/")


def test_slash_can_be_switched_off(specimen):
    specimen.locator(".menu > summary").click()
    specimen.get_by_label("Letter keys").select_option("off")
    specimen.locator("h1").click()
    specimen.keyboard.press("/")
    expect(specimen.locator("#search")).not_to_be_focused()


def test_the_account_menu_closes_by_escape_and_by_a_press_elsewhere(specimen):
    menu = specimen.locator("details.menu")
    menu.locator("summary").click()
    specimen.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()
    menu.locator("summary").click()
    specimen.locator("h1").click()
    expect(menu).not_to_have_attribute("open", "")


def test_the_side_panel_opens_with_its_title_and_gives_the_focus_back(specimen):
    button = specimen.get_by_role("button", name="Why 118")
    panel = specimen.locator("#panel")
    expect(panel).to_be_hidden()
    button.click()
    expect(panel).to_be_visible()
    expect(panel.get_by_role("heading")).to_have_text("Why this number")
    expect(panel).to_be_focused()
    specimen.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(button).to_be_focused()


def test_times_are_the_readers_own(browser, server):
    page = browser.new_page(timezone_id="Asia/Kathmandu", locale="en-GB")
    page.goto(f"{server.url}specimen")
    expect(page.locator(".top-cycle time")).to_have_text("Thu 26 Nov 22:45")
    page.close()


def test_a_column_leads_to_what_it_is_made_of_by_pointer_and_by_key(specimen):
    specimen.locator("svg.figure rect.hit").nth(2).click()
    specimen.wait_for_url("**#month-2")
    figure = specimen.locator("figure.chart").first
    figure.locator("summary").click()
    figure.get_by_role("link", name="Aug 26").focus()
    specimen.keyboard.press("Enter")
    specimen.wait_for_url("**#month-3")


def test_skip_link_comes_first(specimen):
    specimen.keyboard.press("Tab")
    expect(specimen.locator(".skip")).to_be_focused()
    specimen.keyboard.press("Enter")
    expect(specimen.locator("#main")).to_be_focused()


def test_the_phone_has_a_bar_below_and_targets_of_48_pixels(browser, server):
    page = browser.new_page(viewport=SIZES["phone"], has_touch=True)
    page.goto(f"{server.url}specimen")
    rail = page.locator(".rail").bounding_box()
    assert rail["y"] + rail["height"] == SIZES["phone"]["height"]
    page.locator(".rail-more summary").click()
    expect(page.locator(".rail-more").get_by_role("link", name="Company forecast")).to_be_visible()
    small = page.evaluate(
        "() => [...document.querySelectorAll('.card .choice, .action-bar .btn, .rail > ul a')]"
        ".filter((one) => one.offsetParent && one.getBoundingClientRect().height < 48).length"
    )
    assert small == 0
    page.close()


def test_nothing_moves_for_those_who_asked_for_it(browser, server):
    page = browser.new_page(reduced_motion="reduce")
    page.goto(f"{server.url}specimen")
    page.get_by_role("button", name="Why 118").click()
    duration = page.locator("#panel").evaluate("(one) => getComputedStyle(one).animationDuration")
    assert duration == "0s"
    page.close()


def test_paper_leaves_the_frame_behind(specimen):
    specimen.emulate_media(media="print")
    for part in (".top", ".rail", ".action-bar", ".tabs"):
        expect(specimen.locator(part).first).to_be_hidden()
    expect(specimen.locator(".print-foot")).to_be_visible()
    expect(specimen.locator("svg.figure:visible").first).to_be_visible()


def test_a_first_visit_keeps_to_its_budget(specimen):
    sizes = specimen.evaluate(
        "() => performance.getEntriesByType('resource').map((one) => [new URL(one.name).pathname, one.encodedBodySize])"
    )
    assert any(path.endswith(".woff2") for path, _ in sizes)
    # What every page loads; the rep's sheet has a budget of its own (test_effort.py).
    frame = ("htmx-2.min.js", "/app.js", "/mentions.js")
    found = [size for path, size in sizes if path.endswith(frame)]
    assert len(found) == len(frame)
    assert sum(found) < 25_000
    assert sum(size for _, size in sizes) < 120_000
