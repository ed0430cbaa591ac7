"""The data and people pages in a browser: a fault is found, put right, loaded by the worker; somebody gets a deputy."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from masterdata.models import Family, Person
from tests.browser.accessible import assert_accessible
from tests.cast import PASSWORD, Cast, small_company

pytestmark = [pytest.mark.browser, pytest.mark.worker]
PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1440, "height": 900}


@pytest.fixture
def cast(transactional_db) -> Cast:
    cast = small_company()
    cast.leader.user.set_password(PASSWORD)
    cast.leader.user.save()
    return cast


@pytest.fixture
def signed_in(live_portal, page: Page, cast: Cast) -> Page:
    page.goto(f"{live_portal.url}/login/?next=/data/")
    page.get_by_label("User name").fill("lena")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Data", exact=True)).to_be_visible()
    return page


def shoot(page: Page, folder: Path, name: str) -> None:
    """Desktop and phone, light and dark."""
    page.wait_for_load_state("load")
    for size, viewport in (("desktop", WIDE), ("phone", PHONE)):
        page.set_viewport_size(viewport)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} {size} scrolls"
            page.screenshot(path=folder / f"{name}-{size}-{theme}.png", full_page=True)
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light")


def send(page: Page, name: str, text: str) -> None:
    page.get_by_label("CSV or XLSX files").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    )
    page.get_by_role("button", name="Check the files").click()


def test_a_fault_is_shown_put_right_and_loaded(
    signed_in: Page, celery_worker_process, csp_violations, screenshots: Path
) -> None:
    page = signed_in
    assert_accessible(page)
    shoot(page, screenshots, "data")
    send(page, "bookings.csv", 'month,customer,product,qty\n2026-11,NORTH,ALPHA,"2,5"\n2026-11,NORD,BETA,3\n')
    expect(page.get_by_text("1 fault. Nothing will be loaded.")).to_be_visible()
    expect(page.get_by_role("cell", name="'NORD' is an unknown customer")).to_be_visible()
    assert_accessible(page)
    shoot(page, screenshots, "data-faults")
    page.get_by_role("link", name="Send again").click()
    send(page, "families.csv", "code,name,group\nNEW,New family,Bicycles\nBIKES,Bikes,Bicycles\n")
    expect(page.get_by_text("1 of 2 rows are new or changed. No faults.")).to_be_visible()
    shoot(page, screenshots, "data-check")
    page.get_by_role("button", name="Load 1 row").click()
    expect(page.get_by_text("Loaded: 2 rows, 1 of them new or changed.")).to_be_visible(timeout=60_000)
    assert Family.objects.get(code="NEW").name == "New family"
    page.get_by_role("link", name="What it changed, and undo").click()
    assert_accessible(page)
    shoot(page, screenshots, "import")
    page.get_by_role("button", name="Undo this import").click()
    expect(page.get_by_text("Undone", exact=False).first).to_be_visible(timeout=60_000)
    expect(page.get_by_role("link", name="What that changed")).to_be_visible(timeout=60_000)
    assert not Family.objects.filter(code="NEW").exists()


def test_columns_of_another_system_are_named(signed_in: Page, csp_violations, screenshots: Path) -> None:
    page = signed_in
    send(page, "umsatz.csv", "P;K;Artikel;Menge\n2026-10;NORTH;ALPHA;1.000\n2026-10;EAST;BETA;3\n")
    expect(page.get_by_text("1 fault. Nothing will be loaded.")).to_be_visible()
    page.get_by_label("What stands in it").select_option("bookings")
    page.get_by_role("button", name="Check again with this").click()
    page.get_by_label("What P means").select_option("month")
    page.get_by_label("What K means").select_option("customer")
    assert_accessible(page)
    shoot(page, screenshots, "data-layout")
    page.get_by_role("button", name="Check again with this").click()
    expect(page.get_by_text("could be 1000 or 1.000")).to_be_visible()
    page.get_by_label("Decimals with").select_option(",")
    page.get_by_role("button", name="Check again with this").click()
    expect(page.get_by_text("2 of 2 rows are new or changed. No faults.")).to_be_visible()
    expect(page.get_by_role("heading", name="First rows of bookings")).to_be_visible()
    assert_accessible(page)
    shoot(page, screenshots, "data-preview")


def test_a_deputy_is_named(signed_in: Page, cast: Cast, live_portal, csp_violations, screenshots: Path) -> None:
    page = signed_in
    page.goto(f"{live_portal.url}/people/")
    assert_accessible(page)
    shoot(page, screenshots, "people")
    page.get_by_role("link", name="Mona Manager").click()
    page.get_by_label("Deputy").select_option(label="Rita Rep (Sales)")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Mona Manager is changed.")).to_be_visible()
    assert Person.objects.get(user__username="mona").deputy == cast.rep
    page.goto(f"{live_portal.url}/people/{cast.rep.pk}/")
    assert_accessible(page)
    shoot(page, screenshots, "person")
    page.get_by_label("North Stores").check()
    page.get_by_label("Hand over to").select_option(label="Rob Rep (Sales)")
    page.get_by_role("button", name="Hand over the chosen ones").click()
    expect(page.get_by_text("Handed over to Rob Rep")).to_be_visible()
