"""Small charts that stand in a table's cell or a line of text."""

from collections.abc import Sequence
from typing import Any

from sop_portal.charts.picture import Picture
from sop_portal.charts.series import flags, series
from sop_portal.number_format import finite, number


def bullet(
    *,
    value: Any,
    target: Any = None,
    band: tuple[Any, Any] | None = None,
    maximum: Any = None,
    good: str = "up",
    width: float = 120,
    height: float = 18,
    uid: str = "c",
    title: str = "",
) -> str:
    """A bar of `value` with a tick at `target` over a shaded target `band` (low, high).

    All in one unit, from 0 to `maximum` (default: the largest of them, a little over). `good` says
    which side of the target is adverse: "up" below it, "down" above it, "none" neither; a value
    outside the band is adverse too.
    """
    shown, aim, low, high, most = series("bullet", [value, target, *(band or (None, None)), maximum], 5)
    top = most or max((v for v in (shown, aim, high, low) if v is not None), default=1.0) * 1.08
    scale = width / (top or 1.0)
    paper = Picture(uid=uid, width=width, height=height, title=title or _bullet_words(shown, aim))
    if low is not None and high is not None:
        paper.rect("band", low * scale, 1, min((high - low) * scale, width - low * scale), height - 2)
    if shown is not None:
        adverse = _adverse(shown, aim, low, high, good)
        paper.rect("bad" if adverse else "ac", 0, height / 2 - 3, min(max(shown, 0.0) * scale, width), 6)
    if aim is not None:
        x = min(aim * scale, width - 1)
        paper.line("limit", [(x, 2), (x, height - 2)])
    return paper.svg()


def bar(
    *,
    value: Any,
    maximum: Any,
    layer: str = "ac",
    width: float = 120,
    height: float = 18,
    uid: str = "c",
    title: str = "",
) -> str:
    """A plain bar from 0; with a negative `value` or `layer` "variance" the zero is in the middle."""
    shown, most = series("bar", [value, maximum], 2)
    top = abs(most or 0.0) or 1.0
    paper = Picture(uid=uid, width=width, height=height, title=title or number(shown))
    middle = layer == "variance" or (shown or 0.0) < 0
    zero, reach = (width / 2, width / 2 - 1) if middle else (0.0, width)
    size = min(abs(shown or 0.0) / top, 1.0) * reach
    if layer == "variance":
        layer = "good" if (shown or 0.0) > 0 else "bad"
    if middle:
        paper.line("rule", [(zero, 1), (zero, height - 1)])
    paper.rect(layer, zero - size if (shown or 0.0) < 0 else zero, height / 2 - 4, size, 8)
    return paper.svg()


def sparkline(
    *,
    values: Sequence[Any],
    forecast: Sequence[bool] | None = None,
    low: Any = None,
    width: float = 96,
    height: float = 20,
    uid: str = "c",
    title: str = "",
) -> str:
    """A line of `values` (None = gap) between their lowest (or `low`) and highest; dot on the last."""
    n = len(values)
    shown, expected = series("values", values, n), flags("forecast", forecast, n)
    known = [v for v in shown if v is not None]
    words = title or (f"from {number(known[0])} to {number(known[-1])}" if known else "no values")
    paper = Picture(uid=uid, width=width, height=height, title=words)
    if not known:
        return paper.svg()
    floor = min(known) if finite(low) is None else min(float(low), *known)
    spread, gap = (max(known) - floor) or 1.0, (width - 8) / max(n - 1, 1)
    spots = [
        None if v is None else (3 + i * gap, height - 3 - (v - floor) / spread * (height - 6))
        for i, v in enumerate(shown)
    ]
    for i in range(1, n):
        before, now = spots[i - 1], spots[i]
        if before and now:
            paper.line("thin-fc" if expected[i] else "thin", [before, now])
    last = [spot for spot in spots if spot][-1]
    paper.dot("ac", last[0], last[1], 2.5)
    return paper.svg()


def _bullet_words(value: float | None, target: float | None) -> str:
    return number(value) if target is None else f"{number(value)}, target {number(target)}"


def _adverse(value: float, target: float | None, low: float | None, high: float | None, good: str) -> bool:
    if low is not None and high is not None:
        return not low <= value <= high
    if target is None or good == "none":
        return False
    return value < target if good == "up" else value > target
