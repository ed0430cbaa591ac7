"""The lines of the load benchmark's table: percentiles, ratios, and what stands under its floor. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1] of the values do not exceed (nearest rank); NaN of nothing.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 0.5)
    2.0
    """
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]


def p95(values: Sequence[float]) -> float:
    """What 95 % of the values do not exceed."""
    return percentile(values, 0.95)


def ratio(part: float, whole: float) -> float:
    """part / whole; NaN where there is nothing to divide by."""
    return part / whole if whole else math.nan


def median_ratio(parts: Sequence[float], wholes: Sequence[float]) -> float:
    """median(parts) / median(wholes); NaN where one of them is empty."""
    return ratio(median(parts), median(wholes)) if parts and wholes else math.nan


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The rise of y for one x by least squares through (x, y) points; 0 for fewer than two different x."""
    if not points:
        return 0.0
    middle_x, middle_y = (sum(values) / len(points) for values in zip(*points, strict=True))
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else 0.0


@dataclass(frozen=True)
class Bound:
    """What a figure must keep (floor) and should reach (aim); `most` where small is good."""

    floor: float
    aim: float | None = None
    most: bool = False
    unit: str = " x"
    places: int = 2

    def kept(self, value: float) -> bool:
        """Whether the value is on the right side of the floor; NaN never is."""
        return value <= self.floor if self.most else value >= self.floor

    def words(self, value: float) -> str:
        """`floor >= 0.40, aim 0.50`, and a warning where the floor is not kept."""
        sign = "<=" if self.most else ">="
        aim = "" if self.aim is None else f", aim {self.aim:g}"
        return f"{'' if self.kept(value) else 'UNDER ITS FLOOR '}floor {sign} {self.floor:g}{aim}"

    def shown(self, value: float) -> str:
        """The value as it is printed."""
        return f"{value:.{self.places}f}{self.unit}"


def figure_line(what: str, value: float, bound: Bound, details: str = "") -> tuple[str, str, str]:
    """(what, value, floor and aim with details) as one line of the table."""
    return what, bound.shown(value), f"{bound.words(value)}{f'; {details}' if details else ''}"
