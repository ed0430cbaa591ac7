"""What was said: the thread of a line, questions waiting for an answer, notes put to somebody."""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from cycles.models import Cycle
from demand.matrices import Lines
from demand.models import Comment, Line, SaidTo
from masterdata.models import Person
from masterdata.roles import Role
from masterdata.selectors import people

WITH_PEOPLE = ("by__user", "to__user", "line__customer", "line__product")


def thread(cycle: Cycle, line: Line) -> list[Comment]:
    """Everything said about a line in a cycle, oldest first, answers beneath their question (`replies_read`)."""
    said = Comment.objects.filter(cycle=cycle, line=line).select_related(*WITH_PEOPLE).order_by("id")
    rows = list(said.prefetch_related("said_to__person__user"))
    heads = [row for row in rows if row.answers_id is None]
    for head in heads:
        head.replies_read = [row for row in rows if row.answers_id == head.pk]  # type: ignore[attr-defined]
    return heads


def questions_open(cycle: Cycle, *, to: Person | None = None, lines: Lines | None = None) -> QuerySet[Comment]:
    """Questions without an answer, newest first."""
    rows = Comment.objects.filter(cycle=cycle, kind=Comment.Kind.QUESTION, answered_at=None)
    if to is not None:
        rows = rows.filter(to=to)
    if lines is not None:
        rows = rows.filter(line_id__in=[int(line) for line in lines])
    return rows.select_related(*WITH_PEOPLE).order_by("-id")


def lines_returned(cycle: Cycle, lines: Lines) -> set[int]:
    """Of these lines those that were sent back with a question in this cycle."""
    asked = Comment.objects.filter(
        cycle=cycle, kind=Comment.Kind.QUESTION, line_id__in=[int(line) for line in lines]
    ).values_list("line_id", flat=True)
    return {line for line in asked if line is not None}


def lines_noted(cycle: Cycle, lines: Lines) -> set[int]:
    """Of these lines those about which anything was said in this cycle."""
    noted = Comment.objects.filter(cycle=cycle, line_id__in=[int(line) for line in lines])
    return {line for line in noted.values_list("line_id", flat=True).distinct() if line is not None}


def said_to(cycle: Cycle, person: Person) -> QuerySet[Comment]:
    """Notes and answers put to this person by name or @mention, newest first; `is_new` = not seen before."""
    new = SaidTo.objects.filter(comment=OuterRef("pk"), person=person, seen_at=None)
    rows = Comment.objects.filter(cycle=cycle, said_to__person=person)
    return rows.annotate(is_new=Exists(new)).select_related(*WITH_PEOPLE).order_by("-id")


def said_untold(since: datetime) -> QuerySet[SaidTo]:
    """What was said to people since a moment, seen on no page and told in no mail, oldest first."""
    rows = SaidTo.objects.filter(seen_at=None, told_at=None, comment__at__gte=since, person__user__is_active=True)
    people = [f"comment__{name}" for name in WITH_PEOPLE if not name.startswith("to")]
    return rows.select_related("person__user", "comment__cycle", *people).order_by("comment_id")


def mentionable() -> QuerySet[Person]:
    """Everybody who can be named with @: people, not programs."""
    return people().exclude(role=Role.API_CLIENT)


def people_named(words: str, *, most: int = 8) -> list[Person]:
    """The first people whose name, or a part of it, or user name begins with these words."""
    words = words.strip().lower()
    found = [person for person in mentionable().order_by("user__first_name") if _begins(person, words)]
    return found[:most]


def _begins(person: Person, words: str) -> bool:
    name = person.name.lower()
    return name.startswith(words) or f" {words}" in f" {name}" or person.username.lower().startswith(words)
