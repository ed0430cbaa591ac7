"""Reading a file of series for the benchmark: ``series_id, month, value``, one row per month."""

import csv
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from demand.benchmarking import Case
from jobs.errors import Invalid

COLUMNS = ("series_id", "month", "value")


@dataclass(frozen=True)
class _Row:
    line: int
    series: str
    month: int
    value: float


def cases_from(rows: Iterable[str], *, horizon: int, name: str = "The file") -> list[Case]:
    """Every series with its last ``horizon`` months held back; a month that is missing or empty is unknown.

    The first fault is refused with the line it stands in and what to do.
    """
    if horizon < 1:
        raise Invalid("--horizon must be at least 1 month.")
    series: dict[str, dict[int, float]] = {}
    for row in _read(rows, name):
        months = series.setdefault(row.series, {})
        if row.month in months:
            raise Invalid(f"{name}, line {row.line}: {row.series} has {_shown(row.month)} twice. Keep one of the rows.")
        months[row.month] = row.value
    if not series:
        raise Invalid(f"{name} has no rows under its header. Give one row per series and month.")
    return [_case(key, months, horizon, name) for key, months in series.items()]


def _read(rows: Iterable[str], name: str) -> Iterator[_Row]:
    reader = csv.reader(rows)
    header = [column.strip().lower() for column in next(reader, [])]
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise Invalid(
            f"{name}, line 1: the column {missing[0]} is missing. The header must be series_id,month,value "
            f"(found: {', '.join(header) or 'nothing'})."
        )
    at = [header.index(column) for column in COLUMNS]
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield _row(cells, at, reader.line_num, name)


def _row(cells: list[str], at: list[int], line: int, name: str) -> _Row:
    if len(cells) <= max(at):
        raise Invalid(f"{name}, line {line}: {len(cells)} values where the header has more. Complete the row.")
    series, month, value = (cells[column].strip() for column in at)
    if not series:
        raise Invalid(f"{name}, line {line}: series_id is empty. Name the series.")
    return _Row(line, series, _month(month, line, name), _value(value, line, name))


def _month(text: str, line: int, name: str) -> int:
    """Months since year 0 of ``2026-03`` or any day in it."""
    parts = text.split("-")
    numbers = [int(part) for part in parts if part.isdecimal()]
    if len(numbers) != len(parts) or not 2 <= len(parts) <= 3 or len(parts[0]) != 4 or not 1 <= numbers[1] <= 12:
        raise Invalid(f"{name}, line {line}: the month “{text}” cannot be read. Write it as 2026-03.")
    return numbers[0] * 12 + numbers[1] - 1


def _value(text: str, line: int, name: str) -> float:
    if not text:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.inf
    if not math.isfinite(value):
        raise Invalid(
            f"{name}, line {line}: the value “{text}” is not a number. "
            "Write it as 1234.5, or leave it empty if it is unknown."
        )
    return value


def _case(key: str, months: dict[int, float], horizon: int, name: str) -> Case:
    first, last = min(months), max(months)
    values = np.array([months.get(month, math.nan) for month in range(first, last + 1)])
    if len(values) <= horizon or not np.isfinite(values[:-horizon]).any():
        raise Invalid(
            f"{name}: series {key} has no known month before the last {horizon}. "
            "Give it more history, hold back fewer months (--horizon), or leave the series out."
        )
    return Case(key, values[:-horizon], values[-horizon:])


def _shown(month: int) -> str:
    return f"{month // 12}-{month % 12 + 1:02d}"
