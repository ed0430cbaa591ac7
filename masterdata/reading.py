"""Files as text: CSV by the standard reader, XLSX from what a child process made of it, both into a `RawFile`.

Whatever cannot be read becomes an error that names the line; the lines that can be read are still checked. Without a
`Layout` a file has to be written as the contract says; with one, as the layout says.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

from masterdata.checks import check_header
from masterdata.csv_text import Row, Unreadable, check_width, csv_rows, text_of
from masterdata.frames import NUMBERS, TYPED, Column, FileSpec, Kind, RawFile, RowError
from masterdata.layouts import MONTH_MARK, SEPARATORS, Layout, rewritten
from masterdata.plain_csv import plain_columns

MOST_ROWS = 2_000_000  # what one worker checks and stores in its time and memory
SUFFIXES = (".csv", ".xlsx")


@dataclass
class Reading:
    """What came out of a file. `complete`: every row was seen, so that a code not in it is not there."""

    raw: RawFile | None = None
    errors: list[RowError] = field(default_factory=list)
    complete: bool = True


def read(
    name: str, data: bytes, spec: FileSpec, answer: dict[str, Any] | None = None, layout: Layout | None = None
) -> Reading:
    """Read one file of the contract; `answer` is what the child process says about a workbook."""
    with _collector_at_rest():
        return _read(name, data, spec, answer, layout)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Millions of cells are no cycles; looking through them again and again took half of the reading."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read(name: str, data: bytes, spec: FileSpec, answer: dict[str, Any] | None, layout: Layout | None) -> Reading:
    reading = Reading()
    if answer is None and _filled_at_once(reading, name, data, spec, layout):
        return reading
    rows: list[Row] = []
    try:
        found = csv_rows(data, layout) if answer is None else workbook_rows(answer, spec, name, reading, layout)
        source = iter(found)
        rows.extend(_headers(source))
        rows.extend(islice(source, MOST_ROWS))
        if len(rows) > MOST_ROWS:
            raise Unreadable(rows[-1][0], f"The file has more than {MOST_ROWS:,} rows. Send it in parts, a year each.")
    except Unreadable as fault:
        reading.errors.append(RowError(name, fault.line, "", "", fault.message))
        reading.complete = False
    _fill(reading, name, rows, spec, layout)
    return reading


def _headers(rows: Iterator[Row]) -> list[Row]:
    """The first row, unless there is none, after a look at its width."""
    first = list(islice(rows, 1))
    for header in first:
        check_width(header)
    return first


def _filled_at_once(reading: Reading, name: str, data: bytes, spec: FileSpec, layout: Layout | None) -> bool:
    """Whether the file was a plain CSV with one row per row of the contract; else it is read row by row."""
    try:
        text = text_of(data, layout)
    except Unreadable:
        return False
    found = plain_columns(text, "," if layout is None else layout.separator, MOST_ROWS - 1)  # the header counts
    if found is None or (layout is not None and layout.fills):
        return False
    titles, columns = found
    header = [title.strip(" ") for title in titles]
    places = _places(reading, name, header, spec, layout)
    known = {each: columns[at] for each, at in places.items()}
    lines = range(2, len(columns[0]) + 2)
    reading.raw = RawFile(name, known, lines, *habits_of(layout))
    return True


# --- XLSX -------------------------------------------------------------------------


def workbook_rows(
    answer: dict[str, Any], spec: FileSpec, name: str, reading: Reading, layout: Layout | None = None
) -> list[Row]:
    """(row number, cells) of every row that is not blank; cells that hold no value become errors.

    `answer` is what `masterdata.workbook_rows` says about the file.
    """
    if "refused" in answer:
        raise Unreadable(1, answer["refused"])
    rows = answer["rows"]
    header = next(([cell_text(cell, None) for cell in row] for row in rows if any(map(_is_filled, row))), [])
    kinds = _kinds(header, spec, layout)
    for row, column, what in answer["lost"]:
        title = header[column - 1] if column <= len(header) else ""
        reading.errors.append(RowError(name, row, title, "", f"The cell holds {what}. Write the value itself."))
    while header and not header[-1]:
        header.pop()
    found, is_header = [], True
    for number, row in enumerate(rows, start=1):
        if any(map(_is_filled, row)):
            marks = layout is not None and not is_header
            texts = [cell_text(cell, kind, marks) for cell, kind in zip(row, kinds, strict=True)]
            found.append((number, _trimmed(texts, len(header))))
            is_header = False
    return found


def _kinds(header: list[str], spec: FileSpec, layout: Layout | None) -> list[Kind | None]:
    """What each column of a sheet holds; None where nothing reads it."""
    known = {column.name: column.kind for column in spec.columns}
    if layout is None:
        return [known.get(title) for title in header]
    names = [*layout.columns, *[""] * len(header)][: len(header)]
    return [known.get(layout.fills) if name.startswith(MONTH_MARK) else known.get(name) for name in names]


def _is_filled(cell: Any) -> bool:
    return cell != ""


def cell_text(cell: str | float | dict[str, str], kind: Kind | None, marks: bool = False) -> str:
    """A real date stands for its month where a month belongs and it is the first; a real number is marked as one."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int | float):
        return f"{TYPED}{cell}" if marks and kind in NUMBERS else str(cell)
    is_month = kind is Kind.MONTH and cell["day"].endswith("-01")
    return cell["day"][:7] if is_month else cell["day"]


def _trimmed(cells: list[str], width: int) -> list[str]:
    """Every row of a sheet is as wide as its widest; empty cells beyond the header are no data."""
    while len(cells) > width and not cells[-1]:
        cells.pop()
    return cells


