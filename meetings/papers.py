"""What leaves a meeting on paper: a title, sentences, and tables with typed cells, made once for every kind of file.

Slides, workbook, page and PDF are written from the same `Paper`, so that a number is the same in all of them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

from cycles.periods import parse_month
from supply.wording import MINUS, percent_text

NOTHING: Final = "–"
LETTER_COUNTRIES: Final = frozenset({"US", "CA", "MX", "PH", "CO", "CL", "VE", "CR", "GT"})


class Kind(StrEnum):
    """What stands in a column."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    SHARE = "share"
    MONTH = "month"
    DAY = "day"


NUMBERS: Final = (Kind.COUNT, Kind.MONEY, Kind.SHARE)


@dataclass(frozen=True)
class Column:
    label: str
    kind: Kind = Kind.TEXT

    @property
    def is_number(self) -> bool:
        return self.kind in NUMBERS


@dataclass(frozen=True)
class Chart:
    """Series over the same categories; `budget` names the one that is a plan and is drawn as an outline."""

    title: str
    categories: tuple[str, ...]
    series: tuple[tuple[str, tuple[float | None, ...]], ...]
    budget: str = ""


@dataclass(frozen=True)
class Table:
    """Rows hold raw values: numbers, ISO months and days, words, or None where nothing is known."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    note: str = ""
    chart: Chart | None = None

    @property
    def texts(self) -> list[list[tuple[Column, str]]]:
        """Every cell as it is written on paper, with its column."""
        return [[(c, cell_text(c.kind, v)) for c, v in zip(self.columns, row, strict=True)] for row in self.rows]


@dataclass(frozen=True)
class Paper:
    """`footer` stands on every page: company, cycle, version, time. `size` is A4 or Letter."""

    name: str
    title: str
    message: str
    footer: str
    facts: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    size: str = "A4"


def paper_size(country: str) -> str:
    """A4, or Letter where that is what lies in the printer; `country` is an ISO code."""
    return "Letter" if country.upper() in LETTER_COUNTRIES else "A4"


def cell_text(kind: Kind, value: Any) -> str:
    """One cell as written: whole units and money with thousands, shares in per cent with one decimal.

    `cell_text(Kind.MONEY, -1234.5)` -> `'−1,234'` (half to even), `cell_text(Kind.MONTH, '2026-12')` -> `'Dec 2026'`.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return NOTHING
    if kind in (Kind.COUNT, Kind.MONEY):
        return f"{round(value):,}".replace("-", MINUS)
    if kind is Kind.SHARE:
        return percent_text(value, 1)
    if kind is Kind.MONTH:
        return f"{parse_month(value):%b %Y}"
    if kind is Kind.DAY:
        return day_text(date.fromisoformat(value))
    return str(value)


def day_text(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def pages(heights: Sequence[float], most: float) -> list[tuple[int, int]]:
    """Rows of these heights on pages of height `most`: (first, after the last) of each page.

    A row that is higher than a page has one of its own; without rows there is one empty page.
    """
    cuts, used = [0], 0.0
    for number, height in enumerate(heights):
        if used and used + height > most:
            cuts.append(number)
            used = 0.0
        used += height
    return list(pairwise([*cuts, len(heights)]))
