"""One whole monthly cycle in the browser, from the first files to the published forecast, pulled over REST.

A real web process, a real Celery worker, PostgreSQL and the broker; the portal's clock is moved from date to date.
Rep, manager, marketing, Finance, demand planner, supply planner (with the head of Operations), leader and CEO each
take their part.
"""

import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from cycles.models import Cycle, CycleState
from cycles.selectors import milestones_reached, step_of
from cycles.steps import Milestone, Step, StepState
from demand.models import Change, CycleLine, Event, Line, Stage
from demand.selectors.versions import stage_plan, version_current
from jobs.models import Job, Message, MovedClock, WorkState
from masterdata.models import Person
from meetings.models import Action
from sop_portal.celery import app
from supply.models import Gap
from tests.company_files import write_business, write_people
from tests.processes import Process, Web

pytestmark = [pytest.mark.browser, pytest.mark.worker, pytest.mark.slow]
expect.set_options(timeout=30_000)
PATIENCE = 180.0
NOV = "2026-11"


@dataclass
class Company:
    """People in browsers of their own, and the clock they all live by."""

    url: str
    browser: Browser
    run_manage: Callable
    shots: Path
    contexts: list[BrowserContext] = field(default_factory=list)

    def page(self, username: str, path: str) -> Page:
        client = Client()
        client.force_login(Person.objects.get(user__username=username).user)
        context = self.browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", timezone_id="UTC")
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self.url}])
        self.contexts.append(context)
        page = context.new_page()
        page.goto(f"{self.url}{path}")
        return page

    def clock(self, at: datetime) -> None:
        MovedClock.objects.update_or_create(pk=1, defaults={"at": at})
        self.tick()

    def tick(self) -> None:
        app.send_task("sop_portal.tick")

    def until(self, done: Callable[[], object], what: str) -> None:
        """Wait for the worker; it is told again in case it has just looked away."""
        deadline, told = time.monotonic() + PATIENCE, time.monotonic()
        while not done():
            failed = Job.objects.filter(state=WorkState.FAILED).first()
            assert failed is None, f"{failed.label}: {failed.error}"
            assert time.monotonic() < deadline, f"waited in vain: {what}"
            if time.monotonic() - told > 5:
                self.tick()
                told = time.monotonic()
            time.sleep(0.2)

    def reached(self, milestone: Milestone) -> None:
        self.until(lambda: milestone in milestones_reached(Cycle.objects.get()), milestone.label)

    def step(self, step: Step, state: StepState) -> None:
        self.until(lambda: step_of(Cycle.objects.get(), step).state == state.value, f"{step.label} {state.label}")


@pytest.fixture
def company(
    live_portal: Web, celery_worker_process: Process, browser: Browser, run_manage: Callable, screenshots: Path
) -> Iterator[Company]:
    made = Company(live_portal.url, browser, run_manage, screenshots)
    MovedClock.objects.create(pk=1, at=at(2, 8))
    yield made
    for context in made.contexts:
        context.close()


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_from_the_first_files_to_the_published_forecast(company: Company, tmp_path: Path) -> None:
    import_in_the_browser(company, tmp_path)
    open_the_cycle(company)
    rep(company)
    marketing(company)
    manager(company)
    finance_budget(company)
    demand_review(company)
    supply_review(company)
    pre_sop(company)
    executive(company)
    published_everywhere_the_same(company, tmp_path)
    once_and_provable(company)


def import_in_the_browser(company: Company, folder: Path) -> None:
    (folder / "people").mkdir()
    write_people(folder / "people")
    done = company.run_manage("import_data", folder / "people")
    assert done.returncode == 0, done.stderr
    (folder / "business").mkdir()
    files = write_business(folder / "business")
    page = company.page("lena", "/data/")
    page.locator("input[type=file]").set_input_files(files)
    page.locator("form:has(input[type=file]) button[type=submit]").click()
    page.get_by_role("button", name=re.compile("^Load .* rows")).click()
    expect(page.get_by_text(re.compile(r"Loaded: \d+ rows"))).to_be_visible(timeout=60_000)
    assert Line.objects.count() == 11


