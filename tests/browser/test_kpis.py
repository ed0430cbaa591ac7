"""The pages everybody looks at together, in a browser: one screen, stacked on a phone, readable by everybody."""

import re
import struct
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from cycles.selectors import cycle_of
from demand.models import LayerLine, Reason, Stage
from jobs.models import MovedClock
from kpis.services.snapshots import accuracy_take, measures_take
from masterdata.models import Company, Person
from meetings.models import Decision, RiskOpportunity
from tests.browser.accessible import assert_accessible
from tests.cast import Cast, small_company
from tests.kpis.past import past_cycle
from tests.meetings.journey import FROZEN, frozen
from tests.processes import Web

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PAGES = ("/executive/", "/dashboard/", "/accuracy/", "/forecast/", "/forecast/?level=line&family=BIKES")
Open = Callable[..., Page]


@pytest.fixture
def cast(live_portal: Web) -> Cast:
    """The frozen pack of November with three decisions and five risks, and three measured cycles before it."""
    cast = small_company()
    for month in (date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)):
        accuracy_take(cycle=past_cycle(month))
    measures_take(months=[date(2026, 9, 1), date(2026, 10, 1)], at=FROZEN)
    cycle = frozen(cast)
    for i, question in enumerate(("Run Saturday shifts in welding?", "Whom does BETA go to?", "Delay the promotion?")):
        decision = Decision.objects.create(
            code=f"D-{i}",
            cycle=cycle,
            forum="executive_sop",
            question=question,
            recommendation="do",
            decider=cast.ceo,
            decide_by=date(2026, 11, 19),
            raised_by=cast.leader,
            raised_at=FROZEN,
        )
        decision.options.create(key="do", label="Do it", revenue=4000 * (i + 1), cost=300)
        decision.options.create(key="no", label="Do nothing", do_nothing=True)
    for i in range(5):
        RiskOpportunity.objects.create(
            cycle=cycle,
            kind="risk" if i % 2 else "opportunity",
            text=f"Something that may come to one of our larger customers, number {i}",
            value=30_000 + i,
            probability=0.4,
            month=cycle.month,
            owner=cast.manager,
            at=FROZEN,
        )
    MovedClock.objects.create(at=FROZEN)
    return cast


@pytest.fixture
def opened(live_portal: Web, browser: Browser) -> Iterator[Open]:
    contexts = []

    def open_page(person: Person, path: str, **options: object) -> Page:
        client = Client()
        client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
        context = browser.new_context(**{"viewport": WIDE, "locale": "en-GB", "timezone_id": "UTC"} | options)
        contexts.append(context)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_portal.url}])
        page = context.new_page()
        page.goto(f"{live_portal.url}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()


def size(page: Page) -> dict[str, int]:
    root = "document.documentElement"
    return page.evaluate(f"({{ high: {root}.scrollHeight, wide: {root}.scrollWidth }})")


@pytest.mark.parametrize("measure", ["revenue", "quantity"])
@pytest.mark.parametrize("demonstration", [False, True])
def test_the_executive_page_is_one_screen_and_one_sheet(
    cast: Cast, opened: Open, demonstration: bool, measure: str
) -> None:
    Company.objects.update(is_demonstration=demonstration)
    page = opened(cast.ceo, f"/executive/?measure={measure}")
    expect(page.locator(".approve form, .approve p").first).to_be_visible()
    assert size(page) == {"high": 900, "wide": 1440}
    for panel in page.locator(".exec > .panel").all():
        box = panel.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 900
    for paper in ("A4", "Letter"):
        assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper, landscape=True))) == 1


def test_the_page_travels_light(cast: Cast, opened: Open) -> None:
    page = opened(cast.ceo, "/executive/")
    document = page.evaluate("performance.getEntriesByType('navigation')[0].decodedBodySize")
    assert 10_000 < document < 120_000


