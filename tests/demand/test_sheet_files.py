"""The sheet as a file: out, ten numbers changed, in; the same rights, locks, conflicts and history as typing."""

import io
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from cycles.models import Cycle
from cycles.services import cycle_advance
from demand.models import Change, Origin, Stage
from demand.selectors.lines import lines_forget
from demand.selectors.sheet import sheet
from demand.services.entries import CellEdit, cells_save
from demand.services.locks import cells_lock
from demand.sheet_files import FileLine, cells_read, sheet_csv
from jobs.models import MovedClock
from masterdata.models import Customer
from tests.cast import Cast
from tests.stages import ENTRY, REVIEW

NOV, DEC = date(2026, 11, 1), date(2026, 12, 1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(cycle: Cycle) -> None:
    MovedClock.objects.update_or_create(pk=1, defaults={"at": ENTRY})


def taken(client: Client, **query: str) -> list[list[Any]]:
    answer = client.get(reverse("demand:sheet-xlsx"), query)
    assert answer.status_code == 200
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_name("sheet").to_python()


def brought(client: Client, rows: list[list[Any]], **given: str):
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        page = book.add_worksheet("sheet")
        for at, row in enumerate(rows):
            page.write_row(at, 0, row)
    sent = SimpleUploadedFile("sheet.xlsx", stream.getvalue())
    return client.post(reverse("demand:sheet-file"), {"file": sent, **given})


def kept(client: Client, answer, **given: str):
    batch, layer = answer.context["batch"], answer.context["layer"]
    return client.post(reverse("demand:sheet-file-save"), {"batch": batch, "layer": layer, **given})


def test_ten_changed_numbers_are_ten_changes_with_history(cast: Cast, cycle: Cycle, client: Client) -> None:
    client.force_login(cast.rep.user)
    rows = taken(client)
    before = {line.line: list(line.own) for line in sheet(cycle, cast.rep, cast.rep).lines}
    wanted = [(row, 4 + month) for row in (1, 2) for month in (0, 1, 2, 5, 23)]
    for row, column in wanted:
        rows[row][column] += 7
    rows[1:] = rows[:0:-1]
    answer = brought(client, rows)
    assert "10 numbers would change" in answer.content.decode()
    assert not Change.objects.exists()
    assert kept(client, answer).status_code == 302
    changes = Change.objects.all()
    assert len(changes) == 10
    assert {(change.by, change.origin, change.stage) for change in changes} == {(cast.rep, Origin.FILE, Stage.SALES)}
    assert all(change.after == pytest.approx(change.before + 7) for change in changes)
    after = {line.line: list(line.own) for line in sheet(cycle, cast.rep, cast.rep).lines}
    pairs = [pair for line, numbers in before.items() for pair in zip(numbers, after[line], strict=True)]
    assert sum(abs(new - old) > 1e-9 for old, new in pairs) == 10
    assert "Nothing in the file differs" in brought(client, taken(client)).content.decode()


def test_sending_twice_counts_once(cast: Cast, client: Client) -> None:
    client.force_login(cast.rep.user)
    rows = taken(client)
    rows[1][4] += 7
    answer = brought(client, rows)
    kept(client, answer)
    kept(client, answer)
    assert Change.objects.count() == 1


def test_a_locked_number_is_refused_and_grey(cast: Cast, cycle: Cycle, client: Client) -> None:
    client.force_login(cast.rep.user)
    line = next(one for one in sheet(cycle, cast.rep, cast.rep).lines)
    cells_lock(cycle=cycle, stage=Stage.SALES, person=cast.rep, cells=[(line.line, NOV)], locked=True, at=ENTRY)
    rows = taken(client)
    row = next(row for row in rows[1:] if (row[0], row[2]) == (line.customer_code, line.product_code))
    row[4] += 7
    answer = brought(client, rows)
    assert answer.status_code == 422
    assert "locked by Rita Rep" in answer.content.decode()
    assert kept(client, answer).status_code == 422
    assert not Change.objects.exists()


def test_a_number_that_changed_meanwhile_is_shown_with_both_values(cast: Cast, cycle: Cycle, client: Client) -> None:
    client.force_login(cast.rep.user)
    line = next(one for one in sheet(cycle, cast.rep, cast.rep).lines)
    rows = taken(client)
    row = next(row for row in rows[1:] if (row[0], row[2]) == (line.customer_code, line.product_code))
    row[4] = 321
    edit = CellEdit(line.line, NOV, 55.0)
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=[edit], at=ENTRY)
    answer = brought(client, rows)
    assert answer.status_code == 422
    assert "changed here since the file was written" in answer.content.decode()
    assert kept(client, answer).status_code == 302, "the person chose the file's number"
    assert list(Change.objects.order_by("id").values_list("before", "after"))[-1] == (55.0, 321.0)


