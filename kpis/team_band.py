"""Where the middle half of a team stands: a band without names, only where enough people are in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from demand.accuracy import FEWEST_CASES
from kpis.measures.measured import Measured
from supply.wording import percent_text

FEWEST_PEOPLE: Final = 5


@dataclass(frozen=True)
class Band:
    """The quartiles of a measure over `people`, as shares."""

    low: float
    high: float
    people: int


def team_band(biases: Sequence[Measured]) -> Band | None:
    """The lower and upper quartile (linear between people) of those with five cases or more; None under five people."""
    known = [bias.value for bias in biases if bias.is_known and bias.n >= FEWEST_CASES]
    if len(known) < FEWEST_PEOPLE:
        return None
    low, high = np.quantile(known, [0.25, 0.75])
    return Band(float(low), float(high), len(known))


def band_fact(band: Band | None) -> str:
    """The band in one sentence; why there is none, when there is none."""
    if band is None:
        return f"The team: too few yet. Fewer than {FEWEST_PEOPLE} people have changes enough to compare."
    return f"The middle half of the team of {band.people}: {_side(band.low)} to {_side(band.high)}."


def _side(bias: float) -> str:
    if abs(bias) < 0.005:
        return "neither high nor low"
    return f"{percent_text(abs(bias))} {'high' if bias > 0 else 'low'}"
