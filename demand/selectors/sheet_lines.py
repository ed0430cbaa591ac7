"""One line of a sheet with its numbers, and whose layer its reader writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cached_property
from typing import Any

from demand.models import Comment, Reason
from demand.selectors.stages import LayerNote

NEAR = 3


class Layer(Enum):
    """Whose layer the reader of a sheet writes: the owner's number, the manager's, or none."""

    SALES = "sales"
    TEAM = "team"
    NONE = ""


@dataclass  # hundreds are made for a page, and a frozen one takes four times as long to make
class SheetLine:
    """One line with its numbers over the horizon; None = there is none. All in the product's unit."""

    line: int
    customer: str
    customer_code: str
    product: str
    product_code: str
    family: str
    decimals: int
    price: float
    flags: list[dict[str, Any]]
    base: list[float]
    own: list[float]
    last_year: list[float | None]
    previous: list[float | None]
    past: list[float]
    team: list[float | None]
    team_note: LayerNote | None
    reason: str
    note: str
    locked: Sequence[date]
    locked_by: str
    firm: Sequence[float | None]
    upside: Sequence[float | None]
    missing: bool
    question: Comment | None
    is_noted: bool
    is_open: bool

    @cached_property
    def changed(self) -> list[bool]:
        return [abs(own - base) > 1e-6 for own, base in zip(self.own, self.base, strict=True)]

    @property
    def is_changed(self) -> bool:
        return self.own != self.base and True in self.changed

    @property
    def needs_you(self) -> bool:
        return bool(self.flags) or self.question is not None

    @property
    def delta(self) -> float:
        return sum(self.own) - sum(self.base) if self.is_changed else 0.0

    @property
    def base_changed(self) -> float:
        """What stood in the changed months."""
        return sum(base for base, changed in zip(self.base, self.changed, strict=True) if changed)

    @property
    def own_changed(self) -> float:
        return sum(own for own, changed in zip(self.own, self.changed, strict=True) if changed)

    @property
    def delta_money(self) -> float:
        return self.delta * self.price

    @property
    def average3(self) -> float | None:
        return sum(self.past[-3:]) / 3 if len(self.past) >= 3 else None

    @property
    def reason_label(self) -> str:
        return Reason(self.reason).label if self.reason else ""

    @property
    def last_year_near(self) -> float | None:
        known = [value for value in self.last_year[:NEAR] if value is not None]
        return sum(known) if known else None

    @property
    def base_near(self) -> float:
        return sum(self.base[:NEAR])

    @property
    def team_delta(self) -> float:
        """What the manager's layer adds to the owner's number."""
        if self.team_note is None:
            return 0.0
        pairs = zip(self.own, self.team, strict=True)
        return sum(team - own for own, team in pairs if team is not None)

    @property
    def is_adjusted(self) -> bool:
        return abs(self.team_delta) > 1e-6

    @property
    def is_split(self) -> bool:
        """Whether anybody has said what of the near months is firm, or what may come on top."""
        return bool(self.firm or self.upside) and any(value is not None for value in (*self.firm, *self.upside))

    @property
    def upside_near(self) -> float:
        return sum(value or 0.0 for value in self.upside) if self.upside else 0.0

    @property
    def name(self) -> str:
        return f"{self.customer}, {self.product}"

    @property
    def flag_words(self) -> str:
        """All flags in one sentence each, for the row and the screen reader."""
        words = [str(flag.get("why") or flag.get("text") or "") for flag in self.flags]
        return " ".join([*words, *(["Sent back with a question."] if self.question else [])])

    @property
    def also(self) -> list[str]:
        """The line's other reasons for a look, one sentence each."""
        return [str(words) for flag in self.flags for words in flag.get("also") or []]
