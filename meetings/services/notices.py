"""Telling those affected that a step was moved, closed early or reopened, and why."""

from collections.abc import Sequence
from datetime import datetime

from cycles.models import Cycle, StepEvent
from cycles.selectors import contributions, step_of
from cycles.steps import Action, Step
from jobs.models import Message
from jobs.services.messages import messages_queue
from masterdata.models import Person
from masterdata.roles import PLANNER_ROLES, Role
from masterdata.selectors import ceo, people
from meetings.models import Meeting, MeetingKind
from meetings.selectors.links import link
from meetings.selectors.people import heads, invited
from meetings.services.invitations import invitation_text, invitation_update
from meetings.services.mails import has_address, key_of, message, time_for
from meetings.services.waking import waking

DONE_WORDS = {
    Action.CLOSE.value: "was closed early",
    Action.REOPEN.value: "is open again",
    "move": "has a new date",
}


def affected_by(cycle: Cycle, step: Step, action: str) -> list[Person]:
    """Those who work in a step; a reopening touches the heads of all departments and the CEO too."""
    if step is Step.SALES_FORECAST:
        users = [row.person_id for row in contributions(cycle)]
        reps = list(people().filter(user_id__in=users).select_related("reports_to__user"))
        found = reps + [rep.reports_to for rep in reps if rep.reports_to]
    elif step.value in MeetingKind.values:
        found = invited(MeetingKind(step.value))
    else:
        found = list(people().filter(role__in=PLANNER_ROLES | {Role.SOP_LEADER}))
    if action == Action.REOPEN.value:
        found = found + heads() + [one for one in (ceo(),) if one]
    return list({person.pk: person for person in found}.values())


def step_notices_queue(*, cycle: Cycle, step: Step, event: StepEvent, at: datetime) -> int:
    """Queue one notice per person affected, but not to whoever did it; a meeting that moved comes along."""
    told = [p for p in affected_by(cycle, step, event.action) if p.user_id != event.by_id and has_address(p)]
    return messages_queue(messages=_notices(cycle, step, event, told, at))


def _moved_meeting(cycle: Cycle, step: Step, told: Sequence[Person]) -> tuple[Meeting | None, set[int]]:
    """The step's meeting when those invited have to hear of a change, and who of those told is invited."""
    meeting = Meeting.objects.filter(cycle=cycle, kind=step.value, state=Meeting.State.PLANNED).first()
    if meeting is None or not meeting.invitation:
        return None, set()
    asked = set(meeting.attendance.values_list("person_id", flat=True))
    changed = invitation_update(meeting=meeting, told=[person for person in told if person.pk in asked])
    return (meeting, asked) if changed else (None, set())


def _notices(cycle: Cycle, step: Step, event: StepEvent, told: Sequence[Person], at: datetime) -> list[Message]:
    done = DONE_WORDS[event.action]
    meeting, asked = _moved_meeting(cycle, step, told)
    row = step_of(cycle, step)
    by = event.by.first_name if event.by else "The portal"
    times = waking(told, at)
    return [
        message(
            template="step_changed",
            kind=f"step_{event.action}",
            key=key_of(cycle.code, f"{step.value}:{event.pk}", person, f"step_{event.action}"),
            recipient=person,
            subject=f"{step.label} {done}",
            context={
                "step": step.label,
                "done": done,
                "by": by,
                "reason": event.reason,
                "due": "" if event.action == Action.CLOSE.value else time_for(person, row.due_at),
                "url": link("/cycle/"),
            },
            at=times.send_at(person, at, before=row.due_at),
            cycle=cycle.code,
            calendar=invitation_text(meeting, person, at) if meeting and person.pk in asked else "",
        )
        for person in told
    ]
