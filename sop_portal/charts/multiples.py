"""Small multiples: one measure of several parts, side by side on the same scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf
from statistics import median
from typing import Any

from sop_portal.charts.picture import Picture, text_width
from sop_portal.charts.series import Drawing, Value, months_of, series
from sop_portal.number_format import month as month_words
from sop_portal.number_format import number, short

NARROWEST, GAP = 150.0, 16.0
NAME, LABEL, PLOT, FOOT = 16.0, 15.0, 52.0, 16.0
LONG = 10_000
CUT, BREAK = 3.0, 6.0


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
    of a panel carry their number. A column beyond CUT times the usual panel's extreme is broken there, so that it does
    not flatten the others. As many panels stand in a row as fit.
    """
    at = months_of(months)
    if not parts:
        raise ValueError("parts is empty")
    names = [str(part["name"]) for part in parts]
    rows = [series(f"parts[{name}]", part["values"], len(at)) for name, part in zip(names, parts, strict=True)]
    limit = _limit(rows)
    known = [min(max(value, -limit), limit) for row in rows for value in row if value is not None]
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
        _Panel(paper, row, left, zero, scale, wide / len(at), limit).draw(decimals)
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


def _limit(rows: Sequence[Sequence[Value]]) -> float:
    """CUT times the median of the panels' extremes; without end where there is none."""
    extremes = [max(abs(v) for v in row if v is not None) for row in rows if any(row)]
    return CUT * median(extremes) if extremes else inf


@dataclass(frozen=True)
class _Panel:
    """Columns of one part from `left`, `slot` pixels each, on the axis at `zero`, broken at `limit`."""

    paper: Picture
    row: Sequence[Value]
    left: float
    zero: float
    scale: float
    slot: float
    limit: float

    def draw(self, decimals: int) -> None:
        shown = {i: value for i, value in enumerate(self.row) if value is not None}
        for i, value in shown.items():
            self._column(i, value)
        if not shown:
            return
        last, extreme = max(shown), max(shown, key=lambda i: abs(shown[i]))
        texts = {i: short(shown[i]) if abs(shown[i]) >= LONG else number(shown[i], decimals) for i in (last, extreme)}
        if (last - extreme) * self.slot < text_width(texts[last]) + 4:
            texts.pop(extreme if extreme != last else -1, None)
        for i, words in texts.items():
            self._label(shown, i, words)

    def _column(self, i: int, value: float) -> None:
        size, x = self._size(value), self.left + (i + 0.2) * self.slot
        end = self.zero - size if value > 0 else self.zero + size
        self.paper.rect("ac", x, min(self.zero, end), self.slot * 0.6, size)
        if abs(value) > self.limit:
            inside = BREAK if value > 0 else -BREAK
            self.paper.line("halo", [(x - 1, end + 1.4 * inside), (x + self.slot * 0.6 + 1, end + 0.6 * inside)])

    def _label(self, shown: dict[int, float], i: int, words: str) -> None:
        """The number beyond its column and whatever stands as far to that side below the words."""
        half, up = text_width(words) / 2, shown[i] >= 0
        x = min(max((i + 0.5) * self.slot, half), self.slot * len(self.row) - half)
        below = [v for k, v in shown.items() if abs((k + 0.5) * self.slot - x) < half + self.slot * 0.3]
        size = max((self._size(v) for v in below if (v >= 0) == up), default=0.0)
        self.paper.text("mid", self.left + x, self.zero - size - 4 if up else self.zero + size + 11, words)

    def _size(self, value: float) -> float:
        return min(abs(value), self.limit) * self.scale
