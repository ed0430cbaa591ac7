"""Who takes part in sales entry, and how much of the value that is."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.models import User

from cycles.models import Contribution, Cycle, How
from cycles.services.answers import BARRIERS
from demand.models import LayerLine, Stage
from demand.selectors.lines import living_lines
from masterdata.models import Absence, Person
from masterdata.selectors.absences import away_on

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
    away: Absence | None
    sent_by: User | None


@dataclass(frozen=True)
class Shares:
    """How much of the value at stake was reviewed, accepted unseen, is still open; None when nothing is expected."""

    reviewed: float | None
    accepted: float | None
    waiting: float | None


def taking_part(cycle: Cycle, rows: list[Contribution], shown: Collection[int], on: date) -> list[TakingPart]:
    """Everybody expected, with what they have done so far; nothing about how long it took them.

    What was in the way stands beside those only whose ids are `shown` to the reader.
    """
    owners = living_lines(cycle)["rep_id"].to_dict()
    done, away = _done(cycle, owners), away_on(on)
    return [_part(row, done[row.person.person.pk], away, shown) for row in rows]


@dataclass
class _Done:
    """How many lines somebody owns, how many of them were changed, and when last, by whoever entered it."""

    lines: int = 0
    changed: int = 0
    last: datetime | None = None


def _done(cycle: Cycle, owners: dict[int, float]) -> defaultdict[float, _Done]:
    found: defaultdict[float, _Done] = defaultdict(_Done)
    for owner in owners.values():
        found[owner].lines += 1
    layers = LayerLine.objects.filter(cycle=cycle, stage=Stage.SALES).values_list("line_id", "changed_at")
    for line, at in layers:
        each = found[owners.get(line, 0)]
        each.changed += 1
        each.last = max(at, each.last or at)
    return found


def _part(row: Contribution, done: _Done, away: dict[int, Absence], shown: Collection[int]) -> TakingPart:
    person = row.person.person
    mark, words = _answer_words(row)
    return TakingPart(
        person=person,
        manager=person.reports_to.name if person.reports_to else "",
        lines=done.lines,
        changed=done.changed,
        value=row.value,
        mark=mark,
        words=words,
        at=row.answered_at,
        last_change=done.last,
        barrier=BARRIERS.get(row.barrier, "") if person.pk in shown else "",
        away=away.get(person.pk),
        sent_by=row.answered_by,
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
