"""Who enters for whom: what a substitute has to do, and what an owner reads about it afterwards."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Max

from cycles.models import Contribution, Cycle
from cycles.steps import Step
from demand.models import CycleLine, LayerLine, Stage
from demand.selectors.people import managers_above
from masterdata.models import Absence, Person
from masterdata.roles import Role
from masterdata.selectors.absences import stands_in, stands_in_for


@dataclass(frozen=True)
class StoodIn:
    """An absence in which a person enters for another, with how far that forecast is."""

    absence: Absence
    lines: int
    answer: Contribution | None


@dataclass(frozen=True)
class EnteredBy:
    """Somebody else's hand on the lines of an owner."""

    name: str
    lines: int
    last: datetime


def stood_in(cycle: Cycle, person: Person, on: date) -> list[StoodIn]:
    """Everybody with lines for whom this person enters on a day."""
    rows = stands_in_for(person, on)
    if not rows:
        return []
    owners = [row.person_id for row in rows]
    counted = CycleLine.objects.filter(cycle=cycle, owner__in=owners).values_list("owner_id")
    lines = dict(counted.annotate(Count("pk")))
    users = [row.person.user_id for row in rows]
    answers = {
        row.person_id: row
        for row in Contribution.objects.filter(cycle=cycle, step=Step.SALES_FORECAST.value, person__in=users)
    }
    found = [StoodIn(row, lines.get(row.person_id, 0), answers.get(row.person.user_id)) for row in rows]
    return [one for one in found if one.lines]


def entering_for(reader: Person, owner: Person, on: date, *, wanted: bool) -> Absence | None:
    """The absence in which the reader of a sheet writes the owner's own number.

    A manager has a layer of their own on it and enters for the owner only when that is `wanted`.
    """
    absence = stands_in(reader, owner, on) if reader.pk != owner.pk else None
    is_manager = absence is not None and reader.role == Role.SALES_MANAGER and reader.pk in managers_above(owner)
    return absence if wanted or not is_manager else None


def entered_for(cycle: Cycle, owner: Person) -> list[EnteredBy]:
    """Who besides the owner wrote the owner's number, on how many lines, last when."""
    mine = CycleLine.objects.filter(cycle=cycle, owner=owner).values("line_id")
    rows = LayerLine.objects.filter(cycle=cycle, stage=Stage.SALES, line_id__in=mine, changed_by__isnull=False)
    rows = rows.exclude(changed_by=owner)
    found = rows.values_list("changed_by__user__first_name", "changed_by__user__username")
    return [
        EnteredBy(first_name or username, lines, last)
        for first_name, username, lines, last in found.annotate(lines=Count("pk"), last=Max("changed_at"))
    ]
