"""What taking part costs a person: clicks, keys, taps, seconds and kilobytes, counted in a browser and printed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from cycles.models import Contribution, How
from demand.models import Change, Event, LayerLine, Stage, TeamReview
from demand.services.submissions import submission_send, submissions_expect
from jobs.models import MovedClock
from masterdata.models import Person
from tests.browser.test_sales import PHONE, Sales
from tests.larger import FLAGGED, flag_seven, larger_company
from tests.processes import Web, manage, web_process
from tests.stages import ENTRY, cycle_in_entry

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
LINES = 30
FIRST_VISIT_KB, AGAIN_KB, SCRIPT_KB = 150, 25, 45
MANY, OPENINGS = 300, 5
Say = Callable[[str, str], None]


@pytest.fixture
def desk(live_portal: Web, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Sales]:
    """A rep with thirty lines (or as many as asked for), seven flagged, in a team of eight; sales entry is open."""
    cast = larger_company(getattr(request, "param", LINES))
    cycle = cycle_in_entry()
    submissions_expect(cycle=cycle)
    flag_seven(cycle, cast.rep)
    MovedClock.objects.create(at=ENTRY)
    made = Sales(live_portal.url, cast, cycle, browser, [])
    yield made
    for context in made.contexts:
        context.close()


def start(page: Page) -> float:
    page.evaluate("counted.clicks = counted.keys = 0")
    return perf_counter()


def counts(page: Page) -> tuple[int, int]:
    return page.evaluate("counted.clicks"), page.evaluate("counted.keys")


def seconds(since: float) -> str:
    return f"{perf_counter() - since:.1f} s for the machine"


def first_cell(page: Page) -> Locator:
    return page.locator('td[data-m][tabindex="0"]')


def saved(page: Page) -> None:
    expect(page.locator("[data-grid-status]")).to_contain_text("Saved")


# --- The rep --------------------------------------------------------------------------


def test_nothing_to_change(desk: Sales, figure: Say) -> None:
    page = desk.page(desk.cast.rep, "/")
    since = start(page)
    page.get_by_role("button", name=f"All fine, submit {LINES}").click()
    expect(page.get_by_text(f"Submitted {LINES} lines at")).to_be_visible()
    figure("Nothing to change, from my month", f"1 click, {seconds(since)}")
    assert Contribution.objects.get(person=desk.cast.rep.user).how == How.ALL_FINE


def test_from_the_mail_it_is_two_clicks_and_a_scanner_submits_nothing(desk: Sales, figure: Say) -> None:
    """The mail's link is the first click; opening it, as scanners do, changes nothing."""
    page = desk.page(desk.cast.rep, "/sheet/")
    assert Contribution.objects.get(person=desk.cast.rep.user).answered_at is None
    start(page)
    page.get_by_role("button", name=f"Submit {LINES} lines").click()
    expect(page.get_by_text(f"Submitted {LINES} lines.")).to_be_visible()
    figure("Nothing to change, from the mail", "2 clicks, the link and the button")
    assert Contribution.objects.get(person=desk.cast.rep.user).how == How.ALL_FINE


