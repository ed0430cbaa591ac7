"""Invitations: what the last one said of a meeting is compared with how it stands, and what changed is told once."""

from collections.abc import Sequence
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db import transaction

from cycles.models import Cycle
from jobs.models import Message
from jobs.services.messages import messages_queue
from masterdata.models import Person
from meetings.invitations import invitation
from meetings.models import Attendance, CalendarFeed, Meeting
from meetings.selectors.calendar import meeting_entry
from meetings.selectors.links import link
from meetings.services.mails import has_address, key_of, message, time_for

STANDING = (Meeting.State.PLANNED, Meeting.State.CANCELLED)


@transaction.atomic
def invitations_queue(*, cycle: Cycle, at: datetime) -> int:
    """Ask those invited to what is planned, tell what moved or was cancelled; everybody once per change.

    Safe to repeat. What was cancelled before anybody was asked is not told, nor what has begun.
    """
    meetings = Meeting.objects.filter(cycle=cycle, state__in=STANDING, starts_at__gt=at).select_related("cycle")
    for meeting in meetings:
        invitation_update(meeting=meeting)
    return messages_queue(messages=_fresh([m for m in meetings if m.invitation], at))


def invitation_update(*, meeting: Meeting, told: Sequence[Person] = ()) -> bool:
    """Write down what an invitation says now, with the next number when it says something new.

    Those `told` hear of it by another mail. False when nothing is new, or when there is nothing to tell.
    """
    cancelled = meeting.state == Meeting.State.CANCELLED
    said = {"starts": meeting.starts_at.isoformat(), "minutes": meeting.minutes, "cancelled": cancelled}
    before: dict[str, Any] = meeting.invitation
    if all(before.get(name) == value for name, value in said.items()) or (cancelled and not before):
        return False
    number = before["sequence"] + 1 if before else 0
    meeting.invitation = {**said, "sequence": number, "told": [person.pk for person in told]}
    meeting.save(update_fields=["invitation"])
    return True


def invitation_text(meeting: Meeting, person: Person, at: datetime) -> str:
    """The calendar part for one person."""
    organiser = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return invitation(meeting_entry(meeting), organiser=organiser, attendee=person.user.email, stamp=at)


def _fresh(meetings: Sequence[Meeting], at: datetime) -> list[Message]:
    """Messages that are not stored yet: nothing is written anew at every tick."""
    rows = Attendance.objects.filter(meeting__in=meetings).select_related("person__user")
    by_id = {meeting.pk: meeting for meeting in meetings}
    asked = {_key(by_id[row.meeting_id], row.person): (by_id[row.meeting_id], row.person) for row in rows}
    stored = set(Message.objects.filter(key__in=asked).values_list("key", flat=True))
    return [
        _mail(meeting, person, key, at)
        for key, (meeting, person) in asked.items()
        if key not in stored and has_address(person) and person.pk not in meeting.invitation["told"]
    ]


def _key(meeting: Meeting, person: Person) -> str:
    return key_of(meeting.cycle.code, meeting.kind, person, f"invitation:{meeting.invitation['sequence']}")


def _mail(meeting: Meeting, person: Person, key: str, at: datetime) -> Message:
    name, when = meeting.get_kind_display(), time_for(person, meeting.starts_at)
    said = meeting.invitation
    what = "is cancelled" if said["cancelled"] else "has a new time" if said["sequence"] else "is planned"
    return message(
        template="invitation",
        kind="invitation",
        key=key,
        recipient=person,
        subject=f"{name} {what}" if said["cancelled"] else f"{name} {what}: {when}",
        context={
            "name": name,
            "what": what,
            "cancelled": said["cancelled"],
            "when": when,
            "minutes": meeting.minutes,
            "url": link(f"/meetings/{meeting.cycle.code}/{meeting.kind}/"),
        },
        at=at,
        cycle=meeting.cycle.code,
        calendar=invitation_text(meeting, person, at),
    )


@transaction.atomic
def calendar_address_renew(*, person: Person) -> CalendarFeed:
    """Give a person a new calendar address; programs that read the old one get nothing any more."""
    row, _ = CalendarFeed.objects.select_for_update().get_or_create(person=person)
    row.number += 1
    row.save(update_fields=["number"])
    return row
