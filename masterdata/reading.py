"""Files as text: CSV by the standard reader, XLSX from what a child process made of it, both into a `RawFile`.

Whatever cannot be read becomes an error that names the line; the lines that can be read are still checked.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from masterdata.checks import check_header
from masterdata.frames import FileSpec, Kind, RawFile, RowError

SUFFIXES = (".csv", ".xlsx")
_ENCODINGS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"PK": "a spreadsheet or zip file",
    b"\xd0\xcf": "an .xls file",
}

Row = tuple[int, list[str]]


@dataclass
class Reading:
    """What came out of a file. `complete`: every row was seen, so that a code not in it is not there."""

    raw: RawFile | None = None
    errors: list[RowError] = field(default_factory=list)
    complete: bool = True


class _Unreadable(Exception):
    """Reading ends here: at which line, and why."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def read(name: str, data: bytes, spec: FileSpec, answer: dict[str, Any] | None = None) -> Reading:
    """Read one file of the contract; `answer` is what the child process says about a workbook."""
    reading = Reading()
    rows: list[Row] = []
    try:
        rows.extend(csv_rows(data) if answer is None else workbook_rows(answer, spec, name, reading))
    except _Unreadable as fault:
        reading.errors.append(RowError(name, fault.line, "", "", fault.message))
        reading.complete = False
    _fill(reading, name, rows, spec)
    return reading


# --- CSV --------------------------------------------------------------------------


def csv_rows(data: bytes) -> Iterator[Row]:
    """(line, cells) of every row that is not blank; a row may span several lines, its first counts."""
    reader = csv.reader(io.StringIO(_decoded(data), newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _Unreadable(line, _csv_fault(error)) from error
        if any(cells):
            yield line, cells


def _decoded(data: bytes) -> str:
    for start, what in _ENCODINGS.items():
        if data.startswith(start):
            raise _Unreadable(1, f"The file is {what}, not CSV in UTF-8. Save it as CSV UTF-8.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"The byte 0x{data[error.start]:02x} is not UTF-8. Save the file as CSV UTF-8."
        raise _Unreadable(line, message) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise _Unreadable(line, "The file has a zero byte in it, so it is not text. Save it as CSV UTF-8.")
    return text


def _csv_fault(error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return 'A quote (") is opened here and never closed. Close it, or double quotes inside a text.'
    if "expected after" in str(error):
        return 'Text follows a closing quote ("). Double the quotes inside a text: "".'
    if "field larger" in str(error):
        return 'A text here is longer than 131,072 characters. Is a closing quote (") missing?'
    return f"The row cannot be read ({error})."


# --- XLSX -------------------------------------------------------------------------


def workbook_rows(answer: dict[str, Any], spec: FileSpec, name: str, reading: Reading) -> list[Row]:
    """(row number, cells) of every row that is not blank; cells that hold no value become errors.

    `answer` is what `masterdata.workbook_rows` says about the file.
    """
    if "refused" in answer:
        raise _Unreadable(1, answer["refused"])
    rows = answer["rows"]
    header = next(([_text(cell, None) for cell in row] for row in rows if any(row)), [])
    kinds = [next((column.kind for column in spec.columns if column.name == title), None) for title in header]
    for row, column, what in answer["lost"]:
        title = header[column - 1] if column <= len(header) else ""
        reading.errors.append(RowError(name, row, title, "", f"The cell holds {what}. Write the value itself."))
    while header and not header[-1]:
        header.pop()
    return [
        (number, _trimmed([_text(cell, kind) for cell, kind in zip(row, kinds, strict=True)], len(header)))
        for number, row in enumerate(rows, start=1)
        if any(row)
    ]


def _text(cell: str | dict[str, str], kind: Kind | None) -> str:
    """A real date stands for its month where a month belongs and it is the first."""
    if isinstance(cell, str):
        return cell
    is_month = kind is Kind.MONTH and cell["day"].endswith("-01")
    return cell["day"][:7] if is_month else cell["day"]


def _trimmed(cells: list[str], width: int) -> list[str]:
    """Every row of a sheet is as wide as its widest; empty cells beyond the header are no data."""
    while len(cells) > width and not cells[-1]:
        cells.pop()
    return cells


# --- Both -------------------------------------------------------------------------


def _fill(reading: Reading, name: str, rows: list[Row], spec: FileSpec) -> None:
    if not rows:
        if not reading.errors:
            message = f"The file is empty. Its first line names the columns: {', '.join(spec.names)}."
            reading.errors.append(RowError(name, 1, "", "", message))
            reading.complete = False
        return
    header = [title.strip(" ") for title in rows[0][1]]
    separator = _other_separator(header)
    if separator:
        message = f"The columns are separated by {separator}. Save the file with commas between them."
        reading.errors.append(RowError(name, rows[0][0], "", "", message))
        reading.complete = False
        return
    reading.errors += check_header(name, header, spec)
    kept = [row for row in rows[1:] if not _shape_fault(reading, name, row, header)]
    columns = list(zip(*(cells for _, cells in kept), strict=True)) if kept else [()] * len(header)
    known = {title: list(columns[header.index(title)]) for title in header if title in spec.names}
    reading.raw = RawFile(name, known, [line for line, _ in kept])


def _other_separator(header: list[str]) -> str:
    signs = {";": "semicolons", "\t": "tabs", "|": "bars"}
    return next((word for sign, word in signs.items() if len(header) == 1 and sign in header[0]), "")


def _shape_fault(reading: Reading, name: str, row: Row, header: list[str]) -> bool:
    line, cells = row
    if len(cells) == len(header) and (cells[0] != header[0] or [cell.strip(" ") for cell in cells] != header):
        return False
    if len(cells) < len(header):
        message = (
            f"The row has {len(cells)} of {len(header)} values; {header[len(cells)]!r} and what follows is missing."
        )
    elif len(cells) > len(header):
        message = f"The row has {len(cells)} values for {len(header)} columns. Quote a text that has a comma in it."
    else:
        message = "The names of the columns stand here a second time. Remove this line."
    reading.errors.append(RowError(name, line, "", ",".join(cells)[:80], message))
    return True
