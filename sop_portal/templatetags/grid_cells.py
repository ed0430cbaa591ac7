"""The month cells of a planning grid, written in one go: a template loop over 24 months of 300 lines is too slow.

`month_cells` gives the cells of a row as static/js/grid.js reads them; {% month_heads months %} and
{% month_totals totals months %} are the head and the foot that fit. The first `NEAR` months always show; the
later ones are of class "far" (one cell a month) and "block" (one sum per three months), which the table's class
months-near, months-blocks or months-all shows or hides.
"""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from sop_portal import number_format as written

register = template.Library()

NEAR = 3
BLOCK = 3
MOST_KEPT = 16_384
READ_ONLY = ' aria-readonly="true"'


@register.filter
def plain(value: float) -> str:
    """A number as the script reads it: no grouping, enough digits to be the same number again."""
    return f"{value:.10g}"


def shown(value: float, decimals: int) -> str:
    """As `number_format.number`, without its detours: there may be thousands of cells."""
    text = f"{value + 1e-9:,.{decimals}f}" if decimals else f"{value + 1e-9:,.0f}"
    return text.replace("-", written.MINUS) if value < 0 else text


def said_list(values: Iterable[float | None]) -> str:
    """For a data attribute: numbers with commas between, nothing where nothing is said."""
    return ",".join(["" if value is None else _plain(value) for value in values])


# The same numbers and names stand in many rows.
_plain = lru_cache(maxsize=16_384)(plain)
escaped = lru_cache(maxsize=4096)(html.escape)


def line_marks(line: Any) -> str:
    """The attributes of a row: who and what it is, and what its cells are compared with, month by month."""
    customer, product = escaped(line.customer), escaped(line.product)
    family = f' data-family="{escaped(line.family)}"' if line.family else ""
    reason = f' data-reason="{escaped(line.reason)}"' if line.reason else ""
    average = "" if line.average3 is None else f' data-avg3="{_plain(line.average3)}"'
    before = "" if line.previous.count(None) == len(line.previous) else f' data-prev="{said_list(line.previous)}"'
    return (
        f' data-line="{line.line}" data-name="{customer}, {product}" data-customer="{customer}"'
        f' data-product="{product}"{family}{reason} data-price="{_plain(line.price)}" data-decimals="{line.decimals}"'
        f' data-past="{said_list(line.past)}"{average}{before}'
    )


def group_marks(line: Any) -> str:
    """What a line of the planner's grid is grouped by besides."""
    known = (("region", line.region), ("rep", line.rep), ("all", str(line.group_lines or "")))
    return "".join([f' data-{name}="{escaped(value)}"' for name, value in known if value])


def near_cells(line: Any) -> str:
    """Last year and what is compared with, summed over the near months."""
    last_year, decimals = line.last_year_near, line.decimals
    before = written.MISSING if last_year is None else shown(last_year, decimals)
    return (
        f'<td class="num context" data-near="ly">{before}</td>'
        f'<td class="num context" data-near="bl">{shown(line.base_near, decimals)}</td>'
    )


def month_cells(line: Any, months: tuple[date, ...], is_grid: bool = True) -> str:
    """`line` has own, base, is_changed, changed (by month), decimals, is_open, locked, locked_by.

    Only cells of a grid say that they cannot be written; in a table to read that goes without saying.
    """
    columns = _columns(months, "" if line.is_open or not is_grid else READ_ONLY)
    own, decimals = line.own, line.decimals
    parts = columns.parts.copy()
    if line.locked or line.is_changed:
        parts[1::4] = _said_of_cells(line, columns)
    parts[2::4] = map(written_in(decimals).__getitem__, own)
    for place, span, begins in columns.sums:
        parts[place] = f"{begins}{shown(sum(own[span]), decimals)}</td>"
    return "".join(parts)


def _said_of_cells(line: Any, columns: "Columns") -> list[str]:
    """By month: what a cell was before it was changed, its class, who locked it, and what is common to all."""
    who = f' data-locked="{escaped(line.locked_by or "somebody")}"'
    said = []
    for month, css, base, changed in zip(columns.months, columns.css, line.base, line.changed, strict=True):
        held = month in line.locked
        baseline = f' data-bl="{base:.10g}"' if changed else ""
        said.append(f"{baseline}{css[changed + 2 * held]}{who if held else ''}{columns.common}")
    return said