def test_the_file_has_the_rights_of_who_brings_it(cast: Cast, cycle: Cycle, client: Client) -> None:
    client.force_login(cast.rep.user)
    rows = taken(client)
    rows[1][4] += 7
    own = kept_batch = brought(client, rows)
    client.force_login(cast.other_rep.user)
    answer = brought(client, rows)
    assert "No such customer and product is on this sheet" in answer.content.decode()
    assert kept(client, own).status_code == 403
    assert kept(client, kept_batch, **{"for": "rita"}).status_code == 403
    assert brought(client, rows, **{"for": "rita"}).status_code == 422
    assert not Change.objects.exists()
    client.force_login(cast.manager.user)
    answer = brought(client, rows, **{"for": "rita"})
    assert kept(client, answer, **{"for": "rita"}).status_code == 302
    assert Change.objects.get().stage == Stage.TEAM


def test_after_the_deadline_nothing_is_taken(cast: Cast, cycle: Cycle, client: Client) -> None:
    client.force_login(cast.rep.user)
    rows = taken(client)
    rows[1][4] += 7
    cycle_advance(cycle=cycle, at=REVIEW)
    answer = brought(client, rows)
    assert "is closed" in answer.content.decode()
    assert kept(client, answer).status_code == 409
    assert not Change.objects.exists()


def test_text_that_looks_like_a_formula_is_only_text(cast: Cast, client: Client) -> None:
    Customer.objects.filter(code="NORTH").update(name='=HYPERLINK("x")')
    lines_forget()
    client.force_login(cast.rep.user)
    text = client.get(reverse("demand:sheet-csv")).content.decode("utf-8-sig")
    assert "'=HYPERLINK" in text
    assert any(row[1] == '=HYPERLINK("x")' for row in taken(client))


LINES = {("=N", "A"): FileLine("=N", "North", "A", "Alpha", [10.0, 20.5], [False, True])}
MONTHS = [NOV, DEC]


def read(text: str, decimal: str = "."):
    rows = [(at, row.split("|")) for at, row in enumerate(text.splitlines(), start=1)]
    return cells_read(rows, LINES, MONTHS, decimal)


def test_csv_goes_out_and_comes_back_the_same() -> None:
    text = sheet_csv(MONTHS, list(LINES.values())).decode("utf-8-sig").replace(",", "|")
    assert "'=N" in text
    assert read(text) == ([], [])
    cells, faults = read(text.replace("20.5", "21"))
    assert [(cell.month, cell.value, cell.seen) for cell in cells] == [(DEC, 21.0, None)]
    assert faults == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("customer|2026-11\nN|1", "'customer code' is missing"),
        ("customer code|product code|2031-01\n=N|A|1", "No column is one of the months"),
        ("customer code|product code|2026-11|Nov 2026\n=N|A|1|2", "two columns"),
        ("customer code|product code|2026-11\nX|A|1", "No such customer"),
        ("customer code|product code|2026-11\n=N|A|1\n=N|A|2", "stands in row 2 already"),
        ("customer code|product code|2026-11\n=N|A|-1", "below 0"),
        ("customer code|product code|2026-11\n=N|A|many", "is not a number"),
        ("customer code|product code|2026-11\n=N|A|nan", "is not a number"),
        ("", "missing"),
    ],
)
def test_faults_say_where_and_what(text: str, says: str) -> None:
    _, faults = read(text)
    assert says in " ".join(fault.message for fault in faults)


def test_an_empty_cell_changes_nothing_and_a_doubtful_one_is_asked_about() -> None:
    assert read("customer code|product code|2026-11\n=N|A|") == ([], [])
    assert "thousand or a decimal" in read("customer code|product code|2026-11\n=N|A|1.000", "")[1][0].message
