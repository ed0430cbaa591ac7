"""How a file is written that keeps to its own habits: encoding, separator, decimal sign, order of dates, columns.

A `Layout` says it, whoever found it out; `rewritten` turns a cell of such a file into what the contract would write
(point decimals, ISO months and days), so that one set of checks serves every file. What can mean two things is a
ValueError that asks, never a guess.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from masterdata.cells import shown
from masterdata.frames import DATES, NUMBERS, TYPED, Column, FileSpec, Kind

ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 (little endian)",
    "utf-16-be": "UTF-16 (big endian)",
    "cp1252": "Windows-1252 (Western Europe)",
}
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
DECIMALS = {".": "a point: 1,250.5", ",": "a comma: 1.250,5", "": "the file does not tell"}
ORDERS = {"ymd": "year first: 2026-11-22", "dmy": "day first: 22.11.2026", "mdy": "month first: 11/22/2026",
          "": "the file does not tell"}  # fmt: skip
# A column that holds the quantities of one month: "@2026-11".
MONTH_MARK = "@"

_SPACES = re.compile(r"(?<=\d)[ \u00a0\u202f'\u2019](?=\d{3}(?:\D|$))")
_MONEY = re.compile(r"^[€$£]\s*|\s*[€$£]$")
_WITH_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d*)?|[+-]?,\d+")
_WITH_POINT = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_UNTOLD = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_BOUNDARY = r"[./\-\s]"
_YEAR_FIRST = re.compile(rf"(\d{{4}}){_BOUNDARY}(\d{{1,2}})(?:{_BOUNDARY}(\d{{1,2}}))?")
_THREE = re.compile(rf"(\d{{1,2}}){_BOUNDARY}(\d{{1,2}}){_BOUNDARY}(\d{{4}}|\d{{2}})")
_TWO = re.compile(r"(\d{1,2})[./\-](\d{4})")
_RUN = re.compile(r"(19|20)(\d{2})(0[1-9]|1[0-2])(\d{2})?")
_COUNTED = re.compile(r"(\d{4})-?[Mm](\d{1,2})")
_NAMED = re.compile(r"([^\W\d]{3,10})\.?[\s\-/']*(\d{4}|\d{2})|(\d{4})[\s\-/]*([^\W\d]{3,10})")
_MIDNIGHT = re.compile(r"[T ]00:00(?::00(?:\.0+)?)?Z?$")
_MONTHS: Mapping[str, int] = {
    word: number
    for number, words in enumerate(
        ("jan", "feb fév fev", "mar mär mrz", "apr avr abr", "may mai", "jun juin", "jul juil", "aug aoû aou ago",
         "sep", "oct okt", "nov", "dec dez déc dic"),
        start=1,
    )
    for word in words.split()
}  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """`columns`: for every column of the file the contract's name, "" = not read, "@2026-11" = that month's values.

    file: which file of the contract it is. fills: the column that month columns fill ("" = one row per month).
    sheet: the sheet of a workbook. titles: the names of the columns as they stand in the file.
    """

    file: str = ""
    encoding: str = "utf-8"
    separator: str = ","
    decimal: str = "."
    dates: str = "ymd"
    columns: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    fills: str = ""
    sheet: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in self.__dict__.items()}

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> "Layout":
        kept: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in facts.items()}
        return cls(**kept)

    def changed(self, **facts: Any) -> "Layout":
        return replace(self, **facts)

    @property
    def left_out(self) -> list[str]:
        """The columns of the file that nothing reads."""
        return [title for title, name in zip(self.titles, self.columns, strict=True) if title and not name]

    @property
    def own_titles(self) -> dict[str, str]:
        """The contract's name of a column -> its name in the file."""
        return {name: title for title, name in zip(self.titles, self.columns, strict=True) if name}


def month_file(spec: FileSpec) -> bool:
    """Whether a file has a quantity per month, so that months may stand as columns."""
    return "month" in spec.key and bool(value_columns(spec))