class Written(dict[float, str]):
    """The number of a cell to its end, by its value: as it is shown, and as the script reads it where that differs.

    Many cells hold the same one, so they are kept, a page's worth of them.
    """

    def __init__(self, decimals: int) -> None:
        self.decimals = decimals

    def __missing__(self, value: float) -> str:
        if len(self) >= MOST_KEPT:
            self.clear()
        text, exact = shown(value, self.decimals), plain(value)
        said = "" if exact == text.replace(",", "") else f' data-v="{exact}"'
        self[value] = f"{said}>{text}</td>"
        return self[value]


written_in = lru_cache(maxsize=8)(Written)


@dataclass(frozen=True)
class Columns:
    """What the cells of a plain row are put together from: by month how a cell begins, what is said of it, a place
    for its number and one for the sum behind it; by month its classes (plain, changed, locked, both); where sums
    stand, the months they cover, how they begin."""

    months: tuple[date, ...]
    common: str
    parts: list[str]
    css: list[tuple[str, ...]]
    sums: list[tuple[int, slice, str]]


@lru_cache(maxsize=64)
def _columns(months: tuple[date, ...], common: str) -> Columns:
    css = [_classes(i >= NEAR) for i in range(len(months))]
    parts = [
        part
        for month, names in zip(months, css, strict=True)
        for part in (f'<td data-m="{month:%Y-%m}"', f"{names[0]}{common}", "", "")
    ]
    sums = [(4 * i + 3, *_sum_behind(months, i)) for i in range(len(months)) if _ends_block(months, i)]
    return Columns(months, common, parts, css, sums)


def _classes(far: bool) -> tuple[str, ...]:
    names = [f"{'far' if far else ''} {also}".strip() for also in ("", "changed", "locked", "changed locked")]
    return tuple(f' class="{name}"' if name else "" for name in names)


def _sum_behind(months: Sequence[date], i: int) -> tuple[slice, str]:
    """The months that the sum after this one covers, and its cell up to the number."""
    span = _of_block(months, i)
    names = " ".join(f"{months[k].year}-{months[k].month:02d}" for k in span)
    return slice(span.start, span.stop), f'<td class="num context block" data-sum="{names}">'


def _ends_block(months: Sequence[date], i: int) -> bool:
    return i >= NEAR and ((i - NEAR) % BLOCK == BLOCK - 1 or i == len(months) - 1)


def _of_block(months: Sequence[date], i: int) -> range:
    return range(i - (i - NEAR) % BLOCK, i + 1)


@register.simple_tag
def month_heads(months: Sequence[date]) -> SafeString:
    """The heads of the same columns."""
    heads: list[tuple[str, str]] = []
    for i, month in enumerate(months):
        heads.append(("num far" if i >= NEAR else "num", written.month(month)))
        if _ends_block(months, i):
            span = _of_block(months, i)
            first, last = months[span[0]], months[span[-1]]
            heads.append(("num block", f"{written.MONTHS[first.month - 1]}\u2013{written.month(last)}"))
    return format_html_join("", '<th scope="col" class="{}">{}</th>', heads)


@register.simple_tag
def month_totals(
    totals: Iterable[float],
    months: Sequence[date],
    other: Sequence[float] = (),
    other_money: Sequence[float] = (),
) -> SafeString:
    """The sums beneath; `totals` by month over all lines, `other` what lines that are not on the page add to them."""
    values = list(totals)
    cells = []
    for i, month in enumerate(months):
        css = "num far" if i >= NEAR else "num"
        cells.append(_total(css, f"{month:%Y-%m}", values[i], _rest([i], other, other_money)))
        if _ends_block(months, i):
            span = _of_block(months, i)
            names = " ".join(f"{months[k]:%Y-%m}" for k in span)
            cells.append(_total("num block", names, sum(values[k] for k in span), _rest(span, other, other_money)))
    return mark_safe("".join(cells))


def _total(css: str, names: str, value: float, rest: str) -> str:
    return f'<td class="{css}" data-total="{names}"{rest}>{shown(value, 0)}</td>'


def _rest(span: Iterable[int], other: Sequence[float], other_money: Sequence[float]) -> str:
    """What the script adds to the sum of the lines it sees, in units and in money."""
    months = list(span)
    pairs = (("other", other), ("other-money", other_money))
    return "".join(f' data-{name}="{plain(sum(rest[k] for k in months))}"' for name, rest in pairs if rest)
