"""Calls on quotes and silent lines in the plan."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demand.call_effects import (
    CALL_COLUMNS,
    QUOTE_COLUMNS,
    SLIP_CHANCE,
    apply_calls,
    apply_quotes,
    call_chances,
    won_share,
)
from demand.call_outcomes import CHANCE, SLIPS, Calibrated

PLAN = np.full((2, 4), 100.0)
NOBODY = np.zeros(PLAN.shape, dtype=bool)
CHANCES = call_chances([])


def applied(*rows, plan=PLAN, typed=NOBODY):
    return apply_calls(plan, pd.DataFrame(rows, columns=list(CALL_COLUMNS)), CHANCES, typed)


def test_without_past_calls_a_word_is_worth_what_it_says() -> None:
    assert pytest.approx({**CHANCE, SLIPS: SLIP_CHANCE}) == CHANCES


def test_past_calls_pull_the_chance_to_how_often_they_came() -> None:
    few, many = (call_chances([Calibrated("firm", 0.9, n, n // 2)])["firm"] for n in (12, 1200))
    assert few == pytest.approx((6 + 12 * 0.9) / 24)
    assert many == pytest.approx(0.5, abs=0.01)


def test_a_confirmed_quote_stands_at_least_with_its_chance_and_is_not_counted_twice() -> None:
    plan, counted = applied((0, 1, "firm", -1, 200.0, False), (1, 1, "firm", -1, 50.0, False))
    assert plan[:, 1].tolist() == [180, 100]
    assert counted == 1


def test_a_slip_moves_what_the_plan_has_and_keeps_the_total() -> None:
    plan, _ = applied((0, 0, SLIPS, 2, 40.0, False))
    assert plan[0].tolist() == pytest.approx([72, 100, 128, 100])


def test_a_slip_past_the_plan_leaves_it() -> None:
    plan, _ = applied((0, 0, SLIPS, 9, np.nan, True))
    assert plan[0].tolist() == pytest.approx([30, 100, 100, 100])


def test_a_lost_line_loses_its_month_and_a_lost_quote_was_never_in_the_baseline() -> None:
    plan, counted = applied((0, 0, "lost", -1, np.nan, True), (1, 0, "lost", -1, 30.0, False))
    assert plan[:, 0].tolist() == [0, 100]
    assert counted == 1


def test_a_typed_number_stands() -> None:
    plan, counted = applied((0, 0, "lost", -1, np.nan, True), typed=NOBODY | True)
    assert (plan.tolist(), counted) == (PLAN.tolist(), 0)


@given(
    plan=st.lists(st.floats(0, 1e4), min_size=4, max_size=4),
    call=st.sampled_from([*CHANCE, SLIPS]),
    qty=st.one_of(st.just(np.nan), st.floats(0, 1e4)),
    to=st.integers(0, 3),
    is_line=st.booleans(),
)
def test_a_plan_with_calls_is_never_negative_and_a_slip_keeps_its_total(plan, call, qty, to, is_line) -> None:
    before = np.array([plan])
    after, _ = applied((0, 0, call, to, qty, is_line), plan=before, typed=np.zeros(before.shape, dtype=bool))
    assert (after >= 0).all()
    if call == SLIPS:
        assert after.sum() == pytest.approx(before.sum())


def quoted(*rows, typed=NOBODY):
    return apply_quotes(PLAN, pd.DataFrame(rows, columns=list(QUOTE_COLUMNS)), typed)


def test_quotes_nobody_called_stand_together_at_least_with_their_chance() -> None:
    plan, raised = quoted((0, 1, 200.0, 0.5), (0, 1, 100.0, 0.3), (1, 2, 100.0, 0.9))
    assert plan[0].tolist() == pytest.approx([100, 130, 100, 100])
    assert plan[1].tolist() == [100] * 4  # the plan has it already
    assert raised == 1


def test_a_typed_number_stands_against_a_quote() -> None:
    plan, raised = quoted((0, 1, 900.0, 0.9), typed=NOBODY | True)
    assert (plan.tolist(), raised) == (PLAN.tolist(), 0)


def test_an_unknown_chance_goes_from_even_to_the_share_that_was_won() -> None:
    assert won_share(0, 0) == 0.5
    assert won_share(0, 12) == 0.25
    assert won_share(900, 1000) == pytest.approx(0.9, abs=0.01)
