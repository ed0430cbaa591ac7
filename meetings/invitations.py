"""Calendar files: meetings and deadlines as RFC 5545 writes them, invitations as RFC 5546 sends them.

All times are written in UTC, so a calendar shows them in its owner's zone and no change of clocks can move them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from icalendar import Calendar, Event, vCalAddress

PRODUCT: Final = "-//S&OP Portal//EN"
REQUEST: Final = "REQUEST"
CANCEL: Final = "CANCEL"
PUBLISH: Final = "PUBLISH"


@dataclass(frozen=True)
class Entry:
    """One entry of a calendar. `uid` never changes; `sequence` rises with every change that was told."""

    uid: str
    sequence: int
    title: str
    starts: datetime
    minutes: int
    text: str = ""
    url: str = ""
    cancelled: bool = False
    busy: bool = True


def invitation(entry: Entry, *, organiser: str, attendee: str, stamp: datetime) -> str:
    """The calendar part of a mail that asks `attendee` to come, or says that the meeting is cancelled.

    Addresses are plain; `stamp` is when it was written. ValueError for a moment without a time zone.
    """
    event = _event(entry, stamp)
    event.add("organizer", vCalAddress(f"mailto:{organiser}"))
    asked = vCalAddress(f"mailto:{attendee}")
    asked.params["RSVP"] = "FALSE"
    event.add("attendee", asked, encode=False)
    return _text(CANCEL if entry.cancelled else REQUEST, [event])


def feed(entries: Iterable[Entry], *, name: str, stamp: datetime) -> str:
    """A calendar to subscribe to, called `name`; cancelled entries stay in it, marked."""
    return _text(PUBLISH, [_event(entry, stamp) for entry in entries], name=name)


def _event(entry: Entry, stamp: datetime) -> Event:
    starts = _in_utc(entry.starts)
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", _in_utc(stamp))
    event.add("dtstart", starts)
    event.add("dtend", starts + timedelta(minutes=entry.minutes))
    event.add("summary", entry.title)
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("transp", "OPAQUE" if entry.busy and not entry.cancelled else "TRANSPARENT")
    for field, value in (("description", entry.text), ("url", entry.url)):
        if value:
            event.add(field, value)
    return event


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone.")
    return moment.astimezone(UTC).replace(microsecond=0)


def _text(method: str, events: Iterable[Event], name: str = "") -> str:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    if name:
        calendar.add("x-wr-calname", name)
    for event in events:
        calendar.add_component(event)
    return calendar.to_ical().decode()
