"""The tables of pages as files: typed, frozen, grey, harmless, and never more than the page shows."""

import csv
import io

import openpyxl
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from sop_portal.page_tables import Percent, cell_value, page_tables
from sop_portal.table_files import tables_csv, tables_workbook
from tests.everything import Everything

PAGE = """
<h1>Gaps</h1><svg><title>no</title><text>7</text></svg>
<div role="region" aria-label="Gaps by family"><table>
<thead><tr><th>Family</th><th colspan="2">Units</th><th>Share</th></tr></thead>
<tbody>
<tr><th scope="row"><a href="/x">BIKES</a><br><span>all</span></th><td>1,250</td><td>−3.5</td><td>12.5%</td></tr>
<tr><th scope="row">=1+1</th><td>007</td><td>–</td><td>8 %<button>Press</button></td></tr>
</tbody></table></div>
<h2>Second: <b>of</b> all</h2><table><tr><td>a<form><select><option>no</option></select></form></td></tr></table>
<h2>Nothing</h2><table></table>
"""


def test_tables_are_read_as_they_are_seen() -> None:
    first, second = page_tables(PAGE)
    assert (first.name, first.head, first.first) == ("Gaps by family", 1, 1)
    assert first.rows == [
        ["Family", "Units", "", "Share"],
        ["BIKES all", 1250.0, -3.5, Percent(0.125, 1)],
        ["=1+1", "007", "–", Percent(0.08, 0)],
    ]
    assert (second.name, second.rows) == ("Second: of all", [["a"]])


def test_a_table_that_is_typed_into_is_read_with_what_stands_in_it() -> None:
    table = (
        "<form><h2>Stock</h2><table><tr><th>ALPHA</th><td><input value='1250'><input type='hidden' value='9'>"
        "<input type='checkbox' value='on'></td></tr></table></form>"
    )
    assert [(found.name, found.rows) for found in page_tables(table)] == [("Stock", [["ALPHA", 1250.0]])]


def test_a_workbook_has_typed_cells_frozen_headers_and_grey() -> None:
    book = openpyxl.load_workbook(io.BytesIO(tables_workbook(page_tables(PAGE))))
    assert book.sheetnames == ["Gaps by family", "Second  of all"]
    sheet = book.worksheets[0]
    assert sheet.freeze_panes == "B2"
    assert (sheet["B2"].value, sheet["C2"].value, sheet["D2"].value) == (1250, -3.5, 0.125)
    assert (sheet["D2"].number_format, sheet["D3"].number_format, sheet["B2"].number_format) == ("0.0%", "0%", "#,##0")
    assert (sheet["A3"].value, sheet["A3"].data_type, sheet["B3"].data_type) == ("=1+1", "s", "s")
    assert sheet["B2"].fill.start_color.rgb == "FFEEF1F4"


def test_csv_is_harmless_and_keeps_numbers() -> None:
    rows = list(csv.reader(io.StringIO(tables_csv(page_tables(PAGE)).decode("utf-8-sig"))))
    assert rows[0] == ["Gaps by family"]
    assert rows[2] == ["BIKES all", "1250", "-3.5", "0.125"]
    assert rows[3][0] == "'=1+1"
    assert ["Second: of all"] in rows


def test_equal_and_long_names_still_make_sheets() -> None:
    page = "".join(f"<h2>{'A/b' * 20}</h2><table><tr><td>{at}</td></tr></table>" for at in range(3))
    names = openpyxl.load_workbook(io.BytesIO(tables_workbook(page_tables(page)))).sheetnames
    assert len(set(names)) == 3
    assert all(len(name) <= 31 and "/" not in name for name in names)


@given(st.text(max_size=60))
def test_whatever_a_cell_holds_it_is_text_or_a_number(text: str) -> None:
    value = cell_value(text)
    assert isinstance(value, str | float | Percent)
    if isinstance(value, str):
        assert value == text


@given(st.text(alphabet="<>/abtdrh \"'=&;", max_size=80))
def test_broken_markup_ends_nothing(text: str) -> None:
    page_tables(text + "<table><tr><td>1")


@pytest.fixture
def house(db: None) -> Everything:
    return Everything.made()


PAGES = ("/supply/", "/supply/family/BIKES/", "/accuracy/", "/dashboard/", "/finance/",
         "/events/", "/cycle/", "/forecast/", "/data/")  # fmt: skip


def test_pages_of_every_room_go_out_as_both(house: Everything, client: Client) -> None:
    client.force_login(house.cast.leader.user)
    for path in PAGES:
        page = client.get(path)
        if page.status_code == 404:
            continue
        tables = page_tables(page.content.decode())
        assert tables, path
        sent = client.get(path, {"download": "xlsx"})
        assert sent["Content-Type"].endswith("sheet"), path
        assert sent["Content-Disposition"].endswith('.xlsx"'), path
        book = openpyxl.load_workbook(io.BytesIO(sent.content))
        assert len(book.sheetnames) == len(tables), path
        assert client.get(path, {"download": "csv"})["Content-Type"].startswith("text/csv"), path


def test_a_file_is_refused_like_its_page(house: Everything, client: Client) -> None:
    assert client.get("/supply/?download=xlsx").status_code == 302
    client.force_login(house.cast.rep.user)
    assert client.get("/data/?download=xlsx").status_code == client.get("/data/").status_code == 403
    assert client.get("/dashboard/?download=pdf").status_code == 400
    assert client.get("/nowhere/?download=csv").status_code == 404
