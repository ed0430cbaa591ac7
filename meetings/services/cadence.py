"""The cycle's calendar: opening it, its meetings, and what the S&OP leader may do to a step."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from cycles.calendar_days import add_working_days
from cycles.models import Cycle, CycleState, CycleStep, StepEvent
from cycles.periods import add_months
from cycles.selectors import company_holidays, milestones_reached, step_of
from cycles.services import cycle_advance, cycle_end, cycle_open, milestone_reach, step_close, step_move, step_reopen
from cycles.steps import DEFAULT_DAYS, Milestone, Step, StepState, dates_from, steps_withdrawn_by_reopen, template_dates
from demand.models import Stage
from demand.services.plan import stages_withdraw
from jobs.errors import Invalid, Refused
from masterdata.models import Person
from masterdata.policy import Action, check
from masterdata.selectors import company
from meetings.models import Attendance, Meeting, MeetingKind
from meetings.policy import check_leads
from meetings.selectors.people import invited
from meetings.services.notices import step_notices_queue

OPENS_AT = time(8)
DUE_AT = time(17)
MEETS_AT = time(10)
MEETING_MINUTES = {
    MeetingKind.DEMAND_REVIEW: 75,
    MeetingKind.SUPPLY_REVIEW: 60,
    MeetingKind.PRE_SOP: 90,
    MeetingKind.EXECUTIVE: 60,
}
PLANNED_BY_DEMAND = (Stage.SALES, Stage.TEAM, Stage.EVENTS, Stage.DEMAND_PLAN)
# What a reopened step takes back from finished to work in progress.
WITHDRAWN_STAGES: dict[Step, tuple[Stage, ...]] = {
    Step.DATA_CLOSE: (*PLANNED_BY_DEMAND, Stage.SUPPLY_PLAN),
    Step.SALES_FORECAST: (*PLANNED_BY_DEMAND, Stage.SUPPLY_PLAN),
    Step.DEMAND_REVIEW: (*PLANNED_BY_DEMAND, Stage.SUPPLY_PLAN),
    Step.SUPPLY_REVIEW: (Stage.SUPPLY_PLAN,),
}


def step_days(month: date, today: date, entry_starts_on: date | None = None) -> Mapping[Step, tuple[date, date]]:
    """First and last day of each step: by the template, or from today when the month is already under way.

    `entry_starts_on` makes that day the first of sales entry, and counts everything else from it.
    """
    holidays = company_holidays(company().country, (month.year, today.year, month.year + 1))
    if entry_starts_on is not None:
        first_day = DEFAULT_DAYS[Step.SALES_FORECAST][0]
        first = add_working_days(entry_starts_on, 0, holidays=holidays)
        return dates_from(first, start_day=first_day, holidays=holidays)
    planned = template_dates(month, holidays)
    if today <= planned[Step.DATA_CLOSE][1]:
        return planned
    return dates_from(add_working_days(today, 0, holidays=holidays), start_day=1, holidays=holidays)


def step_times(
    month: date, *, at: datetime, entry_starts_on: date | None = None
) -> dict[Step, tuple[datetime, datetime]]:
    """When each step opens (08:00) and is due (17:00), in the company's time zone.

    With `entry_starts_on` the first two steps may open at once, and data close has a day from now.
    """
    zone = ZoneInfo(company().timezone)
    days = step_days(month, at.astimezone(zone).date(), entry_starts_on)
    times = {
        step: (datetime.combine(first, OPENS_AT, zone), datetime.combine(last, DUE_AT, zone))
        for step, (first, last) in days.items()
    }
    if entry_starts_on is not None:
        for step in (Step.DATA_CLOSE, Step.SALES_FORECAST):
            times[step] = (min(times[step][0], at), max(times[step][1], at + timedelta(days=1)))
    return times


@transaction.atomic
def cycle_start(
    *, month: date, at: datetime, by: Person | None = None, entry_starts_on: date | None = None, closing: bool = False
) -> Cycle:
    """Open the cycle of a month with its dates, its four meetings and their invitations.

    `by` is empty when the calendar opens it. `closing`: data close begins at once, whatever the calendar says. Refused
    while an earlier cycle is open.
    """
    if by is not None:
        check_leads(by, "Opening a cycle")
    times = step_times(month, at=at, entry_starts_on=entry_starts_on)
    if closing:
        opens, due = times[Step.DATA_CLOSE]
        times = {**times, Step.DATA_CLOSE: (min(opens, at), due)}
    cycle = cycle_open(month=month, times=times, horizon=company().horizon_months, at=at)
    meetings_plan(cycle=cycle)
    actuals_check(cycle=cycle, at=at)
    cycle_advance(cycle=cycle, at=at)
    return cycle


@transaction.atomic
def first_cycle_start(*, at: datetime, by: Person) -> Cycle:
    """Open the cycle after the last closed month, by who sets the portal up; the S&OP leader opens the ones after it.

    Refused when there was a cycle already, Invalid while nobody has said which month was closed.
    """
    check(by, Action.SET_UP)
    if Cycle.objects.exists():
        raise Refused("cycle_exists", "The first cycle has been opened. The S&OP leader opens the next ones.")
    closed = company().last_closed_month
    if closed is None:
        raise Invalid("Say first which month was closed last.")
    return cycle_start(month=add_months(closed, 1), at=at, closing=True)


@transaction.atomic
def meetings_plan(*, cycle: Cycle) -> None:
    """Create the four meetings on the last day of their step, and invite by role."""
    zone = ZoneInfo(company().timezone)
    for kind in MeetingKind:
        due = step_of(cycle, Step(kind.value)).due_at
        starts = datetime.combine(due.astimezone(zone).date(), MEETS_AT, zone)
        minutes = MEETING_MINUTES[kind]
        meeting = Meeting.objects.create(cycle=cycle, kind=kind, starts_at=starts, minutes=minutes)
        Attendance.objects.bulk_create(Attendance(meeting=meeting, person=person) for person in invited(kind))


def actuals_check(*, cycle: Cycle, at: datetime) -> bool:
    """Mark the actuals as in once last month is closed; True when that is newly so."""
    closed = company().last_closed_month
    if closed is None or closed < add_months(cycle.month, -1) or Milestone.ACTUALS_IN in milestones_reached(cycle):
        return False
    if step_of(cycle, Step.DATA_CLOSE).opens_at > at:
        return False
    milestone_reach(cycle=cycle, kind=Milestone.ACTUALS_IN, at=at, note=f"Closed up to {closed:%Y-%m}.")
    return True


@transaction.atomic
def step_end_early(*, cycle: Cycle, step: Step, by: Person, at: datetime, reason: str) -> CycleStep:
    """The leader closes a step before its time; everybody affected is told why."""
    check_leads(by, "Closing a step")
    row = step_close(cycle=cycle, step=step, by=by.user, at=at, reason=reason)
    step_notices_queue(cycle=cycle, step=step, event=_latest_event(row), at=at)
    return row


@transaction.atomic
def step_date_move(*, cycle: Cycle, step: Step, by: Person, at: datetime, reason: str, due_at: datetime) -> CycleStep:
    """The leader moves a step's due time, and its meeting with it; those affected are told why."""
    check_leads(by, "Moving a step")
    row = step_move(cycle=cycle, step=step, by=by.user, at=at, reason=reason, due_at=due_at)
    meeting_follow(cycle=cycle, step=step, due_at=due_at)
    step_notices_queue(cycle=cycle, step=step, event=_latest_event(row), at=at)
    return row


