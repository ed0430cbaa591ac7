"""What was said to somebody and not read on a page: one mail a person and day, in the morning, with the newest last."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.urls import reverse

from cycles.periods import format_month
from cycles.selectors import company_holidays
from demand.models import Comment, SaidTo
from demand.selectors.threads import said_untold
from demand.services.said import said_told
from jobs.models import Message
from jobs.services.messages import messages_queue
from masterdata.models import Company, Person
from masterdata.selectors import company
from masterdata.selectors.mails import DIGEST, switched_off
from meetings.mornings import morning_passed
from meetings.selectors.links import link
from meetings.services.mails import has_address, message

KIND = "said_digest"
OLDEST = timedelta(days=7)
MOST_IN_MAIL = 20


@transaction.atomic
def said_digests_queue(*, at: datetime) -> int:
    """Queue today's digest for everybody who has one coming; returns how many are new. Safe to repeat."""
    waiting = said_untold(at - OLDEST).select_for_update(of=("self",)).order_by("person_id", "comment_id")
    if not waiting.exists():
        return 0
    house, off = company(), switched_off(DIGEST)
    holidays = company_holidays(house.country, (at.year - 1, at.year, at.year + 1))
    groups = [(person, list(rows)) for person, rows in groupby(waiting, key=lambda row: row.person)]
    return sum(
        _digest_queue(person, rows, seven, at)
        for person, rows in groups
        if person.pk not in off and has_address(person)
        if (seven := morning_passed(at, _zone(person, house), holidays)) is not None
    )


def _zone(person: Person, house: Company) -> ZoneInfo:
    return ZoneInfo(person.timezone or house.timezone)


def _digest_queue(person: Person, rows: Sequence[SaidTo], seven: datetime, at: datetime) -> int:
    """What was said before seven; a day that has had its mail leaves the rest to the next one."""
    told = [row for row in rows if row.comment.at < seven]
    key = digest_key(person, seven.date())
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
