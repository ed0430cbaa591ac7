"""How far a team goal is: a count of those who joined, never who."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

# With fewer a count would tell each of them about the others by name.
LEAST: Final = 3


@dataclass(frozen=True)
class Standing:
    """How many have joined and how many of them are in by the day; over once the day has passed."""

    joined: int
    in_time: int
    due_on: date
    is_over: bool

    @property
    def is_told(self) -> bool:
        return self.joined >= LEAST

    @property
    def is_reached(self) -> bool:
        return self.is_told and self.in_time == self.joined

    @property
    def text(self) -> str:
        """`5 of 8 in`; afterwards `6 of 8 were in`."""
        who = f"All {self.joined}" if self.is_reached else f"{self.in_time} of {self.joined}"
        return f"{who} {'were in' if self.is_over else 'in'}"


def standing(answered_on: Sequence[date | None], due_on: date, today: date) -> Standing:
    """Where a goal stands `today`: `answered_on` has, for everybody who joined, the day of the answer or None. An
    answer after `due_on` is not in time."""
    in_time = sum(day is not None and day <= due_on for day in answered_on)
    return Standing(len(answered_on), in_time, due_on, today > due_on)
