"""Running a meeting: agenda, attendance, notes, and its end with minutes and digests."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from cycles.models import Cycle, CycleState, MilestoneReached
from cycles.steps import MILESTONE_STEP, Milestone
from demand.selectors.seals import seal_last
from demand.services.seals import changes_seal
from jobs.errors import Invalid, Refused
from jobs.services.messages import messages_queue
from masterdata.models import Person
from masterdata.selectors import company
from meetings import agenda
from meetings.minutes import MeetingFacts, Text, minutes
from meetings.models import Attendance, Meeting
from meetings.policy import check_leads
from meetings.selectors.records import action_facts, closed_in, decided_in, decision_facts
from meetings.selectors.topics import assumptions, topics_of
from meetings.services.digests import cancellation_mails, meeting_digests

SIGNING = (Milestone.DEMAND_SIGNED, Milestone.SUPPLY_SIGNED, Milestone.FINANCE_CONFIRMED, Milestone.CEO_APPROVED)
EARLIER = "Earlier minutes"


def agenda_items(meeting: Meeting, on: date) -> list[dict[str, Any]]:
    """The agenda as kept since the start of the meeting; before that, or when it is held again, as it would be now."""
    if meeting.agenda and meeting.state != Meeting.State.PLANNED:
        return list(meeting.agenda)
    items = agenda.build(agenda.Meeting(meeting.kind), topics_of(meeting, on), currency=company().currency)
    return [
        {
            "section": item.section.value,
            "title": item.title,
            "minutes": item.minutes,
            "codes": list(item.codes),
            "note": "",
        }
        for item in items
    ]


def may_cancel(meeting: Meeting, on: date) -> bool:
    """Whether nothing is to be decided, so that the meeting need not take place."""
    if meeting.state != Meeting.State.PLANNED:
        return False
    items = agenda.build(agenda.Meeting(meeting.kind), topics_of(meeting, on))
    return agenda.nothing_to_decide(items)


@transaction.atomic
def meeting_start(*, meeting: Meeting, by: Person, on: date, at: datetime) -> Meeting:
    """Start: from here on the agenda stays as it is."""
    meeting = _own(meeting, by, "Starting a meeting", Meeting.State.PLANNED)
    if meeting.cycle.state != CycleState.OPEN:
        raise Refused("cycle_ended", f"The cycle {meeting.cycle.code} has ended.")
    meeting.agenda = agenda_items(meeting, on)
    meeting.state, meeting.started_at = Meeting.State.RUNNING, at
    meeting.save(update_fields=["agenda", "state", "started_at"])
    return meeting


def _own(meeting: Meeting, by: Person, what: str, state: Meeting.State) -> Meeting:
    check_leads(by, what)
    meeting = Meeting.objects.select_for_update(of=("self",)).select_related("cycle").get(pk=meeting.pk)
    if meeting.state != state:
        raise Refused("wrong_state", f"The meeting is {meeting.get_state_display().lower()}; reload the page.")
    return meeting


@transaction.atomic
def attendance_mark(*, meeting: Meeting, by: Person, present: Collection[int]) -> None:
    """Who of those invited is there (person ids); the others are not."""
    _own(meeting, by, "Marking attendance", Meeting.State.RUNNING)
    rows = Attendance.objects.filter(meeting=meeting)
    rows.filter(person_id__in=present).update(present=True)
    rows.exclude(person_id__in=present).update(present=False)


@transaction.atomic
def note_save(*, meeting: Meeting, by: Person, item: int, text: str, seen: str) -> Meeting:
    """Save the note of an agenda item; refused when somebody else has changed it since it was read."""
    meeting = _own(meeting, by, "Writing the minutes", Meeting.State.RUNNING)
    if not 0 <= item < len(meeting.agenda):
        raise Invalid(f"The agenda has no item {item + 1}.")
    kept = meeting.agenda[item]["note"]
    if _plain(kept) not in (_plain(seen), _plain(text)):
        raise Refused("conflict", f"Somebody has changed this note meanwhile. It says now: {kept}", theirs=kept)
    meeting.agenda[item]["note"] = text.strip()
    meeting.save(update_fields=["agenda"])
    return meeting


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


@transaction.atomic
def meeting_finish(*, meeting: Meeting, by: Person, at: datetime) -> Meeting:
    """End it: the minutes are written and go out with everybody's own part first."""
    meeting = _own(meeting, by, "Finishing a meeting", Meeting.State.RUNNING)
    changes_seal(cycle=meeting.cycle, at=at)
    text = meeting_minutes(meeting, at)
    meeting.minutes_text = _with_earlier(text.plain, meeting.minutes_text)
    meeting.state, meeting.finished_at = Meeting.State.FINISHED, at
    meeting.save(update_fields=["minutes_text", "state", "finished_at"])
    messages_queue(messages=meeting_digests(meeting, text, at))
    return meeting


