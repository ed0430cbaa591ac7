"""Whether what somebody said of an order came true, and how far the words can be trusted.

A call says how likely it is that an order comes in or before the month it stands in. When that month has closed the
call has an outcome; of all the calls made at 70 %, seven in ten should have come (calibration).
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from demand.accuracy import FEWEST_CASES, Counted, brier

CHANCE: Final = {"firm": 0.9, "likely": 0.7, "even": 0.5, "doubtful": 0.3, "lost": 0.0}
SLIPS: Final = "slips"


@dataclass(frozen=True)
class CallCase:
    """A call with what became of its order.

    `month` is where the order stood when it was called, `slips_to` the month a slip named, `came` the month in which
    it came whole (None = it has not): shipped with its quantity, won, or booked.
    """

    call: str
    month: date
    slips_to: date | None = None
    came: date | None = None
    customer: str = ""
    family: str = ""
    person: int = 0
    simulated: bool = False

    @property
    def spoke_of(self) -> date:
        """The month that has to close before the call can be judged."""
        return self.slips_to or self.month


@dataclass(frozen=True)
class Calibrated:
    """How one kind of call did: `came` of `n`; `chance` is what the call said, None for a slip."""

    call: str
    chance: float | None
    n: int
    came: int

    @property
    def is_known(self) -> bool:
        """Told from five cases on."""
        return self.n >= FEWEST_CASES

    @property
    def share(self) -> float:
        """came / n; NaN without a case."""
        return self.came / self.n if self.n else math.nan


def outcome(case: CallCase, *, until: date) -> bool | None:
    """Whether it came as called; None while the month spoken of is open (`until` = the first open month).

    firm to lost: it came in or before the month it was called for. A slip is right when it came after the month it
    stood in and not after the month it slipped to: both an order that came in its old month after all, and one that
    slipped further, were called wrongly.
    """
    if case.spoke_of >= until:
        return None
    came = case.came is not None and case.came <= case.spoke_of
    if case.call == SLIPS:
        return came and case.came is not None and case.came > case.month
    return came


def calibration(cases: Iterable[CallCase], *, until: date) -> list[Calibrated]:
    """Of the calls made at p %, the share that came: one row per call in the order of `CHANCE`, slips last.

    For *lost* the share should be 0. Open months are never counted; a call without cases has n = 0.
    """
    known = _judged(cases, until)
    return [_calibrated(call, chance, known) for call, chance in (*CHANCE.items(), (SLIPS, None))]


def brier_by(
    cases: Iterable[CallCase], key: Callable[[CallCase], str], *, until: date, fewest: int = FEWEST_CASES
) -> dict[str, Counted]:
    """mean((p−o)²) of the calls by `key` (0 = perfect, 0.25 = saying *even* of everything), slips left out.

    NaN under `fewest` cases. Source: Brier 1950. For the planner's view, by family; never by person.
    """
    groups: dict[str, list[tuple[float, float]]] = {}
    for case, came in _judged(cases, until):
        if case.call in CHANCE:
            groups.setdefault(key(case), []).append((CHANCE[case.call], float(came)))
    return {name: _scored(pairs, fewest) for name, pairs in sorted(groups.items())}


def _judged(cases: Iterable[CallCase], until: date) -> list[tuple[CallCase, bool]]:
    found = ((case, outcome(case, until=until)) for case in cases)
    return [(case, came) for case, came in found if came is not None]


def _calibrated(call: str, chance: float | None, known: list[tuple[CallCase, bool]]) -> Calibrated:
    came = [outcome for case, outcome in known if case.call == call]
    return Calibrated(call, chance, len(came), sum(came))


def _scored(pairs: list[tuple[float, float]], fewest: int) -> Counted:
    value = brier(*zip(*pairs, strict=True)) if len(pairs) >= fewest else math.nan
    return Counted(value, len(pairs))
