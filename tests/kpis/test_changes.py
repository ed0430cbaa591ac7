"""What changed from one plan to the next, by family."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.changes import changed

PLANS = st.dictionaries(st.sampled_from("ABCDEF"), st.floats(0, 1e6, allow_nan=False))


@given(PLANS, PLANS)
def test_the_families_add_up_to_the_change(now: dict[str, float], before: dict[str, float]) -> None:
    found = changed(now, before)
    assert found.total == pytest.approx(sum(now.values()) - sum(before.values()), abs=1e-6)
    assert sum(found.by_family.values()) == pytest.approx(found.total, abs=1e-6)
    assert set(found.by_family) == {*now, *before}


@given(PLANS)
def test_the_same_plan_changed_nothing(plan: dict[str, float]) -> None:
    found = changed(plan, plan)
    assert (found.total, found.largest()) == (0, [])


def test_the_largest_move_first_in_either_direction() -> None:
    found = changed({"A": 10.0, "B": 0.0, "C": 5.2, "D": 7.0}, {"A": 4.0, "B": 9.0, "C": 5.0})
    assert found.largest() == [("B", -9.0), ("D", 7.0)]
    assert found.share == pytest.approx(4.2 / 18)
    assert changed({"A": 1.0}, {}).share is None