def _with_earlier(text: str, earlier: str) -> str:
    """A meeting held again keeps what was written the first time."""
    return f"{text}\n{EARLIER}\n\n{earlier}" if earlier else text


def meeting_minutes(meeting: Meeting, at: datetime) -> Text:
    """The minutes as they stand."""
    settings = company()
    present = list(meeting.attendance.select_related("person__user"))
    actions = {a.code: a for a in [*meeting.actions.select_related("owner__user"), *closed_in(meeting)]}
    return minutes(
        MeetingFacts(
            title=meeting.get_kind_display(),
            cycle=meeting.cycle.code,
            on=(meeting.started_at or at).astimezone(ZoneInfo(settings.timezone)).date(),
            present=tuple(sorted(row.person.name for row in present if row.present)),
            absent=tuple(sorted(row.person.name for row in present if row.present is False)),
            notes=tuple((item["title"], item["note"]) for item in meeting.agenda),
            decisions=tuple(decision_facts(decision) for decision in decided_in(meeting)),
            actions=tuple(action_facts(action) for action in actions.values()),
            assumptions=tuple(_assumptions(meeting)),
            signed=tuple(signed_sentences(meeting)),
            currency=settings.currency,
            sealed=sealed_sentence(meeting.cycle),
        )
    )


def sealed_sentence(cycle: Cycle) -> str:
    """The head of the record's chain, by which anybody can later tell whether the record was altered."""
    seal = seal_last(cycle)
    return f"Sealed {seal.at:%Y-%m-%d %H:%M} UTC as block {seal.number}: {seal.head}" if seal else ""


def _assumptions(meeting: Meeting) -> list[str]:
    if meeting.kind != agenda.Meeting.DEMAND_REVIEW.value:
        return []
    rows = assumptions(meeting.cycle)
    return [f"{a.text} ({a.owner.name}, checked on {a.check_on.day} {a.check_on:%b %Y})" for a in rows]


def signed_sentences(meeting: Meeting) -> list[str]:
    """What was signed in the step of this meeting, by whom and for whom."""
    kinds = [kind.value for kind in SIGNING if MILESTONE_STEP[kind].value == meeting.kind]
    rows = MilestoneReached.objects.filter(cycle=meeting.cycle, kind__in=kinds, withdrawn_at=None)
    return [signature(row) for row in rows.select_related("by", "on_behalf_of")]


def signature(row: MilestoneReached) -> str:
    """`The head of Sales has signed demand: Rita Rep for Mona Manager.`"""
    label = Milestone(row.kind).label
    who = row.by.first_name if row.by else "the portal"
    stead = f" for {row.on_behalf_of.first_name}" if row.on_behalf_of else ""
    return f"{label[0].upper()}{label[1:]}: {who}{stead}."


@transaction.atomic
def meeting_cancel(*, meeting: Meeting, by: Person, on: date, at: datetime) -> Meeting:
    """Call a meeting off because nothing is to be decided; those invited get the hour back and are told."""
    meeting = _own(meeting, by, "Cancelling a meeting", Meeting.State.PLANNED)
    if not may_cancel(meeting, on):
        raise Refused("something_to_decide", "There is something to decide, so this meeting is needed.")
    meeting.state = Meeting.State.CANCELLED
    meeting.save(update_fields=["state"])
    messages_queue(messages=cancellation_mails(meeting, by, at))
    return meeting
