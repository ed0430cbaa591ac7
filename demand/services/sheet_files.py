"""Numbers that come back in a file of a sheet: found, tried without keeping anything, saved as if they were typed."""

import csv
import io
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from cycles.models import Cycle
from demand.models import Origin, Stage
from demand.selectors.sheet import Sheet
from demand.selectors.sheet_lines import Layer, SheetLine
from demand.services.entries import CellEdit, cells_save
from demand.sheet_files import CODES, Fault, FileCell, FileLine, cells_read
from jobs.errors import Invalid, Refused
from masterdata.models import Person
from masterdata.recognition import decimal_of, encoding_of, separator_of
from masterdata.services.workbooks import workbook_answer

LARGEST = 20 * 1024 * 1024


@dataclass(frozen=True)
class Found:
    """What a file would change, what is wrong in it, and why it cannot be saved as it is."""

    cells: list[FileCell] = field(default_factory=list)
    edits: list[CellEdit] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    refused: Refused | None = None


def stage_of(shown: Sheet) -> Stage:
    """Which layer the reader of a sheet writes; who writes none is refused by the save itself."""
    return Stage.TEAM if shown.layer is Layer.TEAM else Stage.SALES


def file_lines(shown: Sheet) -> list[FileLine]:
    return [
        FileLine(each.customer_code, each.customer, each.product_code, each.product, *_numbers(each, shown))
        for each in shown.lines
    ]


def _numbers(line: SheetLine, shown: Sheet) -> tuple[list[float], list[bool]]:
    """(the numbers of the reader's layer, which of them cannot be changed)."""
    values = list(line.own)
    if shown.layer is Layer.TEAM:
        values = [own if team is None else team for own, team in zip(line.own, line.team, strict=True)]
    closed = not (shown.writes and line.is_open)
    return values, [closed or month in line.locked for month in shown.months]


def sheet_file_try(*, shown: Sheet, person: Person, name: str, data: bytes, at: datetime) -> Found:
    """Read a file and say what it would change; saves nothing."""
    rows, decimal = _rows(name, data)
    lines = {(line.customer_code, line.product_code): line for line in file_lines(shown)}
    cells, faults = cells_read(rows, lines, shown.months, decimal)
    ids = {(line.customer_code, line.product_code): line.line for line in shown.lines}
    edits = [CellEdit(ids[cell.customer_code, cell.product_code], cell.month, cell.value, cell.seen) for cell in cells]
    if faults or not edits:
        return Found(cells, edits, faults)
    return Found(cells, edits, [], _tried(shown.cycle, stage_of(shown), person, edits, at))


def _tried(cycle: Cycle, stage: Stage, person: Person, edits: list[CellEdit], at: datetime) -> Refused | None:
    try:
        with transaction.atomic():
            cells_save(cycle=cycle, stage=stage, person=person, edits=edits, at=at, origin=Origin.FILE)
            transaction.set_rollback(True)
    except Refused as refused:
        return refused
    return None


def sheet_file_save(
    *, cycle: Cycle, stage: Stage, person: Person, edits: list[CellEdit], at: datetime, token: UUID
) -> dict[str, Any]:
    """Save what a file changes with the rights, locks and history of typing it."""
    return cells_save(cycle=cycle, stage=stage, person=person, edits=edits, at=at, token=token, origin=Origin.FILE)


def theirs(found: Found) -> dict[tuple[int, date], float]:
    """(line, month) -> the number that stands there now, of cells that changed since the file was written."""
    if found.refused is None or found.refused.code != "conflict":
        return {}
    conflicts: Any = found.refused.extra["conflicts"]
    return {(one["line"], date.fromisoformat(f"{one['month']}-01")): float(one["theirs"]) for one in conflicts}


def _rows(name: str, data: bytes) -> tuple[list[tuple[int, list[str]]], str]:
    """(rows as text with the number a spreadsheet shows, decimal sign)."""
    if len(data) > LARGEST:
        raise Invalid(f"The file is larger than {LARGEST // 1024 // 1024} MB.")
    if name.lower().endswith(".xlsx"):
        answer = workbook_answer(data=data, sheet="sheet")
        if "refused" in answer:
            raise Invalid(answer["refused"])
        rows = [[cell["day"] if isinstance(cell, dict) else str(cell) for cell in row] for row in answer["rows"]]
        return [(number, row) for number, row in enumerate(rows, start=1) if any(row)], "."
    if not name.lower().endswith(".csv"):
        raise Invalid("Send the sheet as .xlsx or .csv.")
    return _text_rows(data)


def _text_rows(data: bytes) -> tuple[list[tuple[int, list[str]]], str]:
    encoding = encoding_of(data)
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding).removeprefix("\ufeff")
        separator = separator_of(text)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        rows = [(reader.line_num, row) for row in reader if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Invalid("The file is no CSV that can be read. Save it as CSV UTF-8 or as .xlsx.") from error
    names = [title.strip() for title in rows[0][1]] if rows else []
    numbers = (row[at] for _, row in rows[1:] for at in range(len(row)) if at < len(names) and names[at] not in CODES)
    return rows, decimal_of(numbers, untold="." if separator == "," else "")
