"""What stands in a person's calendar: the meetings they are asked to, and the deadlines of their steps."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db.models import Q

from cycles.models import Cycle, CycleStep
from cycles.steps import Step
from masterdata.models import Person
from masterdata.roles import PLANNER_ROLES, SALES_ROLES, Role
from masterdata.selectors import company, people
from meetings.invitations import Entry
from meetings.models import CalendarFeed, Meeting, MeetingKind
from meetings.selectors.links import link
from meetings.selectors.people import invited

KEPT = timedelta(days=120)
DEADLINE_MINUTES = 30
SALT = "calendar feed"


def meeting_entry(meeting: Meeting) -> Entry:
    """A meeting as the last invitation told it, or as it stands when nobody was told yet."""
    told = meeting.invitation
    where = link(f"/meetings/{meeting.cycle.code}/{meeting.kind}/")
    return Entry(
        uid=_uid(meeting.cycle, meeting.kind),
        sequence=told.get("sequence", 0),
        title=f"{meeting.get_kind_display()} {meeting.cycle.month:%b %Y}",
        starts=meeting.starts_at,
        minutes=meeting.minutes,
        text=f"Agenda, numbers and decisions: {where}",
        url=where,
        cancelled=meeting.state == Meeting.State.CANCELLED,
    )


def _uid(cycle: Cycle, what: str) -> str:
    return f"{cycle.code}-{what}@{settings.MAIL_DOMAIN}"


def calendar_entries(person: Person, at: datetime) -> list[Entry]:
    """Meetings and deadlines of the last four months and all to come, in order of time."""
    meetings = Meeting.objects.filter(attendance__person=person, starts_at__gte=at - KEPT).select_related("cycle")
    entries = [meeting_entry(meeting) for meeting in meetings] + _deadlines(person, at)
    return sorted(entries, key=lambda entry: (entry.starts, entry.uid))


def _deadlines(person: Person, at: datetime) -> list[Entry]:
    rows = CycleStep.objects.filter(cycle__simulated=False, due_at__gte=at - KEPT, step__in=own_steps(person))
    return [_deadline(row) for row in rows.select_related("cycle")]


def own_steps(person: Person) -> list[str]:
    """The steps a person works in."""
    own = [kind.value for kind in MeetingKind if person in invited(kind)]
    if person.role in SALES_ROLES | {Role.MARKETING}:
        own.append(Step.SALES_FORECAST.value)
    if person.role in PLANNER_ROLES | {Role.SOP_LEADER}:
        own.append(Step.DATA_CLOSE.value)
    return own


def _deadline(row: CycleStep) -> Entry:
    where = link("/")
    return Entry(
        uid=_uid(row.cycle, f"{row.step}-due"),
        sequence=0,
        title=f"{row.kind.label} {row.cycle.month:%b %Y} is due",
        starts=row.due_at - timedelta(minutes=DEADLINE_MINUTES),
        minutes=DEADLINE_MINUTES,
        text=f"Closes at the end of this entry: {where}",
        url=where,
        busy=False,
    )


def feed_address(person: Person) -> str:
    """The address a calendar program can read without signing in; a new number makes the old one useless."""
    row = CalendarFeed.objects.filter(person=person).first()
    token = signing.dumps([person.pk, row.number if row else 0], salt=SALT)
    return link(f"/calendar/{token}.ics")


def feed_person(token: str) -> Person | None:
    """Whose calendar an address shows; None when it is not one of ours, was replaced, or its owner has left."""
    try:
        pk, number = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    current = Q(calendar_feed__number=number) if number else Q(calendar_feed=None) | Q(calendar_feed__number=0)
    return people().filter(current, pk=pk).first()


def feed_name() -> str:
    return f"S&OP {company().name}"
