"""What every change of the ground has in common: its months, its checks, its words.

Shapes: P products, M months, R resources.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from cycles.periods import format_month, months_between
from supply.ground import Ground

MOST_HOURS: Final = 1e9
MOST_PERCENT: Final = 1000.0


@dataclass(frozen=True)
class Chosen:
    """A field that must name something."""

    field: str
    what: str

    def fault(self, change: "Change") -> str:
        return "" if getattr(change, self.field) else f"Choose a {self.what}."


@dataclass(frozen=True)
class Amount:
    """A number of a field within limits, in the units it is typed in: `scale` times what is kept."""

    field: str
    name: str
    least: float = 0.0
    most: float = MOST_HOURS
    scale: float = 1.0

    def fault(self, change: "Change") -> str:
        fits = self.least <= getattr(change, self.field) * self.scale <= self.most
        return "" if fits else f"{self.name} has to be a number from {self.least:g} to {self.most:,.0f}."


@dataclass(frozen=True)
class OneOf:
    """A field with a few values."""

    field: str
    values: tuple[str, ...]
    words: str

    def fault(self, change: "Change") -> str:
        value = getattr(change, self.field)
        return "" if value in self.values else f"{self.words}, not for {value!r}."


Check = Chosen | Amount | OneOf


@dataclass(frozen=True)
class Change:
    """What all changes have in common: first and last month, both included."""

    first: date
    last: date

    kind: ClassVar[str] = ""
    label: ClassVar[str] = ""
    # Demand is Sales' to agree; a plan of operations may take everything else.
    of_demand: ClassVar[bool] = False
    checks: ClassVar[tuple[Check, ...]] = ()

    def apply(self, ground: Ground, start: date) -> Ground:
        """The ground, whose first month is `start`, with the change. ValueError when it reaches nothing."""
        raise NotImplementedError

    def faults(self) -> list[str]:
        """What is wrong with the change itself, in plain words."""
        ends = f"It ends in {format_month(self.last)}, before it starts." if self.last < self.first else ""
        return [fault for fault in (ends, *(check.fault(self) for check in self.checks)) if fault]

    def words(self, names: Mapping[str, str]) -> str:
        """The change in a sentence's part; `names` are those of the codes."""
        raise NotImplementedError

    def _span(self) -> str:
        first, last = f"{self.first:%b %Y}", f"{self.last:%b %Y}"
        return first if first == last else f"{first} to {last}"

    def _months(self, ground: Ground, start: date) -> NDArray[np.int64]:
        first = max(months_between(start, self.first), 0)
        last = min(months_between(start, self.last), ground.months - 1)
        if first > last:
            raise ValueError(f"{self._span()} lies outside the plan, which starts in {start:%b %Y}.")
        return np.arange(first, last + 1)

    def _cells(self, ground: Ground, start: date, code: str) -> tuple[Any, ...]:
        """The cells of a resource in the months of the change; without a code of all resources."""
        if code and code not in ground.resources:
            raise ValueError(f"There is no resource {code} any more.")
        rows = [list(ground.resources).index(code)] if code else list(range(len(ground.resources)))
        return np.ix_(np.array(rows), self._months(ground, start))
