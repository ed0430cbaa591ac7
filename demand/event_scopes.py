"""What events have in common: which past ones are most like a new one, and which touch the same lines and months."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from math import log
from statistics import median
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cycles.periods import months_between
from demand.event_effects import in_scope

SIMILAR: Final = 3


@dataclass(frozen=True)
class Draft:
    """An event as far as it is known: codes ('' = any), months (None = not chosen), uplift in per cent."""

    kind: str = ""
    family: str = ""
    product: str = ""
    customer: str = ""
    region: str = ""
    first: date | None = None
    last: date | None = None
    uplift: float | None = None
    code: str = ""
    name: str = ""

    @property
    def months(self) -> int:
        """How many months it lasts; one where they are not chosen."""
        return months_between(self.first, self.last) + 1 if self.first and self.last else 1


def most_similar(
    draft: Draft, past: Sequence[Draft], lines: pd.DataFrame, families: Mapping[str, str], most: int = SIMILAR
) -> list[Draft]:
    """The past events most like a new one: of the same kind, then the same product or family, then of like size.

    `lines` has one row per planning line with the columns family, product, customer and region; `families` maps a
    product's code to its family's. Among equals the latest comes first; events without a percentage teach nothing.
    """
    same = [event for event in past if event.kind == draft.kind and event.uplift is not None]
    size = _size(draft, lines)

    def distance(event: Draft) -> tuple[int, float, int]:
        gap = abs(log((_size(event, lines) + 1) / (size + 1)))
        return _apart(draft, event, families), round(gap, 6), -(event.first or date.min).toordinal()

    return sorted(same, key=distance)[:most]


def _apart(one: Draft, other: Draft, families: Mapping[str, str]) -> int:
    """0 = the same products, 1 = the same family, 2 = one of them is about all products, 3 = something else."""
    if (one.product, one.family) == (other.product, other.family):
        return 0
    mine, theirs = (each.family or families.get(each.product, "") for each in (one, other))
    if not mine or not theirs:
        return 2
    return 1 if mine == theirs else 3


def _size(draft: Draft, lines: pd.DataFrame) -> int:
    """Lines touched × months."""
    return int(in_scope(lines, asdict(draft)).sum()) * draft.months


def similar_words(events: Sequence[Draft]) -> str:
    """`Most similar: Spring +18 %, Dealer week +25 %; median +21.5 %.`; '' without any."""
    if not events:
        return ""
    listed = ", ".join(f"{event.name} {_percent(event.uplift or 0)}" for event in events)
    middle = f"; median {_percent(median_uplift(events) or 0)}" if len(events) > 1 else ""
    return f"Most similar: {listed}{middle}."


def median_uplift(events: Sequence[Draft]) -> float | None:
    known = [event.uplift for event in events if event.uplift is not None]
    return round(median(known), 1) if known else None


def _percent(value: float) -> str:
    return f"{value:+.3g} %".replace("-", "−")


def overlapping(drafts: Sequence[Draft], lines: pd.DataFrame) -> NDArray[np.bool_]:
    """(events, events) True where two touch the same line in the same month; never an event with itself."""
    if not drafts:
        return np.zeros((0, 0), dtype=bool)
    touched = np.array([in_scope(lines, asdict(draft)) for draft in drafts], dtype=float).reshape(len(drafts), -1)
    begins = np.array([(draft.first or date.max).toordinal() for draft in drafts])
    ends = np.array([(draft.last or draft.first or date.min).toordinal() for draft in drafts])
    together = (begins[:, None] <= ends) & (begins <= ends[:, None])
    found: NDArray[np.bool_] = together & (touched @ touched.T > 0)
    np.fill_diagonal(found, False)
    return found
