"""Who takes part in sales entry, and how much of the value that is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max

from cycles.models import Contribution, Cycle, How
from cycles.services.answers import BARRIERS
from demand.models import LayerLine, Stage
from demand.selectors.lines import living_lines
from masterdata.models import Person

TOOK_PART = (How.CHANGED, How.ALL_FINE)


@dataclass(frozen=True)
class TakingPart:
    """One person's part in sales entry."""

    person: Person
    manager: str
    lines: int
    changed: int
    value: float
    mark: str
    words: str
    at: datetime | None
    last_change: datetime | None
    barrier: str


@dataclass(frozen=True)
class Shares:
    """How much of the value at stake was reviewed, accepted unseen, is still open; None when nothing is expected."""

    reviewed: float | None
    accepted: float | None
    waiting: float | None


def taking_part(cycle: Cycle, rows: list[Contribution]) -> list[TakingPart]:
    """Everybody expected, with what they have done so far; nothing about how long it took them."""
    lines = living_lines(cycle)["rep_id"].value_counts().to_dict()
    touched: dict[int, dict[str, Any]] = {
        row["changed_by_id"]: dict(row)
        for row in LayerLine.objects.filter(cycle=cycle, stage=Stage.SALES)
        .values("changed_by_id")
        .annotate(count=Count("id"), last=Max("changed_at"))
    }
    return [_part(row, lines, touched.get(row.person.person.pk, {})) for row in rows]


def _part(row: Contribution, lines: dict[int, int], touched: dict[str, Any]) -> TakingPart:
    person = row.person.person
    mark, words = _answer_words(row)
    return TakingPart(
        person=person,
        manager=person.reports_to.name if person.reports_to else "",
        lines=lines.get(person.pk, 0),
        changed=touched.get("count", 0),
        value=row.value,
        mark=mark,
        words=words,
        at=row.answered_at,
        last_change=touched.get("last"),
        barrier=BARRIERS.get(row.barrier, ""),
    )


def _answer_words(row: Contribution) -> tuple[str, str]:
    if row.answered_at:
        return "done", How(row.how).label
    if row.how == How.AUTO:
        return "off", How.AUTO.label
    return ("active", "Nudged, not yet in") if row.nudged_at else ("", "Not yet in")


def shares(rows: list[Contribution]) -> Shares:
    total = sum(row.value for row in rows)
    if not total:
        return Shares(None, None, None)
    reviewed = sum(row.value for row in rows if row.answered_at and row.how in TOOK_PART)
    accepted = sum(row.value for row in rows if row.how == How.AUTO)
    return Shares(reviewed / total, accepted / total, (total - reviewed - accepted) / total)
