"""The control page: where the cycle stands, who takes part, what holds it up, when it will end."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cycles.models import Contribution, Cycle, CycleState, CycleStep, MilestoneReached, StepEvent
from cycles.periods import add_months, month_of
from cycles.selectors import (
    closed_steps,
    company_holidays,
    contributions,
    milestones_reached,
    open_cycle,
    participation,
)
from cycles.steps import WAITS, Milestone, Step, StepState, is_late, missing_for_close, missing_for_open
from demand.selectors.barriers import deadline_of
from masterdata.models import Person
from masterdata.selectors import company, people
from masterdata.selectors.absences import away_on, company_day
from meetings.models import Decision
from meetings.outlook import StepDate, outlook, outlook_sentence
from meetings.selectors.barriers import barrier_rows, names_shown
from meetings.selectors.people import Signers, signers
from meetings.selectors.rights import leads
from meetings.selectors.taking_part import shares, taking_part
from supply.models import Gap
from supply.wording import count_text

MARKS = {StepState.CLOSED: "done", StepState.OPEN: "open", StepState.PENDING: "next", StepState.MISSED: "skipped"}
EVENT_WORDS = {
    "open": "opened",
    "close": "closed",
    "reopen": "reopened",
    "withdraw": "taken back",
    "miss": "recorded as missed",
    "move": "moved",
}


@dataclass(frozen=True)
class StepView:
    """A step on the page; `mark` is the strip's state, `missing` what it still needs in plain words."""

    row: CycleStep
    mark: str
    words: str
    finishes: Person | None
    missing: list[str]
    may_close: bool
    may_move: bool
    may_reopen: bool
    due_local: str
    one_day: bool


def control_page(cycle: Cycle | None, at: datetime, viewer: Person) -> dict[str, Any]:
    """Everything the page shows to a reader; without a cycle only what is needed to open the first one."""
    if cycle is None:
        return {"cycle": None, "can_open": next_month(at), "deputies": deputies(signers(), company_day(at))}
    sign = signers()
    steps = step_views(cycle, sign, at)
    shown, house = names_shown(viewer), company()
    zone = ZoneInfo(house.timezone)
    rows = list(contributions(cycle).select_related("person__person__reports_to__user"))
    return {
        "cycle": cycle,
        "steps": steps,
        "outlook": outlook_line(cycle, at),
        "blockers": blockers(cycle, steps, rows),
        "people": taking_part(cycle, rows, shown, _asked_until(steps, at, zone)),
        "participation": participation(cycle),
        "barriers": barrier_rows(cycle, shown),
        "everybody": list(people().order_by("user__first_name")) if leads(viewer) else [],
        "shares": shares(rows),
        "unanswered": sum(row.answered_at is None for row in rows),
        "entry_open": any(s.row.kind is Step.SALES_FORECAST and s.mark in ("open", "late") for s in steps),
        "signatures": signatures(cycle),
        "events": step_events(cycle),
        "deputies": deputies(sign, at.astimezone(zone).date()),
        "can_open": None if open_cycle() else next_month(at),
        "zone": house.timezone,
    }


def _asked_until(steps: list[StepView], at: datetime, zone: ZoneInfo) -> date:
    """The day on which it counts who is away: today, and once entry has closed the day of its deadline."""
    entry = next(step.row for step in steps if step.row.kind is Step.SALES_FORECAST)
    return min(at, deadline_of(entry)).astimezone(zone).date()


def next_month(at: datetime) -> date:
    """The month whose cycle comes next: after the latest real one, but not before the current month."""
    today = month_of(at.astimezone(ZoneInfo(company().timezone)).date())
    latest = Cycle.objects.filter(simulated=False).order_by("-month").values_list("month", flat=True).first()
    return max(today, add_months(latest, 1)) if latest else today


# --- Steps -----------------------------------------------------------------------------


def step_views(cycle: Cycle, sign: Signers, at: datetime) -> list[StepView]:
    closed, reached = closed_steps(cycle), milestones_reached(cycle)
    active, zone = cycle.state == CycleState.OPEN, ZoneInfo(company().timezone)
    rows = cycle.steps.all()
    return [_step_view(row, sign.of(row.kind), at, closed, reached, active, zone) for row in rows]


def _step_view(
    row: CycleStep,
    finishes: Person | None,
    at: datetime,
    closed: set[Step],
    reached: set[Milestone],
    active: bool,
    zone: ZoneInfo,
) -> StepView:
    state = StepState(row.state)
    late = is_late(state, row.due_at, at)
    finished = state in (StepState.CLOSED, StepState.MISSED)
    missing = [] if finished else [plain(words) for words in missing_for_close(row.kind, closed, reached)]
    opens = state is StepState.PENDING and not missing_for_open(row.kind, closed, reached)
    return StepView(
        row=row,
        mark="late" if late else MARKS[state],
        words=_state_words(row, state, late, opens),
        finishes=finishes,
        missing=missing,
        may_close=active and state is StepState.OPEN and not missing,
        may_move=active and not finished,
        may_reopen=active and state is StepState.CLOSED,
        one_day=row.opens_at.astimezone(zone).date() == row.due_at.astimezone(zone).date(),
        due_local=f"{row.due_at.astimezone(zone):%Y-%m-%dT%H:%M}",
    )


