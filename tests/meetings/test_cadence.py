"""Opening a cycle with its dates and meetings, and what the leader may do to a step."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cycles.models import Cycle, CycleState
from cycles.selectors import milestones_reached, step_of
from cycles.steps import Milestone, Step, StepState
from jobs.errors import Invalid, NotYours, Refused
from jobs.models import Message
from masterdata.models import Company
from meetings.models import Meeting, MeetingKind
from meetings.services.cadence import (
    actuals_check,
    cycle_give_up,
    cycle_start,
    step_date_move,
    step_end_early,
    step_take_back,
    step_times,
)
from tests.cast import CYCLE_MONTH, Cast, small_company
from tests.meetings.journey import ENTRY, OPENED, demand_is_signed, in_entry, started

BERLIN = ZoneInfo("Europe/Berlin")
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


def day(cycle: Cycle, step: Step) -> tuple[date, date]:
    row = step_of(cycle, step)
    return row.opens_at.astimezone(BERLIN).date(), row.due_at.astimezone(BERLIN).date()


def test_a_cycle_opens_with_the_dates_of_the_template(cast: Cast) -> None:
    cycle = started(cast)
    assert day(cycle, Step.SALES_FORECAST) == (date(2026, 11, 4), date(2026, 11, 10))
    assert day(cycle, Step.PUBLISH) == (date(2026, 11, 20), date(2026, 11, 20))
    entry = step_of(cycle, Step.SALES_FORECAST)
    assert (entry.opens_at.astimezone(BERLIN).hour, entry.due_at.astimezone(BERLIN).hour) == (8, 17)
    assert step_of(cycle, Step.DATA_CLOSE).state == StepState.OPEN.value
    assert milestones_reached(cycle) == {Milestone.ACTUALS_IN}


def test_its_meetings_are_planned_and_people_invited_by_role(cast: Cast) -> None:
    cycle = started(cast)
    invited = {
        meeting.kind: sorted(row.person.username for row in meeting.attendance.all())
        for meeting in Meeting.objects.filter(cycle=cycle)
    }
    assert invited == {
        MeetingKind.DEMAND_REVIEW: ["dora", "lena", "mark", "mona"],
        MeetingKind.SUPPLY_REVIEW: ["dora", "lena", "oscar", "sam"],
        MeetingKind.PRE_SOP: ["dora", "finn", "fiona", "lena", "mark", "mona", "oscar", "sam"],
        MeetingKind.EXECUTIVE: ["carla", "fiona", "lena", "mark", "mona", "oscar"],
    }
    executive = Meeting.objects.get(cycle=cycle, kind=MeetingKind.EXECUTIVE)
    assert executive.starts_at == datetime(2026, 11, 19, 10, tzinfo=BERLIN)


def test_without_last_months_actuals_it_stays_in_data_close(cast: Cast) -> None:
    Company.objects.update(last_closed_month=date(2026, 9, 1))
    cycle = started(cast)
    assert milestones_reached(cycle) == set()
    assert not actuals_check(cycle=cycle, at=ENTRY)
    Company.objects.update(last_closed_month=date(2026, 10, 1))
    assert actuals_check(cycle=cycle, at=ENTRY)
    assert not actuals_check(cycle=cycle, at=ENTRY)


def test_only_the_leader_opens_it_and_only_one_is_open(cast: Cast) -> None:
    with pytest.raises(NotYours):
        cycle_start(month=CYCLE_MONTH, at=OPENED, by=cast.rep)
    started(cast)
    with pytest.raises(Refused, match="still open"):
        cycle_start(month=date(2026, 12, 1), at=OPENED, by=cast.leader)
    with pytest.raises(Refused, match="opened already"):
        started(cast)


def test_started_in_mid_month_the_steps_count_from_that_day(cast: Cast) -> None:
    times = step_times(CYCLE_MONTH, at=datetime(2026, 11, 12, 9, tzinfo=UTC))
    assert times[Step.DATA_CLOSE][0].date() == date(2026, 11, 12)
    assert times[Step.SALES_FORECAST][0].date() == date(2026, 11, 16)
    assert times[Step.PUBLISH][1].date() == date(2026, 12, 2)


@pytest.mark.parametrize(
    ("start", "closes"),
    [
        (datetime(2026, 11, 12, 9, tzinfo=UTC), date(2026, 11, 18)),
        (datetime(2026, 11, 14, 20, tzinfo=UTC), date(2026, 11, 20)),  # a Saturday
    ],
)
def test_a_demonstration_starts_in_entry_with_nothing_overdue(cast: Cast, start: datetime, closes: date) -> None:
    times = step_times(CYCLE_MONTH, at=start, entry_starts_on=start.date())
    assert times[Step.DATA_CLOSE][0] <= start < times[Step.DATA_CLOSE][1]
    assert times[Step.SALES_FORECAST][0] <= start
    assert times[Step.SALES_FORECAST][1].date() == closes
    assert all(opens < due for opens, due in times.values())


def test_a_moved_date_takes_its_meeting_along_and_tells_those_affected(cast: Cast) -> None:
    cycle = started(cast)
    due = datetime(2026, 11, 13, 17, tzinfo=BERLIN)
    step_date_move(cycle=cycle, step=Step.DEMAND_REVIEW, by=cast.leader, at=OPENED, reason="Fair in Bern", due_at=due)
    meeting = Meeting.objects.get(cycle=cycle, kind=MeetingKind.DEMAND_REVIEW)
    assert meeting.starts_at == datetime(2026, 11, 13, 10, tzinfo=BERLIN)
    mails = Message.objects.filter(kind="step_move")
    assert sorted(m.recipient.username for m in mails) == ["dora", "mark", "mona"]
    assert all("Fair in Bern" in m.text and "Fri 13 Nov 17:00" in m.text for m in mails)
    assert mails[0].subject == "2026-11: Demand review has a new date"


def test_entry_closed_early_tells_the_reps_and_their_managers(cast: Cast) -> None:
    cycle = in_entry(cast)
    step_end_early(
        cycle=cycle, step=Step.SALES_FORECAST, by=cast.leader, at=ENTRY + timedelta(days=1), reason="All are in"
    )
    assert step_of(cycle, Step.SALES_FORECAST).state == StepState.CLOSED.value
    told = Message.objects.filter(kind="step_close").values_list("recipient__username", flat=True)
    assert sorted(told) == ["mona", "rita", "rob"]


def test_only_the_leader_moves_closes_and_reopens_and_needs_a_reason(cast: Cast) -> None:
    cycle = in_entry(cast)
    due = ENTRY + timedelta(days=3)
    for person, fault in ((cast.manager, NotYours), (cast.leader, Invalid)):
        with pytest.raises(fault):
            step_end_early(cycle=cycle, step=Step.SALES_FORECAST, by=person, at=ENTRY, reason=" ")
        with pytest.raises(fault):
            step_date_move(cycle=cycle, step=Step.SALES_FORECAST, by=person, at=ENTRY, reason=" ", due_at=due)
        with pytest.raises(fault):
            step_take_back(cycle=cycle, step=Step.DATA_CLOSE, by=person, at=ENTRY, reason=" ", due_at=due)


def test_reopening_takes_back_what_was_signed_and_makes_room(cast: Cast) -> None:
    from demand.models import Stage
    from demand.selectors.versions import version_current

    cycle = demand_is_signed(cast)
    assert version_current(cycle, Stage.DEMAND_PLAN) is not None
    at, due = datetime(2026, 11, 12, 9, tzinfo=UTC), datetime(2026, 11, 13, 17, tzinfo=BERLIN)
    step_take_back(cycle=cycle, step=Step.SALES_FORECAST, by=cast.leader, at=at, reason="Large order lost", due_at=due)
    assert version_current(cycle, Stage.DEMAND_PLAN) is None
    assert version_current(cycle, Stage.BASELINE) is not None
    assert Milestone.DEMAND_SIGNED not in milestones_reached(cycle)
    assert step_of(cycle, Step.SALES_FORECAST).state == StepState.OPEN.value
    assert day(cycle, Step.DEMAND_REVIEW)[1] == date(2026, 11, 16)
    assert day(cycle, Step.SUPPLY_REVIEW)[1] == date(2026, 11, 17)
    assert day(cycle, Step.PRE_SOP)[1] == date(2026, 11, 18)
    assert day(cycle, Step.EXECUTIVE_SOP)[1] == date(2026, 11, 19)
    told = set(Message.objects.filter(kind="step_reopen").values_list("recipient__username", flat=True))
    assert told >= {"rita", "rob", "mona", "carla", "oscar", "fiona", "mark"}
    assert "lena" not in told


def test_a_cycle_given_up_ends_unpublished_with_its_meetings_cancelled(cast: Cast) -> None:
    cycle = cycle_give_up(cycle=started(cast), at=datetime(2026, 12, 1, 8, tzinfo=UTC))
    assert cycle.state == CycleState.NOT_PUBLISHED
    assert step_of(cycle, Step.PRE_SOP).state == StepState.MISSED.value
    assert set(cycle.meetings.values_list("state", flat=True)) == {Meeting.State.CANCELLED}
