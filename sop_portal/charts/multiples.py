"""Small multiples: one measure of several parts, side by side on the same scale."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sop_portal.charts.picture import Picture, text_width
from sop_portal.charts.series import Drawing, Value, months_of, series
from sop_portal.number_format import month as month_words
from sop_portal.number_format import number, short

NARROWEST, GAP = 150.0, 16.0
NAME, LABEL, PLOT, FOOT = 16.0, 15.0, 52.0, 16.0
LONG = 10_000


def small_multiples(
    *,
    months: Sequence[date],
    parts: Sequence[Mapping[str, Any]],
    decimals: int = 0,
    width: float = 1140,
    uid: str = "c",
    title: str = "By part",
    desc: str = "",
) -> Drawing:
    """A panel of columns for each of `parts` ({"name", "values": one per month, None = n/a}), in their order.

    Every panel has the same axis from zero, so that heights compare across panels; the newest month and the extreme
    of a panel carry their number. As many panels stand in a row as fit.
    """
    at = months_of(months)
    if not parts:
        raise ValueError("parts is empty")
    names = [str(part["name"]) for part in parts]
    rows = [series(f"parts[{name}]", part["values"], len(at)) for name, part in zip(names, parts, strict=True)]
    known = [value for row in rows for value in row if value is not None]
    top, low = max((*known, 0.0)), min((*known, 0.0))
    span = (top - low) or 1.0
    across = min(max(int((width + GAP) // (NARROWEST + GAP)), 1), len(rows))
    wide = (width - GAP * (across - 1)) / across
    below = LABEL if low < 0 else 0.0
    tall = NAME + LABEL + PLOT + below + FOOT
    paper = Picture(uid=uid, width=width, height=(tall + GAP) * -(-len(rows) // across) - GAP, title=title, desc=desc)
    for i, (name, row) in enumerate(zip(names, rows, strict=True)):
        left, head = (i % across) * (wide + GAP), (i // across) * (tall + GAP)
        zero, scale = head + NAME + LABEL + PLOT * top / span, PLOT / span
        paper.text("name", left, head + 12, _fitting(name, wide))
        _columns(paper, row, left=left, zero=zero, scale=scale, slot=wide / len(at), decimals=decimals)
        paper.line("axis", [(left, zero), (left + wide, zero)])
        paper.text("faint", left, head + tall - 4, month_words(at[0]))
        paper.text("end faint", left + wide, head + tall - 4, month_words(at[-1]))
    cells = [["n/a" if v is None else number(v, decimals) for v in row] for row in rows]
    table = [[name, *row] for name, row in zip(names, cells, strict=True)]
    return Drawing(paper.svg(), ("ac",), ("Part", *(month_words(m) for m in at)), table)


def _fitting(name: str, wide: float) -> str:
    """The name, cut where its panel ends; the table has it whole."""
    while len(name) > 2 and text_width(name, 12) > wide:
        name = f"{name.rstrip('…')[:-1].rstrip()}…"
    return name


def _columns(
    paper: Picture, row: Sequence[Value], *, left: float, zero: float, scale: float, slot: float, decimals: int
) -> None:
    shown = {i: value for i, value in enumerate(row) if value is not None}
    for i, value in shown.items():
        size = abs(value) * scale
        paper.rect("ac", left + (i + 0.2) * slot, zero - size if value > 0 else zero, slot * 0.6, size)
    if not shown:
        return
    last, extreme = max(shown), max(shown, key=lambda i: abs(shown[i]))
    texts = {i: short(shown[i]) if abs(shown[i]) >= LONG else number(shown[i], decimals) for i in (last, extreme)}
    if (last - extreme) * slot < text_width(texts[last]) + 4:
        texts.pop(extreme if extreme != last else -1, None)
    for i, words in texts.items():
        size, half = abs(shown[i]) * scale, text_width(words) / 2
        x = min(max(left + (i + 0.5) * slot, left + half), left + slot * len(row) - half)
        paper.text("mid", x, zero - size - 4 if shown[i] >= 0 else zero + size + 11, words)
