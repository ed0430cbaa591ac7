"""Columns over months in three tiers: relative variance, absolute variance, values (IBCS-style)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sop_portal.charts.picture import Picture, text_width
from sop_portal.charts.series import (
    Drawing,
    Value,
    boundary,
    decimals_for,
    difference,
    flags,
    largest,
    month_labels,
    months_of,
    series,
    share,
    year_labels,
)
from sop_portal.number_format import month, number, signed, signed_percent, tone

ORDER = ("pl", "py", "ac", "hatch-ac", "pin-good", "pin-bad")
LEFT, PIN_REACH, HEAD, LABEL, TIGHT = 48.0, 26.0, 7.0, 15.0, 30.0


@dataclass(frozen=True)
class Frame:
    """Where things stand: slot width, pixels per unit, and the base line of each tier."""

    slot: float
    scale: float
    percent_base: float
    delta_base: float
    value_base: float
    foot: float

    def x(self, index: int) -> float:
        """Middle of a month's slot."""
        return LEFT + (index + 0.5) * self.slot

    @property
    def column(self) -> float:
        return min(28.0, self.slot * 0.58)


def three_tier(
    *,
    months: Sequence[date],
    values: Sequence[Any],
    plan: Sequence[Any],
    forecast: Sequence[bool] | None = None,
    previous_year: Sequence[Any] | None = None,
    decimals: int | None = None,
    good: str = "up",
    reference: str = "PL",
    links: Sequence[str] | None = None,
    width: float = 660,
    height: float = 200,
    uid: str = "c",
    title: str = "Values against plan",
    desc: str = "",
) -> Drawing:
    """AC and FC columns before plan outlines, previous year as triangles, variances above.

    All series have the length of `months` (None = missing) and one unit. `forecast` marks expected
    months. The absolute variance has the same scale as the values; the relative one is
    (value - plan) / |plan|, its pins end at 100% and its labels at 999%. `height` is that of the
    value tier. ValueError on wrong lengths.
    """
    at = months_of(months)
    n = len(at)
    shown, planned = series("values", values, n), series("plan", plan, n)
    before, expected = series("previous_year", previous_year, n), flags("forecast", forecast, n)
    delta = difference(shown, planned)
    relative = share(delta, planned)
    digits = decimals_for(shown, planned) if decimals is None else decimals
    frame = _frame(n, width, height, [*shown, *planned, *before], delta, relative)
    tall = frame.foot + 32
    paper = Picture(uid=uid, width=width, height=tall, title=title, desc=desc, order=ORDER)
    _values(paper, frame, shown, planned, before, expected, digits)
    _variances(paper, frame, delta, relative, expected, digits, good, reference)
    _axis(paper, frame, at, boundary(expected), width)
    for i, address in enumerate(links or ()):
        paper.link(address, frame.x(i) - frame.slot / 2, 0, frame.slot, frame.foot)
    has_before = any(v is not None for v in before)
    legend = ("ac", "fc", reference.lower(), *(["py"] if has_before else []))
    header = ("Month", "AC/FC", reference, f"Δ{reference}", f"Δ{reference}%", *(["PY"] if has_before else []))
    rows = [
        [month(m), number(v, digits), number(p, digits), signed(d, digits), signed_percent(r), number(y, digits)]
        for m, v, p, d, r, y in zip(at, shown, planned, delta, relative, before, strict=True)
    ]
    return Drawing(paper.svg(), legend, header, [row[: len(header)] for row in rows], list(links or ()))


def _frame(
    n: int, width: float, height: float, heights: Sequence[Value], delta: Sequence[Value], relative: Sequence[Value]
) -> Frame:
    known = [v for v in heights if v is not None]
    top, deep = max([0.0, *known]), -min([0.0, *known])
    scale = (height - LABEL) / (top + deep) if top + deep else 0.0
    rise = max((d for d in delta if d), default=0.0)
    fall = -min((d for d in delta if d), default=0.0)
    over = LABEL + (PIN_REACH + HEAD / 2 if any(r and r > 0 for r in relative) else 0)
    under = LABEL + (PIN_REACH + HEAD / 2 if any(r and r < 0 for r in relative) else 0)
    percent_base = over + 4
    delta_base = percent_base + under + 8 + max(rise, 0) * scale + LABEL
    foot = delta_base + max(fall, 0) * scale + LABEL + 6 + height
    return Frame((width - LEFT) / n, scale, percent_base, delta_base, foot - deep * scale, foot)


