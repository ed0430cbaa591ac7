import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demand.family_totals import agreed_family_totals, family_notes, meet_family_totals, share_kept
from demand.seasonality import group_totals

FAMILY = np.array([0, 0, 1, 1])
PLANS = arrays.arrays(float, (4, 3), elements=st.floats(0, 1e5))
TYPED = arrays.arrays(bool, (4, 3))
SHARES = st.floats(0, 1)


@given(plan=PLANS, said=PLANS, typed=TYPED, share=SHARES)
def test_lines_add_up_to_the_totals_agreed_and_typed_numbers_stand(plan, said, typed, share) -> None:
    met = meet_family_totals(plan, said, typed, FAMILY, share)
    agreed = agreed_family_totals(plan, said, typed, FAMILY, share)
    assert group_totals(met, FAMILY) == pytest.approx(agreed, rel=1e-9, abs=1e-5)
    assert met[typed].tolist() == plan[typed].tolist()
    assert (met >= 0).all()


@given(plan=PLANS, typed=TYPED, share=SHARES)
def test_nothing_moves_where_the_rule_took_every_change_whole(plan, typed, share) -> None:
    assert meet_family_totals(plan, plan, typed, FAMILY, share).tolist() == plan.tolist()


@given(plan=PLANS, said=PLANS, typed=TYPED)
def test_nothing_moves_without_a_share(plan, said, typed) -> None:
    assert meet_family_totals(plan, said, typed, FAMILY, 0.0) == pytest.approx(plan)


def test_what_was_taken_off_is_carried_by_the_others_pro_rata_but_by_no_more_than_a_quarter() -> None:
    plan, typed = np.array([[60.0], [100.0], [60.0], [10.0]]), np.array([[True], [False], [True], [False]])
    said = np.array([[80.0], [100.0], [80.0], [10.0]])
    met = meet_family_totals(plan, said, typed, FAMILY, 0.5)
    assert met.ravel() == pytest.approx([60, 110, 60, 12.5])


def past(actual: float, cycles: int = 12) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Families told 200 with one change from 50 to 150, of which the rule takes half: 150 is what it makes."""
    keys = [(cycle, cycle, 1) for cycle in range(cycles)]
    totals = pd.DataFrame(
        [(*key, 200.0, actual) for key in keys], columns=["cycle", "month", "family", "said", "actual"]
    )
    cases = pd.DataFrame(keys, columns=["cycle", "month", "family"]).assign(before=50.0, after=150.0)
    return totals, cases


@pytest.mark.parametrize(("actual", "share"), [(200, 0.5), (260, 0.5), (150, 0.0), (120, 0.0), (175, 0.25)])
def test_the_share_is_what_past_totals_say_and_twelve_of_them_count_half(actual, share) -> None:
    totals, cases = past(actual)
    assert share_kept(totals, cases, np.full(len(cases), 0.5)).share == pytest.approx(share)


def test_without_a_past_or_without_a_correction_nothing_is_kept() -> None:
    totals, cases = past(200)
    assert share_kept(totals.iloc[:0], cases, np.full(len(cases), 0.5)).share == 0
    assert share_kept(totals, cases, np.ones(len(cases))).share == 0


@pytest.mark.parametrize(("actual", "low", "high"), [(200, 12, 0), (120, 0, 12), (150, 0, 0)])
def test_what_is_learned_says_which_way_past_totals_missed(actual, low, high) -> None:
    totals, cases = past(actual)
    kept = share_kept(totals, cases, np.full(len(cases), 0.5))
    assert (kept.too_low, kept.too_high) == (low, high)
    assert f"too low in {low} family months and too high in {high}." in kept.sentence


def test_every_line_that_moved_with_its_family_is_told_which_way_and_no_other() -> None:
    plan, typed = np.array([[60.0], [100.0], [60.0], [10.0]]), np.array([[True], [False], [True], [False]])
    said = np.array([[80.0], [100.0], [40.0], [10.0]])
    notes = family_notes(plan, meet_family_totals(plan, said, typed, FAMILY, 0.5), 0.5)
    assert notes.keys() == {1, 3}
    assert notes[1].startswith("Raised with its family: up to 50%")
    assert notes[3].startswith("Lowered with its family: up to 50%")
