"""The value of a measure with what it stands on."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """A measure: `value` is NaN where it is undefined ("n/a", never 0 % or 100 %).

    For a ratio numerator and denominator are kept, so that months and families can be pooled by
    adding them; `n` counts the cells, lines, people or steps behind it.
    """

    value: float
    n: int
    numerator: float = math.nan
    denominator: float = math.nan

    @property
    def is_known(self) -> bool:
        """False when the measure is n/a."""
        return not math.isnan(self.value)


def ratio(numerator: float, denominator: float, n: int) -> Measured:
    """numerator / denominator; n/a when the denominator is not positive."""
    value = numerator / denominator if denominator > 0 else math.nan
    return Measured(float(value), int(n), float(numerator), float(denominator))


def pooled(parts: list[Measured]) -> Measured:
    """The ratio of several parts together: Σ numerators / Σ denominators (unknown parts left out)."""
    known = [part for part in parts if not math.isnan(part.denominator)]
    return ratio(
        math.fsum(part.numerator for part in known),
        math.fsum(part.denominator for part in known),
        sum(part.n for part in known),
    )
