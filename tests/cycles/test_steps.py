from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cycles import steps
from cycles.calendar_days import count, holiday_dates, working_days
from cycles.steps import Action, Milestone, Step, StepState

US = holiday_dates("US", [2025, 2026, 2027])
NOVEMBER = date(2026, 11, 1)


def test_the_seven_steps_are_in_order_and_labelled() -> None:
    assert [s.value for s in Step] == [
        "data_close",
        "sales_forecast",
        "demand_review",
        "supply_review",
        "pre_sop",
        "executive_sop",
        "publish",
    ]
    assert [s.order for s in Step] == list(range(7))
    assert Step("pre_sop").label == "Pre-S&OP"
    assert list(steps.STEPS) == list(Step)


def test_default_working_days() -> None:
    assert list(steps.DEFAULT_DAYS.values()) == [
        (1, 2),
        (3, 7),
        (8, 8),
        (9, 11),
        (12, 12),
        (14, 14),
        (15, 15),
    ]


def test_only_sales_entry_goes_by_time_and_only_signed_steps_have_a_signer() -> None:
    assert [s for s in Step if steps.STEPS[s].by_time] == [Step.SALES_FORECAST]
    signers = {s: steps.STEPS[s].signer for s in Step if steps.STEPS[s].signer}
    assert signers == {
        Step.DEMAND_REVIEW: steps.Signer.HEAD_OF_SALES,
        Step.SUPPLY_REVIEW: steps.Signer.HEAD_OF_OPERATIONS,
        Step.PRE_SOP: steps.Signer.HEAD_OF_FINANCE,
        Step.EXECUTIVE_SOP: steps.Signer.CEO,
    }


@pytest.mark.parametrize(
    ("step", "closed", "reached", "missing"),
    [
        (Step.DATA_CLOSE, [], [], []),
        (Step.SALES_FORECAST, [], [], ["It waits until Data close is closed", "the baseline is built"]),
        (Step.SALES_FORECAST, [Step.DATA_CLOSE], [Milestone.BASELINE_BUILT], []),
        (Step.DEMAND_REVIEW, [Step.DATA_CLOSE], [], ["It waits until Sales forecast is closed"]),
        (Step.DEMAND_REVIEW, [Step.SALES_FORECAST], [], []),
        (Step.SUPPLY_REVIEW, list(Step), [], ["the head of Sales has signed demand"]),
        (Step.SUPPLY_REVIEW, [], [Milestone.DEMAND_SIGNED], []),
        (Step.PRE_SOP, [], [], ["the head of Operations has signed supply"]),
        (Step.EXECUTIVE_SOP, [], [], ["the pack is frozen"]),
        (Step.PUBLISH, [], [], ["the CEO has approved"]),
        (Step.PUBLISH, [], [Milestone.CEO_APPROVED], []),
    ],
)
def test_missing_for_open(step: Step, closed: list[Step], reached: list[Milestone], missing: list[str]) -> None:
    found = steps.missing_for_open(step, closed, reached)
    assert len(found) == len(missing)
    assert all(words in line for words, line in zip(missing, found, strict=True))


@pytest.mark.parametrize(
    ("step", "exit_milestones"),
    [
        (Step.DATA_CLOSE, [Milestone.ACTUALS_IN, Milestone.BASELINE_BUILT]),
        (Step.SALES_FORECAST, []),
        (Step.DEMAND_REVIEW, [Milestone.DEMAND_SIGNED]),
        (Step.SUPPLY_REVIEW, [Milestone.SUPPLY_PLANNED, Milestone.SUPPLY_SIGNED]),
        (Step.PRE_SOP, [Milestone.FINANCE_CONFIRMED, Milestone.PACK_FROZEN]),
        (Step.EXECUTIVE_SOP, [Milestone.CEO_APPROVED]),
        (Step.PUBLISH, [Milestone.PUBLISHED]),
    ],
)
def test_missing_for_close_lists_the_exit_milestones(step: Step, exit_milestones: list[Milestone]) -> None:
    earlier = [s for s in Step if s.order < step.order]
    before = [m for m, owner in steps.MILESTONE_STEP.items() if owner in earlier]
    found = steps.missing_for_close(step, earlier, before)
    assert found == [f"It waits until {m.label}" for m in exit_milestones]
    assert steps.missing_for_close(step, earlier, [*before, *exit_milestones]) == []


