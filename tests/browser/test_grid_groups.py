"""static/js/grid.js: lines under headings, subtotals that spread and add up, units or money."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.accessible import assert_accessible
from tests.browser.sheet_server import Line, SheetServer

pytestmark = pytest.mark.browser
MONTHS = ["2026-11", "2026-12", "2027-01", "2027-02"]
CASES = json.loads((Path(__file__).resolve().parents[1] / "demand" / "spreading_cases.json").read_text())["cases"]
MINUS = "\u2212"


@pytest.fixture
def server():
    nord, brandt = {"customer": "Nordwind AG"}, {"customer": "Brandt"}
    lines = [
        Line("Nordwind AG, Valve 40", [60, 60, 60, 60], 100.0, flag="Slipped", product="Valve 40", **nord),
        Line("Brandt, Pump P2", [200, 200, 0, 200], 10.0, locked="2026-12", product="Pump P2", **brandt),
        Line("Nordwind AG, Valve 65", [10, 10, 10, 10], 0.0, product="Valve 65", **nord),
        Line("Brandt, Valve 40", [100, 100, 0, 100], 100.0, product="Valve 40", **brandt),
        Line("Nordwind AG, Seal kit", [31, 31, 31, 31], 4.0, product="Seal kit", **nord),
    ]
    sheet = SheetServer(MONTHS, lines)
    yield sheet
    sheet.close()


@pytest.fixture
def sheet(page, server):
    page.goto(server.url)
    page.wait_for_function("() => window.grid !== undefined")
    page.evaluate("() => window.grid.group('customer')")
    return page


def cell(page, line, month=MONTHS[0]):
    return page.locator(f'tr[data-line="{line}"] td[data-m="{month}"]')


def subtotal(page, name, month=MONTHS[0]):
    return page.locator(f'tr.group[data-name^="{name}"] td[data-m="{month}"]')


def typed(page, place, text):
    place.click()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def numbers(page, lines, month=MONTHS[0]):
    return [float(cell(page, line, month).get_attribute("data-v")) for line in lines]


def settled(page):
    page.wait_for_function("() => window.grid.table.dataset.state === 'saved'")


def order(page):
    return page.evaluate("() => [...document.querySelectorAll('tbody tr')].map((tr) => tr.dataset.line ?? '')")


def notes(page):
    return page.locator("[data-grid-notes]")


def test_lines_stand_under_headings_with_subtotals_and_go_back(sheet):
    assert order(sheet) == ["", "1", "3", "", "0", "2", "4"]
    expect(subtotal(sheet, "Nordwind")).to_have_text("101")
    expect(subtotal(sheet, "Brandt", "2027-01")).to_have_text("0")
    expect(sheet.locator('tr.group[data-name^="Brandt"] [data-sum]')).to_have_text("600")
    sheet.evaluate("() => window.grid.group('product')")
    assert order(sheet) == ["", "1", "", "4", "", "0", "3", "", "2"]
    sheet.evaluate("() => window.grid.group('')")
    assert order(sheet) == ["0", "1", "2", "3", "4"]
    assert sheet.locator('table [tabindex="0"]').count() == 1


def test_a_typed_subtotal_adds_up_exactly_and_is_one_step(sheet, server):
    typed(sheet, subtotal(sheet, "Nordwind"), "+10%")
    assert numbers(sheet, [0, 2, 4]) == [66, 11, 34]
    expect(subtotal(sheet, "Nordwind")).to_have_text("111")
    expect(notes(sheet)).to_contain_text("111 spread over 3 lines in proportion to what stood there.")
    settled(sheet)
    assert [server.value(line, "2026-11") for line in (0, 2, 4)] == [66, 11, 34]
    assert len(server.batches) == 1
    sheet.keyboard.press("Control+z")
    expect(subtotal(sheet, "Nordwind")).to_have_text("101")
    assert numbers(sheet, [0, 2, 4]) == [60, 10, 31]


def test_locked_cells_are_held(sheet):
    typed(sheet, subtotal(sheet, "Brandt", "2026-12"), "350")
    assert numbers(sheet, [1, 3], "2026-12") == [200, 150]
    expect(notes(sheet)).to_contain_text("1 held")
    typed(sheet, subtotal(sheet, "Brandt", "2026-12"), "100")
    expect(notes(sheet)).to_contain_text("the cells that are held add up to 200, more than 100")
    assert numbers(sheet, [1, 3], "2026-12") == [200, 150]


def test_where_nothing_stood_last_year_decides(sheet):
    typed(sheet, subtotal(sheet, "Brandt", "2027-01"), "81")
    assert numbers(sheet, [1, 3], "2027-01") == [41, 40]
    expect(notes(sheet)).to_contain_text("81 spread over 2 lines in proportion to last year.")


def test_hidden_lines_take_their_share(sheet):
    sheet.evaluate("() => { document.querySelector('tr[data-line=\"4\"]').hidden = true; }")
    typed(sheet, subtotal(sheet, "Nordwind"), "202")
    assert numbers(sheet, [0, 2, 4]) == [120, 20, 62]


def test_delete_on_a_subtotal_goes_back_to_the_baseline(sheet):
    typed(sheet, subtotal(sheet, "Nordwind"), "202")
    subtotal(sheet, "Nordwind").click()
    sheet.keyboard.press("Delete")
    assert numbers(sheet, [0, 2, 4]) == [60, 10, 31]


def test_keys_walk_over_headings_and_a_fill_leaves_them_out(sheet):
    subtotal(sheet, "Brandt").click()
    sheet.keyboard.press("ArrowDown")
    assert sheet.evaluate("() => document.activeElement.closest('tr').dataset.line") == "1"
    sheet.keyboard.press("ArrowUp")
    for _ in range(2):
        sheet.keyboard.press("Shift+ArrowDown")
    sheet.keyboard.type("+10")
    sheet.keyboard.press("Control+Enter")
    assert numbers(sheet, [1, 3]) == [210, 110]
    expect(subtotal(sheet, "Brandt")).to_have_text("320")
    expect(notes(sheet)).to_contain_text("Filled 2 cells: 300 became 320, 1 skipped.")


def test_money_shows_quantity_times_price_and_takes_money(sheet, server):
    sheet.evaluate("() => window.grid.money(true, 'EUR')")
    expect(cell(sheet, 0)).to_have_text("6,000")
    expect(cell(sheet, 2)).to_have_text("10")
    expect(sheet.locator('tr[data-line="2"]')).to_have_class("no-price")
    expect(sheet.locator('[data-total="2026-11"]')).to_have_text("18,124")
    typed(sheet, cell(sheet, 0), "7040")
    assert numbers(sheet, [0]) == [70]
    expect(cell(sheet, 0)).to_have_text("7,000")
    expect(sheet.locator('[data-total="2026-11"]')).to_have_text("19,124")
    expect(sheet.locator("[data-grid-status]")).to_contain_text("+1,000 EUR vs baseline")
    typed(sheet, cell(sheet, 2), "12")
    settled(sheet)
    assert (server.value(0, "2026-11"), server.value(2, "2026-11")) == (70, 12)
    sheet.evaluate("() => window.grid.money(false)")
    expect(cell(sheet, 0)).to_have_text("70")
    expect(sheet.locator("[data-total-delta]")).to_have_text("+12")


def test_money_in_a_subtotal_is_spread_as_money(sheet):
    sheet.evaluate("() => window.grid.money(true, 'EUR')")
    expect(subtotal(sheet, "Brandt")).to_have_text("12,000")
    typed(sheet, subtotal(sheet, "Brandt"), "+50%")
    assert numbers(sheet, [1, 3]) == [300, 150]
    expect(subtotal(sheet, "Brandt")).to_have_text("18,000")
    expect(notes(sheet)).to_contain_text("each rounded to whole units")
    typed(sheet, subtotal(sheet, "Nordwind"), "3062")
    assert numbers(sheet, [0, 2, 4]) == [30, 10, 16]


@pytest.fixture
def priced_at_one(page):
    """Two lines whose price is exactly 1, one whose price is not; all of one customer."""
    kit = {"customer": "Nordwind AG"}
    prices = {"A": 1.0, "B": 1.0, "C": 2.0}
    lines = [Line(f"Nordwind AG, {name}", [10] * 4, price, **kit) for name, price in prices.items()]
    server = SheetServer(MONTHS, lines)
    page.goto(server.url)
    page.wait_for_function("() => window.grid !== undefined")
    page.evaluate("() => { window.grid.group('customer'); window.grid.money(true, 'EUR'); }")
    yield page, server
    server.close()


def test_money_at_a_price_of_one_is_whole_units_too(priced_at_one):
    page, server = priced_at_one
    for text, units in (("12.40", 12), ("12.50", 13), ("+10%", 14)):
        typed(page, cell(page, 0), text)
        assert numbers(page, [0]) == [units]
    typed(page, subtotal(page, "Nordwind", "2026-12"), "44.44")
    assert all(value == int(value) for value in numbers(page, [0, 1, 2], "2026-12"))
    settled(page)
    assert server.value(0, "2026-11") == 14


def test_a_subtotal_whose_lines_were_all_locked_opens_with_the_first_unlocked_one(sheet):
    lock = "([line, by]) => window.grid.lock(line, '2026-11', by)"
    for line in ("1", "3"):
        sheet.evaluate(lock, [line, "Dan"])
    sheet.evaluate("() => window.grid.group('customer')")
    typed(sheet, subtotal(sheet, "Brandt"), "400")
    expect(notes(sheet)).to_contain_text("every line beneath is locked or not yours to change")
    assert numbers(sheet, [1, 3]) == [200, 100]
    sheet.evaluate(lock, ["3", None])
    typed(sheet, subtotal(sheet, "Brandt"), "400")
    assert numbers(sheet, [1, 3]) == [200, 200]


def test_without_any_price_beneath_money_is_refused(sheet):
    sheet.evaluate("() => { window.grid.group('product'); window.grid.money(true, 'EUR'); }")
    typed(sheet, subtotal(sheet, "Valve 65"), "100")
    expect(notes(sheet)).to_contain_text("no line beneath has a price")
    assert numbers(sheet, [2]) == [10]


def test_editing_in_place_without_a_change_changes_nothing(sheet, server):
    sheet.evaluate("() => window.grid.money(true, 'EUR')")
    cell(sheet, 0).click()
    sheet.keyboard.press("F2")
    expect(sheet.locator(".cell-input")).to_have_value("6000")
    sheet.keyboard.press("Enter")
    assert numbers(sheet, [0]) == [60]
    assert server.batches == []


def test_axe_finds_nothing(sheet):
    assert_accessible(sheet)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_browser_spreads_as_the_server_does(spread_page, case):
    found = spread_page.evaluate("(given) => window.spread(given)", case)
    if "error" in case:
        assert case["error"] in found["error"]
    else:
        assert found["values"] == pytest.approx(case["values"])
        assert found["basis"] == case["basis"]


@pytest.fixture(scope="module")
def spread_page(browser):
    sheet = SheetServer(MONTHS, [Line("A", [1, 1, 1, 1])])
    page = browser.new_page()
    page.goto(sheet.url)
    page.wait_for_function("() => window.spread !== undefined")
    yield page
    page.close()
    sheet.close()
