"""The text of a CSV and its rows; `Unreadable` says on which line reading ends, and why."""

import csv
import io
from collections.abc import Iterator

from masterdata.layouts import ENCODINGS, Layout

_ENCODINGS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"PK": "a spreadsheet or zip file",
    b"\xd0\xcf": "an .xls file",
}

MOST_COLUMNS = 1_000
Row = tuple[int, list[str]]


class Unreadable(Exception):
    """Reading ends here: at which line, and why."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def csv_rows(data: bytes, layout: Layout | None = None) -> Iterator[Row]:
    """(line, cells) of every row that is not blank; a row may span several lines, its first counts."""
    text = text_of(data, layout)
    separator = "," if layout is None else layout.separator
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Unreadable(line, _csv_fault(error)) from error
        if any(cells):
            yield line, cells


def check_width(header: Row) -> None:
    """Refuse what is no table; looking for each of a million titles among the others would never end."""
    line, titles = header
    if len(titles) > MOST_COLUMNS:
        raise Unreadable(line, f"The first row has {len(titles):,} columns; at most {MOST_COLUMNS:,} are read.")


def text_of(data: bytes, layout: Layout | None) -> str:
    """The text in the contract's encoding, or in the one that the layout names."""
    return _decoded(data) if layout is None else decoded(data, layout.encoding)


def _decoded(data: bytes) -> str:
    for start, what in _ENCODINGS.items():
        if data.startswith(start):
            raise Unreadable(1, f"The file is {what}, not CSV in UTF-8. Save it as CSV UTF-8.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"The byte 0x{data[error.start]:02x} is not UTF-8. Save the file as CSV UTF-8."
        raise Unreadable(line, message) from error
    return _without_zero(text)


def _without_zero(text: str) -> str:
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise Unreadable(line, "The file has a zero byte in it, so it is not text. Save it as CSV UTF-8.")
    return text


def decoded(data: bytes, encoding: str) -> str:
    """The text of a CSV in an encoding that was recognised or chosen."""
    for start in (b"PK", b"\xd0\xcf", b"\x89PNG", b"%PDF"):
        if data.startswith(start):
            raise Unreadable(1, "The file is not text, whatever its name says. Send CSV or XLSX.")
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = (
            f"The byte 0x{data[error.start]:02x} does not exist in {ENCODINGS[encoding]}. Choose another encoding."
        )
        raise Unreadable(line, message) from error
    return _without_zero(text.removeprefix("\ufeff"))


def _csv_fault(error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return 'A quote (") is opened here and never closed. Close it, or double quotes inside a text.'
    if "expected after" in str(error):
        return 'Text follows a closing quote ("). Double the quotes inside a text: "".'
    if "field larger" in str(error):
        return 'A text here is longer than 131,072 characters. Is a closing quote (") missing?'
    return f"The row cannot be read ({error})."