def test_a_later_step_may_be_prepared_but_not_signed() -> None:
    closed = [Step.DATA_CLOSE]
    reached = [Milestone.ACTUALS_IN, Milestone.BASELINE_BUILT]
    assert steps.missing_for_milestone(Milestone.PROPOSAL_BUILT, closed, reached) == []
    assert steps.missing_for_milestone(Milestone.SUPPLY_PLANNED, closed, reached) == []
    refused = steps.missing_for_milestone(Milestone.DEMAND_SIGNED, closed, reached)
    assert refused == [
        "It waits until Sales forecast is closed",
        "It waits until the proposal for the demand plan is built",
    ]
    ready = [*reached, Milestone.PROPOSAL_BUILT]
    both = [*closed, Step.SALES_FORECAST]
    assert steps.missing_for_milestone(Milestone.DEMAND_SIGNED, both, ready) == []


def test_milestones_can_be_reached_in_order_and_in_no_other_way_past_a_signature() -> None:
    closed = [Step.DATA_CLOSE, Step.SALES_FORECAST]
    reached: list[Milestone] = []
    for milestone in Milestone:
        assert steps.missing_for_milestone(milestone, closed, reached) == []
        reached.append(milestone)
    signatures = [
        Milestone.DEMAND_SIGNED,
        Milestone.SUPPLY_SIGNED,
        Milestone.FINANCE_CONFIRMED,
        Milestone.PACK_FROZEN,
        Milestone.CEO_APPROVED,
        Milestone.PUBLISHED,
    ]
    for earlier, later in pairwise(signatures):
        without = set(Milestone) - {earlier}
        assert f"It waits until {earlier.label}" in steps.missing_for_milestone(later, closed, without)


@pytest.mark.parametrize(
    ("state", "action", "after"),
    [
        (StepState.PENDING, Action.OPEN, StepState.OPEN),
        (StepState.OPEN, Action.CLOSE, StepState.CLOSED),
        (StepState.CLOSED, Action.REOPEN, StepState.OPEN),
        (StepState.CLOSED, Action.WITHDRAW, StepState.PENDING),
        (StepState.OPEN, Action.MISS, StepState.MISSED),
        (StepState.PENDING, Action.MISS, StepState.MISSED),
    ],
)
def test_next_state(state: StepState, action: Action, after: StepState) -> None:
    assert steps.next_state(state, action) is after


@given(st.sampled_from(StepState), st.sampled_from(Action))
def test_every_other_change_is_refused(state: StepState, action: Action) -> None:
    if (state, action) in steps.TRANSITIONS:
        assert isinstance(steps.next_state(state, action), StepState)
    else:
        with pytest.raises(steps.WrongStateError, match=state.label.lower()):
            steps.next_state(state, action)


def test_nothing_leaves_missed() -> None:
    assert not [key for key in steps.TRANSITIONS if key[0] is StepState.MISSED]


def test_reopening_withdraws_this_and_every_later_milestone() -> None:
    assert steps.milestones_withdrawn_by_reopen(Step.SUPPLY_REVIEW) == {
        Milestone.SUPPLY_PLANNED,
        Milestone.SUPPLY_SIGNED,
        Milestone.FINANCE_CONFIRMED,
        Milestone.PACK_FROZEN,
        Milestone.CEO_APPROVED,
        Milestone.PUBLISHED,
    }
    assert steps.milestones_withdrawn_by_reopen(Step.DATA_CLOSE) == set(Milestone)
    assert steps.milestones_withdrawn_by_reopen(Step.PUBLISH) == {Milestone.PUBLISHED}
    sales = steps.milestones_withdrawn_by_reopen(Step.SALES_FORECAST)
    assert Milestone.BASELINE_BUILT not in sales
    assert Milestone.PROPOSAL_BUILT in sales
    assert steps.steps_withdrawn_by_reopen(Step.EXECUTIVE_SOP) == [Step.PUBLISH]


