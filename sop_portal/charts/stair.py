"""The value-added stair: the error of every stage, and what each step took away or added."""

from collections.abc import Mapping, Sequence
from typing import Any

from sop_portal.charts.picture import Picture, text_width
from sop_portal.charts.series import Drawing
from sop_portal.number_format import finite, percent, points

ROW, BAR, TOP = 28.0, 14.0, 4.0


def stair(
    *,
    stages: Sequence[Mapping[str, Any]],
    width: float = 420,
    uid: str = "c",
    title: str = "Forecast value added by stage",
    desc: str = "",
) -> Drawing:
    """`stages` are {"label", "wape"} in the order they were made; wape is a ratio, None = n/a.

    The difference to the stage before is WAPE(before) - WAPE(stage) in percentage points:
    positive means the stage helped. A stage without a figure breaks the chain.
    """
    if not stages:
        raise ValueError("stages is empty")
    found = [(str(stage["label"]), finite(stage.get("wape"))) for stage in stages]
    gutter = max(text_width(label, 12) for label, _ in found) + 10
    room = text_width("100.0%  +10.0 pp") + 12
    top = max((wape for _, wape in found if wape is not None), default=1.0) or 1.0
    scale = (width - gutter - room) / top
    paper = Picture(uid=uid, width=width, height=TOP * 2 + ROW * len(found), title=title, desc=desc)
    before: float | None = None
    rows: list[list[str]] = []
    for i, (label, wape) in enumerate(found):
        gain = None if before is None or wape is None else before - wape
        _step(paper, TOP + i * ROW, gutter, scale, label, wape, before)
        rows.append([label, percent(wape, 1), points(gain)])
        before = wape
    paper.line("axis", [(gutter, 0), (gutter, paper.height)])
    return Drawing(paper.svg(), ("helped", "hurt"), ("Stage", "WAPE", "Value added"), rows)


def _step(
    paper: Picture, y: float, left: float, scale: float, label: str, wape: float | None, before: float | None
) -> None:
    middle, top = y + ROW / 2 + 4, y + (ROW - BAR) / 2
    paper.text("name", 0, middle, label)
    if wape is None:
        paper.text("faint", left + 6, middle, "n/a")
        return
    reach = left + wape * scale
    paper.rect("ac", left, top, wape * scale, BAR)
    if before is None:
        paper.text("heavy", reach + 6, middle, percent(wape, 1))
        return
    gain, past = before - wape, left + before * scale
    if gain > 0:
        paper.rect("hatch-good", reach, top, past - reach, BAR)
    elif gain < 0:
        paper.rect("bad", past, top, reach - past, BAR)
    paper.line("link", [(past, y - (ROW - BAR) / 2), (past, top)])
    edge = max(reach, past) + 6
    written = percent(wape, 1)
    paper.text("heavy", edge, middle, written)
    tone = "t-good" if gain > 0 else "t-bad" if gain < 0 else "t-zero"
    paper.text(tone, edge + text_width(written) + 8, middle, points(gain))
