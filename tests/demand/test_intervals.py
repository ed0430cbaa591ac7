import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demand.intervals import LEVELS, Ranges, group_ranges, own_ranges

NAN = np.nan
QUANTITY = arrays.arrays(float, (3, 6), elements=st.floats(0, 1e5))


def steps(forecast, actual, *, group=None):
    lines = np.array(forecast, dtype=float)
    number = np.zeros(len(lines), dtype=int) if group is None else np.array(group)
    return group_ranges(lines, np.array(actual, dtype=float), number, 24).steps


def test_a_thin_group_s_range_holds_the_middle_of_its_past_cases() -> None:
    actual = np.linspace(0, 20, 101)[np.newaxis]
    assert steps(np.full((1, 101), 10.0), actual)[0] == pytest.approx([-0.95, -0.8, -0.5, 0.5, 0.8, 0.95])


def test_cells_where_nothing_was_expected_tell_nothing() -> None:
    forecast = np.r_[np.full(50, 10.0), np.zeros(50)][np.newaxis]
    assert steps(forecast, np.full((1, 100), 10.0))[0].tolist() == [0] * 6


def test_few_cases_use_the_mean_error() -> None:
    assert steps([[10.0, 10.0]], [[12.0, 8.0]])[0, [1, 4]] == pytest.approx([-1.606 * 0.2, 1.606 * 0.2])


def test_each_group_has_its_own_record() -> None:
    wild, calm = np.tile([0.0, 30.0], 15), np.tile([9.0, 11.0], 15)
    both = steps(np.full((2, 30), 10.0), [wild, calm], group=[0, 1])
    assert both[1] == pytest.approx([-0.1] * 3 + [0.1] * 3)
    assert (np.abs(both[0]) > np.abs(both[1])).all()


def test_no_record_at_all_is_a_wide_range() -> None:
    worst, *_, best = steps([[NAN]], [[NAN]])[0]
    assert worst == -1
    assert best > 1


def test_a_range_widens_with_the_distance() -> None:
    ten = np.full((1, 24), 10.0)
    low, high = Ranges(
        np.array([[-0.5, -0.2, -0.1, 0.1, 0.3, 0.6]]), np.sqrt(1 + np.arange(24) / 6)[np.newaxis]
    ).around(ten, 80)
    assert (low[0, 0], high[0, 0]) == (8, 13)
    assert (np.diff(low[0]) < 0).all()
    assert (np.diff(high[0]) > 0).all()


def test_a_line_of_its_own_misses_by_its_own_typical_error() -> None:
    low, high = own_ranges(np.array([[0.1, 0.2]])).around(np.array([[100.0, 100.0]]), 80)
    assert low[0] == pytest.approx([100 - 12.6, 100 - 25.2])
    assert high[0] == pytest.approx([100 + 14.5, 100 + 29.0])


@given(
    quantity=QUANTITY,
    forecast=QUANTITY,
    actual=QUANTITY,
    spread=arrays.arrays(float, (3, 6), elements=st.floats(0, 10)),
    own=st.booleans(),
)
def test_ranges_are_nested_hold_the_forecast_and_are_never_negative(quantity, forecast, actual, spread, own) -> None:
    ranges = own_ranges(spread) if own else group_ranges(forecast, actual, np.array([0, 1, 0]), 6)
    edges = [ranges.around(quantity, level) for level in LEVELS]
    lows, highs = np.array([low for low, _ in edges]), np.array([high for _, high in edges])
    assert np.isfinite(highs).all()
    assert (lows >= 0).all()
    assert (np.diff(lows, axis=0) <= 0).all()
    assert (np.diff(highs, axis=0) >= 0).all()
    assert (lows[0] <= quantity * (1 + 1e-12)).all()
    assert (highs[0] >= quantity * (1 - 1e-12)).all()