@pytest.mark.parametrize(
    ("state", "after_due", "late"),
    [
        (StepState.OPEN, 1, True),
        (StepState.PENDING, 1, True),
        (StepState.OPEN, 0, False),
        (StepState.OPEN, -1, False),
        (StepState.CLOSED, 1, False),
        (StepState.MISSED, 1, False),
    ],
)
def test_is_late(state: StepState, after_due: int, late: bool) -> None:
    due = datetime(2026, 11, 12, 17, tzinfo=UTC)
    assert steps.is_late(state, due, due + timedelta(minutes=after_due)) is late


def test_template_dates_of_november_2026() -> None:
    dates = steps.template_dates(NOVEMBER, US)
    assert dates[Step.DATA_CLOSE] == (date(2026, 11, 2), date(2026, 11, 3))
    assert dates[Step.SALES_FORECAST] == (date(2026, 11, 4), date(2026, 11, 10))
    assert dates[Step.DEMAND_REVIEW] == (date(2026, 11, 12), date(2026, 11, 12))
    assert dates[Step.SUPPLY_REVIEW] == (date(2026, 11, 13), date(2026, 11, 17))
    assert dates[Step.EXECUTIVE_SOP][0] == date(2026, 11, 20)
    assert dates[Step.PUBLISH] == (date(2026, 11, 23), date(2026, 11, 23))


def test_a_short_month_compresses_only_the_steps_after_entry() -> None:
    closed = US | {d for d in working_days(NOVEMBER, holidays=US) if d.day > 19}  # 13 days left
    usual, short = steps.template_dates(NOVEMBER, US), steps.template_dates(NOVEMBER, closed)
    assert short[Step.DATA_CLOSE] == usual[Step.DATA_CLOSE]
    assert short[Step.SALES_FORECAST] == usual[Step.SALES_FORECAST]
    assert short[Step.DEMAND_REVIEW] == usual[Step.DEMAND_REVIEW]
    assert short[Step.PUBLISH][1] == date(2026, 11, 19)
    assert short[Step.PRE_SOP][0] < usual[Step.PRE_SOP][0]


@given(
    st.dates(date(2026, 1, 1), date(2026, 12, 1)),
    st.sets(st.integers(1, 31), max_size=26),
)
def test_steps_never_run_backwards_however_short_the_month(day: date, closed: set[int]) -> None:
    month = day.replace(day=1)
    shut = {d for d in working_days(month) if d.day in closed}
    if len(shut) == len(working_days(month)):
        return
    ordered = list(steps.template_dates(month, shut).values())
    assert all(opens <= closes for opens, closes in ordered)
    assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(ordered))
    assert all(m.replace(day=1) == month for pair in ordered for m in pair)


def test_dates_from_a_start_in_mid_month() -> None:
    start = date(2026, 11, 20)  # a Friday
    dates = steps.dates_from(start, start_day=2, holidays=US)
    assert dates[Step.DATA_CLOSE][1] == start
    assert count(start, dates[Step.SALES_FORECAST][1], holidays=US) == 5
    assert dates[Step.PUBLISH][1] > date(2026, 12, 1)


def test_a_broken_template_is_named() -> None:
    with pytest.raises(ValueError, match="no working days for Publish"):
        steps.template_dates(NOVEMBER, US, {s: d for s, d in steps.DEFAULT_DAYS.items() if s is not Step.PUBLISH})
    with pytest.raises(ValueError, match="Supply review"):
        steps.template_dates(NOVEMBER, US, steps.DEFAULT_DAYS | {Step.SUPPLY_REVIEW: (5, 4)})
    with pytest.raises(ValueError, match="Supply review"):
        steps.template_dates(NOVEMBER, US, steps.DEFAULT_DAYS | {Step.SUPPLY_REVIEW: (6, 9)})
