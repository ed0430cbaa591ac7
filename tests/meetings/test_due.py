"""What happens by itself: a whole cycle with nobody opening or closing anything by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cycles.models import Cycle, CycleState, How
from cycles.selectors import milestones_reached, open_cycle, step_of
from cycles.services import contribution_answer
from cycles.steps import Milestone, Step, StepState
from demand.services.plan import demand_sign, proposal_build
from jobs.errors import Refused
from jobs.models import Job, Message
from masterdata.models import Company
from meetings.models import Meeting, MeetingKind
from meetings.services.agreement import ceo_approve, finance_confirm
from meetings.services.due import due, next_month_due
from supply.services.planning import supply_plan_build
from supply.services.signing import supply_sign
from tests.cast import Cast, small_company
from tests.meetings.journey import (
    APPROVED,
    DEMAND,
    ENTRY,
    ENTRY_CLOSED,
    MONEY,
    OPENED,
    SUPPLY,
    approved,
    baseline_store,
    do_job,
    hours_enough,
    started,
)

DECEMBER = datetime(2026, 12, 1, 8, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


def test_a_whole_cycle_moves_by_itself_between_the_signatures(cast: Cast) -> None:
    cycle = started(cast)
    due(at=OPENED)
    baseline_store(cycle)
    due(at=ENTRY)
    assert step_of(cycle, Step.SALES_FORECAST).state == StepState.OPEN.value
    assert cycle.contributions.count() == 2
    contribution_answer(cycle=cycle, step=Step.SALES_FORECAST, person=cast.rep.user, how=How.ALL_FINE, at=ENTRY)
    due(at=ENTRY_CLOSED)
    assert step_of(cycle, Step.DEMAND_REVIEW).state == StepState.OPEN.value
    assert list(cycle.contributions.values_list("how", flat=True).order_by("how")) == [How.ALL_FINE, How.AUTO]
    proposal_build(cycle=cycle, at=ENTRY_CLOSED)
    demand_sign(cycle=cycle, person=cast.manager, at=DEMAND)
    due(at=DEMAND)
    hours_enough(cast)
    supply_plan_build(cycle=cycle, at=SUPPLY)
    supply_sign(cycle=cycle, person=cast.coo, at=SUPPLY)
    due(at=SUPPLY)
    finance_confirm(cycle=cycle, person=cast.finance, at=MONEY)
    due(at=MONEY)
    assert Milestone.PACK_FROZEN not in milestones_reached(cycle)
    due(at=datetime(2026, 11, 18, 9, tzinfo=UTC))
    assert Milestone.PACK_FROZEN in milestones_reached(cycle)
    ceo_approve(cycle=cycle, person=cast.ceo, at=APPROVED)
    do_job(Job.objects.get(kind="publish"), APPROVED)
    cycle.refresh_from_db()
    assert cycle.state == CycleState.PUBLISHED
    for step in Step:
        assert list(step_of(cycle, step).events.values_list("action", flat=True)) == ["open", "close"]


def test_doing_it_twice_changes_nothing(cast: Cast) -> None:
    cycle = started(cast)
    baseline_store(cycle)
    due(at=ENTRY)
    before = (Message.objects.count(), Job.objects.count(), list(cycle.steps.values_list("state", flat=True)))
    due(at=ENTRY)
    assert before == (Message.objects.count(), Job.objects.count(), list(cycle.steps.values_list("state", flat=True)))


def test_an_approval_whose_job_was_lost_is_queued_again(cast: Cast) -> None:
    approved(cast)
    Job.objects.all().delete()
    due(at=APPROVED)
    assert Job.objects.get(kind="publish").key == "2026-11"


def test_the_next_cycle_opens_with_its_month_and_waits_for_the_actuals(cast: Cast) -> None:
    cycle = approved(cast)
    do_job(Job.objects.get(kind="publish"), APPROVED)
    due(at=DECEMBER - timedelta(hours=10))  # 30 Nov in Berlin
    assert open_cycle() is None
    due(at=DECEMBER)
    december = open_cycle()
    assert december is not None
    assert december.month == date(2026, 12, 1)
    assert milestones_reached(december) == set()
    Company.objects.update(last_closed_month=date(2026, 11, 1))
    due(at=DECEMBER)
    assert milestones_reached(december) == {Milestone.ACTUALS_IN}
    cycle.refresh_from_db()
    assert cycle.state == CycleState.PUBLISHED


def test_a_cycle_not_approved_ends_when_the_next_one_opens(cast: Cast) -> None:
    cycle = started(cast)
    due(at=DECEMBER)
    cycle.refresh_from_db()
    assert cycle.state == CycleState.NOT_PUBLISHED
    assert set(cycle.steps.values_list("state", flat=True)) == {StepState.MISSED.value}
    december = open_cycle()
    assert december is not None
    assert december.code == "2026-12"
    assert Meeting.objects.filter(cycle=cycle, state=Meeting.State.CANCELLED).count() == 4
    assert Meeting.objects.filter(cycle=december, kind=MeetingKind.EXECUTIVE, state=Meeting.State.PLANNED).exists()


def test_a_cycle_that_runs_into_the_next_month_is_left_its_time(cast: Cast) -> None:
    from meetings.services.cadence import cycle_start

    late = datetime(2026, 11, 25, 9, tzinfo=UTC)
    cycle_start(month=date(2026, 11, 1), at=late, by=cast.leader)
    assert next_month_due(DECEMBER) is None
    assert next_month_due(datetime(2026, 12, 15, 18, tzinfo=UTC)) == date(2026, 12, 1)


def test_what_fails_does_not_hold_up_the_rest(cast: Cast) -> None:
    """A pack that cannot be built must not keep the next month from opening."""
    from demand.models import ForecastVersion, Stage
    from tests.meetings.journey import confirmed

    cycle = confirmed(cast)
    ForecastVersion.objects.filter(cycle=cycle, stage=Stage.SUPPLY_PLAN).delete()
    with pytest.raises(Refused, match="no signed supply plan"):
        due(at=DECEMBER)
    december = open_cycle()
    assert december is not None
    assert december.code == "2026-12"


def test_the_first_cycle_of_all_is_opened_by_hand(cast: Cast) -> None:
    due(at=OPENED)
    assert not Cycle.objects.exists()


def test_after_an_outage_of_months_the_cycle_of_today_opens(cast: Cast) -> None:
    started(cast)
    due(at=datetime(2027, 3, 10, 9, tzinfo=UTC))
    cycle = open_cycle()
    assert cycle is not None
    assert cycle.code == "2027-03"