def test_the_ceo_decides_in_place_and_comes_back(cast: Cast, opened: Open) -> None:
    page = opened(cast.ceo, "/executive/")
    first = page.locator(".decisions > li").first
    first.get_by_text("Decide", exact=True).click()
    first.get_by_role("button", name="Do it").click()
    expect(page.locator("#messages")).to_contain_text("D-0 is decided: Do it.")
    assert page.url.endswith("/executive/")
    expect(page.locator(".decisions > li")).to_have_count(2)
    assert Decision.objects.get(code="D-0").decided_by == cast.ceo


def test_on_a_phone_message_and_decisions_come_first(cast: Cast, opened: Open) -> None:
    page = opened(cast.ceo, "/executive/", viewport=PHONE)
    order = ["h1", ".decide", ".sales", ".families", ".health"]
    tops = [page.locator(place).first.bounding_box()["y"] for place in order]
    assert tops == sorted(tops)
    assert size(page)["wide"] == PHONE["width"]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_scrolls_sideways_on_a_phone(cast: Cast, opened: Open, path: str) -> None:
    assert size(opened(cast.rep, path, viewport=PHONE))["wide"] == PHONE["width"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE])
def test_axe_finds_nothing_and_pictures_are_taken(
    cast: Cast, live_portal: Web, opened: Open, screenshots: Path, theme: str, viewport: dict[str, int]
) -> None:
    page = opened(cast.ceo, "/executive/", color_scheme=theme, viewport=viewport)
    name = "wide" if viewport is WIDE else "phone"
    for path in PAGES:
        page.goto(f"{live_portal.url}{path}")
        page.wait_for_load_state("networkidle")
        assert_accessible(page)
        page.screenshot(path=screenshots / f"kpis-{path.split('/')[1]}-{name}-{theme}.png", full_page=True)


def test_a_chart_is_taken_along_as_a_picture_that_stands_alone(cast: Cast, opened: Open) -> None:
    page = opened(cast.ceo, "/executive/", color_scheme="dark")
    chart = page.locator("figure.chart", has=page.locator("details.chart-data")).first
    chart.locator("summary").click()
    with page.expect_download() as sent:
        chart.get_by_role("button", name="SVG of this chart").click()
    assert sent.value.suggested_filename.endswith(".svg")
    picture = ElementTree.fromstring(Path(sent.value.path()).read_text())
    shapes = [one for one in picture.iter() if one.tag.split("}")[1] in ("path", "text", "rect")]
    assert len(shapes) > 20
    assert not any(one.get("class") or one.get("style") for one in picture.iter())
    assert all(one.get("fill") or one.get("stroke") for one in shapes)
    inks = {one.get("fill") for one in shapes}
    assert "rgb(35, 54, 73)" in inks  # --ac of the light theme
    words = " ".join(one.text for one in shapes if one.text)
    assert all(line in words for part in chart.locator("figcaption p").all_inner_texts() for line in part.split())
    with page.expect_download() as sent:
        chart.get_by_role("button", name="PNG of this chart").click()
    data = Path(sent.value.path()).read_bytes()
    assert data.startswith(b"\x89PNG")
    assert struct.unpack(">II", data[16:24]) == (2 * int(picture.get("width")), 2 * int(picture.get("height")))
    assert len(data) > 5_000
    assert page.evaluate("document.documentElement.dataset.theme") is None


def test_a_number_leads_to_how_it_was_made_in_two_steps(cast: Cast, opened: Open) -> None:
    page = opened(cast.rep, "/forecast/?cycle=2026-10&level=product")
    page.get_by_role("link", name="Alpha").click()
    page.locator("tbody a").first.click()
    page.wait_for_url("**/why/**")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_a_rep_reads_what_the_input_did_on_the_first_page(cast: Cast, opened: Open) -> None:
    layer = [None] * 24
    layer[0] = 5.0
    LayerLine.objects.create(
        cycle=cycle_of(date(2026, 10, 1)),
        stage=Stage.SALES,
        line=cast.line("ALPHA", "NORTH"),
        quantity=layer,
        reason=Reason.CUSTOMER_TOLD,
        changed_by=cast.rep,
        changed_at=FROZEN,
    )
    page = opened(cast.rep, "/")
    expect(page.get_by_text("Your 1 change for October 2026")).to_be_visible()
    expect(page.get_by_text("Past cycles were replayed with simulated input.")).to_be_visible()