# --- Both -------------------------------------------------------------------------


def _fill(reading: Reading, name: str, rows: list[Row], spec: FileSpec, layout: Layout | None) -> None:
    if not rows:
        if not reading.errors:
            message = f"The file is empty. Its first line names the columns: {', '.join(spec.names)}."
            reading.errors.append(RowError(name, 1, "", "", message))
            reading.complete = False
        return
    header = [title.strip(" ") for title in rows[0][1]]
    if layout is not None:
        _fill_as_told(reading, name, rows, spec, layout)
        return
    separator = _other_separator(header)
    if separator:
        message = f"The columns are separated by {separator}. Save the file with commas between them."
        reading.errors.append(RowError(name, rows[0][0], "", "", message))
        reading.complete = False
        return
    places = _places(reading, name, header, spec, None)
    kept = [row for row in rows[1:] if not _shape_fault(reading, name, row, header)]
    reading.raw = RawFile(name, _columns(kept, places), [line for line, _ in kept])


def _places(reading: Reading, name: str, header: list[str], spec: FileSpec, layout: Layout | None) -> dict[str, int]:
    """{column of the contract: where it stands in the file}; what is wrong with the header is told."""
    names = header if layout is None else [*layout.columns, *[""] * len(header)][: len(header)]
    given = [each for each in names if each in spec.names]
    reading.errors += check_header(name, header if layout is None else given, spec)
    if layout is None:
        return {each: header.index(each) for each in given}
    return {each: at for at, each in enumerate(names) if each and not each.startswith(MONTH_MARK)}


def _columns(rows: list[Row], places: dict[str, int]) -> dict[str, Sequence[str]]:
    columns = list(zip(*(cells for _, cells in rows), strict=True))
    return {each: list(columns[at]) if columns else [] for each, at in places.items()}


def habits_of(layout: Layout | None) -> tuple[Callable[[Column, str], str] | None, Mapping[str, str]]:
    """How cells of such a file are rewritten, and what its columns are called in it."""
    return (partial(rewritten, layout), layout.own_titles) if layout is not None else (None, {})


def _fill_as_told(reading: Reading, name: str, rows: list[Row], spec: FileSpec, layout: Layout) -> None:
    """The columns that the layout names, months brought from columns into rows where it says so."""
    header = [title.strip(" ") for title in rows[0][1]]
    names = [*layout.columns, *[""] * len(header)][: len(header)]
    read_from = {each: at for at, each in enumerate(names) if each and not each.startswith(MONTH_MARK)}
    months = {at: each for at, each in enumerate(names) if each.startswith(MONTH_MARK)} if layout.fills else {}
    given = [each for each in names if each in spec.names] + (["month", layout.fills] if months else [])
    reading.errors += check_header(name, given, spec)
    kept = [row for row in rows[1:] if not _shape_fault(reading, name, row, header, SEPARATORS[layout.separator])]
    if months:
        reading.raw = _unfolded(name, kept, read_from, months, header, layout)
        return
    reading.raw = RawFile(name, _columns(kept, read_from), [line for line, _ in kept], *habits_of(layout))


def _unfolded(
    name: str, rows: list[Row], fixed: dict[str, int], months: dict[int, str], header: list[str], layout: Layout
) -> RawFile:
    """One row per filled cell of a month column."""
    places = [(line, cells, at) for line, cells in rows for at in months if cells[at].strip(" ")]
    columns = {each: [cells[at] for _, cells, _ in places] for each, at in fixed.items()}
    columns["month"] = [months[at].removeprefix(MONTH_MARK) for _, _, at in places]
    columns[layout.fills] = [cells[at] for _, cells, at in places]
    return RawFile(
        name,
        columns,
        [line for line, _, _ in places],
        partial(rewritten, layout),
        {each: header[at] for each, at in fixed.items()},
        [header[at] for _, _, at in places],
        layout.fills,
    )


def _other_separator(header: list[str]) -> str:
    signs = {";": "semicolons", "\t": "tabs", "|": "bars"}
    return next((word for sign, word in signs.items() if len(header) == 1 and sign in header[0]), "")


def _shape_fault(reading: Reading, name: str, row: Row, header: list[str], separator: str = "comma") -> bool:
    line, cells = row
    if len(cells) == len(header) and (cells[0] != header[0] or [cell.strip(" ") for cell in cells] != header):
        return False
    if len(cells) < len(header):
        message = (
            f"The row has {len(cells)} of {len(header)} values; {header[len(cells)]!r} and what follows is missing."
        )
    elif len(cells) > len(header):
        message = (
            f"The row has {len(cells)} values for {len(header)} columns. Quote a text that has a {separator} in it."
        )
    else:
        message = "The names of the columns stand here a second time. Remove this line."
    reading.errors.append(RowError(name, line, "", ",".join(cells)[:80], message))
    return True


def rows_of(data: bytes, layout: Layout, answer: dict[str, Any] | None) -> tuple[list[str], dict[int, list[str]]]:
    """(titles, {line: cells}) of a file as it stands, as far as it can be read."""
    rows: list[Row] = []
    try:
        if answer is None:
            rows.extend(csv_rows(data, layout))
        else:
            plain = [[cell_text(cell, None) for cell in row] for row in answer.get("rows", [])]
            rows = [(number, row) for number, row in enumerate(plain, start=1) if any(row)]
    except Unreadable:
        pass  # its fault is among those that are shown
    titles = [title.strip(" ") for title in rows[0][1]] if rows else []
    return titles, dict(rows[1:])
