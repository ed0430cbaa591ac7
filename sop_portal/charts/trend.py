"""One measure by month, as measured, against the target it is to reach."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sop_portal.charts.picture import Picture, text_width
from sop_portal.charts.series import Drawing, month_labels, months_of, series, year_labels
from sop_portal.number_format import finite, number, short
from sop_portal.number_format import month as month_words

LABEL, FOOT, LINE = 16.0, 32.0, 12.0
WIDEST, LONG = 44.0, 10_000


def trend_columns(
    *,
    months: Sequence[date],
    values: Sequence[Any],
    target: float | None = None,
    decimals: int = 0,
    width: float = 1140,
    height: float = 120,
    uid: str = "c",
    title: str = "By month",
    desc: str = "",
) -> Drawing:
    """Columns from zero, one per month (None = n/a, no column), and the target as a double line across.

    The axis is never cut. A label stands in its column, clear of the target, where it fits, else at its end; where
    labels would touch, only the last and the extremes have one. Long numbers are shortened (3.33m).
    """
    at = months_of(months)
    shown = series("values", values, len(at))
    wanted = finite(target) if target is not None else None
    known = [value for value in (*shown, wanted) if value is not None]
    top, low = max((*known, 0.0)), min((*known, 0.0))
    span = (top - low) or 1.0
    zero = LABEL + height * top / span
    slot = width / len(at)
    paper = Picture(uid=uid, width=width, height=LABEL + height + FOOT + LABEL, title=title, desc=desc)
    _columns(paper, shown, zero=zero, scale=height / span, slot=slot, decimals=decimals)
    paper.line("axis", [(0, zero), (width, zero)])
    if wanted is not None:
        y = zero - wanted * height / span
        for shift in (-1.5, 1.5):
            paper.line("target", [(0, y + shift), (width, y + shift)])
    for i, (name, year) in enumerate(zip(month_labels(at, slot), year_labels(at, slot), strict=True)):
        paper.text("mid", (i + 0.5) * slot, paper.height - 17, name)
        paper.text("mid faint", (i + 0.5) * slot, paper.height - 4, year)
    rows = [[month_words(m), "n/a" if v is None else number(v, decimals)] for m, v in zip(at, shown, strict=True)]
    return Drawing(paper.svg(), ("ac", *(("target",) if wanted is not None else ())), ("Month", "Value"), rows)


def _columns(
    paper: Picture, values: Sequence[float | None], *, zero: float, scale: float, slot: float, decimals: int
) -> None:
    long = any(abs(value or 0.0) >= LONG for value in values)
    texts = ["" if v is None else short(v) if long else number(v, decimals) for v in values]
    labelled = _labelled(values) if max(map(text_width, texts), default=0) > slot else set(range(len(values)))
    wide = min(WIDEST, slot * 0.6)
    for i, value in enumerate(values):
        if value is None:
            continue
        size, x = abs(value) * scale, (i + 0.5) * slot
        paper.rect("ac", x - wide / 2, zero - size if value > 0 else zero, wide, size)
        if i not in labelled:
            continue
        if value > 0 and size > LINE + 6 and text_width(texts[i]) < wide:
            paper.text("mid paper", x, zero - size + LINE + 2, texts[i])
        else:
            paper.text("mid", x, zero - size - 5 if value >= 0 else zero + size + LINE, texts[i])


def _labelled(values: Sequence[float | None]) -> set[int]:
    """The last, the largest and the smallest."""
    known = [i for i, value in enumerate(values) if value is not None]
    if not known:
        return set()
    by_size = sorted(known, key=lambda i: values[i] or 0.0)
    return {known[-1], by_size[0], by_size[-1]}
