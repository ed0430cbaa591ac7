"""What a file is: its columns, its rows as text, its rows as typed values, and a fault in it.

A `RawFile` is text: columns of strings with the line each row stands on. `masterdata.checks.check` turns it into a
`CheckedFile`: typed columns, and a `RowError` for every bad cell.

Types of a checked frame: code, text, choice -> str ('' when empty) · month, date -> datetime64 (NaT) ·
number, quantity, integer -> float64 (NaN).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd

from masterdata import cells


class Kind(Enum):
    CODE = "code"
    TEXT = "text"
    MONTH = "month"
    DATE = "date"
    DATE_OR_MONTH = "date or month"
    NUMBER = "number"
    INTEGER = "whole number"
    CHOICE = "choice"
    EMAIL = "mail address"
    TIMEZONE = "time zone"
    CURRENCY = "currency"
    COUNTRY = "country"


# Begins the text of a cell that a workbook holds as a number, so that no habit of writing applies to it.
TYPED = "\x1f"
DATES = frozenset({Kind.MONTH, Kind.DATE, Kind.DATE_OR_MONTH})
NUMBERS = frozenset({Kind.NUMBER, Kind.INTEGER})


@dataclass(frozen=True)
class Column:
    """One column: what its cells may hold. `reference` names what a code must exist as (product, customer …)."""

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    reference: str = ""
    default: Any = None
    low: float | None = None
    high: float | None = None
    above: float | None = None
    length: int = 60
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FileSpec:
    """One file of the contract; `about` says in a few words what stands in it.

    key: the columns that identify a row. one_of: groups of columns of which exactly one is filled;
    any_of: groups of which at least one is.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    one_of: tuple[tuple[str, ...], ...] = ()
    any_of: tuple[tuple[str, ...], ...] = ()

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]


@dataclass(frozen=True)
class RowError:
    """One fault: where it stands, what stands there, and what would be right."""

    file: str
    line: int
    column: str
    value: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column or '-'}: {self.message}"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Coded(Sequence[str]):
    """A column of text as the different texts in it, and for each row which one it is: `values[codes[row]]`."""

    codes: np.ndarray
    values: list[str]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: Any) -> Any:
        return self.values[self.codes[row]]


def coded(texts: Sequence[str]) -> Coded:
    """The same column, coded."""
    if isinstance(texts, Coded):
        return texts
    codes, values = pd.factorize(np.asarray(texts, dtype=object))
    return Coded(codes, list(values))


@dataclass(frozen=True)
class RawFile:
    """A file as text: `columns[name][i]` stands on line `lines[i]`.

    rewrite: turns a cell of a file with habits of its own into what the contract writes. titles: contract's column ->
    its name in the file. months: where months are columns, the title of the one each row comes from.
    """

    name: str
    columns: Mapping[str, Sequence[str]]
    lines: Sequence[int]
    rewrite: Callable[[Column, str], str] | None = None
    titles: Mapping[str, str] = field(default_factory=dict)
    months: Sequence[str] = ()
    fills: str = ""

    def title(self, column: str, row: int) -> str:
        """What a column is called in the file, for a row of it."""
        return self.months[row] if self.months and column == self.fills else self.titles.get(column, column)


@dataclass(frozen=True)
class CheckedFile:
    """A file whose cells are typed; `good` says which rows have no bad cell."""

    spec: FileSpec
    name: str
    data: pd.DataFrame
    lines: np.ndarray
    good: np.ndarray
    errors: list[RowError]

    def row_errors(self, bad: np.ndarray, column: str, message: Callable[[Any], str]) -> list[RowError]:
        """An error for every row of the mask `bad`, its message made from the column's value there."""
        values = self.data[column].to_numpy()[bad]
        return [
            RowError(self.name, int(line), column, as_text(value), message(value))
            for line, value in zip(self.lines[bad], values, strict=True)
        ]


def as_text(value: Any) -> str:
    """A typed value as people read it."""
    if isinstance(value, str):
        return value[: cells.SHOWN]
    if pd.isna(value):
        return ""
    if isinstance(value, np.datetime64 | pd.Timestamp):
        return str(pd.Timestamp(value).date())
    return f"{value:.15g}"


def is_filled(values: pd.Series) -> np.ndarray:
    """Which cells of a typed column hold something."""
    if values.dtype == object:
        return (values != "").to_numpy()
    return values.notna().to_numpy()
