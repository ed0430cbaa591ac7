"""What goes into charts is checked here: lengths, numbers, months; and what comes out is described."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from sop_portal.number_format import MONTHS, finite

Value = float | None
SMALLEST = 1e-9


@dataclass(frozen=True)
class Drawing:
    """A chart with everything around it: legend keys and the same numbers as a table."""

    svg: str
    legend: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    rows: list[list[str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


def series(name: str, values: Sequence[Any] | None, length: int) -> list[Value]:
    """`length` floats or None each; a missing series is all None. ValueError names the series."""
    if values is None:
        return [None] * length
    found = list(values)
    if len(found) != length:
        raise ValueError(f"{name} has {len(found)} values, expected {length}")
    return [_drawable(finite(value)) for value in found]


def _drawable(value: Value) -> Value:
    """What is too small to be a quantity is zero: a scale made from it would overflow."""
    return 0.0 if value is not None and abs(value) < SMALLEST else value


def months_of(values: Sequence[date]) -> list[date]:
    """The months of a chart: at least one, each a first of month, rising."""
    found = list(values)
    if not found:
        raise ValueError("months is empty")
    if any(month.day != 1 for month in found):
        raise ValueError("months must be firsts of month")
    if any(after <= before for before, after in pairwise(found)):
        raise ValueError("months must rise")
    return found


def flags(name: str, values: Sequence[bool] | None, length: int) -> list[bool]:
    """`length` booleans; missing means all False."""
    found = [False] * length if values is None else [bool(value) for value in values]
    if len(found) != length:
        raise ValueError(f"{name} has {len(found)} values, expected {length}")
    return found


def difference(values: Sequence[Value], reference: Sequence[Value]) -> list[Value]:
    """values - reference, None where either is missing."""
    return [None if v is None or r is None else v - r for v, r in zip(values, reference, strict=True)]


def share(values: Sequence[Value], reference: Sequence[Value]) -> list[Value]:
    """values / |reference|, None where either is missing or the reference is 0."""
    return [None if v is None or not r else v / abs(r) for v, r in zip(values, reference, strict=True)]


def largest(*groups: Sequence[Value]) -> float:
    """The largest absolute value of all, 0 when there is none."""
    return max((abs(v) for group in groups for v in group if v is not None), default=0.0)


def decimals_for(*groups: Sequence[Value]) -> int:
    """Decimals for labels of about three significant digits: 0 from 100 on, 1 from 1 on, else 2."""
    top = largest(*groups)
    whole = all(v is None or v == int(v) for group in groups for v in group)
    return 0 if whole or top >= 100 else 1 if top >= 1 else 2


def month_labels(months: Sequence[date], slot: float) -> list[str]:
    """Month names as far as they fit into `slot` pixels: all, every second, or quarter starts."""
    step = 1 if slot >= 25 else 2 if slot >= 14 else 3
    start = next((i for i, m in enumerate(months) if (m.month - 1) % step == 0), 0)
    return [MONTHS[m.month - 1] if (i - start) % step == 0 else "" for i, m in enumerate(months)]


def year_labels(months: Sequence[date], slot: float) -> list[str]:
    """The year under every January, and under the first month unless a January follows within 32 pixels."""
    crowded = months[0].month != 1 and (13 - months[0].month) * slot < 32 and len(months) > 13 - months[0].month
    return [str(m.year) if m.month == 1 or (i == 0 and not crowded) else "" for i, m in enumerate(months)]


def boundary(forecast: Sequence[bool]) -> int | None:
    """Index of the first forecast month when measured months come before it."""
    first = next((i for i, f in enumerate(forecast) if f), None)
    return first if first else None
