"""A horizontal waterfall: from one total to another by named steps, top to bottom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sop_portal.charts.picture import Picture, text_width
from sop_portal.charts.series import Drawing, decimals_for
from sop_portal.number_format import finite, number, signed, tone

ROW, BAR, TOP = 26.0, 16.0, 6.0
KINDS = ("total", "forecast", "plan", "gap", "step", "expected")
SIGNED = ("gap", "step", "expected")


@dataclass(frozen=True)
class _Bar:
    label: str
    kind: str
    value: float
    start: float
    end: float


def waterfall(
    *,
    steps: Sequence[Mapping[str, Any]],
    decimals: int | None = None,
    good: str = "up",
    links: Sequence[str] | None = None,
    width: float = 480,
    uid: str = "c",
    title: str = "From one total to another",
    desc: str = "",
) -> Drawing:
    """`steps` are {"label", "value", "kind"}, all values in one unit.

    Kinds: "total" (measured, solid), "forecast" (hatched) and "plan" (outlined) start at zero and
    set the level, so does "gap" (a difference, in the variance colours: a bridge from gap to gap
    shows small steps larger than one between two totals); "step" (decided) and "expected" (hatched)
    add to it. The axis always starts at zero.
    ValueError names a step without a number or of another kind.
    """
    bars = _bars(steps)
    changes = [bar.value for bar in bars if bar.kind in SIGNED]
    digits = decimals_for(changes or [bar.value for bar in bars]) if decimals is None else decimals
    words = [(signed if bar.kind in SIGNED else number)(bar.value, digits) for bar in bars]
    gutter = min(width * 0.45, max(text_width(bar.label, 12) for bar in bars) + 8)
    room = max(text_width(word) for word in words) + 10
    low, high = min(0.0, *(min(b.start, b.end) for b in bars)), max(0.0, *(max(b.start, b.end) for b in bars))
    left = gutter + (room if low < 0 else 0)
    scale = (width - left - room) / ((high - low) or 1.0)
    tall = TOP * 2 + ROW * len(bars)
    paper = Picture(uid=uid, width=width, height=tall, title=title, desc=desc, order=("link",))
    zero = left - low * scale
    for i, (bar, word) in enumerate(zip(bars, words, strict=True)):
        _draw(paper, bar, word, TOP + i * ROW, zero, scale, good)
        if i + 1 < len(bars):
            x, y = zero + bar.end * scale, TOP + i * ROW + (ROW + BAR) / 2
            paper.line("link", [(x, y), (x, y + ROW - BAR)])
    paper.line("axis", [(zero, 0), (zero, paper.height)])
    for i, address in enumerate(links or ()):
        paper.link(address, 0, TOP + i * ROW, width, ROW)
    rows = [[bar.label, word] for bar, word in zip(bars, words, strict=True)]
    return Drawing(paper.svg(), (), ("Step", "Value"), rows, list(links or ()))


def _bars(steps: Sequence[Mapping[str, Any]]) -> list[_Bar]:
    if not steps:
        raise ValueError("steps is empty")
    bars: list[_Bar] = []
    level = 0.0
    for step in steps:
        kind, value = step.get("kind", "step"), finite(step.get("value"))
        if kind not in KINDS:
            raise ValueError(f"step {step.get('label')!r}: kind must be one of {', '.join(KINDS)}")
        if value is None:
            raise ValueError(f"step {step.get('label')!r} has no value")
        start = level if kind in ("step", "expected") else 0.0
        level = start + value
        bars.append(_Bar(str(step["label"]), kind, value, start, level))
    return bars


def _draw(paper: Picture, bar: _Bar, word: str, y: float, zero: float, scale: float, good: str) -> None:
    colour = tone(bar.value, good) or "zero"
    layer = {
        "total": "ac",
        "forecast": "hatch-ac",
        "plan": "pl",
        "step": colour,
        "gap": colour,
        "expected": f"hatch-{colour}" if colour != "zero" else "zero",
    }[bar.kind]
    left, right = (zero + scale * edge for edge in sorted((bar.start, bar.end)))
    paper.rect(layer, left, y + (ROW - BAR) / 2, max(right - left, 1.0), BAR)
    middle = y + ROW / 2 + 4
    paper.text("name", 0, middle, bar.label)
    ink = f"t-{colour}" if bar.kind in SIGNED else "heavy"
    if bar.value < 0:
        paper.text(f"end {ink}", left - 5, middle, word)
    else:
        paper.text(ink, right + 5, middle, word)