def test_four_changes_with_reasons_among_thirty_lines(desk: Sales, figure: Say) -> None:
    page = desk.page(desk.cast.rep, "/sheet/")
    expect(page.get_by_role("heading", name=f"{FLAGGED} lines need you")).to_be_visible()
    since = start(page)
    first_cell(page).focus()
    for text in ("+90", "+91", "+92", "+93"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    for key in ("End", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp", *"1234"):
        page.keyboard.press(key)
    keys = counts(page)[1] + 2  # Ctrl and Enter leave the page with its counter
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(f"Submitted {LINES} lines, 4 of them changed.")).to_be_visible()
    figure(f"{LINES} lines, {FLAGGED} flagged, 4 changed with reasons", f"{keys} keys, 0 clicks, {seconds(since)}")
    assert keys <= 30
    assert Change.objects.exclude(reason="").values("line").distinct().count() == 4


def test_seven_cards_on_the_phone(desk: Sales, figure: Say) -> None:
    page = desk.page(desk.cast.rep, "/sheet/", viewport=PHONE, has_touch=True)
    cards = page.locator("[data-card]:visible")
    since, taps = start(page), 0
    for number in range(FLAGGED):
        expect(cards.get_by_text(f"{number + 1} of {FLAGGED}")).to_be_visible()
        for name in ("+20%", "Customer told me") if number < 4 else ("OK",):
            cards.get_by_role("button", name=name).tap()
            taps += 1
            if name == "+20%" and cards.get_by_text("Why?").is_hidden():
                break
    page.get_by_role("button", name=f"Submit {LINES} lines").tap()
    taps += 1
    expect(page.get_by_text(f"Submitted {LINES} lines, 4 of them changed.")).to_be_visible()
    figure(f"Phone, {FLAGGED} cards, 4 changed with reasons", f"{taps} taps, {seconds(since)}")
    assert taps <= 16


PASTE = """(text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const began = performance.now();
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
  return performance.now() - began;
}"""


def test_a_block_from_a_spreadsheet_goes_in_at_once(desk: Sales, figure: Say) -> None:
    page = desk.page(desk.cast.rep, "/sheet/")
    page.locator("[data-unfold]").click()
    first_cell(page).click()
    block = "\n".join("\t".join(str(100 + 3 * row + month) for month in range(3)) for row in range(LINES))
    milliseconds = page.evaluate(PASTE, block)
    expect(page.locator("[data-grid-notes]").get_by_text(f"{3 * LINES} cells")).to_be_visible()
    saved(page)
    figure(f"Paste of {LINES} x 3 cells", f"1 paste, shown after {milliseconds:.0f} ms")
    rows = LayerLine.objects.filter(cycle=desk.cycle, stage=Stage.SALES)
    assert sum(value is not None for row in rows for value in row.quantity) == 3 * LINES
    page.keyboard.press("Control+z")
    expect(page.locator("td.changed")).to_have_count(0)


COMMIT = """async (cell) => {
  const total = document.querySelector("#sheet tfoot [data-total]");
  const before = total.textContent;
  cell.focus();
  const key = (name) => new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true });
  cell.dispatchEvent(key("+"));
  const input = cell.querySelector("input");
  input.value = "+7";
  const began = performance.now();
  input.dispatchEvent(key("Enter"));
  const spent = performance.now() - began;
  if (total.textContent === before) throw new Error("the total did not follow");
  return spent;
}"""


def test_a_committed_cell_updates_the_totals(desk: Sales, figure: Say) -> None:
    page = desk.page(desk.cast.rep, "/sheet/")
    cells = page.locator(f'tr[data-flag] td[data-m="{desk.cycle.code}"]')
    spent = [cells.nth(i).evaluate(COMMIT) for i in range(FLAGGED)]
    saved(page)
    figure("From Enter to the new totals, median", f"{median(spent):.1f} ms in the browser")


@pytest.fixture
def collected(test_environment: dict[str, str], transactional_db: None, tmp_path: Path) -> Iterator[Web]:
    """A web process that serves its files as production does: collected and compressed."""
    environment = test_environment | {"PORTAL_STATIC": str(tmp_path / "static")}
    unused = ("drf_spectacular_sidecar", "rest_framework")
    done = manage(environment, "collectstatic", "--noinput", *(word for name in unused for word in ("-i", name)))
    assert done.returncode == 0, done.stderr
    with web_process(environment, tmp_path / "web.log") as web:
        web.wait_answer()
        yield web


def test_what_a_visit_of_the_sheet_transfers(desk: Sales, collected: Web, figure: Say) -> None:
    desk.url = collected.url
    context = desk.context(desk.cast.rep)
    first, again = (visit(context.new_page(), f"{desk.url}/sheet/") for _ in range(2))
    script = sum(answer.body for answer in first if answer.address.endswith(".js")) / 1024
    whole, repeated = (sum(answer.wire for answer in answers) / 1024 for answers in (first, again))
    figure("First visit of the sheet", f"{whole:.0f} KB in {len(first)} answers, {script:.0f} KB of them script")
    figure("The visit after it", f"{repeated:.0f} KB")
    assert whole <= FIRST_VISIT_KB
    assert script <= SCRIPT_KB
    assert repeated <= AGAIN_KB


USABLE = """
const usable = () => {
  const cell = document.querySelector('#sheet td[data-m][tabindex="0"]');
  if (!cell) return requestAnimationFrame(usable);
  cell.focus();
  cell.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true, cancelable: true }));
  if (document.activeElement === cell) return requestAnimationFrame(usable);
  requestAnimationFrame(() => setTimeout(() => { window.usableAfter = performance.now(); }));
};
requestAnimationFrame(usable);
"""
SHOWN = """() => {
  const rows = [...document.querySelectorAll("#sheet tbody tr[data-line]")];
  const shown = rows.filter((row) => row.getClientRects().length > 0);
  const place = shown.indexOf(document.activeElement.closest("tr"));
  return [rows.length, shown.length, place, rows[0].querySelectorAll("[data-m]").length];
}"""


@pytest.mark.parametrize("desk", [MANY], indirect=True)
@pytest.mark.parametrize(
    ("address", "shown", "words"),
    [
        ("/sheet/", FLAGGED, "the others folded"),
        ("/sheet/?open=all&show=all", MANY, "all lines and months unfolded"),
    ],
)
def test_opening_three_hundred_lines(
    desk: Sales, collected: Web, figure: Say, address: str, shown: int, words: str
) -> None:
    """From the start of the navigation until the sheet is painted and has answered its first arrow key."""
    desk.url = collected.url
    opened = [opening(desk, address, shown) for _ in range(OPENINGS)]
    first, again = zip(*opened, strict=True)
    said = f"usable after {median(first):.0f} ms, again {median(again):.0f} ms, at best {min(again):.0f} ms"
    figure(f"{MANY} lines x 24 months, {words}", said)


def opening(desk: Sales, address: str, shown: int) -> list[float]:
    """Milliseconds of a first visit, with nothing kept, and of the visit after it."""
    context = desk.context(desk.cast.rep)
    page = context.new_page()
    page.add_init_script(USABLE)
    spent = []
    for _ in range(2):
        page.goto(f"{desk.url}{address}")
        spent.append(page.wait_for_function("() => window.usableAfter").json_value())
        assert page.evaluate(SHOWN) == [MANY, shown, 1, 24]
    context.close()
    desk.contexts.remove(context)
    return spent


@dataclass
class Answer:
    """Bytes of one answer as they travelled: the compressed body, and all of it; none from the browser's cache."""

    address: str
    body: int = 0
    wire: int = 0


def visit(page: Page, url: str) -> list[Answer]:
    found: dict[str, Answer] = {}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")

    def asked(event: dict[str, Any]) -> None:
        found[event["requestId"]] = Answer(event["request"]["url"].partition("?")[0])

    def received(event: dict[str, Any]) -> None:
        found[event["requestId"]].body += int(event["encodedDataLength"])

    def ended(event: dict[str, Any]) -> None:
        found[event["requestId"]].wire = int(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", asked)
    session.on("Network.dataReceived", received)
    session.on("Network.loadingFinished", ended)
    page.goto(url, wait_until="networkidle")
    return list(found.values())


# --- The manager ----------------------------------------------------------------------


def choose(page: Page, label: str, value: str) -> int:
    """A choice from a list by pointer is two clicks: open it, take one."""
    page.get_by_label(label, exact=True).select_option(value)
    return 2


def test_a_manager_with_eight_reps(desk: Sales, figure: Say) -> None:
    reps = [row.person for row in Contribution.objects.filter(cycle=desk.cycle).select_related("person__person")]
    assert len(reps) == 8
    for user in reps:
        submission_send(cycle=desk.cycle, person=user.person, at=ENTRY + timedelta(hours=1), active_seconds=60)
    page = desk.page(desk.cast.manager, "/team/")
    since, clicks = start(page), 0
    for person in Person.objects.filter(user__username__in=["rita", "sven"]):
        clicks += choose(page, "Person", person.username) + choose(page, "Reason", "price_change")
        page.get_by_label("New total").click()
        page.keyboard.type("+5%")
        page.get_by_role("button", name="Adjust", exact=True).click()
        clicks += 2
        expect(page.get_by_text(f"{person.name} sees it at once.")).to_be_visible()
    page.get_by_role("button", name="Accept all 8 that are in").click()
    clicks += 1
    expect(page.get_by_text("Accepted", exact=True)).to_have_count(8)
    figure("Manager, 8 reps, 2 adjusted, all accepted", f"{clicks} clicks, {seconds(since)}")
    assert clicks <= 20
    assert TeamReview.objects.count() == 8


# --- Marketing ------------------------------------------------------------------------


def test_a_promotion(desk: Sales, figure: Say) -> None:
    page = desk.page(desk.cast.marketing, "/events/")
    since, clicks = start(page), 0
    for label, text in (("What", "Spring weeks"), ("Uplift, %", "25")):
        page.get_by_label(label, exact=True).fill(text)
        clicks += 1
    clicks += choose(page, "From", "2027-03") + choose(page, "To", "2027-04")
    clicks += choose(page, "Which products and customers", "family:BIKES")
    page.get_by_role("button", name="Add event").click()
    clicks += 1
    expect(page.get_by_text("Spring weeks").first).to_be_visible()
    figure("One promotion", f"{clicks} clicks, {seconds(since)}")
    assert clicks <= 12
    assert Event.objects.get(name="Spring weeks").uplift_pct == 25
