"""What is missing, late or odd in the input: the findings as they are told, and their order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

EXAMPLES: Final = 5


class Kind(StrEnum):
    """Missing input makes numbers wrong, late input makes them old, odd input may be right."""

    MISSING = "Missing"
    LATE = "Late"
    ODD = "Odd"


@dataclass(frozen=True)
class Finding:
    """One fault of the input: how many rows, a few of them by name, what it does, and where it is put right.

    `file` and `column` are those of the import contract; `role` is who looks after them.
    """

    kind: Kind
    what: str
    count: int
    examples: tuple[str, ...]
    effect: str
    file: str
    column: str
    role: str


def found(
    kind: Kind, what: str, names: Sequence[str], *, effect: str, file: str, column: str = "", role: str
) -> Finding | None:
    """A finding about these rows, the first few named; None when there are none."""
    if not names:
        return None
    return Finding(kind, what, len(names), tuple(sorted(names)[:EXAMPLES]), effect, file, column, role)


def in_order(findings: Iterable[Finding | None]) -> list[Finding]:
    """Those there are: missing, late, odd; the most rows of each first."""
    kinds = list(Kind)
    there = [finding for finding in findings if finding is not None]
    return sorted(there, key=lambda one: (kinds.index(one.kind), -one.count, one.what))


def thin_months(
    totals: dict[str, dict[date, float]], month: date, before: Sequence[date], share: float = 0.2
) -> list[str]:
    """Codes whose total of `month` is under `share` of their mean over the months `before`.

    Only those that had something in every one of these months: what sells now and then is not odd.
    """
    thin = []
    for code, by_month in totals.items():
        usual = [by_month.get(one, 0.0) for one in before]
        if usual and min(usual) > 0 and by_month.get(month, 0.0) < share * sum(usual) / len(usual):
            thin.append(code)
    return thin
