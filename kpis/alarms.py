"""The short list of what is out of bounds, with who answers for it: never a flood."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

SHOWN: Final = 7
SIGNAL_LIMIT: Final = 4.0
SIGNAL_MONTHS: Final = 6
LEAST_MISS: Final = 0.05
WORTH_SHARE: Final = 0.05


class Kind(IntEnum):
    """What is out of bounds, in the order it is told: the customer's service first."""

    SERVICE = 1
    OVERLOAD = 2
    BIAS = 3
    TARGET = 4


@dataclass(frozen=True)
class Alarm:
    """One thing out of bounds: a sentence, who answers for it, where it is looked at; `size` orders within a kind."""

    kind: Kind
    words: str
    owner: str
    address: str
    size: float


def told(alarms: Iterable[Alarm], most: int = SHOWN) -> tuple[list[Alarm], int]:
    """(the alarms told, how many more there are): by kind, the largest of each kind first.

    Every kind that has one is told before a second of any kind, so that many of one sort hide no other.
    """
    ordered = sorted(alarms, key=lambda alarm: (alarm.kind, -alarm.size, alarm.words))
    firsts = list({alarm.kind: alarm for alarm in reversed(ordered)}.values())
    rest = [alarm for alarm in ordered if alarm not in firsts]
    chosen = (sorted(firsts, key=lambda alarm: alarm.kind) + rest)[:most]
    return sorted(chosen, key=lambda alarm: (alarm.kind, -alarm.size, alarm.words)), max(len(ordered) - most, 0)


@dataclass(frozen=True)
class Signal:
    """A family's year of forecasts a month ahead: Σ(A−F) / mean|A−F|, its months, Σ(A−F) / Σ|A|, and its sales."""

    signal: float
    months: int
    miss: float
    worth: float


def signal_alarms(
    signals: dict[str, Signal], limit: float = SIGNAL_LIMIT, share: float = WORTH_SHARE, miss: float = LEAST_MISS
) -> dict[str, Signal]:
    """Families forecast off to one side that are worth a look, the dearest miss first: code -> signal.

    Beyond ±`limit` over enough months (under `SIGNAL_MONTHS` a signal says little), off by at least `miss` of what
    came, and not among the smallest families that together make up less than `share` of all sales. A signal alone
    names a family that is always one unit too low; these name what costs something.
    """
    whole, small, counted = sum(max(s.worth, 0.0) for s in signals.values()), set(), 0.0
    for code, one in sorted(signals.items(), key=lambda pair: pair[1].worth):
        counted += max(one.worth, 0.0)
        if counted < share * whole:
            small.add(code)
    found = {
        code: one
        for code, one in signals.items()
        if one.months >= SIGNAL_MONTHS and abs(one.signal) > limit and abs(one.miss) >= miss and code not in small
    }
    return dict(sorted(found.items(), key=lambda pair: -abs(pair[1].miss) * pair[1].worth))
