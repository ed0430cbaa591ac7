"""When a change is large enough to be asked for a reason."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demand.change_size import MONEY, SHARE, changed_units, reason_needed

CASES = [
    # before, after, price, needed
    ([100, 100], [110, 100], 50, True),  # 10 % of the changed month, 500 in money: both just reached
    ([100, 100], [109, 100], 500, False),  # 9 % is small, however dear
    ([100, 100], [200, 100], 4.99, False),  # 100 % is cheap: 499
    ([0, 0], [1, 0], 500, True),  # nothing into something
    ([10, 10], [0, 10], 50, True),  # down counts as up does
    ([10, 10], [5, 15], 50, True),  # moved between months: 10 units of 20
    ([100, 100], [100, 100], 1e6, False),
]


@pytest.mark.parametrize(("before", "after", "price", "needed"), CASES)
def test_both_thresholds_have_to_be_passed(before, after, price, needed):
    assert reason_needed([before], [after], [price]).tolist() == [needed]


def test_months_that_did_not_change_do_not_dilute_the_share():
    before = np.array([[10.0] + [1000.0] * 23])
    after = before.copy()
    after[0, 0] = 20
    assert reason_needed(before, after, [100]).all()


@given(
    st.lists(st.floats(0, 1e6), min_size=3, max_size=3),
    st.lists(st.floats(0, 1e6), min_size=3, max_size=3),
    st.floats(0, 1e4),
)
def test_what_needs_a_reason_is_never_less_than_the_thresholds(before, after, price):
    if reason_needed([before], [after], [price])[0]:
        units = changed_units([before], [after])[0]
        assert units * price >= MONEY * 0.999
        stood = sum(b for b, a in zip(before, after, strict=True) if b != a)
        assert units >= SHARE * stood * 0.999


@pytest.mark.parametrize(
    ("before", "after", "price", "thresholds", "says"),
    [
        ([[1, 2]], [[1, 2, 3]], [1], {}, "same lines and months"),
        ([[1, 2]], [[1, float("nan")]], [1], {}, "known"),
        ([[1, 2]], [[1, 2]], [1, 2], {}, "prices"),
        ([[1, 2]], [[1, 2]], [1], {"share": -1}, "thresholds"),
    ],
)
def test_bad_input_is_named(before, after, price, thresholds, says):
    with pytest.raises(ValueError, match=says):
        reason_needed(before, after, price, **thresholds)