def _values(
    paper: Picture,
    frame: Frame,
    shown: Sequence[Value],
    planned: Sequence[Value],
    before: Sequence[Value],
    expected: Sequence[bool],
    digits: int,
) -> None:
    base, shift = frame.value_base, min(6.0, frame.slot * 0.12)
    labelled = _labelled([number(v, digits) for v in shown], shown, frame.slot)
    style = "mid tight" if frame.slot < TIGHT else "mid"
    for i, (value, plan, past) in enumerate(zip(shown, planned, before, strict=True)):
        left = frame.x(i) - (frame.column - shift) / 2
        if plan is not None:
            _column(paper, "pl", left - shift, frame, plan)
        if past is not None:
            y, edge = base - past * frame.scale, left - shift - 1
            paper.line("py", [(edge, y), (edge - 6, y - 4), (edge - 6, y + 4)], closed=True)
        if value is not None:
            layer = "hatch-ac" if expected[i] else "ac"
            _column(paper, layer, left, frame, value)
        if value is not None and i in labelled:
            top = max(value, plan or 0.0, 0.0)
            paper.text(style, frame.x(i), base - top * frame.scale - 5, number(value, digits))


def _column(paper: Picture, layer: str, left: float, frame: Frame, value: float) -> None:
    size = abs(value) * frame.scale
    paper.rect(layer, left, _above(frame.value_base, value, size), frame.column, size)


def _variances(
    paper: Picture,
    frame: Frame,
    delta: Sequence[Value],
    relative: Sequence[Value],
    expected: Sequence[bool],
    digits: int,
    good: str,
    reference: str,
) -> None:
    words = [signed(d, digits) for d in delta]
    percents = ["" if r is None else signed(max(-9.99, min(9.99, r)) * 100) for r in relative]
    labelled = _labelled(words, delta, frame.slot)
    pinned = _labelled(percents, relative, frame.slot)
    most = min(largest(relative), 1.0) or 1.0
    for i, (change, part) in enumerate(zip(delta, relative, strict=True)):
        colour = tone(change, good) or "zero"
        if change:
            layer = f"hatch-{colour}" if expected[i] and colour in ("good", "bad") else colour
            size = abs(change) * frame.scale
            paper.rect(layer, frame.x(i) - frame.column / 2, _above(frame.delta_base, change, size), frame.column, size)
        if change is not None and i in labelled:
            _label(paper, frame, i, frame.delta_base, colour, change, abs(change) * frame.scale, words[i])
        if part is not None:
            _pin(
                paper,
                frame,
                i,
                max(-most, min(most, part)) / most * PIN_REACH,
                expected[i],
                colour,
                percents[i] if i in pinned else "",
            )
    right = LEFT + frame.slot * len(delta)
    for base, name in ((frame.percent_base, f"Δ{reference}%"), (frame.delta_base, f"Δ{reference}")):
        paper.line("axis-pl", [(LEFT, base - 1.5), (right, base - 1.5)])
        paper.line("axis-pl", [(LEFT, base + 1.5), (right, base + 1.5)])
        paper.text("soft", 0, base + 4, name)


def _pin(paper: Picture, frame: Frame, index: int, length: float, expected: bool, colour: str, words: str) -> None:
    x, base = frame.x(index), frame.percent_base
    tip = base - length
    if colour in ("good", "bad"):
        paper.line(f"pin-{colour}", [(x, base), (x, tip)])
    paper.rect("hatch-ac" if expected else "ac", x - HEAD / 2, tip - HEAD / 2, HEAD, HEAD)
    _label(paper, frame, index, base, colour, length, abs(length) + HEAD / 2, words)


def _label(
    paper: Picture, frame: Frame, index: int, base: float, colour: str, way: float, size: float, words: str
) -> None:
    y = base - size - 5 if way >= 0 else base + size + 13
    style = "mid tight" if frame.slot < TIGHT else "mid"
    paper.text(f"{style} t-{'zero' if words.strip('%') == '0' else colour}", frame.x(index), y, words)


def _above(base: float, value: float, size: float) -> float:
    return base - size if value > 0 else base


def _axis(paper: Picture, frame: Frame, at: Sequence[date], first: int | None, width: float) -> None:
    base = frame.foot
    paper.line("axis", [(LEFT - 4, frame.value_base), (width, frame.value_base)])
    for i, (name, year) in enumerate(zip(month_labels(at, frame.slot), year_labels(at, frame.slot), strict=True)):
        paper.text("mid", frame.x(i), base + 15, name)
        paper.text("mid faint", frame.x(i), base + 28, year)
    if first is not None:
        x = LEFT + first * frame.slot
        paper.line("now", [(x, 4), (x, base + 18)])


def _labelled(words: Sequence[str], values: Sequence[Value], slot: float) -> set[int]:
    """All indexes when every label fits its slot, else the extremes and the last, as far as they stand clear of each
    other: on other sides of the axis, or far enough apart."""
    known = {i: v for i, v in enumerate(values) if v is not None}
    size = 10 if slot < TIGHT else 11
    wide = {i: text_width(words[i], size) + 2 for i in known}
    if max(wide.values(), default=0.0) <= slot:
        return set(known)
    extremes = [min(known, key=lambda i: known[i]), max(known, key=lambda i: known[i])]
    kept: list[int] = []
    for i in [*sorted(extremes, key=lambda i: -abs(known[i])), max(known)]:
        if all(known[i] * known[k] < 0 or abs(i - k) * slot >= (wide[i] + wide[k]) / 2 for k in kept):
            kept.append(i)
    return set(kept)
