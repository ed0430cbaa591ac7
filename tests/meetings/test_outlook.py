"""When the cycle will end."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cycles.calendar_days import is_working_day
from cycles.steps import Step, StepState, template_dates
from meetings.outlook import StepDate, outlook, outlook_sentence

NOVEMBER = template_dates(date(2026, 11, 1))


def steps(finished: int = 0, opened: int = 1) -> list[StepDate]:
    def state(step: Step) -> StepState:
        if step.order < finished:
            return StepState.CLOSED
        return StepState.OPEN if step.order < finished + opened else StepState.PENDING

    return [StepDate(step, state(step), NOVEMBER[step][1]) for step in Step]


def test_on_time_it_ends_as_planned():
    seen = outlook(steps(finished=1), date(2026, 11, 6))
    assert (seen.late, seen.end, seen.waiting_for) == (0, date(2026, 11, 20), Step.SALES_FORECAST)
    assert outlook_sentence(seen) == (
        "On time: the pack is ready on Tue 17 Nov, the company forecast is expected on Fri 20 Nov."
    )


def test_a_late_step_moves_what_comes_after_it_over_the_weekend():
    seen = outlook(steps(finished=3), date(2026, 11, 18))  # supply review was due on Mon 16
    assert (seen.late, seen.pack, seen.end) == (2, date(2026, 11, 19), date(2026, 11, 24))
    assert outlook_sentence(seen) == (
        "Supply review is 2 working days late. If it closes today, the pack is ready on Thu 19 Nov, "
        "the company forecast is expected on Tue 24 Nov."
    )


def test_one_day_late_says_so_and_leaves_out_a_pack_that_is_ready():
    sentence = outlook_sentence(outlook(steps(finished=5), date(2026, 11, 20)))
    assert sentence == (
        "Executive S&OP is one working day late. If it closes today, the company forecast is expected on Mon 23 Nov."
    )


def test_a_finished_cycle_waits_for_nothing():
    assert outlook_sentence(outlook(steps(finished=7), date(2026, 12, 1))) == "Every step is finished."


def test_a_missing_step_is_named():
    with pytest.raises(ValueError, match="missing: Publish"):
        outlook(steps()[:-1], date(2026, 11, 2))


@given(st.integers(0, 6), st.integers(0, 60))
def test_it_never_ends_before_the_plan_nor_on_a_day_off(finished: int, days: int):
    seen = outlook(steps(finished=finished), date(2026, 11, 2) + timedelta(days))
    assert seen.end >= NOVEMBER[Step.PUBLISH][1]
    assert is_working_day(seen.end)
    assert seen.pack <= seen.end
