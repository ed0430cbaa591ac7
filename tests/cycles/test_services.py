"""A cycle's steps change by time, by condition, or by the leader with a reason, and in one place only."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from cycles.models import Contribution, Cycle, CycleState, How, MilestoneReached, StepEvent
from cycles.selectors import closed_steps, milestones_reached, open_cycle, participation, step_of
from cycles.services import (
    contribution_answer,
    contribution_nudge,
    contribution_withdraw,
    contributions_expect,
    cycle_advance,
    cycle_end,
    cycle_lock_exclusive,
    cycle_lock_shared,
    cycle_open,
    milestone_reach,
    step_close,
    step_move,
    step_reopen,
)
from cycles.steps import Milestone, Step, StepState
from jobs.errors import Invalid, Refused

MONTH = date(2026, 11, 1)
START = datetime(2026, 11, 2, 8, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def times(start: datetime = START) -> dict[Step, tuple[datetime, datetime]]:
    """Every step one day, one after the other."""
    return {step: (start + timedelta(days=i), start + timedelta(days=i, hours=9)) for i, step in enumerate(Step)}


@pytest.fixture
def lena() -> User:
    return User.objects.create(username="lena")


@pytest.fixture
def cycle() -> Cycle:
    return cycle_open(month=MONTH, times=times(), horizon=24, at=START)


def reach(cycle: Cycle, *kinds: Milestone, at: datetime = START) -> None:
    for kind in kinds:
        milestone_reach(cycle=cycle, kind=kind, at=at)
        cycle_advance(cycle=cycle, at=at)


def state(cycle: Cycle, step: Step) -> StepState:
    return StepState(step_of(cycle, step).state)


def to_demand_review(cycle: Cycle) -> datetime:
    cycle_advance(cycle=cycle, at=START)
    reach(cycle, Milestone.ACTUALS_IN, Milestone.BASELINE_BUILT)
    at = START + timedelta(days=1, hours=10)
    cycle_advance(cycle=cycle, at=START + timedelta(days=1))
    cycle_advance(cycle=cycle, at=at)
    return at


def test_only_one_real_cycle_is_open(cycle: Cycle) -> None:
    with pytest.raises(Refused, match="still open"):
        cycle_open(month=date(2026, 12, 1), times=times(), horizon=24, at=START)
    with pytest.raises(Refused, match="opened already"):
        cycle_open(month=MONTH, times=times(), horizon=24, at=START)
    with pytest.raises(IntegrityError), transaction.atomic():
        Cycle.objects.create(month=date(2026, 12, 1), opened_at=START)
    assert open_cycle() == cycle


def test_a_simulated_cycle_may_stand_beside_the_open_one(cycle: Cycle) -> None:
    past = cycle_open(month=date(2025, 11, 1), times=times(), horizon=24, at=START, simulated=True)
    assert closed_steps(past) == set(Step)
    assert open_cycle() == cycle


def test_steps_open_and_close_in_order(cycle: Cycle) -> None:
    cycle_advance(cycle=cycle, at=START)
    assert state(cycle, Step.DATA_CLOSE) is StepState.OPEN
    reach(cycle, Milestone.ACTUALS_IN, Milestone.BASELINE_BUILT)
    assert state(cycle, Step.DATA_CLOSE) is StepState.CLOSED
    assert state(cycle, Step.SALES_FORECAST) is StepState.PENDING  # its time has not come
    cycle_advance(cycle=cycle, at=START + timedelta(days=1))
    assert state(cycle, Step.SALES_FORECAST) is StepState.OPEN


def test_after_an_outage_everything_due_is_caught_up_once(cycle: Cycle) -> None:
    milestone_reach(cycle=cycle, kind=Milestone.ACTUALS_IN, at=START)
    milestone_reach(cycle=cycle, kind=Milestone.BASELINE_BUILT, at=START)
    late = START + timedelta(days=3)
    cycle_advance(cycle=cycle, at=late)
    assert cycle_advance(cycle=cycle, at=late) == []
    assert closed_steps(cycle) == {Step.DATA_CLOSE, Step.SALES_FORECAST}
    actions = StepEvent.objects.filter(step__step=Step.SALES_FORECAST.value).values_list("action", flat=True)
    assert list(actions) == ["open", "close"]


def test_the_deadline_accepts_what_was_not_answered(cycle: Cycle, lena: User) -> None:
    rita = User.objects.create(username="rita")
    contributions_expect(cycle=cycle, step=Step.SALES_FORECAST, expected={lena.pk: 30.0, rita.pk: 70.0})
    cycle_advance(cycle=cycle, at=START)
    reach(cycle, Milestone.ACTUALS_IN, Milestone.BASELINE_BUILT)
    cycle_advance(cycle=cycle, at=START + timedelta(days=1))
    contribution_answer(cycle=cycle, step=Step.SALES_FORECAST, person=rita, how=How.ALL_FINE, at=START)
    cycle_advance(cycle=cycle, at=START + timedelta(days=2))
    assert Contribution.objects.get(person=lena).how == How.AUTO
    facts = participation(cycle)
    assert (facts.expected, facts.answered, facts.value_share) == (2, 1, 0.7)
    with pytest.raises(Refused, match="is not open"):
        contribution_answer(cycle=cycle, step=Step.SALES_FORECAST, person=lena, how=How.CHANGED, at=START)


def test_an_answer_can_be_taken_back_while_the_step_is_open(cycle: Cycle, lena: User) -> None:
    contributions_expect(cycle=cycle, step=Step.SALES_FORECAST, expected={lena.pk: 1.0})
    cycle_advance(cycle=cycle, at=START)
    reach(cycle, Milestone.ACTUALS_IN, Milestone.BASELINE_BUILT)
    cycle_advance(cycle=cycle, at=START + timedelta(days=1))
    contribution_answer(cycle=cycle, step=Step.SALES_FORECAST, person=lena, how=How.CHANGED, at=START)
    contribution_withdraw(cycle=cycle, step=Step.SALES_FORECAST, person=lena)
    assert participation(cycle).answered == 0


def test_a_person_is_nudged_once_and_never_after_answering(cycle: Cycle, lena: User) -> None:
    with pytest.raises(Refused, match="No answer is expected"):
        contribution_nudge(cycle=cycle, step=Step.SALES_FORECAST, person=lena, at=START)
    contributions_expect(cycle=cycle, step=Step.SALES_FORECAST, expected={lena.pk: 1.0})
    contribution_nudge(cycle=cycle, step=Step.SALES_FORECAST, person=lena, at=START)
    with pytest.raises(Refused, match="nudged already"):
        contribution_nudge(cycle=cycle, step=Step.SALES_FORECAST, person=lena, at=START)


def test_signing_too_early_says_what_is_missing(cycle: Cycle) -> None:
    cycle_advance(cycle=cycle, at=START)
    with pytest.raises(Refused, match="It waits until Sales forecast is closed"):
        milestone_reach(cycle=cycle, kind=Milestone.DEMAND_SIGNED, at=START)


def test_the_leader_closes_early_with_a_reason(cycle: Cycle, lena: User) -> None:
    cycle_advance(cycle=cycle, at=START)
    with pytest.raises(Refused, match="baseline is built"):
        step_close(cycle=cycle, step=Step.DATA_CLOSE, by=lena, at=START, reason="no time")
    reach(cycle, Milestone.ACTUALS_IN, Milestone.BASELINE_BUILT)
    cycle_advance(cycle=cycle, at=START + timedelta(days=1))
    with pytest.raises(Invalid, match="Say why"):
        step_close(cycle=cycle, step=Step.SALES_FORECAST, by=lena, at=START, reason=" ")
    step_close(cycle=cycle, step=Step.SALES_FORECAST, by=lena, at=START, reason="everybody answered")
    assert state(cycle, Step.DEMAND_REVIEW) is StepState.OPEN
    assert StepEvent.objects.get(action="close", by=lena).reason == "everybody answered"


def test_reopening_withdraws_what_came_after(cycle: Cycle, lena: User) -> None:
    at = to_demand_review(cycle)
    reach(cycle, Milestone.PROPOSAL_BUILT, Milestone.DEMAND_SIGNED, at=at)
    assert state(cycle, Step.SUPPLY_REVIEW) is StepState.OPEN
    due = at + timedelta(days=1)
    step_reopen(cycle=cycle, step=Step.SALES_FORECAST, by=lena, at=at, reason="big order came", due_at=due)
    assert state(cycle, Step.SALES_FORECAST) is StepState.OPEN
    assert state(cycle, Step.DEMAND_REVIEW) is StepState.PENDING
    assert milestones_reached(cycle) == {Milestone.ACTUALS_IN, Milestone.BASELINE_BUILT}
    assert cycle.milestones.filter(withdrawn_at__isnull=False).count() == 2
    assert cycle_advance(cycle=cycle, at=at) == []
    cycle_advance(cycle=cycle, at=due)
    assert state(cycle, Step.DEMAND_REVIEW) is StepState.OPEN


def test_a_step_that_was_over_before_its_day_is_reopened_at_once(cycle: Cycle, lena: User) -> None:
    cycle_advance(cycle=cycle, at=START)
    reach(cycle, Milestone.ACTUALS_IN, Milestone.BASELINE_BUILT)
    early = step_of(cycle, Step.SALES_FORECAST).opens_at
    cycle_advance(cycle=cycle, at=early)
    step_close(cycle=cycle, step=Step.SALES_FORECAST, by=lena, at=early, reason="everybody answered")
    reach(cycle, Milestone.PROPOSAL_BUILT, Milestone.DEMAND_SIGNED, at=early)
    assert step_of(cycle, Step.DEMAND_REVIEW).opens_at > early + timedelta(hours=1)
    due = early + timedelta(hours=1)
    step_reopen(cycle=cycle, step=Step.DEMAND_REVIEW, by=lena, at=early, reason="too much", due_at=due)
    row = step_of(cycle, Step.DEMAND_REVIEW)
    assert (row.state, row.opens_at, row.due_at) == (StepState.OPEN.value, early, due)


def test_reopening_data_close_keeps_the_actuals(cycle: Cycle, lena: User) -> None:
    to_demand_review(cycle)
    at = START + timedelta(days=2)
    step_reopen(
        cycle=cycle, step=Step.DATA_CLOSE, by=lena, at=at, reason="late booking", due_at=at + timedelta(hours=4)
    )
    assert milestones_reached(cycle) == {Milestone.ACTUALS_IN}
    assert state(cycle, Step.SALES_FORECAST) is StepState.PENDING


def test_moving_a_deadline(cycle: Cycle, lena: User) -> None:
    due = START + timedelta(days=5)
    assert step_move(cycle=cycle, step=Step.SALES_FORECAST, by=lena, at=START, reason="fair", due_at=due).due_at == due
    with pytest.raises(Invalid, match="before it opens"):
        step_move(cycle=cycle, step=Step.SALES_FORECAST, by=lena, at=START, reason="x", due_at=START)


def test_ending_a_cycle_records_missed_steps(cycle: Cycle) -> None:
    to_demand_review(cycle)
    cycle_end(cycle=cycle, state=CycleState.NOT_PUBLISHED, at=START)
    assert state(cycle, Step.DEMAND_REVIEW) is StepState.MISSED
    assert state(cycle, Step.SALES_FORECAST) is StepState.CLOSED
    with pytest.raises(Refused, match="already ended"):
        cycle_end(cycle=cycle, state=CycleState.PUBLISHED, at=START)
    assert open_cycle() is None


@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_a_transaction() -> None:
    opened = cycle_open(month=MONTH, times=times(), horizon=24, at=START)
    with pytest.raises(RuntimeError, match="needs a transaction"):
        cycle_lock_shared(opened)


@pytest.mark.django_db(transaction=True)
def test_who_takes_a_lock_alone_has_checked_its_rows_before() -> None:
    """At the commit everybody would wait for it: a second for the rows of a large proposal."""
    opened = cycle_open(month=MONTH, times=times(), horizon=24, at=START)
    stranger = {"by_id": 404, "cycle": opened, "kind": Milestone.ACTUALS_IN.value, "at": START}
    with transaction.atomic():
        MilestoneReached.objects.create(**stranger)
        with pytest.raises(IntegrityError, match="404"), transaction.atomic():
            cycle_lock_exclusive(opened)
        MilestoneReached.objects.all().delete()
        cycle_lock_exclusive(opened)
        late = MilestoneReached.objects.create(**stranger)  # checked at the commit again, as ever
        late.delete()
