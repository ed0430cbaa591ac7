"""How sent files are written: found out from the files themselves and from what was so the last time."""

import contextlib
import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from masterdata.bundles import ImportFile
from masterdata.csv_text import MOST_COLUMNS
from masterdata.frames import FileSpec, Kind
from masterdata.layouts import ENCODINGS, MONTH_MARK, SEPARATORS, Layout
from masterdata.models import FileHabit
from masterdata.reading import cell_text
from masterdata.recognition import (
    columns_of,
    dates_in,
    decimal_of,
    encoding_of,
    file_of,
    numbers_in,
    order_of,
    separator_of,
)
from masterdata.services.workbooks import workbook_answer

ROWS_LOOKED_AT = 2000
ROWS_SHOWN = 3
EVIDENCE, ROWS_OF_EVIDENCE = 8 * 1024 * 1024, 100_000  # characters, rows


@dataclass(frozen=True)
class Recognised:
    """How a file is written, its first rows as they stand in it, and the sheets one may choose from."""

    layout: Layout
    head: list[list[str]] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)


def file_recognised(
    *, file: ImportFile, specs: Sequence[FileSpec], told: Mapping[str, str] | None = None
) -> Recognised:
    """`told` may fix `file`, `encoding`, `separator`, `sheet` and `fills` ("list" = one row per month)."""
    told = told or {}
    layout, rows, sheets = _workbook(file, told) if file.is_workbook else _text(file, told)
    titles = tuple(title.strip(" ") for title in rows[0]) if rows else ()
    stem = ImportFile(file.name, b"").stem
    layout = layout.changed(file=told.get("file") or file_of(stem, titles, specs), titles=titles)
    spec = next((each for each in specs if each.name == layout.file), None)
    if spec is None:
        layout = layout.changed(columns=("",) * len(titles))
    else:
        layout = _signs(_columns(layout, spec, told), spec, rows[1:], is_workbook=file.is_workbook)
    return Recognised(layout, rows[1 : 1 + ROWS_SHOWN], sheets)


def _text(file: ImportFile, told: Mapping[str, str]) -> tuple[Layout, list[list[str]], list[str]]:
    encoding = told["encoding"] if told.get("encoding") in ENCODINGS else encoding_of(file.data)
    text = file.data.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="replace").removeprefix("\ufeff")
    separator = told["separator"] if told.get("separator") in SEPARATORS else separator_of(text)
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text[:EVIDENCE], newline=""), delimiter=separator)
    with contextlib.suppress(csv.Error):  # the check of the whole file says where and why
        rows.extend(row[:MOST_COLUMNS] for row in islice(reader, ROWS_OF_EVIDENCE) if any(row))
    return Layout(encoding=encoding, separator=separator), rows, []


def _workbook(file: ImportFile, told: Mapping[str, str]) -> tuple[Layout, list[list[str]], list[str]]:
    wanted = told.get("sheet") or file.stem
    answer = workbook_answer(data=file.data, sheet=wanted, rows=ROWS_LOOKED_AT)
    if "refused" in answer:
        return Layout(), [], []
    rows = [[cell_text(cell, Kind.NUMBER, marks=bool(number)) for cell in row]
            for number, row in enumerate(row for row in answer["rows"] if any(cell != "" for cell in row))]  # fmt: skip
    while rows and rows[0] and not rows[0][-1]:
        rows = [row[:-1] for row in rows]
    return Layout(sheet=answer["sheet"]), rows, answer["sheets"]


def _columns(layout: Layout, spec: FileSpec, told: Mapping[str, str]) -> Layout:
    habit = FileHabit.objects.filter(file=spec.name).first()
    columns, fills = columns_of(layout.titles, spec, habit.columns if habit else {})
    wanted = told.get("fills", "")
    if fills and wanted == "list":
        columns, fills = tuple("" if name.startswith(MONTH_MARK) else name for name in columns), ""
    elif fills and wanted in spec.names and wanted != fills:
        columns, fills = tuple("" if name == wanted else name for name in columns), wanted
    return layout.changed(columns=columns, fills=fills)


def _signs(layout: Layout, spec: FileSpec, rows: list[list[str]], *, is_workbook: bool) -> Layout:
    """Decimal sign and order of dates; where the file does not tell, as the last time."""
    habit = FileHabit.objects.filter(file=spec.name).first()
    plain = "." if is_workbook or layout.separator == "," else ""
    decimal = decimal_of(numbers_in(layout.columns, rows, spec, layout.fills), untold=habit.decimal if habit else plain)
    months = all(
        column.kind is Kind.MONTH for column in spec.columns if column.name.endswith(("month", "_on", "as_of"))
    )
    dates = order_of(dates_in(layout.columns, rows, spec), are_months=months)
    return layout.changed(decimal=decimal or plain, dates=dates or (habit.dates if habit else ""))


def layout_told(*, layout: Layout, spec: FileSpec, decimal: str, dates: str, columns: Sequence[str]) -> Layout:
    """The layout with what somebody chose; a column that the file does not have is not chosen."""
    may = {*spec.names, "", *(name for name in layout.columns if name.startswith(MONTH_MARK))}
    chosen = [name if name in may else "" for name in columns][: len(layout.titles)]
    chosen += list(layout.columns[len(chosen) :])
    return layout.changed(decimal=decimal, dates=dates, columns=tuple(chosen))


def habits_remember(*, layouts: Sequence[Layout], at: datetime) -> None:
    """What was so in files that have been loaded is what the next ones are taken for."""
    for layout in layouts:
        columns = {title: name for name, title in layout.own_titles.items() if not name.startswith(MONTH_MARK)}
        habit, _ = FileHabit.objects.get_or_create(file=layout.file, defaults={"at": at})
        habit.columns = _merged(habit.columns, columns)
        habit.decimal, habit.dates, habit.at = layout.decimal, layout.dates, at
        habit.save()


def _merged(before: Mapping[str, Any], now: Mapping[str, str]) -> dict[str, str]:
    return {**before, **now}
