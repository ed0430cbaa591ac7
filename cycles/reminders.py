"""Who is due which message, read from the state of a cycle.

Nothing here sends or remembers: the same facts at the same time give the same messages, and the
store keeps each once by its `key`. Of several kinds a person has missed (an outage), only the
latest is due.

Who is away is not asked; their substitute is, under the same key, so that two requests a person stay the limit.

Input requests: when sales entry opens and on the last working day before its deadline, never after
an answer; a manager's nudge takes the place of the second. Then it escalates upwards: the manager
at the deadline, the S&OP leader on the next working day. Actions: three working days before they
are due, on the day, then the owner's manager. Assumptions, risks and opportunities: their owner, on the day they are
to be looked at again. A late step: who must finish it, then the leader.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from enum import StrEnum

from cycles.calendar_days import add_working_days
from cycles.steps import Step, StepState, is_late

ACTION_NOTICE_DAYS = 3


class Kind(StrEnum):
    """Kinds of messages."""

    INPUT_OPENED = "input_opened"
    INPUT_LAST_DAY = "input_last_day"
    INPUT_NUDGE = "input_nudge"
    ESCALATION_MANAGER = "escalation_manager"
    ESCALATION_LEADER = "escalation_leader"
    ACTION_SOON = "action_soon"
    ACTION_DUE = "action_due"
    ACTION_ESCALATED = "action_escalated"
    CHECK_DUE = "check_due"
    STEP_LATE = "step_late"
    STEP_LATE_LEADER = "step_late_leader"


@dataclass(frozen=True)
class PersonFacts:
    """One person expected to give input.

    Who is `absent` today is neither asked nor escalated; their `substitute` is asked instead, where there is one.
    Who was away at the deadline is `excused`: nobody hears that they did not answer.
    """

    person: str
    manager: str | None = None
    answered_at: datetime | None = None
    nudged: bool = False
    absent: bool = False
    substitute: str | None = None
    excused: bool = False

    @property
    def asked(self) -> str | None:
        """Who gets a request for this person's input; None while nobody can give it."""
        return self.substitute if self.absent else self.person

    @property
    def waits(self) -> bool:
        return self.answered_at is None


@dataclass(frozen=True)
class ActionFacts:
    """One follow-up action; `cycle` is the cycle that created it, whatever cycle is open now."""

    key: str
    cycle: str
    owner: str
    due: date
    owner_manager: str | None = None
    closed: bool = False


@dataclass(frozen=True)
class CheckFacts:
    """An assumption, risk or opportunity that stands, who watches it, and when it is to be looked at again."""

    key: str
    owner: str
    due: date


@dataclass(frozen=True)
class StepFacts:
    """One step after sales entry, and who must finish it."""

    step: Step
    state: StepState
    due: datetime
    responsible: str


@dataclass(frozen=True)
class CycleFacts:
    """What a cycle looks like to the reminders; times are aware, `zone` is the company's."""

    cycle: str
    opened_at: datetime | None
    deadline: datetime
    zone: tzinfo
    leader: str | None = None
    people: tuple[PersonFacts, ...] = ()
    actions: tuple[ActionFacts, ...] = ()
    checks: tuple[CheckFacts, ...] = ()
    steps: tuple[StepFacts, ...] = ()
    holidays: frozenset[date] = frozenset()
    send_at: time = time(8, 0)
    demand_signed: bool = False


@dataclass(frozen=True)
class Due:
    """A message that is due; `about` are the people or actions it speaks of, `for_whom` the person stood in for."""

    kind: Kind
    person: str
    cycle: str
    step: str
    due_at: datetime
    about: tuple[str, ...] = ()
    for_whom: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """(cycle, step, person, kind): each message exists once, whoever gets it in the person's place."""
        return self.cycle, self.step, self.for_whom or self.person, self.kind.value


def due_messages(state: CycleFacts, at: datetime) -> list[Due]:
    """Every message due at `at`, latest kind only, sorted by key. ValueError for a naive time."""
    for moment in (at, state.deadline, state.opened_at):
        if moment is not None and moment.tzinfo is None:
            raise ValueError("Reminders need times with a time zone.")
    due = (
        _input_requests(state, at)
        + _escalations(state, at)
        + _late_steps(state, at)
        + [message for action in state.actions for message in _action(state, action, at)]
        + _checks(state, at)
    )
    return sorted(due, key=lambda message: message.key)


def last_day_at(state: CycleFacts) -> datetime:
    """When the second request goes out: the working day before the deadline's day."""
    return _morning(state, _working(state, _day(state, state.deadline), -1))


def leader_escalation_at(state: CycleFacts) -> datetime:
    """When the leader hears of missing answers: the working day after the deadline's day."""
    return _morning(state, _working(state, _day(state, state.deadline), 1))