def plain(missing: str) -> str:
    """`The baseline is built`, under a heading that says already what waits."""
    words = missing.removeprefix(WAITS)
    return f"{words[0].upper()}{words[1:]}"


def _state_words(row: CycleStep, state: StepState, late: bool, opens: bool) -> str:
    if late:
        return "late" if state is StepState.OPEN else "late, not open yet"
    if state is StepState.PENDING:
        return "opens by itself" if opens else "not yet open"
    return "missed" if state is StepState.MISSED else state.label.lower()


def outlook_line(cycle: Cycle, at: datetime) -> str:
    """The one-line forecast of the end."""
    settings = company()
    zone = ZoneInfo(settings.timezone)
    steps = [StepDate(s.kind, StepState(s.state), s.due_at.astimezone(zone).date()) for s in cycle.steps.all()]
    holidays = company_holidays(settings.country, (at.year, at.year + 1))
    return outlook_sentence(outlook(steps, at.astimezone(zone).date(), holidays))


def blockers(cycle: Cycle, steps: list[StepView], rows: list[Contribution]) -> list[str]:
    """What the first unfinished step waits for, and who can do it."""
    waiting = next((s for s in steps if s.mark not in ("done", "skipped")), None)
    if waiting is None:
        return []
    more = {
        Step.DATA_CLOSE: lambda: _actuals(cycle),
        Step.SALES_FORECAST: lambda: _answers(rows),
        Step.SUPPLY_REVIEW: lambda: _gaps(cycle),
        Step.PRE_SOP: lambda: _decisions(cycle),
        Step.EXECUTIVE_SOP: lambda: _decisions(cycle),
    }
    return waiting.missing + more.get(waiting.row.kind, list)()


def _actuals(cycle: Cycle) -> list[str]:
    closed, wanted = company().last_closed_month, add_months(cycle.month, -1)
    if closed is not None and closed >= wanted:
        return []
    upto = f"closed up to {closed:%b %Y}" if closed else "none is closed"
    return [f"The bookings of {wanted:%b %Y} are imported ({upto})"]


def _answers(rows: list[Contribution]) -> list[str]:
    waiting = sum(row.answered_at is None for row in rows)
    who = count_text(waiting, "more person has", "more people have")
    return [f"{who} answered, or the deadline passes: nobody holds up the cycle"] if waiting else []


def _gaps(cycle: Cycle) -> list[str]:
    count = Gap.objects.filter(cycle=cycle, state=Gap.State.OPEN).count()
    return [f"{count_text(count, 'open gap has', 'open gaps have')} an option, or a brief"] if count else []


def _decisions(cycle: Cycle) -> list[str]:
    count = cycle.decisions.exclude(state=Decision.State.DECIDED).count()
    return [f"{count_text(count, 'open decision is', 'open decisions are')} taken or deferred"] if count else []


def signatures(cycle: Cycle) -> list[MilestoneReached]:
    """What was reached, by whom and for whom, in order."""
    rows = MilestoneReached.objects.filter(cycle=cycle, withdrawn_at=None)
    return list(rows.select_related("by", "on_behalf_of"))


def step_events(cycle: Cycle) -> list[dict[str, Any]]:
    """What somebody did to a step by hand, and why; newest first."""
    rows = StepEvent.objects.filter(step__cycle=cycle).exclude(by=None).select_related("step", "by").order_by("-id")
    return [
        {
            "step": row.step.kind.label,
            "words": EVENT_WORDS[row.action],
            "by": row.by,
            "at": row.at,
            "reason": row.reason,
        }
        for row in rows
        if row.action != "withdraw"
    ]


def deputies(sign: Signers, on: date) -> list[dict[str, Any]]:
    """Who signs, who is away on a day, and who may sign for them; with the S&OP leader's place in the company."""
    away, boss = away_on(on), sign.leader
    people_signing = sign.heads + ([sign.ceo] if sign.ceo else [])
    found = [{"person": p, "deputy": p.deputy, "away": away.get(p.pk)} for p in _with_deputies(people_signing)]
    if boss is not None:
        upward = Person.objects.select_related("reports_to__user").get(pk=boss.pk).reports_to
        found.append({"person": boss, "deputy": None, "reports_to": upward, "away": away.get(boss.pk)})
    return found


def _with_deputies(signing: list[Person]) -> list[Person]:
    ids = [person.pk for person in signing]
    found = {p.pk: p for p in people().filter(pk__in=ids).select_related("deputy__user")}
    return [found[pk] for pk in ids]
