"""Who enters for whom: what a substitute has to do, and what an owner reads about it afterwards."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count

from cycles.models import Contribution, Cycle
from cycles.steps import Step
from demand.models import Comment, CycleLine
from demand.selectors.people import managers_above
from demand.selectors.stages import LayerNote
from demand.selectors.threads import questions_open
from jobs.errors import NotYours, Refused
from masterdata.models import Absence, Person
from masterdata.roles import Role
from masterdata.selectors import people
from masterdata.selectors.absences import stands_in, stands_in_for


@dataclass(frozen=True)
class StoodIn:
    """An absence in which a person enters for another: how far that forecast is, and what is asked meanwhile."""

    absence: Absence
    lines: int
    answer: Contribution | None
    questions: list[Comment]


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
    asked = list(questions_open(cycle).filter(to__in=owners))
    found = [
        StoodIn(
            row,
            lines.get(row.person_id, 0),
            answers.get(row.person.user_id),
            [question for question in asked if question.to_id == row.person_id],
        )
        for row in rows
    ]
    return [one for one in found if one.lines]


def entering_for(reader: Person, owner: Person, on: date, *, wanted: bool) -> Absence | None:
    """The absence in which the reader of a sheet writes the owner's own number.

    A manager has a layer of their own on it and enters for the owner only when that is `wanted`.
    """
    absence = stands_in(reader, owner, on) if reader.pk != owner.pk else None
    is_manager = absence is not None and reader.role == Role.SALES_MANAGER and reader.pk in managers_above(owner)
    return absence if wanted or not is_manager else None


def owner_named(reader: Person, username: str, on: date) -> Person:
    """Whose orders a reader calls: their own ('' = not named), or those of somebody who is away and has named them."""
    owner = people().filter(user__username=username).first() if username else reader
    if owner is None:
        raise Refused("nobody", f"There is nobody with the user name {username!r}.", status=404)
    if owner.pk != reader.pk and stands_in(reader, owner, on) is None:
        raise NotYours(f"Only {owner.name}, or who is named while {owner.name} is away, calls these orders.")
    return owner


def answers_for(reader: Person, asked: Iterable[Comment], on: date) -> set[int]:
    """Whose questions (ids of persons) among these the reader answers: their own, and those of who is away."""
    others = {comment.to_id for comment in asked if comment.to_id and not comment.answered_at} - {reader.pk}
    return {reader.pk} | ({row.person_id for row in stands_in_for(reader, on)} & others if others else set())


def entered_for(notes: Mapping[int, LayerNote], owner: Person) -> list[EnteredBy]:
    """Who besides the owner wrote the owner's number, on how many of these lines, last when."""
    found: dict[int, list[LayerNote]] = {}
    for note in notes.values():
        if note.by_id not in (None, owner.pk):
            found.setdefault(note.by_id or 0, []).append(note)
    return [EnteredBy(said[0].by, len(said), max(note.at for note in said)) for said in found.values()]
