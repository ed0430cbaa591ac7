"""One line's year back and year ahead: columns for actual and plan, steps for the sources that disagree."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sop_portal.charts.picture import Picture
from sop_portal.charts.series import (
    Drawing,
    Value,
    boundary,
    decimals_for,
    flags,
    month_labels,
    months_of,
    series,
    year_labels,
)
from sop_portal.number_format import month, number, signed

ORDER = ("py", "ac", "hatch-ac", "halo", "line", "line-fc")
TOP, LEFT, TIGHT = 18.0, 4.0, 30.0


@dataclass(frozen=True)
class _Frame:
    """Slot width, pixels per unit, and where zero is."""

    slot: float
    scale: float
    base: float

    def x(self, index: int) -> float:
        """Left edge of a month's slot."""
        return LEFT + index * self.slot

    def y(self, value: float) -> float:
        return self.base - value * self.scale


def line_review(
    *,
    months: Sequence[date],
    values: Sequence[Any],
    baseline: Sequence[Any],
    sales: Sequence[Any],
    forecast: Sequence[bool] | None = None,
    previous_year: Sequence[Any] | None = None,
    decimals: int | None = None,
    width: float = 440,
    height: float = 150,
    uid: str = "c",
    title: str = "Actual and plan of a line",
    desc: str = "",
) -> Drawing:
    """AC solid, FC (the plan) hatched, the year before as triangles; baseline and sales as steps over the months.

    All series have the length of `months` (None = missing) and one unit; `forecast` marks expected months. The extremes
    are labelled. ValueError on wrong lengths.
    """
    at = months_of(months)
    n = len(at)
    shown, before = series("values", values, n), series("previous_year", previous_year, n)
    base, sold = series("baseline", baseline, n), series("sales", sales, n)
    expected = flags("forecast", forecast, n)
    digits = decimals_for(shown, base, sold) if decimals is None else decimals
    known = [v for group in (shown, before, base, sold) for v in group if v is not None]
    top, deep = max([0.0, *known]), -min([0.0, *known])
    scale = height / (top + deep) if top + deep else 0.0
    frame = _Frame((width - LEFT) / n, scale, TOP + top * scale)
    paper = Picture(uid=uid, width=width, height=TOP + height + 34, title=title, desc=desc, order=ORDER)
    _columns(paper, frame, shown, before, expected)
    _steps(paper, frame, base, "line")
    _steps(paper, frame, sold, "line-fc")
    _labels(paper, frame, shown, digits)
    _axis(paper, frame, at, boundary(expected), width, TOP + height)
    header = ("Month", "AC/FC", "Baseline", "Sales", "Sales − baseline", "PY")
    rows = [
        [month(m), number(v, digits), number(b, digits), number(s, digits), _gap(s, b, digits), number(y, digits)]
        for m, v, b, s, y in zip(at, shown, base, sold, before, strict=True)
    ]
    return Drawing(paper.svg(), ("ac", "fc", "py", "step-baseline", "step-sales"), header, rows)


def _gap(sales: Value, baseline: Value, digits: int) -> str:
    return signed(None if sales is None or baseline is None else sales - baseline, digits)


def _columns(
    paper: Picture, frame: _Frame, shown: Sequence[Value], before: Sequence[Value], expected: Sequence[bool]
) -> None:
    wide = min(22.0, frame.slot * 0.62)
    for i, (value, past) in enumerate(zip(shown, before, strict=True)):
        left = frame.x(i) + (frame.slot - wide) / 2
        if past is not None:
            y, reach = frame.y(past), min(5.0, frame.slot * 0.25)
            paper.line("py", [(left - 1, y), (left - 1 - reach, y - 3.5), (left - 1 - reach, y + 3.5)], closed=True)
        if value is not None:
            size = abs(value) * frame.scale
            paper.rect("hatch-ac" if expected[i] else "ac", left, min(frame.y(value), frame.base), wide, size)


def _steps(paper: Picture, frame: _Frame, values: Sequence[Value], layer: str) -> None:
    """A level line over each month and the way to the next; paper beneath it keeps it apart from the columns."""
    points = [
        (x, frame.y(value))
        for i, value in enumerate(values)
        if value is not None
        for x in (frame.x(i), frame.x(i) + frame.slot)
    ]
    if points:
        paper.line("halo", points)
        paper.line(layer, points)


def _labels(paper: Picture, frame: _Frame, shown: Sequence[Value], digits: int) -> None:
    known = sorted((value, i) for i, value in enumerate(shown) if value is not None)
    style = "mid tight" if frame.slot < TIGHT else "mid"
    for value, i in {known[0], known[-1]} if known else ():
        paper.text(style, frame.x(i) + frame.slot / 2, frame.y(max(value, 0.0)) - 5, number(value, digits))


def _axis(paper: Picture, frame: _Frame, at: Sequence[date], first: int | None, width: float, foot: float) -> None:
    paper.line("axis", [(0, frame.base), (width, frame.base)])
    for i, (name, year) in enumerate(zip(month_labels(at, frame.slot), year_labels(at, frame.slot), strict=True)):
        middle = frame.x(i) + frame.slot / 2
        paper.text("mid", middle, foot + 15, name)
        paper.text("mid faint", middle, foot + 28, year)
    if first is not None:
        paper.line("now", [(frame.x(first), 4), (frame.x(first), foot + 18)])
