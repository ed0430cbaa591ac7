"""Ten minutes with one's own past: which kinds of changes helped, and a few of them to decide again.

Pure: cases are the changed cells of closed months, flat vectors of equal length; `before` is the baseline, `after` the
number entered, `actual` what came. What is taught is what feedback with own cases was found to teach: smaller but
better adjustments (Legerstee and Franses 2011), fewer and larger ones (Fildes et al. 2009).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from demand.accuracy import FEWEST_CASES
from supply.wording import count_text, percent_text

SMALL: Final = 0.1
LARGE: Final = 0.5
CASES: Final = 5
LEAST_UNITS: Final = 0.5
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Kind:
    """One kind of change: how many there were, how many ended nearer to what came than the baseline did."""

    words: str
    changed: int
    helped: int

    @property
    def is_known(self) -> bool:
        """Nothing is said of fewer than five."""
        return self.changed >= FEWEST_CASES

    @property
    def sentence(self) -> str:
        if not self.is_known:
            return f"{self.words}: too few yet, {self.changed} of {FEWEST_CASES}."
        return f"{self.words}: {self.helped} of {self.changed} helped."


def kinds(before: ArrayLike, after: ArrayLike, actual: ArrayLike) -> list[Kind]:
    """Raised and lowered, small (under 10 % of the baseline), large (from 50 % on), in that order."""
    b, a, came = (np.asarray(each, dtype=float) for each in (before, after, actual))
    size = np.divide(np.abs(a - b), np.abs(b), out=np.full(b.shape, np.inf), where=b != 0)
    nearer = np.abs(a - came) < np.abs(b - came)
    parts: list[tuple[str, Flags]] = [
        ("Numbers you raised", a > b),
        ("Numbers you lowered", a < b),
        ("Small changes, under 10 %", size < SMALL),
        ("Large changes, from half on", size >= LARGE),
    ]
    return [Kind(words, int(part.sum()), int((part & nearer).sum())) for words, part in parts]


def landed(before: ArrayLike, after: ArrayLike, actual: ArrayLike) -> str:
    """How much of what was added came, in a sentence: Σ(actual − before) / Σ(after − before) of the numbers raised."""
    b, a, came = (np.asarray(each, dtype=float) for each in (before, after, actual))
    up = a > b
    if up.sum() < FEWEST_CASES:
        return ""
    share = float((came - b)[up].sum() / (a - b)[up].sum())
    if share <= 0:
        return f"Of what you added in {count_text(int(up.sum()), 'case')} nothing came on the whole."
    return f"Of what you added in {count_text(int(up.sum()), 'case')}, {percent_text(share)} came."


def to_decide(removed: Sequence[float]) -> list[int]:
    """Which cases to decide again (positions, at most five): of those that made a difference of half a unit, as many
    that helped as that harmed, largest first, in the order given; fewer when there are not enough."""
    size = np.asarray(removed, dtype=float)
    order = np.argsort(-np.abs(size), kind="stable")
    sides = [[int(i) for i in order if sign * size[i] >= LEAST_UNITS] for sign in (1, -1)]
    turns = [side[turn] for turn in range(CASES) for side in sides if turn < len(side)]
    return sorted(turns[:CASES])
