"""Moving the demonstration's dates: every month, every day and the fiscal year by one whole number of months.

Days are clipped to a shorter month's end; a day that stands for a month's end (`as_of`) stays one.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import partial

from cycles.periods import add_months, format_month, month_bounds, months_between, parse_month, shift_date
from masterdata.bundles import ImportFile
from masterdata.csv_text import csv_rows
from masterdata.frames import DATES, FileSpec

MONTH_END_COLUMNS = ("as_of",)
FISCAL_START = "fiscal_year_start_month"
LAST_CLOSED = "last_closed_month"

Shift = Callable[[str], str]


def company_settings(files: Iterable[ImportFile]) -> dict[str, str]:
    """The keys and values of `company.csv`; ValueError when it is not among the files."""
    for file in files:
        if file.stem == "company":
            return {cells[0]: cells[1] for _, cells in list(csv_rows(file.data))[1:]}
    raise ValueError("company.csv is not among the files, so the last closed month is unknown.")


def months_to_shift(files: Iterable[ImportFile], today: date) -> int:
    """By how many months to move so that the last closed month is the month before `today`'s."""
    last_closed = parse_month(company_settings(files)[LAST_CLOSED])
    return months_between(last_closed, add_months(today, -1))


def shifted_files(files: Iterable[ImportFile], specs: Mapping[str, FileSpec], months: int) -> list[ImportFile]:
    """The files with every month and date moved by `months`; files that `specs` does not name stay out."""
    return [shifted_file(file, specs[file.stem], months) for file in files if file.stem in specs]


def shifted_file(file: ImportFile, spec: FileSpec, months: int) -> ImportFile:
    rows = [cells for _, cells in csv_rows(file.data)]
    if spec.name == "company":
        return ImportFile(file.name, _written([shifted_setting(*row, months=months) for row in rows]))
    shifts = [column_shift(spec, title, months) for title in rows[0]]
    moved = [[_moved(cell, shift) for cell, shift in zip(row, shifts, strict=True)] for row in rows[1:]]
    return ImportFile(file.name, _written([rows[0], *moved]))


def shifted_setting(key: str, value: str, *, months: int) -> list[str]:
    """One row of `company.csv`."""
    if key == LAST_CLOSED:
        return [key, shift_text(value, months=months)]
    if key == FISCAL_START:
        return [key, str((int(value) - 1 + months) % 12 + 1)]
    return [key, value]


def column_shift(spec: FileSpec, title: str, months: int) -> Shift | None:
    """How the cells of a column move; None when they do not."""
    if spec.column(title).kind not in DATES:
        return None
    known: dict[str, str] = {}
    shift = partial(shift_text, months=months, keeps_month_end=title in MONTH_END_COLUMNS)

    def remembered(text: str) -> str:
        if text not in known:
            known[text] = shift(text)
        return known[text]

    return remembered


def shift_text(text: str, *, months: int, keeps_month_end: bool = False) -> str:
    """`'2020-05'` or `'2020-05-31'` moved by `months`."""
    if len(text) == len("2020-05"):
        return format_month(add_months(parse_month(text), months))
    day = date.fromisoformat(text)
    moved = shift_date(day, months)
    if keeps_month_end and is_month_end(day):
        moved = date.fromordinal(month_bounds(moved)[1].toordinal() - 1)
    return moved.isoformat()


def is_month_end(day: date) -> bool:
    return date.fromordinal(day.toordinal() + 1).day == 1


def _moved(cell: str, shift: Shift | None) -> str:
    return shift(cell) if shift and cell else cell


def _written(rows: Iterable[Iterable[str]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()