@transaction.atomic
def step_take_back(*, cycle: Cycle, step: Step, by: Person, at: datetime, reason: str, due_at: datetime) -> CycleStep:
    """The leader reopens a step: later stages and signatures go back with it, everybody affected is told why."""
    check_leads(by, "Reopening a step")
    return step_reopen_whole(cycle=cycle, step=step, by=by, at=at, reason=reason, due_at=due_at)


def step_reopen_whole(
    *, cycle: Cycle, step: Step, by: Person, at: datetime, reason: str, due_at: datetime
) -> CycleStep:
    """Reopen a step on every floor: its state, the finished stages after it, its meetings, the dates that follow."""
    row = step_reopen(cycle=cycle, step=step, by=by.user, at=at, reason=reason, due_at=due_at)
    stages_withdraw(cycle=cycle, stages=WITHDRAWN_STAGES.get(step, ()))
    meeting_follow(cycle=cycle, step=step, due_at=due_at)
    kinds = [kind for kind in MeetingKind if Step(kind.value).order >= step.order]
    done = Meeting.objects.filter(
        cycle=cycle, kind__in=kinds, state__in=[Meeting.State.FINISHED, Meeting.State.RUNNING]
    )
    done.update(state=Meeting.State.PLANNED)
    _room_after(cycle, step, by, at, reason)
    step_notices_queue(cycle=cycle, step=step, event=_latest_event(row), at=at)
    return row


def _room_after(cycle: Cycle, step: Step, by: Person, at: datetime, reason: str) -> None:
    """Later steps that would now be due before their turn move to the working days after it, one each."""
    holidays = company_holidays(company().country, (at.year, at.year + 1))
    zone = ZoneInfo(company().timezone)
    due = step_of(cycle, step).due_at
    for later in steps_withdrawn_by_reopen(step):
        row = step_of(cycle, later)
        if row.due_at <= due:
            next_day = add_working_days(due.astimezone(zone).date(), 1, holidays=holidays)
            moved = max(datetime.combine(next_day, DUE_AT, zone), row.opens_at + timedelta(hours=1))
            step_move(cycle=cycle, step=later, by=by.user, at=at, reason=reason, due_at=moved)
            meeting_follow(cycle=cycle, step=later, due_at=moved)
            row.due_at = moved
        due = row.due_at


def meeting_follow(*, cycle: Cycle, step: Step, due_at: datetime) -> None:
    """A step's meeting moves to the step's new last day, at the hour it had."""
    meeting = Meeting.objects.filter(cycle=cycle, kind=step.value, state=Meeting.State.PLANNED).first()
    if meeting is None:
        return
    zone = ZoneInfo(company().timezone)
    hour = meeting.starts_at.astimezone(zone).time()
    meeting.starts_at = datetime.combine(due_at.astimezone(zone).date(), hour, zone)
    meeting.save(update_fields=["starts_at"])


def _latest_event(row: CycleStep) -> StepEvent:
    event = StepEvent.objects.filter(step=row).order_by("-id").first()
    if event is None:
        raise LookupError(f"The step {row} has no event.")
    return event


@transaction.atomic
def cycle_give_up(*, cycle: Cycle, at: datetime) -> Cycle:
    """End a cycle that was not approved in time: the latest published forecast stays in force."""
    meetings = Meeting.objects.filter(cycle=cycle, state__in=[Meeting.State.PLANNED, Meeting.State.RUNNING])
    meetings.update(state=Meeting.State.CANCELLED)
    return cycle_end(cycle=cycle, state=CycleState.NOT_PUBLISHED, at=at)


def step_finished(cycle: Cycle, step: Step) -> bool:
    return step_of(cycle, step).state in (StepState.CLOSED.value, StepState.MISSED.value)
