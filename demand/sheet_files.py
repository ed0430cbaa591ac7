"""A sheet of numbers as a file: one row per line, one column per month, and what stood there when it was written.

What stood there is in hidden columns beside the months ("was 2026-11"), so that a row may be sorted or copied along
with it. Reading compares each number with what stood there and returns the ones that differ.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import xlsxwriter

from cycles.periods import parse_month
from masterdata.blank_files import OPTIONS
from masterdata.cells import hint, number, shown
from masterdata.exports import as_it_was, csv_bytes
from masterdata.layouts import month_title, plain_number

CODES = ("customer code", "product code")
TITLES = ("customer code", "customer", "product code", "product")
WAS = "was "
GREY, PAPER = "#d5d9de", "#eef1f4"
NUMBER = "#,##0.##"
WIDTH = 22


@dataclass(frozen=True)
class FileLine:
    """One line of a sheet: codes and names, the number of each month, and which of them cannot be changed."""

    customer_code: str
    customer: str
    product_code: str
    product: str
    values: Sequence[float]
    held: Sequence[bool]

    @property
    def words(self) -> tuple[str, str, str, str]:
        return self.customer_code, self.customer, self.product_code, self.product


@dataclass(frozen=True)
class FileCell:
    """A number that differs from what stood there; seen None = the file does not say what stood there."""

    row: int
    customer_code: str
    product_code: str
    month: date
    value: float
    seen: float | None


@dataclass(frozen=True)
class Fault:
    """What is wrong in a sent file: its row and column as a spreadsheet shows them, and what would be right."""

    row: int
    column: str
    value: str
    message: str


def month_names(months: Sequence[date]) -> list[str]:
    return [f"{month:%Y-%m}" for month in months]


def sheet_workbook(name: str, months: Sequence[date], lines: Sequence[FileLine]) -> bytes:
    """Typed numbers, frozen headers, numbers that cannot be changed in grey."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, OPTIONS)
    sheet = book.add_worksheet(name)
    head = book.add_format({"bold": True, "bg_color": PAPER, "bottom": 1})
    free, held = (book.add_format({"num_format": NUMBER, **shade}) for shade in ({}, {"bg_color": GREY}))
    names, first, count = month_names(months), len(TITLES), len(months)
    for at, title in enumerate([*TITLES, *names, *(f"{WAS}{month}" for month in names)]):
        sheet.write_string(0, at, title, head)
    for row, line in enumerate(lines, start=1):
        for at, text in enumerate(line.words):
            sheet.write_string(row, at, text)
        for at, (value, is_held) in enumerate(zip(line.values, line.held, strict=True)):
            sheet.write_number(row, first + at, value, held if is_held else free)
            sheet.write_number(row, first + count + at, value)
    sheet.freeze_panes(1, first)
    sheet.set_column(0, first - 1, WIDTH)
    sheet.set_column(first + count, first + 2 * count - 1, None, None, {"hidden": True})
    sheet.autofilter(0, 0, max(len(lines), 1), first + count - 1)
    book.close()
    return stream.getvalue()


def sheet_csv(months: Sequence[date], lines: Sequence[FileLine]) -> bytes:
    return csv_bytes([*TITLES, *month_names(months)], ([*line.words, *line.values] for line in lines))


Key = tuple[str, str]
Rows = Sequence[tuple[int, Sequence[str]]]


@dataclass(frozen=True)
class _Reader:
    """Where the columns of a file are, and what stands on the sheet."""

    months: Sequence[date]
    current: dict[Key, FileLine]
    columns: dict[str, int]
    places: dict[int, str]
    decimal: str


def cells_read(
    rows: Rows, current: dict[Key, FileLine], months: Sequence[date], decimal: str
) -> tuple[list[FileCell], list[Fault]]:
    """(numbers that differ, faults) of a file whose first row names its columns. An empty cell changes nothing."""
    header = [title.strip() for title in rows[0][1]] if rows else []
    wanted = set(month_names(months))
    places = {at: month for at, title in enumerate(header) if (month := month_title(title)) in wanted}
    columns = {title: at for at, title in enumerate(header)}
    reader = _Reader(months, current, columns, places, decimal)
    faults = _header_faults(header, places, wanted)
    cells: list[FileCell] = []
    seen: dict[Key, int] = {}
    for row, texts in rows[1:] if not faults else ():
        key = (as_it_was(_at(texts, columns[CODES[0]])), as_it_was(_at(texts, columns[CODES[1]])))
        fault = _line_fault(row, key, current, seen)
        found = [fault] if fault else [_cell(reader, row, key, texts, at) for at in places]
        cells += [one for one in found if isinstance(one, FileCell)]
        faults += [one for one in found if isinstance(one, Fault)]
    return cells, faults


def _header_faults(header: Sequence[str], places: dict[int, str], wanted: set[str]) -> list[Fault]:
    missing = [title for title in CODES if title not in header]
    if missing:
        return [Fault(1, missing[0], "", f"The column {missing[0]!r} is missing. Keep the columns of the export.")]
    if not places:
        return [Fault(1, "", "", f"No column is one of the months {min(wanted)} to {max(wanted)}.")]
    if len(set(places.values())) < len(places):
        return [Fault(1, "", "", "A month stands in two columns. Remove one of them.")]
    return []


def _at(texts: Sequence[str], at: int) -> str:
    return texts[at].strip() if 0 <= at < len(texts) else ""


def _line_fault(row: int, key: Key, current: dict[Key, FileLine], seen: dict[Key, int]) -> Fault | None:
    if key not in current:
        known = hint(" ".join(key), [" ".join(one) for one in current])
        return Fault(row, CODES[0], " ".join(key)[:80], f"No such customer and product is on this sheet.{known}")
    if key in seen:
        return Fault(row, CODES[0], " ".join(key)[:80], f"The same line stands in row {seen[key]} already. Keep one.")
    seen[key] = row
    return None


def _cell(reader: _Reader, row: int, key: Key, texts: Sequence[str], at: int) -> FileCell | Fault | None:
    """The number of one month where it differs from what stood there."""
    text, month = _at(texts, at), reader.places[at]
    was = _at(texts, reader.columns.get(f"{WAS}{month}", -1))
    if not text:
        return None
    day = parse_month(month)
    try:
        value, seen = _quantity(text, reader.decimal), number(was) if was else None
    except ValueError as error:
        return Fault(row, month, text[:80], str(error))
    stood = reader.current[key].values[list(reader.months).index(day)] if seen is None else seen
    if math.isclose(value, stood, rel_tol=1e-9, abs_tol=1e-9):
        return None
    return FileCell(row, *key, day, value, seen)


def _quantity(text: str, decimal: str) -> float:
    try:
        plain = plain_number(text, decimal)
    except ValueError:
        raise ValueError(f"{shown(text)} could be a thousand or a decimal. Save the sheet as .xlsx.") from None
    value = number(plain)
    if value < 0:
        raise ValueError(f"{shown(text)} is below 0. A forecast is 0 or more.")
    return value