def _input_requests(state: CycleFacts, at: datetime) -> list[Due]:
    if state.opened_at is None:
        return []
    second = _second(state, at)
    kind, since = (Kind.INPUT_LAST_DAY, last_day_at(state)) if second else (Kind.INPUT_OPENED, state.opened_at)
    waiting = [person for person in state.people if not why_not_asked(state, person, at)]
    return [request for p in waiting if (request := input_request(state, kind, p, since))]


def why_not_asked(state: CycleFacts, person: PersonFacts, at: datetime) -> str:
    """Why no request for input is due to a person at `at`, in words; empty when one is."""
    if state.opened_at is None or at < state.opened_at:
        return "sales entry is not open yet"
    if not person.waits:
        return "has answered"
    if at >= state.deadline:
        return "sales entry is over"
    if person.nudged and _second(state, at):
        return "had a personal reminder, which takes the place of the second request"
    return "away, and nobody stands in" if person.asked is None else ""


def _second(state: CycleFacts, at: datetime) -> bool:
    """Whether it is the second request's turn; an entry that opens on its last day has only the first."""
    return state.opened_at is not None and at >= last_day_at(state) > state.opened_at


def input_request(state: CycleFacts, kind: Kind, person: PersonFacts, since: datetime) -> Due | None:
    """The request for one person's input, to the person or to who stands in; None when there is nobody to ask."""
    if person.asked is None:
        return None
    for_whom = person.person if person.asked != person.person else ""
    return Due(kind, person.asked, state.cycle, Step.SALES_FORECAST, since, for_whom=for_whom)


def _escalations(state: CycleFacts, at: datetime) -> list[Due]:
    missing = [p for p in state.people if p.waits and not p.absent and not p.excused]
    if state.opened_at is None or state.demand_signed or at < state.deadline or not missing:
        return []
    team: defaultdict[str, list[str]] = defaultdict(list)
    for person in missing:
        if person.manager:
            team[person.manager].append(person.person)
    due = [
        _escalation(state, Kind.ESCALATION_MANAGER, manager, state.deadline, people) for manager, people in team.items()
    ]
    leader_at = leader_escalation_at(state)
    if state.leader and at >= leader_at:
        everybody = [person.person for person in missing]
        due.append(_escalation(state, Kind.ESCALATION_LEADER, state.leader, leader_at, everybody))
    return due


def _escalation(state: CycleFacts, kind: Kind, person: str, since: datetime, about: Iterable[str]) -> Due:
    return Due(kind, person, state.cycle, Step.SALES_FORECAST, since, tuple(sorted(about)))


def _late_steps(state: CycleFacts, at: datetime) -> list[Due]:
    due = []
    for facts in state.steps:
        if not is_late(facts.state, facts.due, at):
            continue
        due.append(Due(Kind.STEP_LATE, facts.responsible, state.cycle, facts.step, facts.due))
        leader_at = _morning(state, _working(state, _day(state, facts.due), 1))
        if state.leader and at >= leader_at:
            due.append(Due(Kind.STEP_LATE_LEADER, state.leader, state.cycle, facts.step, leader_at))
    return due


def _action(state: CycleFacts, action: ActionFacts, at: datetime) -> list[Due]:
    if action.closed:
        return []
    boss = action.owner_manager or state.leader or action.owner
    stages = (
        (Kind.ACTION_ESCALATED, boss, _working(state, action.due, 1)),
        (Kind.ACTION_DUE, action.owner, action.due),
        (Kind.ACTION_SOON, action.owner, _working(state, action.due, -ACTION_NOTICE_DAYS)),
    )
    for kind, person, day in stages:
        moment = _morning(state, day)
        if at >= moment:
            return [Due(kind, person, action.cycle, f"action:{action.key}", moment, (action.key,))]
    return []


def _checks(state: CycleFacts, at: datetime) -> list[Due]:
    """One message per person and day for everything they watch that is to be looked at on it."""
    watched: defaultdict[tuple[str, date], list[CheckFacts]] = defaultdict(list)
    for check in state.checks:
        if at >= _morning(state, check.due):
            watched[check.owner, check.due].append(check)
    return [
        Due(
            Kind.CHECK_DUE,
            owner,
            f"{day:%Y-%m}",
            f"check:{day:%Y%m%d}",
            _morning(state, day),
            tuple(sorted(check.key for check in checks)),
        )
        for (owner, day), checks in watched.items()
    ]


def _day(state: CycleFacts, moment: datetime) -> date:
    return moment.astimezone(state.zone).date()


def _working(state: CycleFacts, day: date, n: int) -> date:
    return add_working_days(day, n, holidays=state.holidays)


def _morning(state: CycleFacts, day: date) -> datetime:
    return datetime.combine(day, state.send_at, tzinfo=state.zone)
