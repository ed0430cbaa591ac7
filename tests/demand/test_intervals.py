import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demand.intervals import forecast_range, landing_ratios

NAN = np.nan
ONE_GROUP = np.zeros(1, dtype=int)
QUANTITY = arrays.arrays(float, (3, 6), elements=st.floats(0, 1e5))


def ratios(forecast, actual, *, group=None, smooth=None):
    lines = np.array(forecast, dtype=float)
    return landing_ratios(
        lines,
        np.array(actual, dtype=float),
        np.zeros(len(lines), dtype=int) if group is None else np.array(group),
        np.zeros(len(lines), dtype=bool) if smooth is None else np.array(smooth),
    )


def test_a_thin_group_s_range_holds_the_middle_of_its_past_cases() -> None:
    actual = np.linspace(0, 20, 101)[np.newaxis]
    assert ratios(np.full((1, 101), 10.0), actual)[0] == pytest.approx([0.2, 1.8])


def test_cells_where_nothing_was_expected_tell_nothing() -> None:
    forecast = np.r_[np.full(50, 10.0), np.zeros(50)][np.newaxis]
    actual = np.full((1, 100), 10.0)
    assert ratios(forecast, actual)[0].tolist() == [1, 1]


def test_few_cases_use_the_mean_error() -> None:
    assert ratios([[10.0, 10.0]], [[12.0, 8.0]])[0] == pytest.approx([1 - 1.6 * 0.2, 1 + 1.6 * 0.2])


def test_a_full_line_has_its_own_range_beside_a_wild_group() -> None:
    forecast = np.full((2, 30), 10.0)
    actual = np.array([np.tile([0.0, 30.0], 15), np.tile([9.0, 11.0], 15)])
    own = ratios(forecast, actual, smooth=[False, True])
    assert own[1] == pytest.approx([0.84, 1.16])
    assert own[0, 0] < 0.84
    assert own[0, 1] > 1.16


def test_no_record_at_all_is_a_wide_range() -> None:
    low, high = ratios([[NAN]], [[NAN]])[0]
    assert low < 0.5 < 1.5 < high


def test_a_range_widens_with_the_distance() -> None:
    low, high = forecast_range(np.full((1, 24), 10.0), np.array([[0.8, 1.3]]))
    assert (low[0, 0], high[0, 0]) == (8, 13)
    assert (np.diff(low[0]) < 0).all()
    assert (np.diff(high[0]) > 0).all()


@given(quantity=QUANTITY, low=st.floats(0, 1), high=st.floats(1, 5))
def test_the_forecast_lies_in_its_range_and_nothing_is_negative(quantity, low, high) -> None:
    worst, best = forecast_range(quantity, np.tile([low, high], (3, 1)))
    assert (worst >= 0).all()
    assert (worst <= quantity).all()
    assert (best >= quantity * (1 - 1e-12)).all()


@given(forecast=QUANTITY, actual=QUANTITY, smooth=arrays.arrays(bool, 3))
def test_ratios_never_cross_the_forecast(forecast, actual, smooth) -> None:
    pair = ratios(forecast, actual, group=[0, 1, 0], smooth=smooth)
    assert ((pair[:, 0] >= 0) & (pair[:, 0] <= 1)).all()
    assert (pair[:, 1] >= 1).all()
    assert np.isfinite(pair).all()
