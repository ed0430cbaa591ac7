"""To whom something is said: those it is put to and those named with @, who has seen it, who was told by mail."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from demand.mentions import mentioned, refusal, unknown
from demand.models import Comment, Line, SaidTo
from demand.selectors.threads import mentionable
from jobs.errors import Invalid
from masterdata.models import Person


@transaction.atomic
def comment_add(*, to: Person | None = None, **facts: object) -> Comment:
    """Write down what somebody says, for everybody it names; nobody is told of their own words.

    A question has a mail of its own, so only those it names beside the one asked are told here.
    """
    named = _named(str(facts["text"]))
    comment = Comment.objects.create(to=to, **facts)
    told = {person.pk: person for person in named}
    if to is not None and comment.kind != Comment.Kind.QUESTION:
        told[to.pk] = to
    elif to is not None:
        told.pop(to.pk, None)
    told.pop(comment.by_id, None)
    SaidTo.objects.bulk_create(SaidTo(comment=comment, person=person) for person in told.values())
    if comment.line is not None:
        line_seen(person=comment.by, line=comment.line, at=comment.at)
    return comment


def _named(text: str) -> list[Person]:
    names = mentioned(text)
    if not names:
        return []
    known = {person.username.lower(): person for person in mentionable()}
    full = {username: person.name for username, person in known.items()}
    if missing := unknown(names, full):
        raise Invalid(refusal(missing, full))
    return [known[name] for name in names]


def said_seen(*, person: Person, comments: Iterable[Comment], at: datetime) -> int:
    """These words stood on a page this person opened, so no mail has to carry them."""
    rows = SaidTo.objects.filter(person=person, seen_at=None, comment__in=[comment.pk for comment in comments])
    return rows.update(seen_at=at)


def line_seen(*, person: Person, line: Line, at: datetime) -> int:
    """The person has opened a line's thread, or said something in it."""
    return SaidTo.objects.filter(person=person, seen_at=None, comment__line=line).update(seen_at=at)


def said_told(*, rows: Iterable[SaidTo], at: datetime) -> int:
    """A digest mail carries these words; they are in no other one."""
    return SaidTo.objects.filter(pk__in=[row.pk for row in rows], told_at=None).update(told_at=at)
