"""Who does what when in the year, and when the machine is off."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cycles.models import Cycle
from cycles.periods import add_months
from cycles.steps import Step
from demand.services.plan import demand_sign
from demand.services.submissions import submission_send
from meetings.services.actions import action_add
from meetings.services.agreement import ceo_approve, finance_confirm
from meetings.services.cadence import cycle_start, step_date_move, step_end_early, step_take_back
from supply.services.signing import supply_sign
from tests.cast import Cast
from tests.year.company import AFTER, FIRST, MONTHS, SITE_CLOSED, YEAR, ZONES, month_close, on, step_days, working

Deed = Callable[[datetime], object]
DECEMBER, FEBRUARY, MARCH, APRIL, MAY = YEAR[1], YEAR[3], YEAR[4], YEAR[5], YEAR[6]
JANUARY, JUNE, JULY, SEPTEMBER, OCTOBER = YEAR[2], YEAR[7], YEAR[8], YEAR[10], YEAR[11]
ACTION_DUE = date(2027, 1, 27)


@dataclass(frozen=True)
class Entry:
    """The moments of a month's sales entry as they come to be."""

    opens: datetime
    last_day: datetime
    deadline: datetime
    to_leader: datetime


@dataclass
class Diary:
    """What happens when, in order; a moment without a deed is one at which somebody looks at the clock."""

    cast: Cast
    deeds: dict[datetime, list[Deed]] = field(default_factory=dict)
    watched: set[datetime] = field(default_factory=set)
    off: list[tuple[datetime, datetime]] = field(default_factory=list)
    crash_at: list[datetime] = field(default_factory=list)
    answered: dict[tuple[date, str], datetime] = field(default_factory=dict)
    signed: dict[tuple[date, Step], datetime] = field(default_factory=dict)

    def at(self, moment: datetime, *deeds: Deed) -> None:
        self.deeds.setdefault(moment, []).extend(deeds)
        if not deeds:
            self.watched.add(moment)

    def is_off(self, moment: datetime) -> bool:
        return any(start <= moment < end for start, end in self.off)


def entry(month: date) -> Entry:
    """July's deadline is moved by a day; October's comes early and is taken back."""
    first, last = step_days(month)[Step.SALES_FORECAST]
    opens = on(first, 8)
    if month == MAY:
        opens = on(working(first, 1), 14)
    if month == JULY:
        last = working(last, 1)
    return Entry(opens, on(working(last, -1), 8), on(last, 17), on(working(last, 1), 8))


def the_year(cast: Cast) -> Diary:
    diary = Diary(cast)
    diary.at(on(FIRST, 12), lambda at: cycle_start(month=FIRST, at=at, by=cast.leader))
    for month in MONTHS:
        _look_often(diary, month)
        _actuals(diary, month)
        _answers(diary, month)
        _agreement(diary, month)
    diary.at(on(AFTER, 0, 1))
    _day_off(diary)
    _outages(diary)
    _leader(diary)
    diary.deeds = {moment: deeds for moment, deeds in diary.deeds.items() if moment <= on(AFTER, 0, 1)}
    return diary


def _day_off(diary: Diary) -> None:
    """The morning after Rob's own holiday, on his clock."""
    diary.at(datetime.combine(working(SITE_CLOSED, 1), time(7), ZoneInfo(ZONES["rob"])))


def _look_often(diary: Diary, month: date) -> None:
    """A minute before things are due, and when they are."""
    days, times = step_days(month), entry(month)
    before = timedelta(minutes=1)
    due = [times.opens, times.last_day, times.deadline, on(days[Step.DATA_CLOSE][0], 8)]
    for moment in due:
        diary.at(moment - before)
        diary.at(moment)
    if month != FIRST:
        diary.at(on(month, 0, 1))
    diary.at(times.to_leader)
    diary.at(on(days[Step.PRE_SOP][1], 17))
    diary.at(on(days[Step.PUBLISH][1], 8))
    diary.at(on(days[Step.PUBLISH][1], 17))


def _actuals(diary: Diary, month: date) -> None:
    first = step_days(month)[Step.DATA_CLOSE][0]
    moment = entry(month).opens if month == MAY else on(first, 10, 30)
    diary.at(moment, lambda at: month_close(diary.cast, add_months(month, -1)))
    if month == MAY:
        diary.at(on(step_days(month)[Step.SALES_FORECAST][0], 8))


