"""Whether a measure reaches its target, and by how much it fails it."""

import math
from typing import Final

from kpis.measures.words import Good

# a measure that is good at zero reaches its target on either side of it
TINY: Final = 1e-9


def shortfall(value: float, target: float, good: Good) -> float:
    """How far `value` is on the wrong side of `target`, as a share of the target (>= 0; 0 = reached).

    Good.UP fails below the target, Good.DOWN above it, Good.ZERO when |value| is more than |target|; a measure
    without a good side (Good.NONE) cannot fail. Against a target of zero the shortfall is the distance itself.
    NaN counts as reached: what is not known is told as missing elsewhere, not as an alarm.
    """
    if good is Good.NONE or math.isnan(value) or math.isnan(target):
        return 0.0
    missing = {Good.UP: target - value, Good.DOWN: value - target, Good.ZERO: abs(value) - abs(target)}[good]
    if missing <= TINY:
        return 0.0
    return missing / abs(target) if abs(target) > TINY else missing
