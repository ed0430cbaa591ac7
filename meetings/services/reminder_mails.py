"""What the reminders and escalations say."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Any

from django.db.models import Count, Q

from cycles.models import Cycle
from cycles.reminders import Due, Kind
from cycles.selectors import step_of
from cycles.steps import Step
from demand.models import CycleLine
from jobs.models import Message
from masterdata.models import Absence, Person
from masterdata.selectors import people
from masterdata.selectors.absences import away_on, company_day
from meetings.models import Action
from meetings.selectors.checks import Watched, watched_due
from meetings.selectors.links import link
from meetings.services.mails import has_address, message, time_for
from meetings.services.waking import Waking, waking

SECONDS_A_LINE = 20


@dataclass
class _Known:
    """What the texts are made of, read once for all messages."""

    cycle: Cycle | None
    people: dict[str, Person]
    lines: dict[int, tuple[int, int]]
    actions: dict[str, Action]
    absences: dict[int, Absence]
    watched: dict[str, Watched]
    waking: Waking
    deadline: datetime | None = field(default=None)


def reminder_mails(cycle: Cycle | None, due: Iterable[Due], at: datetime) -> list[Message]:
    """One unsaved message per one that is due at a moment, for those who have an address."""
    due = list(due)
    if not due:
        return []
    known = _known(cycle, due, at)
    return [_mail(known, one) for one in due if one.person in known.people and has_address(known.people[one.person])]


def _known(cycle: Cycle | None, due: list[Due], at: datetime) -> _Known:
    names = {one.person for one in due} | {name for one in due for name in (*one.about, one.for_whom)}
    found = {p.username: p for p in people().filter(user__username__in=names)}
    actions = Action.objects.filter(code__in={code for one in due for code in one.about}).select_related("owner__user")
    return _Known(
        cycle,
        found,
        lines_to_look_at(cycle) if cycle else {},
        {action.code: action for action in actions},
        away_on(company_day(at)) if any(one.for_whom for one in due) else {},
        {one.key: one for one in watched_due(company_day(at))}
        if any(one.kind is Kind.CHECK_DUE for one in due)
        else {},
        waking(found.values(), at),
        step_of(cycle, Step.SALES_FORECAST).due_at if cycle else None,
    )


def lines_to_look_at(cycle: Cycle) -> dict[int, tuple[int, int]]:
    """Per person id: (all lines, lines that are flagged)."""
    rows = (
        CycleLine.objects.filter(cycle=cycle, owner__isnull=False)
        .values("owner_id")
        .annotate(every=Count("id"), flagged=Count("id", filter=~Q(flags=[])))
    )
    return {row["owner_id"]: (row["every"], row["flagged"]) for row in rows}


def _mail(known: _Known, due: Due) -> Message:
    person = known.people[due.person]
    template, subject, context = _WORDS[due.kind](known, due, person)
    return message(
        template=template,
        kind=due.kind.value,
        key=":".join(due.key),
        recipient=person,
        subject=subject,
        context=context,
        at=known.waking.send_at(person, due.due_at, before=_announced(known, due)),
        cycle=due.cycle,
    )


def _announced(known: _Known, due: Due) -> datetime | None:
    """By when the mail is of no use any more: the deadline of entry, or the end of the day an action is due."""
    if due.kind in FOR_ANOTHER:
        return known.deadline
    if due.kind in (Kind.ACTION_SOON, Kind.ACTION_DUE):
        return known.waking.end_of(known.actions[due.about[0]].due_on)
    return None


Words = tuple[str, str, dict[str, Any]]


FOR_ANOTHER = {
    Kind.INPUT_OPENED: "you enter the sales forecast, until ",
    Kind.INPUT_LAST_DAY: "the sales forecast closes ",
    Kind.INPUT_NUDGE: "a personal reminder, the sales forecast closes ",
}


def _asking(known: _Known, due: Due, person: Person) -> Words:
    owner = known.people.get(due.for_whom, person)
    every, flagged = known.lines.get(owner.pk, (0, 0))
    deadline = time_for(person, known.deadline) if known.deadline else ""
    subjects = {
        Kind.INPUT_OPENED: f"your forecast is prefilled, {_look(flagged, every)}",
        Kind.INPUT_LAST_DAY: f"the sales forecast closes {deadline}",
        Kind.INPUT_NUDGE: f"a personal reminder, the sales forecast closes {deadline}",
    }
    context = {
        "lines": every,
        "flagged": flagged,
        "rest": every - flagged,
        "minutes": max(1, ceil(flagged * SECONDS_A_LINE / 60)),
        "deadline": deadline,
        "last": due.kind is not Kind.INPUT_OPENED,
        "nudge": due.kind is Kind.INPUT_NUDGE,
        "url": link(f"/sheet/{owner.username}/?layer=sales" if due.for_whom else "/sheet/"),
        "absent": owner.name if due.for_whom else "",
        "until": f"{absence.last_day:%-d %b}" if (absence := known.absences.get(owner.pk)) else "",
    }
    subject = f"for {owner.name}: {FOR_ANOTHER[due.kind]}{deadline}" if due.for_whom else subjects[due.kind]
    return "input_request", subject, context


def _look(flagged: int, every: int) -> str:
    if not flagged:
        return f"{every} lines to confirm"
    return "1 line needs you" if flagged == 1 else f"{flagged} lines need you"


def _escalating(known: _Known, due: Due, person: Person) -> Words:
    names = [known.people[name].name if name in known.people else name for name in due.about]
    count = "1 person has" if len(names) == 1 else f"{len(names)} people have"
    to_manager = due.kind is Kind.ESCALATION_MANAGER
    context = {
        "names": names,
        "count": count,
        "to_manager": to_manager,
        "url": link("/team/" if to_manager else "/cycle/"),
    }
    return "input_missing", f"{count} not answered the sales forecast", context


def _step_late(known: _Known, due: Due, person: Person) -> Words:
    step = Step(due.step)
    row = step_of(known.cycle, step) if known.cycle else None
    context = {
        "step": step.label,
        "since": time_for(person, row.due_at) if row else "",
        "yours": due.kind is Kind.STEP_LATE,
        "url": link("/cycle/"),
    }
    return "step_late", f"{step.label} is late", context


def _action(known: _Known, due: Due, person: Person) -> Words:
    action = known.actions[due.about[0]]
    escalated = due.kind is Kind.ACTION_ESCALATED
    when = {Kind.ACTION_SOON: "is due soon", Kind.ACTION_DUE: "is due today", Kind.ACTION_ESCALATED: "is overdue"}
    context = {
        "action": action,
        "owner": action.owner.name,
        "when": when[due.kind],
        "escalated": escalated,
        "mine": action.owner_id == person.pk,
        "url": link("/meetings/actions/"),
    }
    return "action", f"{action.code} {when[due.kind]}", context


def _checks(known: _Known, due: Due, person: Person) -> Words:
    watched = [known.watched[key] for key in due.about]
    count = "1 thing you watch is" if len(watched) == 1 else f"{len(watched)} things you watch are"
    context = {"count": count, "watched": [{"words": one.words, "url": link(one.path)} for one in watched]}
    return "checks", f"{count} to be looked at again", context | {"url": link(watched[0].path)}


_WORDS: dict[Kind, Callable[[_Known, Due, Person], Words]] = {
    Kind.INPUT_OPENED: _asking,
    Kind.INPUT_LAST_DAY: _asking,
    Kind.INPUT_NUDGE: _asking,
    Kind.ESCALATION_MANAGER: _escalating,
    Kind.ESCALATION_LEADER: _escalating,
    Kind.ACTION_SOON: _action,
    Kind.ACTION_DUE: _action,
    Kind.ACTION_ESCALATED: _action,
    Kind.CHECK_DUE: _checks,
    Kind.STEP_LATE: _step_late,
    Kind.STEP_LATE_LEADER: _step_late,
}
