"""What was said: the thread of a line, questions waiting for an answer, notes put to somebody."""

from django.db.models import QuerySet

from cycles.models import Cycle
from demand.matrices import Lines
from demand.models import Comment, Line
from masterdata.models import Person

WITH_PEOPLE = ("by__user", "to__user", "line__customer", "line__product")


def thread(cycle: Cycle, line: Line) -> list[Comment]:
    """Everything said about a line in a cycle, oldest first, answers beneath their question (`replies_read`)."""
    rows = list(Comment.objects.filter(cycle=cycle, line=line).select_related(*WITH_PEOPLE).order_by("id"))
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
    """Notes and answers put to this person, newest first."""
    kinds = [Comment.Kind.NOTE, Comment.Kind.ANSWER]
    return Comment.objects.filter(cycle=cycle, to=person, kind__in=kinds).select_related(*WITH_PEOPLE).order_by("-id")
