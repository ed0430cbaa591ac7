"""The paper charts are drawn on: shapes and words gathered by CSS class, written as one small SVG.

Shapes of a class become one path and words of a class one group, so a chart of 24 months stays
under 6 KB. Colours come only from classes (static/css/charts.css); nothing carries a style attribute.
"""

from collections.abc import Iterable, Sequence
from html import escape

HATCHES = {"hatch-ac": "ac", "hatch-good": "good", "hatch-bad": "bad"}
Point = tuple[float, float]


def coordinate(value: float) -> str:
    """At most one decimal, no trailing zero: 12.04 -> "12", -0.04 -> "0"."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def text_width(words: str, size: float = 11) -> float:
    """Pixels that `words` take in Inter at `size`, a little generously."""
    narrow = sum(c in ".,:;'|il I" for c in words)
    wide = sum(c in "mwMW%" for c in words)
    return (len(words) - 0.55 * narrow + 0.4 * wide) * size * 0.62


class Picture:
    """One SVG of `width` x `height` pixels; layers are painted in `order`, others as they are first used."""

    def __init__(
        self, *, uid: str, width: float, height: float, title: str, desc: str = "", order: Sequence[str] = ()
    ) -> None:
        self.uid, self.width, self.height = uid, width, height
        self.title, self.desc = title, desc
        self._shapes: dict[str, list[str]] = {layer: [] for layer in order}
        self._words: dict[str, list[str]] = {}
        self._links: list[str] = []

    def rect(self, layer: str, x: float, y: float, width: float, height: float) -> None:
        """A rectangle on whole pixels, at least one thick; nothing where it has no size at all."""
        if width <= 0 or height <= 0:
            return
        left, top, right, foot = (round(v) for v in (x, y, x + width, y + height))
        wide, tall = max(right - left, 1), max(foot - top, 1)
        self._add(layer, f"M{left} {top}h{wide}v{tall}h-{wide}z")

    def line(self, layer: str, points: Sequence[Point], *, closed: bool = False) -> None:
        """A line through points, or the shape they enclose."""
        path = "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points)
        self._add(layer, f"M{path}{'z' if closed else ''}")

    def dot(self, layer: str, x: float, y: float, radius: float) -> None:
        r, d = coordinate(radius), coordinate(2 * radius)
        self._add(layer, f"M{coordinate(x - radius)} {coordinate(y)}a{r} {r} 0 1 1 {d} 0a{r} {r} 0 1 1 -{d} 0z")

    def text(self, layer: str, x: float, y: float, words: str) -> None:
        """Words at (x, y); centred ones ("mid") are kept inside the picture."""
        if words:
            half = text_width(words) / 2 if "mid" in layer.split() else 0.0
            x = min(max(x, half), self.width - half)
            written = f'<text x="{round(x)}" y="{round(y)}">{escape(words, quote=False)}</text>'
            self._words.setdefault(layer, []).append(written)

    def link(self, address: str, x: float, y: float, width: float, height: float) -> None:
        """An area to press with a pointer (static/js/app.js). Keys and readers have the links of the chart's table."""
        x1, y1, w, h = (round(v) for v in (x, y, width, height))
        place = f'x="{x1}" y="{y1}" width="{w}" height="{h}"'
        self._links.append(f'<rect class="hit" {place} data-href="{escape(address)}"/>')

    def svg(self) -> str:
        """The finished picture, with its name and description for those who do not see it."""
        width, height = coordinate(self.width), coordinate(self.height)
        named = f"{self.uid}-t {self.uid}-d" if self.desc else f"{self.uid}-t"
        return "".join(
            [
                f'<svg class="figure" width="{width}" height="{height}" viewBox="0 0 {width} {height}"',
                f' role="img" aria-labelledby="{named}">',
                f'<title id="{self.uid}-t">{escape(self.title, quote=False)}</title>',
                f'<desc id="{self.uid}-d">{escape(self.desc, quote=False)}</desc>' if self.desc else "",
                self._patterns(),
                *(self._path(layer, shapes) for layer, shapes in self._shapes.items() if shapes),
                *(f'<g class="{layer}">{"".join(words)}</g>' for layer, words in self._words.items()),
                *self._links,
                "</svg>",
            ]
        )

    def _add(self, layer: str, path: str) -> None:
        self._shapes.setdefault(layer, []).append(path)

    def _path(self, layer: str, shapes: Iterable[str]) -> str:
        ink = HATCHES.get(layer)
        paint = f'class="edge-{ink}" fill="url(#{self.uid}-{ink})"' if ink else f'class="{layer}"'
        if layer == "cut":
            paint = f'fill="url(#{self.uid}-cut)"'
        return f'<path {paint} d="{"".join(shapes)}"/>'

    def _patterns(self) -> str:
        inks = [HATCHES[layer] for layer, shapes in self._shapes.items() if shapes and layer in HATCHES]
        made = [hatch(f"{self.uid}-{ink}", f"ink-{ink}") for ink in inks]
        if self._shapes.get("cut"):
            made.append(hatch(f"{self.uid}-cut", "ink-paper", paper=False))
        return f"<defs>{''.join(made)}</defs>" if made else ""


def hatch(name: str, ink: str, *, paper: bool = True) -> str:
    """The forecast's pattern: 45 degrees, 2.5 px ink in a 5 px tile, on paper or see-through."""
    ground = '<path class="paper" d="M0 0h5v5h-5z"/>' if paper else ""
    return (
        f'<pattern id="{name}" width="5" height="5" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)">{ground}<path class="{ink}" d="M1.25 0v5"/></pattern>'
    )