def open_the_cycle(company: Company) -> None:
    page = company.page("lena", "/cycle/")
    page.get_by_role("button", name="Open the cycle of November 2026").click()
    company.reached(Milestone.BASELINE_BUILT)
    company.clock(at(4, 9))
    company.step(Step.SALES_FORECAST, StepState.OPEN)
    company.until(lambda: Message.objects.filter(kind="input_opened", state="sent").count() == 2, "two invitations")


def rep(company: Company) -> None:
    page = company.page("rita", "/sheet/")
    line = Line.objects.get(product__code="ALPHA", customer__code="NORTH").pk
    opener = page.get_by_role("button", name=re.compile("others? match the baseline"))
    if opener.count():
        opener.click()
    page.locator(f'tr[data-line="{line}"] td[data-m="{NOV}"]').click()
    page.keyboard.type("90")
    page.keyboard.press("Enter")
    expect(page.locator("[data-grid-status]")).to_contain_text("Saved")
    page.locator(f'tr[data-line="{line}"] [data-reason-cell]').click()
    page.keyboard.press("1")
    company.until(lambda: Change.objects.filter(line=line, reason="customer_told").exists(), "the reason")
    home = company.page("rita", "/")
    home.screenshot(path=company.shots / "cycle-1-rep.png", full_page=True)
    home.get_by_role("button", name=re.compile("^Submit 8 lines, 1 changed")).click()
    expect(home.get_by_text("Submitted 8 lines at")).to_be_visible()


def marketing(company: Company) -> None:
    page = company.page("mark", "/events/")
    page.get_by_label("What", exact=True).fill("Winter weeks")
    page.get_by_label("Which products and customers").select_option("family:PARTS")
    page.get_by_label("From", exact=True).select_option("2026-12")
    page.get_by_label("To", exact=True).select_option("2026-12")
    page.get_by_label("Uplift, %").fill("20")
    page.get_by_label("Confidence, %").fill("50")
    page.get_by_role("button", name="Add event").click()
    expect(page.get_by_text("Winter weeks is planned")).to_be_visible()
    assert Event.objects.get().confidence == 0.5


def manager(company: Company) -> None:
    page = company.page("mona", "/team/")
    page.screenshot(path=company.shots / "cycle-2-manager.png", full_page=True)
    page.get_by_role("button", name=re.compile("^Accept Rita Rep|^Accept all")).first.click()
    expect(page.get_by_text(re.compile("Accepted the numbers of Rita Rep"))).to_be_visible()


def finance_budget(company: Company) -> None:
    page = company.page("finn", "/finance/")
    page.locator("#bu-rep").select_option("rita")
    page.get_by_label("Budget of a month, EUR").fill("35000")
    page.locator("#bu-first").fill("2026-12")
    page.get_by_role("button", name="Set budget").click()
    expect(page.get_by_text("Budget of 1 months set.")).to_be_visible()


def demand_review(company: Company) -> None:
    company.clock(at(10, 17))
    company.step(Step.SALES_FORECAST, StepState.CLOSED)
    company.reached(Milestone.PROPOSAL_BUILT)
    page = company.page("dora", "/demand/")
    page.get_by_label("North Stores, Alpha").check()
    page.get_by_role("button", name="Sales with events").click()
    expect(page.get_by_text(re.compile("1 settled"))).to_be_visible()
    form = page.locator("form", has=page.get_by_role("button", name="Add assumption"))
    form.get_by_label("The plan rests on").fill("North opens its second shop")
    form.get_by_label("Check on").fill("2026-12-01")
    form.get_by_role("button", name="Add assumption").click()
    expect(page.get_by_text("Assumption written down.")).to_be_visible()
    page.screenshot(path=company.shots / "cycle-3-demand.png", full_page=True)
    head = company.page("mona", "/demand/")
    head.get_by_role("button", name="Sign the demand plan").click()
    expect(head.get_by_text("Demand is signed. Supply review can begin.")).to_be_visible()


def supply_review(company: Company) -> None:
    company.clock(at(11, 9))
    company.reached(Milestone.SUPPLY_PLANNED)
    planner = company.page("sam", "/supply/")
    answer = planner.get_by_role("button", name="Take every recommended option")
    if answer.count():
        answer.click()
        company.until(lambda: not Gap.objects.filter(state="open").exists(), "an answer for every gap")
    planner.goto(f"{company.url}/supply/")
    planner.screenshot(path=company.shots / "cycle-4-supply.png", full_page=True)
    head = company.page("oscar", "/supply/")
    head.get_by_role("button", name="Sign the supply plan").click()
    company.reached(Milestone.SUPPLY_SIGNED)


