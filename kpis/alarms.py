"""The short list of what is out of bounds, with who answers for it: never a flood."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

SHOWN: Final = 7
SIGNAL_LIMIT: Final = 4.0
SIGNAL_MONTHS: Final = 6


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


def signal_alarms(signals: dict[str, tuple[float, int]], limit: float = SIGNAL_LIMIT) -> dict[str, float]:
    """Families whose tracking signal is beyond ±`limit` over enough months: code -> signal.

    `signals` is code -> (Σ(A−F) / mean|A−F|, months). Under `SIGNAL_MONTHS` months a signal says little.
    """
    return {code: signal for code, (signal, n) in signals.items() if n >= SIGNAL_MONTHS and abs(signal) > limit}
