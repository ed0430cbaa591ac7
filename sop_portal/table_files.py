"""Every page's tables as files: the page with `?download=xlsx` or `?download=csv`, for whoever may read the page.

The page itself is made as always, so a file never holds what its reader would not see, nor other numbers.
"""

import io
import re
from collections.abc import Callable, Sequence

import xlsxwriter
from django.http import HttpRequest, HttpResponse

from jobs.errors import Refused
from masterdata.blank_files import OPTIONS
from masterdata.exports import csv_bytes
from sop_portal.middleware import told
from sop_portal.page_tables import PageTable, Percent, Value, page_tables

ASKED = "download"
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
SHEET_NAME = 31
WIDEST = 48
HEAD, GREY = "#e4e7eb", "#eef1f4"
NO_TABLE = Refused("no_table", "This page has no table to take along.", status=404)
NO_FORM = Refused("no_format", "Tables are sent as xlsx or csv.", status=400)


class TablesAsFiles:
    """Turns a page that was asked for as a file into the file of its tables."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        form = request.GET.get(ASKED, "")
        if not form or request.method != "GET" or request.path.startswith("/api/"):
            return self.get_response(request)
        if form not in TYPES:
            return told(request, NO_FORM)
        rest = request.GET.copy()
        del rest[ASKED]
        request.GET = rest  # type: ignore[assignment]
        page = self.get_response(request)
        if page.status_code != 200 or not page.get("Content-Type", "").startswith("text/html") or page.streaming:
            return page
        tables = page_tables(page.content.decode())
        return _file(request, form, tables) if tables else told(request, NO_TABLE)


def _file(request: HttpRequest, form: str, tables: Sequence[PageTable]) -> HttpResponse:
    data = tables_workbook(tables) if form == "xlsx" else tables_csv(tables)
    name = re.sub(r"[^a-z0-9]+", "-", request.path.lower()).strip("-") or "home"
    answer = HttpResponse(data, content_type=TYPES[form])
    answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return answer


def tables_csv(tables: Sequence[PageTable]) -> bytes:
    """One table under the other, each under its name; text that looks like a formula is made harmless."""
    rows: list[list[object]] = []
    for table in tables:
        rows += [[], [table.name]] if rows else [[table.name]]
        rows += [[_plain(value) for value in row] for row in table.rows]
    return csv_bytes([str(value) for value in rows[0]], rows[1:])


def _plain(value: Value) -> str | float:
    number = value.value if isinstance(value, Percent) else value
    return int(number) if isinstance(number, float) and number.is_integer() else number


def tables_workbook(tables: Sequence[PageTable]) -> bytes:
    """A sheet per table: numbers as numbers, headers frozen, all grey, since nothing comes back from it."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, OPTIONS)
    names: set[str] = set()
    for table in tables:
        sheet = book.add_worksheet(_sheet_name(table.name, names))
        _fill(book, sheet, table)
        sheet.freeze_panes(table.head, table.first)
        for at, width in enumerate(_widths(table)):
            sheet.set_column(at, at, width)
    book.close()
    return stream.getvalue()


def _fill(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet, table: PageTable) -> None:
    head = book.add_format({"bold": True, "bg_color": HEAD, "bottom": 1})
    grey = {"bg_color": GREY}
    text, whole, broken = (
        book.add_format(grey | more) for more in ({}, {"num_format": "#,##0"}, {"num_format": "#,##0.00"})
    )
    shares = [book.add_format(grey | {"num_format": f"0{'.' if places else ''}{'0' * places}%"}) for places in range(4)]
    for at, row in enumerate(table.rows):
        for place, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(at, place, value, head if at < table.head else text)
            elif isinstance(value, Percent):
                sheet.write_number(at, place, value.value, shares[min(value.decimals, 3)])
            else:
                sheet.write_number(at, place, value, whole if value.is_integer() else broken)


def _widths(table: PageTable) -> list[int]:
    count = max(len(row) for row in table.rows)
    longest = [max((len(str(row[at])) for row in table.rows if at < len(row)), default=0) for at in range(count)]
    return [min(max(width + 2, 8), WIDEST) for width in longest]


def _sheet_name(name: str, taken: set[str]) -> str:
    """What a spreadsheet takes for a name, once in a workbook."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", name).strip()[:SHEET_NAME] or "Table"
    number, fresh = 2, plain
    while fresh.lower() in taken:
        end = f" {number}"
        number, fresh = number + 1, plain[: SHEET_NAME - len(end)] + end
    taken.add(fresh.lower())
    return fresh
