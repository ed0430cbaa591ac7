"""A paper as an XLSX file: one sheet per table, typed cells, frozen headers, ready to print."""

import io
from datetime import date
from typing import Any, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from cycles.periods import parse_month
from meetings.papers import Column, Kind, Paper, Table

PAPERS: Final = {"A4": 9, "Letter": 1}
FORMATS: Final = {
    Kind.TEXT: {"text_wrap": True, "valign": "top"},
    Kind.COUNT: {"num_format": "#,##0"},
    Kind.MONEY: {"num_format": "#,##0"},
    Kind.SHARE: {"num_format": "0.0%"},
    Kind.MONTH: {"num_format": "mmm yyyy", "align": "left"},
    Kind.DAY: {"num_format": "d mmm yyyy", "align": "left"},
}
NUMBER_WIDTH: Final = 18
WIDEST: Final = 60
SHEET_NAME: Final = 31
FOOTER: Final = 240


def workbook(paper: Paper) -> bytes:
    """The file's bytes; the first sheet says what it is, then comes one sheet for each table."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.set_properties({"title": paper.title, "comments": paper.footer})
        formats = {kind: book.add_format(how) for kind, how in FORMATS.items()}
        _cover(book, paper)
        for table in paper.tables:
            _sheet(book, table, paper, formats)
    return out.getvalue()


def _cover(book: Workbook, paper: Paper) -> None:
    sheet = _new_sheet(book, "Read first", paper)
    sheet.set_column(0, 0, 110)
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.write_string(0, 0, paper.title, book.add_format({"bold": True, "font_size": 14}))
    for row, words in enumerate((paper.message, *paper.facts, paper.footer), start=1):
        sheet.write_string(row, 0, words, wrap)


def _sheet(book: Workbook, table: Table, paper: Paper, formats: dict[Kind, Format]) -> None:
    sheet = _new_sheet(book, table.name, paper)
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    for at, column in enumerate(table.columns):
        align = "right" if column.is_number else "left"
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "align": align})
        sheet.set_column(at, at, _width(table, at, column))
        sheet.write_string(0, at, column.label, head)
    for number, row in enumerate(table.rows, start=1):
        for at, (column, value) in enumerate(zip(table.columns, row, strict=True)):
            _cell(sheet, number, at, column, value, formats[column.kind])
    for number, words in enumerate(filter(None, (table.title, table.note)), start=len(table.rows) + 2):
        sheet.write_string(number, 0, words)


def _new_sheet(book: Workbook, name: str, paper: Paper) -> Worksheet:
    sheet = book.add_worksheet(name[:SHEET_NAME])
    sheet.set_landscape()
    sheet.set_paper(PAPERS[paper.size])
    sheet.fit_to_pages(1, 0)
    # "&" begins a code in a footer, so that the one in a name is written twice.
    sheet.set_footer(f"&L{paper.footer.replace('&', '&&')[:FOOTER]}&R&P / &N")
    return sheet


def _cell(sheet: Worksheet, row: int, at: int, column: Column, value: Any, how: Format) -> None:
    """Words always as words: what begins with = is no formula."""
    if value is None:
        sheet.write_blank(row, at, None, how)
    elif column.is_number:
        sheet.write_number(row, at, value, how)
    elif column.kind is Kind.MONTH:
        sheet.write_datetime(row, at, parse_month(value), how)
    elif column.kind is Kind.DAY:
        sheet.write_datetime(row, at, date.fromisoformat(value), how)
    else:
        sheet.write_string(row, at, str(value), how)


def _width(table: Table, at: int, column: Column) -> float:
    if column.kind is not Kind.TEXT:
        return NUMBER_WIDTH
    longest = max((len(str(row[at])) for row in table.rows), default=0)
    return min(max(longest, len(column.label), 10) + 2, WIDEST)
