"""Did we do what we said? One mark per family and month: inside tolerance, over, under."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sop_portal.charts.picture import Picture, text_width
from sop_portal.charts.series import Drawing, Value, month_labels, months_of, series, year_labels
from sop_portal.number_format import month, signed_percent

ROW, TOP = 24.0, 4.0


def tolerance_grid(
    *,
    months: Sequence[date],
    families: Sequence[str],
    deviations: Sequence[Sequence[Any]],
    tolerance: float = 0.05,
    width: float = 420,
    uid: str = "c",
    title: str = "Actual against last month's plan",
    desc: str = "",
) -> Drawing:
    """`deviations` has a row per family and a column per month: (actual - plan) / |plan|, None = open.

    Inside ±`tolerance` is a small ring, over it a triangle up, under it a triangle down.
    The share inside stands at the end of each row.
    """
    at = months_of(months)
    if len(deviations) != len(families):
        raise ValueError(f"deviations has {len(deviations)} rows, expected {len(families)}")
    rows = [series(f"deviations[{name}]", row, len(at)) for name, row in zip(families, deviations, strict=True)]
    left = max((text_width(name, 12) for name in families), default=0) + 12
    slot = min(ROW * 1.6, (width - left - 44) / len(at))
    height = TOP + ROW * len(rows) + 32
    paper = Picture(uid=uid, width=width, height=height, title=title, desc=desc)
    for i, (name, row) in enumerate(zip(families, rows, strict=True)):
        y = TOP + i * ROW + ROW / 2
        paper.text("name", 0, y + 4, name)
        for j, value in enumerate(row):
            _mark(paper, left + (j + 0.5) * slot, y, value, tolerance)
        paper.text("end heavy", left + slot * len(at) + 40, y + 4, _kept(row, tolerance))
        paper.line("rule", [(0, y + ROW / 2), (left + slot * len(at) + 44, y + ROW / 2)])
    for j, (name, year) in enumerate(zip(month_labels(at, slot), year_labels(at, slot), strict=True)):
        paper.text("mid", left + (j + 0.5) * slot, height - 16, name)
        paper.text("mid faint", left + (j + 0.5) * slot, height - 3, year)
    table = [[name, *(signed_percent(v) for v in row)] for name, row in zip(families, rows, strict=True)]
    return Drawing(paper.svg(), ("inside", "over", "under"), ("Family", *(month(m) for m in at)), table)


def _mark(paper: Picture, x: float, y: float, value: Value, tolerance: float) -> None:
    if value is None:
        return
    if abs(value) <= tolerance:
        paper.dot("ring", x, y, 3.5)
    elif value > 0:
        paper.line("bad", [(x, y - 6), (x + 6, y + 5), (x - 6, y + 5)], closed=True)
    else:
        paper.line("bad", [(x, y + 6), (x + 6, y - 5), (x - 6, y - 5)], closed=True)


def _kept(row: Sequence[Value], tolerance: float) -> str:
    known = [v for v in row if v is not None]
    return f"{sum(abs(v) <= tolerance for v in known)}/{len(known)}" if known else ""
