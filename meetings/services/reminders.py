"""Due messages become rows: once per cycle, step, person and kind, taken back when they are no longer needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from cycles.models import Contribution, Cycle, CycleStep
from cycles.reminders import (
    ActionFacts,
    CycleFacts,
    Due,
    Kind,
    PersonFacts,
    StepFacts,
    due_messages,
    input_request,
)
from cycles.selectors import asked_twice, company_holidays, contributions, milestones_reached
from cycles.services import contribution_nudge
from cycles.steps import Milestone, Step, StepState
from jobs.errors import Refused
from jobs.models import Message, MessageState
from jobs.services.messages import messages_cancel, messages_forget, messages_queue, messages_resume
from masterdata.models import Absence, Person
from masterdata.selectors import company, people
from masterdata.selectors.absences import away_on, company_day, substitute_now
from meetings.models import Action
from meetings.policy import check_leads
from meetings.selectors.checks import watched_checks
from meetings.selectors.people import leader, responsible
from meetings.services.reminder_mails import reminder_mails

FINISHED = (StepState.CLOSED.value, StepState.MISSED.value)


@transaction.atomic
def reminders_materialise(*, cycle: Cycle | None, at: datetime) -> int:
    """Store what is due and not stored yet, take back what is stored, not sent and not due any more."""
    facts = cycle_facts(cycle, at)
    due = _once_a_person(due_messages(facts, at)) + nudges(facts, at)
    keys = {key_text(one.key) for one in due}
    _readdress(due)
    stored = dict(Message.objects.filter(key__in=keys).values_list("key", "state"))
    _take_back(keys)
    messages_resume(keys=[key for key, state in stored.items() if state == MessageState.CANCELLED])
    fresh = [one for one in due if key_text(one.key) not in stored]
    return messages_queue(messages=reminder_mails(cycle, fresh, at))


def _readdress(due: Sequence[Due]) -> None:
    """What still waits for somebody who has left, or is back, is written anew to who is asked now."""
    wanted = {key_text(one.key): one.person for one in due}
    stored = Message.objects.filter(key__in=wanted).values_list("key", "recipient__username")
    messages_forget(keys=[key for key, recipient in stored if recipient != wanted[key]])


def _once_a_person(due: Sequence[Due]) -> list[Due]:
    """A leader who must finish a late step does not hear of it a second time as the leader."""
    told = {(one.person, one.step) for one in due if one.kind is Kind.STEP_LATE}
    return [one for one in due if one.kind is not Kind.STEP_LATE_LEADER or (one.person, one.step) not in told]


def nudges(facts: CycleFacts, at: datetime) -> list[Due]:
    """A nudge given by hand, here or by a manager, is a message until it is answered or the entry closes."""
    if facts.opened_at is None or at >= facts.deadline:
        return []
    asked = [person for person in facts.people if person.nudged and person.waits]
    return [request for p in asked if (request := input_request(facts, Kind.INPUT_NUDGE, p, at))]


def _take_back(keys: set[str]) -> None:
    kinds = [kind.value for kind in Kind]
    waiting = Message.objects.filter(state=MessageState.DUE, kind__in=kinds).values_list("key", flat=True)
    messages_cancel(keys=[key for key in waiting if key not in keys], why="Answered or done in the meantime.")


def key_text(parts: Sequence[str]) -> str:
    return ":".join(parts)


# --- What the reminders are derived from -----------------------------------------------


def cycle_facts(cycle: Cycle | None, at: datetime) -> CycleFacts:
    """The state of a cycle, and of all open actions, as `cycles.reminders` reads it."""
    settings = company()
    boss = leader()
    common = CycleFacts(
        cycle=cycle.code if cycle else "",
        opened_at=None,
        deadline=at,
        zone=ZoneInfo(settings.timezone),
        leader=boss.username if boss else None,
        actions=_actions(),
        checks=watched_checks(company_day(at)),
        holidays=company_holidays(settings.country, (at.year - 1, at.year, at.year + 1)),
    )
    return common if cycle is None else _with_cycle(common, cycle, at)


def _with_cycle(common: CycleFacts, cycle: Cycle, at: datetime) -> CycleFacts:
    rows = {row.kind: row for row in cycle.steps.all()}
    entry = rows[Step.SALES_FORECAST]
    closed_early = entry.state == StepState.CLOSED.value and entry.closed_at is not None
    deadline = min(entry.due_at, entry.closed_at) if closed_early and entry.closed_at else entry.due_at
    return CycleFacts(
        cycle=common.cycle,
        opened_at=entry.opened_at if entry.state != StepState.PENDING.value else None,
        deadline=deadline,
        zone=common.zone,
        leader=common.leader,
        people=_people(cycle, at, deadline),
        actions=common.actions,
        checks=common.checks,
        steps=_step_that_waits(rows),
        holidays=common.holidays,
        demand_signed=Milestone.DEMAND_SIGNED in milestones_reached(cycle),
    )


def _people(cycle: Cycle, at: datetime, deadline: datetime) -> tuple[PersonFacts, ...]:
    rows = contributions(cycle).select_related("person__person__reports_to__user")
    away, away_then = away_on(company_day(at)), away_on(company_day(deadline))
    return tuple(_person(row, away, away_then) for row in rows)


def _person(row: Contribution, away: dict[int, Absence], away_then: dict[int, Absence]) -> PersonFacts:
    person = row.person.person
    absence, manager = away.get(person.pk), person.reports_to
    substitute = substitute_now(absence, away) if absence else None
    return PersonFacts(
        person=row.person.username,
        manager=manager.username if manager else None,
        answered_at=row.answered_at,
        nudged=row.nudged_at is not None,
        absent=absence is not None,
        substitute=substitute.username if substitute else None,
        excused=person.pk in away_then,
    )


def _actions() -> tuple[ActionFacts, ...]:
    rows = Action.objects.filter(state=Action.State.OPEN).select_related(
        "cycle", "owner__user", "owner__reports_to__user"
    )
    return tuple(
        ActionFacts(
            key=row.code,
            cycle=row.cycle.code,
            owner=row.owner.username,
            due=row.due_on,
            owner_manager=row.owner.reports_to.username if row.owner.reports_to else None,
        )
        for row in rows
    )


def _step_that_waits(rows: Mapping[Step, CycleStep]) -> tuple[StepFacts, ...]:
    """Only the first unfinished step can be finished by somebody; those behind it wait for it."""
    waiting = next((step for step in Step if step in rows and rows[step].state not in FINISHED), None)
    person = responsible(waiting) if waiting else None
    if waiting is None or waiting is Step.SALES_FORECAST or person is None:
        return ()
    return (StepFacts(waiting, StepState(rows[waiting].state), rows[waiting].due_at, person.username),)


# --- The nudge -------------------------------------------------------------------------


@dataclass(frozen=True)
class NudgePreview:
    """Who would get a nudge now, and who would not and why."""

    gets: list[Person]
    stays: list[tuple[Person, str]]


def nudge_preview(cycle: Cycle, users: Sequence[int] | None = None, *, on: date | None = None) -> NudgePreview:
    """Of those who have not answered (or of these user ids), who may still be reminded by hand on a day."""
    rows = [row for row in contributions(cycle) if row.answered_at is None]
    if users is not None:
        rows = [row for row in rows if row.person_id in set(users)]
    by_user = {p.user_id: p for p in people().filter(user_id__in=[row.person_id for row in rows])}
    asked, away = asked_twice(cycle), away_on(on) if on else {}
    gets, stays = [], []
    for row in rows:
        person = by_user.get(row.person_id)
        why = _why_not(row, asked) or _nobody_to_ask(person, away)
        if person and why:
            stays.append((person, why))
        elif person:
            gets.append(person)
    return NudgePreview(gets, stays)


def _why_not(row: Contribution, asked: set[str]) -> str:
    if row.nudged_at:
        return "nudged already"
    return "has had two requests" if row.person.username in asked else ""


def _nobody_to_ask(person: Person | None, away: dict[int, Absence]) -> str:
    absence = away.get(person.pk) if person else None
    return f"{absence.words}, nobody to ask" if absence and not substitute_now(absence, away) else ""


@transaction.atomic
def late_nudge(*, cycle: Cycle, by: Person, at: datetime, users: Sequence[int] | None = None) -> int:
    """Nudge those who have not answered, by name; it takes the place of the second reminder."""
    check_leads(by, "Nudging everybody who is late")
    preview = nudge_preview(cycle, users, on=company_day(at))
    if not preview.gets:
        raise Refused("nobody_to_nudge", "Nobody is left to nudge: two requests in a cycle are the limit.")
    for person in preview.gets:
        contribution_nudge(cycle=cycle, step=Step.SALES_FORECAST, person=person.user, at=at)
    reminders_materialise(cycle=cycle, at=at)
    return len(preview.gets)