def _answers(diary: Diary, month: date) -> None:
    """Rita early, Rob after the second request, Nina never."""
    times = entry(month)
    late = {DECEMBER: times.deadline - timedelta(hours=7), FEBRUARY: times.last_day + timedelta(hours=4)}
    late[OCTOBER] = times.last_day + timedelta(hours=8)
    moments = {"rita": times.opens + timedelta(hours=2), "rob": late.get(month, times.last_day + timedelta(hours=6))}
    for name, moment in moments.items():
        diary.answered[month, name] = moment
        diary.at(moment, _answer(diary, month, name))


def _answer(diary: Diary, month: date, name: str) -> Deed:
    person = diary.cast.people[name]
    return lambda at: submission_send(cycle=cycle_of(month), person=person, at=at, active_seconds=90)


def cycle_of(month: date) -> Cycle:
    return Cycle.objects.get(month=month)


def _agreement(diary: Diary, month: date) -> None:
    cast, days = diary.cast, step_days(month)
    demand = on(working(days[Step.DEMAND_REVIEW][1], 1) if month == JULY else days[Step.DEMAND_REVIEW][1], 10, 30)
    signed = {
        Step.DEMAND_REVIEW: (demand, demand_sign, cast.manager),
        Step.SUPPLY_REVIEW: (on(days[Step.SUPPLY_REVIEW][1], 10, 30), supply_sign, cast.coo),
        Step.PRE_SOP: (on(days[Step.PRE_SOP][1], 10, 30), finance_confirm, cast.finance),
        Step.EXECUTIVE_SOP: (on(days[Step.EXECUTIVE_SOP][1], 10, 30), ceo_approve, cast.ceo),
    }
    for step, (moment, sign, person) in signed.items():
        if (month, step) != (JUNE, Step.EXECUTIVE_SOP):
            diary.signed[month, step] = moment
            diary.at(moment, lambda at, sign=sign, person=person: sign(cycle=cycle_of(month), person=person, at=at))


def _outages(diary: Diary) -> None:
    """Over December's deadline, over February's second request (Rob answers meanwhile), over the turn to April and
    to summer time; in September the worker dies while it sends."""
    december, february = entry(DECEMBER), entry(FEBRUARY)
    diary.off = [
        (december.last_day + timedelta(hours=12), december.to_leader + timedelta(hours=1, minutes=30)),
        (february.last_day - timedelta(hours=2), february.last_day + timedelta(hours=5)),
        (on(date(2027, 3, 27), 12), on(APRIL, 10)),
    ]
    for start, end in diary.off:
        diary.at(start)
        diary.at(end)
    diary.crash_at = [entry(SEPTEMBER).opens]
    diary.at(entry(SEPTEMBER).opens + timedelta(minutes=4))


def _leader(diary: Diary) -> None:
    """An action that nobody closes, a date that moves, a step closed early and taken back."""
    cast, july, october = diary.cast, entry(JULY), entry(OCTOBER)
    leads = {"by": cast.leader, "reason": "The trade fair takes a day."}
    entry_of_july = {"step": Step.SALES_FORECAST, "due_at": july.deadline, **leads}
    diary.at(july.opens + timedelta(days=1), lambda at: step_date_move(cycle=cycle_of(JULY), at=at, **entry_of_july))
    closing = {"step": Step.SALES_FORECAST, **leads}
    early = october.last_day + timedelta(hours=2)
    diary.at(early, lambda at: step_end_early(cycle=cycle_of(OCTOBER), at=at, **closing))
    again = {"due_at": october.deadline, **closing}
    diary.at(early + timedelta(hours=5), lambda at: step_take_back(cycle=cycle_of(OCTOBER), at=at, **again))
    action = {"text": "Call the forwarder.", "owner": cast.supply_planner, "due_on": ACTION_DUE, "by": cast.leader}
    raised = on(date(2027, 1, 20), 12)
    diary.at(raised, lambda at: action_add(cycle=cycle_of(JANUARY), on=raised.date(), at=at, **action))
    for day in (working(ACTION_DUE, -3), ACTION_DUE, working(ACTION_DUE, 1)):
        diary.at(on(day, 8))
