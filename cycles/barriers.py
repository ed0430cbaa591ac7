"""What was in the way of those who did not take part: by department, and for how many cycles in a row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile


@dataclass(frozen=True)
class Part:
    """One person's part in one closed sales entry; who was `away` at its deadline did not miss it."""

    month: date
    department: str
    person: int
    missed: bool
    away: bool = False
    barrier: str = ""


@dataclass(frozen=True)
class Barrier:
    """One barrier of a department: whom it holds in the newest cycle, and since how many cycles in a row.

    `barrier` is empty where nobody said why; `last` is the newest month in which it was met.
    """

    barrier: str
    people: tuple[int, ...]
    in_a_row: int
    last: date


@dataclass(frozen=True)
class Department:
    """A department in the newest closed cycle, with the barriers of all the cycles looked at."""

    name: str
    expected: int
    missed: int
    away: int
    in_a_row: int
    barriers: tuple[Barrier, ...]


def in_a_row(met: Sequence[bool]) -> int:
    """How many of the newest come one after the other; newest first."""
    return len(list(takewhile(bool, met)))


def departments(parts: Iterable[Part]) -> list[Department]:
    """The departments in which somebody did not take part in the cycles given, most people missing first."""
    rows = list(parts)
    months = sorted({row.month for row in rows}, reverse=True)
    names = {row.department for row in rows if _counts(row)}
    found = [_department(name, [row for row in rows if row.department == name], months) for name in names]
    return sorted(found, key=lambda each: (-each.missed, each.name))


def _counts(row: Part) -> bool:
    return row.missed and not row.away


def _department(name: str, rows: list[Part], months: list[date]) -> Department:
    now = [row for row in rows if row.month == months[0]]
    met = [row for row in rows if _counts(row)]
    barriers = [
        _barrier(code, [row for row in met if row.barrier == code], months) for code in {r.barrier for r in met}
    ]
    return Department(
        name=name,
        expected=len(now),
        missed=sum(_counts(row) for row in now),
        away=sum(row.missed and row.away for row in now),
        in_a_row=in_a_row([any(row.month == month for row in met) for month in months]),
        barriers=tuple(sorted(barriers, key=lambda each: (-len(each.people), -each.in_a_row, each.barrier))),
    )


def _barrier(code: str, met: list[Part], months: list[date]) -> Barrier:
    return Barrier(
        barrier=code,
        people=tuple(sorted(row.person for row in met if row.month == months[0])),
        in_a_row=in_a_row([any(row.month == month for row in met) for month in months]),
        last=max(row.month for row in met),
    )


def missed_in_a_row(parts: Iterable[Part]) -> dict[int, int]:
    """Person -> how many of the newest cycles in a row they missed; being away breaks no row and counts as none."""
    by_person: dict[int, list[Part]] = {}
    for row in sorted(parts, key=lambda each: each.month, reverse=True):
        if not row.away:
            by_person.setdefault(row.person, []).append(row)
    return {person: in_a_row([row.missed for row in rows]) for person, rows in by_person.items()}
