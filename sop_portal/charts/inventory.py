"""Projected inventory as a line against the band it should stay in."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sop_portal.charts.picture import Picture, Point, text_width
from sop_portal.charts.series import (
    Drawing,
    Value,
    boundary,
    decimals_for,
    flags,
    largest,
    month_labels,
    months_of,
    series,
    year_labels,
)
from sop_portal.number_format import month, number

LEFT, TOP = 12.0, 20.0


def inventory_band(
    *,
    months: Sequence[date],
    values: Sequence[Any],
    low: Sequence[Any],
    high: Sequence[Any] | None = None,
    forecast: Sequence[bool] | None = None,
    decimals: int | None = None,
    band_name: str = "target band",
    width: float = 660,
    height: float = 150,
    uid: str = "c",
    title: str = "Projected inventory against its band",
    desc: str = "",
) -> Drawing:
    """Month-end inventory, measured part solid, projected part dashed; months outside the band marked.

    `low` is the least wanted (safety stock, cover target), `high` the most (None = no upper limit).
    All series have the length of `months` and one unit. Months outside are labelled with the value.
    """
    at = months_of(months)
    n = len(at)
    shown, floor, ceiling = series("values", values, n), series("low", low, n), series("high", high, n)
    expected = flags("forecast", forecast, n)
    digits = decimals_for(shown, floor) if decimals is None else decimals
    slot = (width - LEFT - text_width(band_name) - 12) / n
    scale = height / (largest(shown, floor, ceiling) or 1.0)
    lowest = min((v for v in shown if v is not None and v < 0), default=0.0)
    ground = TOP + height
    paper = Picture(uid=uid, width=width, height=ground - lowest * scale + 34, title=title, desc=desc)

    def spot(i: int, value: float) -> Point:
        return LEFT + (i + 0.5) * slot, ground - value * scale

    _band(paper, floor, ceiling, spot, TOP)
    paper.line("axis", [(LEFT - 4, ground), (LEFT + slot * n, ground)])
    _line(paper, shown, expected, spot)
    outside = [_outside(v, f, c) for v, f, c in zip(shown, floor, ceiling, strict=True)]
    _marks(paper, shown, outside, spot, digits, slot)
    _calendar(paper, at, slot, paper.height - 32, boundary(expected))
    _name(paper, band_name, floor, ceiling, spot)
    header = ("Month", "Inventory", "Low", "High", "Outside")
    rows = [
        [month(m), number(v, digits), number(f, digits), number(c, digits), o]
        for m, v, f, c, o in zip(at, shown, floor, ceiling, outside, strict=True)
    ]
    return Drawing(paper.svg(), ("line", "line-fc", "band", "outside"), header, rows)


def _outside(value: Value, low: Value, high: Value) -> str:
    if value is None:
        return ""
    if low is not None and value < low:
        return "below"
    return "above" if high is not None and value > high else ""


def _band(paper: Picture, floor: Sequence[Value], ceiling: Sequence[Value], spot: Any, top: float) -> None:
    known = [i for i, low in enumerate(floor) if low is not None]
    if not known:
        return
    under = [spot(i, floor[i]) for i in known]
    over = [spot(i, ceiling[i]) if ceiling[i] is not None else (spot(i, 0)[0], top) for i in known]
    paper.line("band", [*under, *reversed(over)], closed=True)
    paper.line("link", under)
    if all(ceiling[i] is not None for i in known):
        paper.line("link", over)


def _line(paper: Picture, shown: Sequence[Value], expected: Sequence[bool], spot: Any) -> None:
    """One run per stretch of known values; it turns dashed at the first expected month."""
    for i in range(1, len(shown)):
        before, now = shown[i - 1], shown[i]
        if before is not None and now is not None:
            paper.line("line-fc" if expected[i] else "line", [spot(i - 1, before), spot(i, now)])


def _marks(paper: Picture, shown: Sequence[Value], outside: Sequence[str], spot: Any, digits: int, slot: float) -> None:
    ends = {i for i, v in enumerate(shown) if v is not None}
    last_right = -1.0
    for i, value in enumerate(shown):
        if value is None:
            continue
        x, y = spot(i, value)
        if outside[i]:
            paper.dot("bad", x, y, 3.5)
        words = number(value, digits)
        wanted = outside[i] or i in (min(ends), max(ends))
        if wanted and x - text_width(words) / 2 > last_right:
            below = outside[i] == "below"
            paper.text(f"mid {'t-bad' if outside[i] else 'heavy'}", x, y + 15 if below else y - 8, words)
            last_right = x + text_width(words) / 2 + 2


def _calendar(paper: Picture, at: Sequence[date], slot: float, base: float, first: int | None) -> None:
    for i, (name, year) in enumerate(zip(month_labels(at, slot), year_labels(at, slot), strict=True)):
        paper.text("mid", LEFT + (i + 0.5) * slot, base + 15, name)
        paper.text("mid faint", LEFT + (i + 0.5) * slot, base + 28, year)
    if first is not None:
        paper.line("now", [(LEFT + first * slot, 4), (LEFT + first * slot, base + 18)])


def _name(paper: Picture, words: str, floor: Sequence[Value], ceiling: Sequence[Value], spot: Any) -> None:
    last = next((i for i in reversed(range(len(floor))) if floor[i] is not None), None)
    if last is not None:
        top = ceiling[last]
        middle = floor[last] if top is None else ((floor[last] or 0.0) + top) / 2
        x, y = spot(last, middle or 0.0)
        paper.text("faint", x + 10, y + 4, words)