def pre_sop(company: Company) -> None:
    company.clock(at(17, 9))
    company.step(Step.PRE_SOP, StepState.OPEN)
    page = company.page("finn", "/finance/")
    page.get_by_role("button", name="Confirm the money view").click()
    company.reached(Milestone.FINANCE_CONFIRMED)
    leader = company.page("lena", "/meetings/confirm/")
    leader.get_by_role("button", name="Freeze the pack and send it").click()
    company.reached(Milestone.PACK_FROZEN)


def executive(company: Company) -> None:
    company.clock(at(19, 9))
    company.step(Step.EXECUTIVE_SOP, StepState.OPEN)
    room = company.page("lena", f"/meetings/{NOV}/executive_sop/")
    room.get_by_role("button", name="Start").click()
    room.locator("#action-text").fill("Ask North for its order plan")
    owner = room.locator("#action-owner option", has_text="Rita Rep").get_attribute("value")
    room.locator("#action-owner").select_option(owner)
    room.locator("#action-due").fill("2026-12-04")
    room.locator("form:has(#action-text) button[type=submit]").click()
    company.until(lambda: Action.objects.exists(), "the action")
    ceo = company.page("carla", "/executive/")
    ceo.screenshot(path=company.shots / "cycle-5-executive.png", full_page=True)
    ceo.get_by_role("button", name="Approve the plan").click()
    company.reached(Milestone.CEO_APPROVED)
    company.until(lambda: Cycle.objects.get().state == CycleState.PUBLISHED, "the publishing")
    room.goto(f"{company.url}/meetings/{NOV}/executive_sop/")
    room.get_by_role("button", name="Finish and send").click()
    company.until(
        lambda: Message.objects.filter(recipient__username="rita", kind__contains="digest").exists(), "digest"
    )


def published_everywhere_the_same(company: Company, folder: Path) -> None:
    page = company.page("rob", f"/forecast/?cycle={NOV}&level=family&measure=quantity")
    page.screenshot(path=company.shots / "cycle-6-forecast.png", full_page=True)
    shown = page.locator("tfoot tr").first.locator("td").first.inner_text().replace(",", "")
    key = company.run_manage("create_api_key", "erp", "--scopes", "forecast:read,cycles:read")
    secret = re.search(r"sop_[\w-]+", key.stdout).group()
    pulled = pull(company, secret, "level=line")
    assert (pulled["cycle"], pulled["revision"]) == (NOV, 1)
    over_rest = sum(row["quantity"] for row in pulled["results"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(quantity) FROM bi_company_forecast WHERE cycle = %s", [NOV])
        [(stored,)] = cursor.fetchall()
    assert over_rest == stored > 0
    assert float(shown) == stored
    output = folder / "forecast.csv"
    done = company.run_manage("export_forecast", NOV, "--output", output)
    assert done.returncode == 0, done.stderr
    lines = output.read_text().splitlines()[1:]
    assert sum(float(line.rsplit(",", 1)[1]) for line in lines) == stored


def pull(company: Company, secret: str, query: str) -> dict:
    request = urllib.request.Request(
        f"{company.url}/api/v1/company-forecast/?{query}", headers={"Authorization": f"Bearer {secret}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def once_and_provable(company: Company) -> None:
    again = company.run_manage("publish", NOV)
    assert again.returncode == 1
    assert "published" in again.stderr
    cycle = Cycle.objects.get()
    version = version_current(cycle, Stage.COMPANY_FORECAST)
    proven = company.run_manage("verify", NOV)
    assert proven.returncode == 0, proven.stderr
    assert version.content_hash in proven.stdout
    line = CycleLine.objects.get(line__product__code="ALPHA", line__customer__code="NORTH").line_id
    assert stage_plan(cycle, Stage.SALES).for_lines([line]).quantity[0, 0] == 90
    why = company.page("rob", f"/why/{line}/{NOV}/?cycle={NOV}")
    expect(why.get_by_text("Customer told me").first).to_be_visible()
