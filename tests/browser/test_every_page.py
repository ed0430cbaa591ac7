"""axe finds nothing on any page of the URLconf, and nothing sticks out: wide and phone, light and dark.

A new address is visited by the S&OP leader without being named here. It fails until it is given values for its
parameters (tests/everything.py), a reader who may see it, or a place among the parts of pages.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessible import AT_REST
from tests.everything import Everything, Route, routes
from tests.processes import Web

pytestmark = pytest.mark.browser
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
TIMEOUT = 20_000
AXE = Axe().axe_script
# In the second theme only colours can have changed.
EVERY_RULE: dict[str, object] = {"resultTypes": ["violations"], "selectors": False, "iframes": False}
COLOURS = EVERY_RULE | {"runOnly": ["color-contrast", "link-in-text-block"]}
LOOKS = ((WIDE, "light", EVERY_RULE), (WIDE, "dark", COLOURS), (PHONE, "dark", EVERY_RULE), (PHONE, "light", COLOURS))
# Pieces that a page takes in, looked at where it shows them; files, data for a script, and ways to another site.
PARTS = {
    "demand:event-advice",
    "demand:review-line",
    "meetings:preview",
    "upload-errors",
    "upload-marked",
    "file-template",
    "demand:sheet-xlsx",
    "demand:sheet-csv",
    "demand:names",
    "meetings:calendar-feed",
    "meetings:paper-file",
    "company-sign-in",
    "company-sign-in-back",
}
PROGRAMS = ("api-", "health-")
LEADER = "lena"
# The moment a page is looked at and who reads it; every other page at the last moment by the S&OP leader.
READERS = {
    "entry": {
        "login": [""],
        "home": ["rita", "mona", "mark", LEADER],
        "away": ["rita"],
        "mails": ["rita"],
        "data": [LEADER],
        "upload": [LEADER],
        "people": [LEADER],
        "person": [LEADER],
        "jobs": [LEADER],
        "job": [LEADER],
        "demand:sheet": ["rita"],
        "demand:sheet-of": ["mona"],
        "demand:orders": ["rita"],
        "demand:team": ["mona"],
        "demand:why": ["rita"],
        "demand:events": ["mark"],
        "meetings:control": [LEADER],
        "meetings:nudge-look": [LEADER],
        "meetings:reminders-look": [LEADER],
        "kpis:feedback": ["rita"],
        "kpis:lesson": ["rita"],
        "kpis:feedback-of": ["mona"],
    },
    "supply": {
        "demand:review": ["dora"],
        "demand:review-lines": ["dora"],
        "demand:rule": ["dora"],
        "demand:finance": ["finn"],
        "supply:review": ["sam"],
        "supply:gap": ["sam"],
        "supply:scenarios": ["sam"],
        "supply:scenario-new": ["sam"],
        "supply:families": ["sam"],
        "supply:family": ["sam"],
        "supply:resource": ["sam"],
        "supply:inputs": ["sam"],
        "supply:plan-change": ["sam"],
        "supply:news": ["rita"],
        "supply:promised": ["rita"],
        "supply:alternatives": ["rita"],
    },
    "executive": {
        "home": ["rita"],
        "demand:sheet": ["rita"],
        "kpis:executive": ["carla"],
        "kpis:accuracy": ["dora"],
        "kpis:forecast": ["rita"],
        "meetings:decision-new": ["sam"],
    },
}
ALL_NAMED = {name for moment in READERS.values() for name in moment}
EVERY_VALUE = {"upload", "supply:inputs"}


@dataclass
class Walk:
    """One browser window per reader, kept over the whole walk, and what was found on the way."""

    url: str
    browser: Browser
    pages: dict[str, Page] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def page(self, house: Everything, reader: str) -> Page:
        if reader not in self.pages:
            context = self.browser.new_context(viewport=WIDE, locale="en-GB", timezone_id="UTC")
            if reader:
                client = Client()
                client.force_login(house.cast.people[reader].user)
                value = client.cookies[settings.SESSION_COOKIE_NAME].value
                context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self.url}])
            self.pages[reader] = page = context.new_page()
            page.on("console", lambda said: self.complain(page, said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: self.complain(page, str(error)))
        return self.pages[reader]

    def complain(self, page: Page, words: str) -> None:
        self.faults.append(f"{page.url}: the browser complained: {words}")

    def look(self, house: Everything, path: str, reader: str) -> None:
        """The page in every look; the widths are changed as somebody turning a device would."""
        page = self.page(house, reader)
        page.set_viewport_size(WIDE)
        answer = page.goto(f"{self.url}{path}", timeout=TIMEOUT)
        if answer is None or answer.status != 200:
            self.faults.append(f"{path}: {reader or 'nobody'} is answered {answer.status if answer else 'nothing'}")
            return
        expect(page.locator(".htmx-request")).to_have_count(0)
        page.evaluate(AT_REST)
        page.evaluate(AXE)
        for viewport, theme, options in LOOKS:
            page.set_viewport_size(viewport)
            page.emulate_media(color_scheme=theme)
            self._check(page, f"{path} for {reader} at {viewport['width']} px in {theme}", options)

    def _check(self, page: Page, where: str, options: dict[str, object]) -> None:
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            self.faults.append(f"{where}: scrolls sideways")
        found = page.evaluate("(options) => axe.run(document, options)", options)
        for violation in found["violations"]:
            places = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
            self.faults.append(f"{where}: {violation['id']}: {violation['help']}: {places}")


@pytest.fixture
def walk(live_portal: Web, browser: Browser) -> Iterator[Walk]:
    made = Walk(live_portal.url, browser)
    yield made
    for page in made.pages.values():
        page.context.close()


def screens(house: Everything) -> dict[str, list[str]]:
    """The addresses that answer a GET with a page of their own, by name."""
    client = Client()
    client.force_login(house.cast.leader.user)
    shown = [one for one in routes() if one.name not in PARTS and not one.name.startswith(PROGRAMS)]
    found = {one.name: paths_of(house, one) for one in shown}
    return {name: paths for name, paths in found.items() if paths and _reads(client, paths[0])}


def paths_of(house: Everything, route: Route) -> list[str]:
    made = [reverse(route.name, kwargs=values) for values in house.parameters(route)]
    return made if route.name in EVERY_VALUE else made[:1]


def _reads(client: Client, path: str) -> bool:
    """Asked by OPTIONS which methods it takes; who says nothing takes every one."""
    return "GET" in client.options(path).get("Allow", "GET")


def go(walk: Walk, house: Everything, moment: str) -> None:
    """Everything that is looked at in a moment, and at the last one whatever nobody has named."""
    readers = READERS[moment]
    for name, paths in screens(house).items():
        unnamed = moment == "executive" and name not in ALL_NAMED
        for reader in readers.get(name, [LEADER] if unnamed else []):
            walk.seen.add(name)
            for path in paths:
                walk.look(house, path, reader)


def test_axe_finds_nothing_on_any_page(walk: Walk) -> None:
    house = Everything.made()
    go(walk, house, "entry")
    house.to_supply()
    go(walk, house, "supply")
    house.to_executive()
    go(walk, house, "executive")
    never = {name for name in ALL_NAMED if name not in walk.seen}
    without = {route.name for route in routes() if route.parameters and not house.parameters(route)}
    assert not walk.faults, "\n".join(walk.faults)
    assert not never, f"named here, but no such page: {never}"
    assert not without, f"give these values in tests/everything.py: {without}"
    assert len(walk.seen) > 35
