"""Plans compared: one small panel per measure, one bar per plan, all from zero."""

from collections.abc import Mapping, Sequence
from typing import Any

from sop_portal.charts.picture import Picture, text_width
from sop_portal.charts.series import Drawing
from sop_portal.number_format import finite

ROW, BAR, HEAD, GAP = 20.0, 12.0, 22.0, 26.0
NARROWEST = 300.0


def plans_compared(
    *,
    plans: Sequence[str],
    panels: Sequence[Mapping[str, Any]],
    width: float = 1140,
    uid: str = "c",
    title: str = "Plans compared",
    desc: str = "",
) -> Drawing:
    """`plans` are names, `panels` are {"label", "unit", "values", "texts"} with one value (None = n/a) and its words
    per plan. The first plan is the one others are held against: outlined, with a thin line at its value. All bars of
    a panel have one scale from zero; what is below zero goes to the left."""
    if not plans or any(len(panel["values"]) != len(plans) for panel in panels):
        raise ValueError("every panel needs one value per plan")
    across = max(int((width + GAP) // (NARROWEST + GAP)), 1)
    wide, tall = (width - GAP * (across - 1)) / across, HEAD + ROW * len(plans) + 14
    down = -(-len(panels) // across)
    paper = Picture(uid=uid, width=width, height=max(down * tall, 1), title=title, desc=desc)
    for i, panel in enumerate(panels):
        _panel(paper, plans, panel, (i % across) * (wide + GAP), (i // across) * tall, wide)
    header = ("Plan", *(f"{p['label']}{', ' + p['unit'] if p['unit'] else ''}" for p in panels))
    rows = [[name, *(str(panel["texts"][n]) for panel in panels)] for n, name in enumerate(plans)]
    return Drawing(paper.svg(), (), header, rows)


def _panel(
    paper: Picture, plans: Sequence[str], panel: Mapping[str, Any], left: float, top: float, width: float
) -> None:
    values = [finite(value) for value in panel["values"]]
    unit = f", {panel['unit']}" if panel["unit"] else ""
    paper.text("name heavy", left, top + 12, f"{panel['label']}{unit}")
    names = min(max(text_width(_short(name)) for name in plans) + 8, width * 0.42)
    room = max(text_width(str(words)) for words in panel["texts"]) + 10
    known = [0.0, *(v for v in values if v is not None)]
    scale = (width - names - room) / (max(known) - min(known) or 1.0)
    zero = left + names - min(known) * scale
    foot = top + HEAD + ROW * len(plans)
    for n, (name, value) in enumerate(zip(plans, values, strict=True)):
        y = top + HEAD + n * ROW
        paper.text("soft", left, y + 11, _short(name))
        start, end = sorted((zero, zero + (value or 0.0) * scale))
        paper.rect("pl" if n == 0 else "ac", start, y + 1, end - start, BAR)
        paper.text("", end + 5, y + 11, str(panel["texts"][n]))
    if values[0]:
        at = zero + values[0] * scale
        paper.line("now", [(at, top + HEAD - 2), (at, foot)])
    paper.line("axis-pl", [(zero, top + HEAD - 2), (zero, foot)])


def _short(name: str, most: int = 24) -> str:
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"