def value_columns(spec: FileSpec) -> list[str]:
    """The columns that month columns can fill, the required ones first."""
    numbers = [column for column in spec.columns if column.kind in NUMBERS and column.name not in spec.key]
    return [column.name for column in sorted(numbers, key=lambda column: not column.required)]


def rewritten(layout: Layout, column: Column, text: str) -> str:
    """A cell as the contract writes it; ValueError when it could mean two things."""
    if text.startswith(TYPED):
        return text.removeprefix(TYPED)
    if column.kind in NUMBERS:
        return plain_number(text, layout.decimal)
    if column.kind in DATES:
        return plain_date(text, layout.dates, is_month=column.kind is Kind.MONTH)
    return text


def plain_number(text: str, decimal: str) -> str:
    """`'1.250,5'` with a decimal comma -> `'1250.5'`; signs of money, spaced thousands, `12-` and `(12)` are read."""
    text = _MONEY.sub("", _SPACES.sub("", text))
    if text.startswith("(") and text.endswith(")"):
        text = f"-{text[1:-1]}"
    if text.endswith("-"):
        text = f"-{text[:-1]}"
    if not decimal and _UNTOLD.fullmatch(text):
        digits = text.replace(".", "").replace(",", "")
        point = text.replace(",", ".")
        raise ValueError(f"{shown(text)} could be {digits} or {point}. Say above which sign decimals have.")
    if decimal == ",":
        return _from_comma(text)
    return text.replace(",", "") if _WITH_POINT.fullmatch(text) else text


def _from_comma(text: str) -> str:
    if _WITH_COMMA.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    if "." in text and any(sign.isdigit() for sign in text):
        raise ValueError(f"{shown(text)} is no number with a decimal comma. Write it with one, for example 1.250,5.")
    return text


def plain_date(text: str, order: str, *, is_month: bool) -> str:
    """`'22.11.2026'` -> `'2026-11-22'`; a first of month is its month where a month belongs; else the text itself."""
    text = _MIDNIGHT.sub("", text)
    found = _date_parts(text, order)
    if found is None:
        return text
    year, month, day = found
    if day is None or (is_month and day == 1):
        return f"{year:04d}-{month:02d}"
    return f"{year:04d}-{month:02d}-{day:02d}"


def _date_parts(text: str, order: str) -> tuple[int, int, int | None] | None:
    if found := _YEAR_FIRST.fullmatch(text):
        return int(found[1]), int(found[2]), int(found[3]) if found[3] else None
    if found := _THREE.fullmatch(text):
        return _ordered(text, int(found[1]), int(found[2]), _year(found[3]), order)
    if found := _TWO.fullmatch(text):
        return int(found[2]), int(found[1]), None
    if found := _RUN.fullmatch(text):
        return int(found[1] + found[2]), int(found[3]), int(found[4]) if found[4] else None
    if found := _COUNTED.fullmatch(text):
        return int(found[1]), int(found[2]), None
    if found := _NAMED.fullmatch(text):
        month = _month_named(found[1] or found[4])
        return (_year(found[2] or found[3]), month, None) if month else None
    return None


def _ordered(text: str, first: int, second: int, year: int, order: str) -> tuple[int, int, int]:
    if order not in ("dmy", "mdy"):
        if first <= 12 and second <= 12 and first != second:
            raise ValueError(f"{shown(text)} could be two days. Say above whether the day or the month comes first.")
        order = "mdy" if second > 12 else "dmy"
    return (year, first, second) if order == "mdy" else (year, second, first)


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _month_named(word: str) -> int:
    word = word.casefold()
    return next((_MONTHS[word[:size]] for size in (4, 3) if word[:size] in _MONTHS), 0)


def month_title(title: str) -> str:
    """`'Nov 2026'`, `'11/2026'`, `'2026-11-01'` -> `'2026-11'`; "" when a title is no month."""
    try:
        text = plain_date(title, "dmy", is_month=True)
    except ValueError:
        return ""
    return text if re.fullmatch(r"(19|20)\d{2}-(0[1-9]|1[0-2])", text) else ""
