"""What people get after the pack is frozen, after a meeting, and after publishing: their own part first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cycles.models import Cycle
from jobs.models import Message
from jobs.services.messages import messages_queue
from masterdata.models import Person
from masterdata.selectors import company
from masterdata.selectors.mails import MINUTES, switched_off
from meetings.minutes import (
    PLAN_LINES,
    LineChange,
    Part,
    PlanFacts,
    ReaderFacts,
    Text,
    decision_line,
    digest,
    own_part,
)
from meetings.models import Action, Decision, Meeting, MeetingKind
from meetings.selectors.company_forecast import BuiltForecast
from meetings.selectors.line_changes import changes_by_owner, corrected_by_owner
from meetings.selectors.links import link
from meetings.selectors.pack import pack_content, pack_for, plan_sentences
from meetings.selectors.people import participants
from meetings.selectors.records import action_facts, decided_in, decision_facts
from meetings.services.invitations import invitation_text, invitation_update
from meetings.services.mails import has_address, key_of, message, time_for

MOST_IN_MAIL = 8
UNTOUCHED = "No number of your customers is corrected."


def pack_mails_queue(*, meeting: Meeting, at: datetime) -> int:
    """One mail to everybody invited: the message, the decisions due, a link."""
    mails = [_pack_mail(meeting, person, at) for person in invited_people(meeting) if has_address(person)]
    return messages_queue(messages=mails)


def _pack_mail(meeting: Meeting, person: Person, at: datetime) -> Message:
    pack, cycle = pack_for(meeting.pack, person), meeting.cycle
    waiting = [row for row in pack["decisions"] if row["state"] != Decision.State.DECIDED]
    return message(
        template="pack",
        kind="pack",
        key=key_of(cycle.code, MeetingKind.EXECUTIVE, person, f"pack:{pack['number']}"),
        recipient=person,
        subject=f"pack {pack['number']} for the executive meeting",
        context={
            "pack": pack,
            "decisions": waiting[:MOST_IN_MAIL],
            "more": max(len(waiting) - MOST_IN_MAIL, 0),
            "starts": time_for(person, meeting.starts_at),
            "url": link("/executive/"),
        },
        at=at,
        cycle=cycle.code,
    )


def invited_people(meeting: Meeting) -> list[Person]:
    rows = meeting.attendance.select_related("person__user").order_by("person__user__username")
    return [row.person for row in rows]


def stakeholders(meeting: Meeting) -> list[Person]:
    """Who is told what a meeting brought: everybody after the executive one, else those invited and those it names."""
    if meeting.kind == MeetingKind.EXECUTIVE:
        return participants()
    found = invited_people(meeting)
    found += [action.owner for action in meeting.actions.select_related("owner__user")]
    found += [d.raised_by for d in decided_in(meeting)]
    return list({person.pk: person for person in found}.values())


def meeting_digests(meeting: Meeting, text: Text, at: datetime) -> list[Message]:
    """One unsaved mail per stakeholder: their own actions and decisions first, then the minutes."""
    actions = list(meeting.actions.select_related("owner__user"))
    decisions = decided_in(meeting)
    return [
        _text_mail(
            person=person,
            cycle=meeting.cycle,
            kind="meeting_digest",
            step=f"{meeting.kind}:{at:%Y%m%d%H%M}",
            subject=f"{meeting.get_kind_display()}: minutes and actions",
            text=Text(text.title, (*_own_part(person, actions, decisions), *text.parts)),
            path=f"/meetings/{meeting.cycle.code}/{meeting.kind}/",
            button="Open the minutes",
            at=at,
        )
        for person in _reading(stakeholders(meeting))
    ]


def digest_readers(meeting: Meeting) -> list[tuple[Person, Part | None]]:
    """Who gets the minutes when the meeting ends, and the part that stands first for them; theirs before the rest."""
    actions = list(meeting.actions.select_related("owner__user"))
    decisions = decided_in(meeting)
    found = [(person, _own_part(person, actions, decisions)) for person in _reading(stakeholders(meeting))]
    return sorted(((p, own[0] if own else None) for p, own in found), key=lambda one: (one[1] is None, one[0].name))


def _reading(people: Sequence[Person]) -> list[Person]:
    """Those who have an address and have not switched minutes off."""
    off = switched_off(MINUTES)
    return [person for person in people if has_address(person) and person.pk not in off]


def _own_part(person: Person, actions: Sequence[Action], decisions: Sequence[Decision]) -> tuple[Part, ...]:
    mine = [f"{a.code} {a.text}, due {a.due_on.day} {a.due_on:%b %Y}." for a in actions if a.owner_id == person.pk]
    mine += [f"{d.code} {d.question} (you raised it)" for d in decisions if d.raised_by_id == person.pk]
    return (Part("For you", tuple(mine)),) if mine else ()


def cancellation_mails(meeting: Meeting, by: Person, at: datetime) -> list[Message]:
    """To those invited: nothing is to be decided, the meeting does not take place."""
    reason = f"Nothing is to be decided, so the {meeting.get_kind_display()} does not take place."
    told = [person for person in invited_people(meeting) if has_address(person) and person.pk != by.pk]
    invitation_update(meeting=meeting, told=told)
    number = meeting.invitation.get("sequence")
    return [
        _text_mail(
            person=person,
            cycle=meeting.cycle,
            kind="meeting_cancelled",
            step=meeting.kind if number is None else f"{meeting.kind}:{number}",
            subject=f"{meeting.get_kind_display()} is cancelled",
            text=Text(
                f"{meeting.get_kind_display()} is cancelled",
                (Part("Why", (reason, f"It was planned for {time_for(person, meeting.starts_at)}.")),),
            ),
            path=f"/meetings/{meeting.cycle.code}/{meeting.kind}/",
            button="Open the agenda",
            at=at,
            calendar="" if number is None else invitation_text(meeting, person, at),
        )
        for person in told
    ]


def publication_queue(*, cycle: Cycle, built: BuiltForecast, at: datetime) -> int:
    """Tell everybody that the company forecast is published, with what changes for their own customers first."""
    content = pack_content(cycle, at, built=built)
    settled = [decision_facts(decision) for decision in cycle.decisions.filter(state=Decision.State.DECIDED)]
    plan = PlanFacts(cycle.code, plan_sentences(content), tuple(settled), company().currency)
    changes = changes_by_owner(cycle, built)
    actions = _open_actions()
    mails = [
        _published_mail(person, cycle, "publish", _readers_text(plan, person, changes, actions), at)
        for person in _reading(participants())
    ]
    return messages_queue(messages=mails)


def _published_mail(person: Person, cycle: Cycle, step: str, text: Text, at: datetime, done: str = "") -> Message:
    return _text_mail(
        person=person,
        cycle=cycle,
        kind="published",
        step=step,
        subject=f"the company forecast is {done or 'published'}",
        text=text,
        path="/forecast/",
        button="Open the company forecast",
        at=at,
    )


def correction_queue(*, decision: Decision, revision: int, built: BuiltForecast, at: datetime) -> int:
    """Tell everybody that a published forecast is corrected: what changes for their own lines, then why and by whom."""
    cycle, done = decision.cycle, f"corrected: revision {revision}"
    facts = decision_facts(decision)
    why = Part("Why", (decision_line(facts, company().currency),))
    numbers = Part("The plan", plan_sentences(pack_content(cycle, at, built=built))[:PLAN_LINES])
    changes = corrected_by_owner(built, decision)
    title = f"Company forecast {cycle.code} is {done}"
    mails = [
        _published_mail(
            person, cycle, f"correction:{revision}", corrected_text(title, changes, person, why, numbers), at, done
        )
        for person in _reading(participants())
    ]
    return messages_queue(messages=mails)


def corrected_text(title: str, changes: dict[int, list[LineChange]], person: Person, *rest: Part) -> Text:
    """An owner's changed lines first; an owner of none of them reads that, others read only the rest."""
    own = own_part(changes[person.pk], UNTOUCHED) if person.pk in changes else None
    return Text(title, (own, *rest) if own else rest)


def _open_actions() -> dict[int, list[Action]]:
    found: dict[int, list[Action]] = {}
    for action in Action.objects.filter(state=Action.State.OPEN).select_related("owner__user"):
        found.setdefault(action.owner_id, []).append(action)
    return found


def _readers_text(plan: PlanFacts, person: Person, changes: dict[int, Any], actions: dict[int, list[Action]]) -> Text:
    """Only who owns lines has a part of their own; the others start with their actions and the plan."""
    mine = tuple(action_facts(action) for action in actions.get(person.pk, []))
    text = digest(plan, ReaderFacts(person.name, tuple(changes.get(person.pk, ())), mine))
    return text if person.pk in changes else Text(text.title, text.parts[1:])


def _text_mail(
    *,
    person: Person,
    cycle: Cycle,
    kind: str,
    step: str,
    subject: str,
    text: Text,
    path: str,
    button: str,
    at: datetime,
    calendar: str = "",
) -> Message:
    return message(
        template="sections",
        kind=kind,
        key=key_of(cycle.code, step, person, kind),
        recipient=person,
        subject=subject,
        context={"text": text, "url": link(path), "button": button},
        at=at,
        cycle=cycle.code,
        calendar=calendar,
    )
