"""What was said to somebody and not read on a page: one mail a person and day, in the morning, with the newest last."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import transaction
from django.urls import reverse

from cycles.periods import format_month
from demand.models import Comment, SaidTo
from demand.selectors.threads import said_untold
from demand.services.said import said_told
from jobs.models import Message
from jobs.services.messages import messages_queue
from masterdata.models import Person
from masterdata.selectors.mails import DIGEST, switched_off
from meetings.selectors.links import link
from meetings.services.mails import has_address, message
from meetings.services.waking import waking

KIND = "said_digest"
OLDEST = timedelta(days=7)
MOST_IN_MAIL = 20


@transaction.atomic
def said_digests_queue(*, at: datetime) -> int:
    """Queue today's digest for everybody who has one coming; returns how many are new. Safe to repeat."""
    waiting = said_untold(at - OLDEST).select_for_update(of=("self",)).order_by("person_id", "comment_id")
    if not waiting.exists():
        return 0
    off = switched_off(DIGEST)
    groups = [(person, list(rows)) for person, rows in groupby(waiting, key=lambda row: row.person)]
    awake = waking([person for person, _ in groups], at)
    return sum(
        _digest_queue(person, rows, morning, at)
        for person, rows in groups
        if person.pk not in off and has_address(person)
        if (morning := awake.morning_of(person)) is not None
    )


def _digest_queue(person: Person, rows: Sequence[SaidTo], morning: datetime, at: datetime) -> int:
    """What was said before the morning; a day that has had its mail leaves the rest to the next one."""
    told = [row for row in rows if row.comment.at < morning]
    key = digest_key(person, morning.date())
    if not told or Message.objects.filter(key=key).exists():
        return 0
    said_told(rows=told, at=at)
    return messages_queue(messages=[_mail(person, key, [row.comment for row in told], at)])


def digest_key(person: Person, day: date) -> str:
    return f"{day:%Y-%m-%d}:{person.username}:{KIND}"


def _mail(person: Person, key: str, comments: Sequence[Comment], at: datetime) -> Message:
    count = "1 note is" if len(comments) == 1 else f"{len(comments)} notes are"
    return message(
        template="said",
        kind=KIND,
        key=key,
        recipient=person,
        subject=f"{count} for you, from {_names(comments)}",
        context={
            "count": count,
            "entries": [_entry(comment) for comment in comments[:MOST_IN_MAIL]],
            "more": max(len(comments) - MOST_IN_MAIL, 0),
            "url": link("/"),
            "settings": link("/mails/"),
        },
        at=at,
    )


def _names(comments: Sequence[Comment]) -> str:
    names = list(dict.fromkeys(comment.by.name for comment in comments))
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def _entry(comment: Comment) -> dict[str, Any]:
    return {
        "by": comment.by.name,
        "about": f"{comment.line.customer.name}, {comment.line.product.name}" if comment.line else "",
        "month": comment.month,
        "text": comment.text,
        "url": _address(comment),
    }


def _address(comment: Comment) -> str:
    """The permanent address of the number; the first page for a word that is about none."""
    if comment.line_id is None:
        return link("/")
    month = format_month(comment.month or comment.cycle.month)
    return link(reverse("demand:why", args=[comment.line_id, month]) + f"?cycle={comment.cycle.code}")
