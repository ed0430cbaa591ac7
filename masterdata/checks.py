"""The check of every cell of a file: typed values, and an error for each bad one.

Work is done once per distinct text of a column, so that a month that stands in fifty thousand rows is parsed once.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from masterdata import cells
from masterdata.frames import (
    DATES,
    NUMBERS,
    TYPED,
    CheckedFile,
    Column,
    FileSpec,
    Kind,
    RawFile,
    RowError,
    as_text,
    coded,
    is_filled,
)

# More errors of one column than anybody reads; the rest is counted in the last one.
MOST_ERRORS = 100_000
PARSERS: dict[Kind, Callable[[str], Any]] = {
    Kind.CODE: cells.code,
    Kind.TEXT: cells.plain_text,
    Kind.MONTH: cells.month,
    Kind.DATE: cells.day,
    Kind.DATE_OR_MONTH: cells.day_or_month,
    Kind.NUMBER: cells.number,
    Kind.INTEGER: cells.integer,
    Kind.EMAIL: cells.email,
    Kind.TIMEZONE: cells.timezone,
    Kind.CURRENCY: partial(cells.letters, count=3),
    Kind.COUNTRY: partial(cells.letters, count=2),
}


def check_header(name: str, header: Sequence[str], spec: FileSpec) -> list[RowError]:
    """Duplicate, unknown and missing columns; a missing one counts as empty unless it is required."""
    errors = []
    for position, column in enumerate(header):
        if column in header[:position]:
            errors.append(_header_error(name, column, f"The column {column!r} stands there twice. Remove one."))
        elif not column:
            errors.append(_header_error(name, column, f"Column {position + 1} has no name. Name it or remove it."))
        elif column not in spec.names:
            known = f"{cells.hint(column, spec.names)} Known here: {', '.join(spec.names)}."
            errors.append(_header_error(name, column, f"The column {column!r} is unknown.{known}"))
    for missing in spec.columns:
        if missing.required and missing.name not in header:
            errors.append(_header_error(name, missing.name, f"The column {missing.name!r} is missing. It is required."))
    for group in (*spec.one_of, *spec.any_of):
        if not set(group) & set(header):
            errors.append(_header_error(name, group[0], f"One of the columns {_words(group)} is required."))
    return errors


def _header_error(name: str, column: str, message: str) -> RowError:
    return RowError(name, 1, column, column, message)


def _words(names: Sequence[str]) -> str:
    return " or ".join(names)


def check(raw: RawFile, spec: FileSpec) -> CheckedFile:
    """Type every cell; an error for every bad one, every repeated key and every group filled wrongly.

    A column that is not there counts as empty; that a required one is missing `check_header` has said once.
    """
    count = len(raw.lines)
    lines = np.asarray(raw.lines, dtype=np.int64)
    good = np.ones(count, dtype=bool)
    data, errors = {}, []
    for column in spec.columns:
        if column.name not in raw.columns:
            data[column.name] = _array(column, [_empty(column)] * count)
            continue
        data[column.name], bad, found = check_column(raw, column, lines)
        good &= ~bad
        errors += found
    checked = CheckedFile(spec, raw.name, pd.DataFrame(data), lines, good, errors)
    given = set(raw.columns)
    if all(name in given or not spec.column(name).required for name in spec.key):
        errors += _repeated_keys(checked)
    errors += _groups(checked, given)
    return checked


def check_column(raw: RawFile, column: Column, lines: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[RowError]]:
    """(typed values, mask of bad rows, errors) of one column."""
    texts = raw.columns[column.name]
    column_text = coded(texts)
    positions, distinct = column_text.codes, column_text.values
    values, messages = [], {}
    for index, text in enumerate(distinct):
        value, message = cell_value(column, text.strip(" "), raw.rewrite)
        values.append(value)
        if message:
            messages[index] = message
    typed = _array(column, values)[positions] if len(distinct) else _array(column, [])
    bad = np.isin(positions, list(messages))
    found = [
        RowError(raw.name, int(lines[row]), raw.title(column.name, row), _shown(texts[row]), messages[positions[row]])
        for row in np.flatnonzero(bad)[:MOST_ERRORS]
    ]
    more = int(bad.sum()) - len(found)
    if more:
        found.append(RowError(raw.name, int(lines[-1]), column.name, "", f"{more} more rows are wrong in this column."))
    return typed, bad, found


def _shown(text: str) -> str:
    return text.removeprefix(TYPED)[: cells.SHOWN]


def cell_value(column: Column, text: str, rewrite: Callable[[Column, str], str] | None = None) -> tuple[Any, str]:
    """(value, message): the message is '' when the text is fine."""
    if not text:
        message = f"{column.name} is empty. It is required." if column.required else ""
        return _empty(column), message
    try:
        return _bounded(column, _parsed(column, rewrite(column, text) if rewrite else text)), ""
    except ValueError as error:
        return _empty(column), str(error)


def _parsed(column: Column, text: str) -> Any:
    if column.kind is Kind.CHOICE:
        return cells.choice(text, column.choices)
    value = PARSERS[column.kind](text)
    if isinstance(value, str) and len(value) > column.length:
        raise ValueError(f"{cells.shown(text)} has {len(value)} characters; {column.length} fit.")
    return value


def _bounded(column: Column, value: Any) -> Any:
    if column.kind not in NUMBERS:
        return value
    if column.low is not None and value < column.low:
        raise ValueError(f"{value:g} is below {column.low:g}, the lowest {column.name} may be.")
    if column.high is not None and value > column.high:
        raise ValueError(f"{value:g} is above {column.high:g}, the highest {column.name} may be.")
    if column.above is not None and value <= column.above:
        raise ValueError(f"{value:g} is not above {column.above:g}, as {column.name} must be.")
    return value


def _empty(column: Column) -> Any:
    if column.default is not None:
        return column.default
    return None if column.kind in DATES else np.nan if column.kind in NUMBERS else ""


def _array(column: Column, values: list[Any]) -> np.ndarray:
    if column.kind in DATES:
        return np.array(values, dtype="datetime64[s]")
    if column.kind in NUMBERS:
        return np.array(values, dtype=np.float64)
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _repeated_keys(checked: CheckedFile) -> list[RowError]:
    """A key that stands in a good row before; the message names both lines."""
    keys = checked.data.loc[checked.good, list(checked.spec.key)]
    repeated = keys.duplicated().to_numpy()
    if not repeated.any():
        return []
    rows = np.flatnonzero(checked.good)
    first = keys.assign(line=checked.lines[rows]).groupby(list(checked.spec.key), dropna=False)["line"].transform("min")
    errors = []
    for row, first_line in zip(rows[repeated], first[repeated], strict=True):
        shown = " · ".join(as_text(checked.data[name].iloc[row]) for name in checked.spec.key)
        line = int(checked.lines[row])
        message = f"{shown} stands on line {int(first_line)} already. Keep one of the two rows."
        errors.append(RowError(checked.name, line, ", ".join(checked.spec.key), shown[: cells.SHOWN], message))
    checked.good[rows[repeated]] = False
    return errors


def _groups(checked: CheckedFile, given: set[str]) -> list[RowError]:
    errors: list[RowError] = []
    for group in (*checked.spec.one_of, *checked.spec.any_of):
        if not set(group) & given:
            continue
        filled = sum((is_filled(checked.data[name]).astype(int) for name in group), np.zeros(len(checked.lines), int))
        errors += _group_errors(checked, filled == 0, group, f"Fill {_words(group)}.")
        if group in checked.spec.one_of:
            errors += _group_errors(checked, filled > 1, group, f"Fill only one of {_words(group)}.")
    return errors


def _group_errors(checked: CheckedFile, wrong: np.ndarray, group: Sequence[str], message: str) -> list[RowError]:
    bad = wrong & checked.good
    checked.good[bad] = False
    return checked.row_errors(bad, group[0], lambda value: message)
