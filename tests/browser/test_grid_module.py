"""static/js/grid.js in a real browser: keys, entries, clipboard, undo, and saving through every kind of trouble."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.accessible import assert_accessible
from tests.browser.sheet_server import Line, SheetServer

pytestmark = pytest.mark.browser
MONTHS = ["2026-11", "2026-12", "2027-01", "2027-02"]
CASES = json.loads((Path(__file__).resolve().parents[1] / "demand" / "cell_grammar_cases.json").read_text())
MINUS = "\u2212"


@pytest.fixture
def server():
    lines = [
        Line("Nordwind AG, Valve 40", [60, 60, 60, 60], flag="Order slipped twice"),
        Line("Nordwind AG, Valve 65", [10, 10, 10, 10]),
        Line("Brandt, Pump P2", [200, 200, 200, 200], flag="Short", locked="2026-12"),
        Line("Ostrava, Seal kit", [1000, 1000, 1000, 1000]),
    ]
    sheet = SheetServer(MONTHS, lines)
    yield sheet
    sheet.close()


@pytest.fixture
def sheet(page, server):
    """The page, opened, with the grid attached."""
    page.goto(server.url)
    page.wait_for_function("() => window.grid !== undefined")
    return page


def cell(page, line, month=MONTHS[0]):
    return page.locator(f'tr[data-line="{line}"] td[data-m="{month}"]')


def choose(page, line, month=MONTHS[0]):
    cell(page, line, month).click()


def keys(page, *names):
    for name in names:
        page.keyboard.press(name)


def settled(page):
    page.wait_for_function("() => window.grid.table.dataset.state === 'saved'")


def focused(page):
    return page.evaluate(
        "() => [document.activeElement.closest('tr')?.dataset.line, document.activeElement.dataset.m ?? '']"
    )


def status(page):
    return page.locator("[data-grid-status]")


# --- Moving -----------------------------------------------------------------------


def test_the_grid_is_one_tab_stop_and_starts_at_the_first_number(sheet):
    sheet.locator("#before").focus()
    keys(sheet, "Tab")
    assert focused(sheet) == ["0", "2026-11"]
    assert sheet.locator('table [tabindex="0"]').count() == 1
    keys(sheet, "Tab")
    assert sheet.evaluate("() => document.activeElement.textContent") == "Submit"


@pytest.mark.parametrize(
    ("pressed", "place"),
    [
        (["ArrowDown", "ArrowRight"], ["1", "2026-12"]),
        (["ArrowUp", "ArrowUp"], ["0", "2026-11"]),
        (["End"], ["0", ""]),
        (["ArrowDown", "Home"], ["1", ""]),
        (["Control+End"], ["3", ""]),
        (["Control+ArrowDown"], ["3", "2026-11"]),
        (["PageDown"], ["3", "2026-11"]),
        (["PageDown", "PageUp"], ["0", "2026-11"]),
        (["n"], ["2", "2026-11"]),
        (["n", "n", "p"], ["0", "2026-11"]),
    ],
)
def test_keys_move_the_focus(sheet, pressed, place):
    choose(sheet, 0)
    keys(sheet, *pressed)
    assert focused(sheet) == place


def test_shift_extends_a_range_and_control_takes_all(sheet):
    choose(sheet, 0)
    keys(sheet, "Shift+ArrowDown", "Shift+ArrowRight")
    assert sheet.locator('[aria-selected="true"]').count() == 4
    keys(sheet, "Control+a")
    assert sheet.locator('[aria-selected="true"]').count() == 16
    keys(sheet, "ArrowUp")
    assert sheet.locator('[aria-selected="true"]').count() == 0


def test_hidden_rows_are_passed_over(sheet):
    sheet.evaluate("() => { document.querySelector('tr[data-line=\"1\"]').hidden = true; }")
    choose(sheet, 0)
    keys(sheet, "ArrowDown")
    assert focused(sheet)[0] == "2"


def test_letters_can_be_switched_off(sheet):
    sheet.evaluate("() => { document.documentElement.dataset.shortcuts = 'off'; }")
    choose(sheet, 0)
    keys(sheet, "n")
    assert focused(sheet)[0] == "0"


# --- Typing -----------------------------------------------------------------------


def test_typing_replaces_and_enter_commits_and_moves_down(sheet, server):
    choose(sheet, 0)
    sheet.keyboard.type("75")
    keys(sheet, "Enter")
    assert focused(sheet) == ["1", "2026-11"]
    expect(cell(sheet, 0)).to_have_text("75")
    expect(cell(sheet, 0)).to_have_class("changed")
    settled(sheet)
    assert server.value(0, "2026-11") == 75
    edit = server.batches[0]["edits"][0]
    assert edit == {"line": "0", "month": "2026-11", "value": 75, "seen": 60}
    assert server.headers[0]["X-CSRFToken"] == "token-of-the-page"


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("Shift+Enter", ["0", "2026-12"]),
        ("Tab", ["1", "2027-01"]),
        ("Shift+Tab", ["1", "2026-11"]),
        ("ArrowDown", ["2", "2026-12"]),
    ],
)
def test_ways_out_of_the_editor(sheet, key, place):
    choose(sheet, 1, "2026-12")
    sheet.keyboard.type("+5")
    keys(sheet, key)
    assert focused(sheet) == place
    expect(cell(sheet, 1, "2026-12")).to_have_text("15")


def test_escape_restores_and_f2_edits_in_place(sheet, server):
    choose(sheet, 0)
    keys(sheet, "F2")
    expect(sheet.locator(".cell-input")).to_have_value("60")
    sheet.keyboard.type("99")
    keys(sheet, "Escape")
    expect(cell(sheet, 0)).to_have_text("60")
    assert focused(sheet) == ["0", "2026-11"]
    assert server.batches == []


def test_what_is_no_number_stays_open_with_advice(sheet):
    choose(sheet, 0)
    sheet.keyboard.type("12x")
    keys(sheet, "Enter")
    expect(sheet.locator(".cell-input")).to_have_attribute("aria-invalid", "true")
    expect(sheet.locator("[data-grid-notes]")).to_contain_text("`12x` is not a number. Try 12 or +12%.")
    keys(sheet, "Backspace", "Enter")
    expect(cell(sheet, 0)).to_have_text("12")
    expect(sheet.locator("[data-grid-notes]")).not_to_contain_text("12x")


def test_totals_delta_and_quarter_follow_at_once(sheet):
    choose(sheet, 3)
    sheet.keyboard.type("-10%")
    keys(sheet, "Enter")
    row = sheet.locator('tr[data-line="3"]')
    expect(row.locator("[data-delta]")).to_have_text(f"{MINUS}100")
    expect(row.locator("[data-delta]")).to_have_class("num bad")
    expect(row.locator("[data-sum]")).to_have_text("2,900")
    expect(sheet.locator('[data-total="2026-11"]')).to_have_text("1,170")
    expect(sheet.locator('[data-total="all"]')).to_have_text("4,980")
    expect(sheet.locator("[data-total-delta]")).to_have_text(f"{MINUS}100")
    expect(status(sheet)).to_contain_text(f"1 changed, {MINUS}100 units vs baseline")


def test_delete_goes_back_to_the_baseline(sheet, server):
    choose(sheet, 0)
    sheet.keyboard.type("75")
    keys(sheet, "Enter", "ArrowUp", "Delete")
    expect(cell(sheet, 0)).to_have_text("60")
    expect(cell(sheet, 0)).not_to_have_class("changed")
    settled(sheet)
    assert server.value(0, "2026-11") == 60
    assert server.batches[-1]["edits"][-1]["value"] is None


def test_locked_numbers_cannot_be_typed_over(sheet):
    choose(sheet, 2, "2026-12")
    sheet.keyboard.type("5")
    assert sheet.locator(".cell-input").count() == 0
    expect(sheet.locator("[data-grid-notes]")).to_contain_text("Locked by Dan")
    expect(cell(sheet, 2, "2026-12")).to_have_attribute("aria-readonly", "true")


def test_a_range_is_filled_by_typing_once(sheet, server):
    choose(sheet, 0)
    keys(sheet, "Shift+ArrowRight", "Shift+ArrowDown")
    sheet.keyboard.type("+10%")
    keys(sheet, "Control+Enter")
    assert [cell(sheet, line, month).inner_text() for line in (0, 1) for month in MONTHS[:2]] == [
        "66",
        "66",
        "11",
        "11",
    ]
    expect(sheet.locator("[data-grid-notes]")).to_contain_text("Filled 4 cells: 140 became 154.")
    settled(sheet)
    assert len(server.batches) == 1


def test_fill_down_and_right(sheet):
    choose(sheet, 0)
    sheet.keyboard.type("75")
    keys(sheet, "Enter", "ArrowUp", "Shift+ArrowDown", "Control+d")
    expect(cell(sheet, 1)).to_have_text("75")
    choose(sheet, 1, "2026-12")
    keys(sheet, "Control+r")
    expect(cell(sheet, 1, "2026-12")).to_have_text("75")
    choose(sheet, 1, "2026-12")
    keys(sheet, "Control+Shift+r")
    expect(cell(sheet, 1, "2027-02")).to_have_text("75")


def test_a_large_change_asks_for_its_reason_and_a_key_gives_it(sheet, server):
    choose(sheet, 0)
    sheet.keyboard.type("120")
    keys(sheet, "Enter")
    reason = sheet.locator('tr[data-line="0"] [data-reason-cell]')
    expect(reason).to_have_text("reason missing")
    expect(status(sheet)).to_contain_text("1 reason missing")
    choose(sheet, 1)
    sheet.keyboard.type("14")
    keys(sheet, "Enter")
    expect(sheet.locator('tr[data-line="1"] [data-reason-cell]')).to_have_text("")
    reason.click()
    keys(sheet, "2")
    expect(reason).to_have_text("2 Order confirmed")
    settled(sheet)
    assert server.lines[0].reason == "order_confirmed"


def test_letters_tell_the_page_what_is_wanted(sheet):
    choose(sheet, 1, "2026-12")
    keys(sheet, "l", "h", "c", "Space")
    heard = sheet.evaluate("() => window.heard.filter(([name]) => name !== 'row')")
    assert [name for name, _ in heard] == ["lock", "history", "comment", "expand"]
    assert heard[0][1] == {"line": "1", "month": "2026-12", "cells": [{"line": "1", "month": "2026-12"}]}


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: repr(case["input"])[:40])
def test_the_browser_reads_entries_as_the_server_does(grammar_page, case):
    given = CASES["defaults"] | case.get("context", {})
    names = {"last_year": "lastYear", "average3": "average3"}
    found = grammar_page.evaluate(
        "([text, cell]) => window.parseCell(text, cell)",
        [case["input"], {names.get(key, key): value for key, value in given.items()}],
    )
    if "error" in case:
        assert found == {"error": case["error"]}
    else:
        assert found == {"value": case["value"], "reset": case.get("reset", False), "note": case.get("note", "")}


@pytest.fixture(scope="module")
def grammar_page(browser):
    sheet = SheetServer(MONTHS, [Line("A", [1, 1, 1, 1])])
    page = browser.new_page()
    page.goto(sheet.url)
    page.wait_for_function("() => window.parseCell !== undefined")
    yield page
    page.close()
    sheet.close()


# --- Clipboard --------------------------------------------------------------------


def paste(page, text):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
    keys(page, "Control+v")


def test_a_block_from_a_spreadsheet_lists_what_it_skipped(sheet, server):
    choose(sheet, 1)
    paste(sheet, "11\t12\t13\r\n210\t220\t230\r\n1x\t-5\t\r\n7\t8\t9\r\n")
    notes = sheet.locator("[data-grid-notes]")
    expect(notes).to_contain_text("Pasted 5 cells: 430 became 476, 6 skipped.")
    notes.locator("summary").click()
    expect(notes).to_contain_text("Brandt, Pump P2, Dec 26: Locked by Dan")
    expect(notes).to_contain_text("`1x` is not a number. Try 1 or +1%.")
    expect(notes).to_contain_text("-5 is not a plain number")
    expect(notes).to_contain_text("7: outside the sheet")
    expect(cell(sheet, 3, "2027-01")).to_have_text("1,000")
    settled(sheet)
    assert len(server.batches) == 1
    keys(sheet, "Control+z")
    expect(cell(sheet, 1)).to_have_text("10")
    expect(cell(sheet, 2, "2027-01")).to_have_text("200")


def test_copy_gives_plain_numbers_and_paste_repeats_them_over_a_range(sheet):
    sheet.context.grant_permissions(["clipboard-read", "clipboard-write"])
    choose(sheet, 3)
    sheet.keyboard.type("1.2k")
    keys(sheet, "Enter")
    choose(sheet, 3)
    keys(sheet, "Shift+ArrowRight", "Control+c")
    assert sheet.evaluate("() => navigator.clipboard.readText()") == "1200\t1000"
    choose(sheet, 0)
    keys(sheet, "Shift+ArrowDown", "Shift+ArrowRight", "Control+v")
    assert [cell(sheet, line, month).inner_text() for line in (0, 1) for month in MONTHS[:2]] == ["1,200", "1,000"] * 2


def test_cut_leaves_the_baseline(sheet):
    sheet.context.grant_permissions(["clipboard-read", "clipboard-write"])
    choose(sheet, 0)
    sheet.keyboard.type("75")
    keys(sheet, "Enter", "ArrowUp", "Control+x")
    expect(cell(sheet, 0)).to_have_text("60")
    assert sheet.evaluate("() => navigator.clipboard.readText()") == "75"


# --- Undo -------------------------------------------------------------------------


def test_undo_and_redo_survive_a_reload(sheet, server):
    choose(sheet, 0)
    sheet.keyboard.type("75")
    keys(sheet, "Enter")
    sheet.keyboard.type("20")
    keys(sheet, "Enter")
    settled(sheet)
    sheet.reload()
    sheet.wait_for_function("() => window.grid !== undefined")
    expect(cell(sheet, 1)).to_have_text("20")
    choose(sheet, 3)
    keys(sheet, "Control+z")
    expect(cell(sheet, 1)).to_have_text("10")
    assert focused(sheet) == ["1", "2026-11"]
    keys(sheet, "Control+z")
    expect(cell(sheet, 0)).to_have_text("60")
    keys(sheet, "Control+y")
    expect(cell(sheet, 0)).to_have_text("75")
    settled(sheet)
    assert (server.value(0, "2026-11"), server.value(1, "2026-11")) == (75, 10)


def test_a_hundred_steps_can_be_undone(sheet):
    choose(sheet, 0)
    sheet.evaluate("() => { for (let i = 1; i <= 101; i += 1) window.grid.set('0', '2026-11', 100 + i); }")
    expect(cell(sheet, 0)).to_have_text("201")
    sheet.evaluate("() => { for (let i = 0; i < 100; i += 1) window.grid.undo(); }")
    expect(cell(sheet, 0)).to_have_text("101")
    keys(sheet, "Control+z")
    expect(cell(sheet, 0)).to_have_text("101")


# --- Saving -----------------------------------------------------------------------


def test_edits_made_while_a_batch_is_on_its_way_follow_in_the_next(sheet, server):
    server.gate.clear()
    choose(sheet, 0)
    sheet.keyboard.type("75")
    keys(sheet, "Enter")
    sheet.wait_for_function("() => window.grid.table.dataset.state === 'saving'")
    choose(sheet, 0)
    sheet.keyboard.type("80")
    keys(sheet, "Enter")
    server.gate.set()
    settled(sheet)
    assert server.value(0, "2026-11") == 80
    assert [(e["seen"], e["value"]) for batch in server.batches for e in batch["edits"]] == [(60, 75), (75, 80)]


def test_offline_edits_wait_and_are_sent_when_the_network_is_back(sheet, server):
    sheet.context.set_offline(True)
    choose(sheet, 0)
    sheet.keyboard.type("75")
    keys(sheet, "Enter")
    expect(status(sheet)).to_contain_text("Not saved, retrying")
    expect(cell(sheet, 0)).to_have_class("changed unsaved")
    sheet.context.set_offline(False)
    settled(sheet)
    expect(cell(sheet, 0)).to_have_class("changed")
    assert server.value(0, "2026-11") == 75


def test_unsaved_edits_survive_a_reload_and_go_out_under_their_old_token(sheet, server):
    server.refusal = (503, {"detail": "busy"})
    choose(sheet, 0)
    sheet.keyboard.type("75")
    keys(sheet, "Enter")
    expect(status(sheet)).to_contain_text("Not saved, retrying")
    server.refusal = None
    sheet.reload()
    settled(sheet)
    expect(cell(sheet, 0)).to_have_text("75")
    assert server.value(0, "2026-11") == 75
    assert len({batch["token"] for batch in server.batches}) == 1


def test_a_lost_answer_is_asked_for_again_and_nothing_is_written_twice(sheet, server):
    server.lose_answers = 1
    choose(sheet, 0)
    sheet.keyboard.type("+15")
    keys(sheet, "Enter")
    settled(sheet)
    assert server.value(0, "2026-11") == 75
    assert len(server.answered) == 1
    assert len(server.batches) >= 2
    assert len({batch["token"] for batch in server.batches}) == 1


def test_what_a_crashed_tab_left_unsaved_is_found_by_the_next(sheet, server, context):
    server.refusal = (503, {"detail": "busy"})
    choose(sheet, 0)
    sheet.keyboard.type("75")
    keys(sheet, "Enter")
    expect(status(sheet)).to_contain_text("Not saved, retrying")
    sheet.close()
    server.refusal = None
    later = context.new_page()
    later.goto(server.url)
    settled(later)
    expect(cell(later, 0)).to_have_text("75")
    assert server.value(0, "2026-11") == 75


@pytest.mark.parametrize(("button", "value"), [("Keep 75", 75), ("Use 90", 90)])
def test_a_conflict_shows_both_values_and_one_is_picked(sheet, server, button, value):
    server.set(0, "2026-11", 90, "Dan")
    choose(sheet, 0)
    sheet.keyboard.type("75")
    keys(sheet, "Enter")
    sheet.keyboard.type("20")
    keys(sheet, "Enter")
    note = sheet.locator(".grid-note.conflict")
    expect(note).to_contain_text("Nordwind AG, Valve 40, Nov 26: yours 75, Dan 90.")
    sheet.get_by_role("button", name=button).click()
    settled(sheet)
    expect(cell(sheet, 0)).to_have_text(str(value))
    expect(note).to_have_count(0)
    assert server.value(0, "2026-11") == value
    assert server.value(1, "2026-11") == 20


def test_an_undecided_conflict_is_asked_again_after_a_reload(sheet, server):
    server.set(0, "2026-11", 90, "Dan")
    choose(sheet, 0)
    sheet.keyboard.type("75")
    keys(sheet, "Enter")
    expect(sheet.locator(".grid-note.conflict")).to_be_visible()
    sheet.reload()
    expect(sheet.locator(".grid-note.conflict")).to_contain_text("yours 75, Dan 90.")
    assert server.value(0, "2026-11") == 90


def test_the_same_value_from_both_is_no_conflict(sheet, server):
    server.set(0, "2026-11", 75, "Dan")
    choose(sheet, 0)
    sheet.keyboard.type("75")
    keys(sheet, "Enter")
    settled(sheet)
    assert sheet.locator(".grid-note.conflict").count() == 0
    expect(cell(sheet, 0)).to_have_class("changed")


def test_a_refused_cell_is_named_and_the_others_are_saved(sheet, server):
    choose(sheet, 0)
    sheet.keyboard.type("666")
    keys(sheet, "Enter")
    sheet.keyboard.type("20")
    keys(sheet, "Enter")
    expect(sheet.locator("[data-grid-notes]")).to_contain_text(
        "1 cell was not taken. Nordwind AG, Valve 40, Nov 26: This line ends before that month."
    )
    settled(sheet)
    assert server.value(1, "2026-11") == 20
    assert server.value(0, "2026-11") == 60
    expect(cell(sheet, 0)).to_have_class("changed unsaved invalid")


def test_a_refused_batch_keeps_its_numbers_until_they_are_discarded(sheet, server):
    server.refusal = (409, {"detail": "Sales entry closed Thu 17:00. Ask Dan to reopen it."})
    choose(sheet, 0)
    sheet.keyboard.type("75")
    keys(sheet, "Enter")
    expect(sheet.locator("[data-grid-notes]")).to_contain_text("Sales entry closed Thu 17:00. Ask Dan to reopen it.")
    expect(cell(sheet, 0)).to_have_text("75")
    sheet.get_by_role("button", name="Discard these changes").click()
    expect(cell(sheet, 0)).to_have_text("60")
    server.refusal = None
    sheet.reload()
    sheet.wait_for_function("() => window.grid !== undefined")
    expect(cell(sheet, 0)).to_have_text("60")


def test_a_refused_batch_can_be_tried_again(sheet, server):
    server.refusal = (409, {"detail": "Sales entry is closed."})
    choose(sheet, 0)
    sheet.keyboard.type("75")
    keys(sheet, "Enter")
    again = sheet.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    server.refusal = None
    again.click()
    settled(sheet)
    assert server.value(0, "2026-11") == 75


def test_signed_out_says_so_and_keeps_the_numbers(sheet, server):
    server.refusal = (401, {"detail": "Sign in."})
    choose(sheet, 0)
    sheet.keyboard.type("75")
    keys(sheet, "Enter")
    expect(status(sheet)).to_contain_text("you are signed out")
    server.refusal = None
    sheet.reload()
    settled(sheet)
    assert server.value(0, "2026-11") == 75


def test_submitting_waits_until_everything_is_saved(sheet, server):
    choose(sheet, 0)
    sheet.keyboard.type("75")
    keys(sheet, "Enter", "Control+Enter")
    sheet.wait_for_url("**/submitted/*")
    assert server.value(0, "2026-11") == 75


# --- Readers, speed ---------------------------------------------------------------


def test_a_screen_reader_hears_saves_and_results(sheet):
    choose(sheet, 0)
    sheet.keyboard.type("75")
    keys(sheet, "Enter")
    live = sheet.locator("[data-grid-live]")
    expect(live).to_have_attribute("role", "status")
    expect(live).to_have_text("Saved. 1 changed, +15 units vs baseline.")
    choose(sheet, 0)
    keys(sheet, "F2")
    expect(sheet.locator(".cell-input")).to_have_attribute("aria-label", "Nordwind AG, Valve 40, Nov 26")


def test_axe_finds_nothing(sheet):
    choose(sheet, 0)
    sheet.keyboard.type("75")
    keys(sheet, "Enter")
    settled(sheet)
    assert_accessible(sheet)


def test_two_hundred_lines_of_two_years_work(page):
    months = [f"{2026 + (10 + i) // 12}-{(10 + i) % 12 + 1:02d}" for i in range(24)]
    server = SheetServer(months, [Line(f"Line {n}", [n + 1.0] * 24) for n in range(200)])
    page.goto(server.url)
    page.wait_for_function("() => window.grid !== undefined")
    choose(page, 0)
    keys(page, "Control+a")
    page.keyboard.type("*2")
    keys(page, "Control+Enter")
    expect(page.locator('[data-total="all"]')).to_have_text("964,800")
    settled(page)
    assert sum(len(batch["edits"]) for batch in server.batches) == 4800
    server.close()
