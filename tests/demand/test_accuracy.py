import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demand import accuracy as measure

NAN = math.nan
ACTUAL = [90, 130, 0, 110, -5]
FORECAST = [100, 120, 80, 100, 10]
NAIVE = [95, 90, 130, 0, 110]

SERIES = arrays.arrays(float, 12, elements=st.floats(-1e6, 1e6, allow_subnormal=False))
PAIRS = {
    "wape": measure.wape,
    "accuracy": measure.accuracy,
    "bias": measure.bias,
    "tracking signal": measure.tracking_signal,
    "smape": measure.smape,
    "stability": measure.stability,
}
each_measure = pytest.mark.parametrize("function", PAIRS.values(), ids=PAIRS.keys())


def test_the_published_vector() -> None:
    assert measure.wape(FORECAST, ACTUAL) == pytest.approx(0.3731, abs=5e-5)
    assert measure.bias(FORECAST, ACTUAL) == pytest.approx(0.2537, abs=5e-5)
    assert measure.accuracy(FORECAST, ACTUAL) == pytest.approx(1 - 0.3731, abs=5e-5)
    assert measure.tracking_signal(FORECAST, ACTUAL) == pytest.approx(-3.4)


def test_mape_leaves_out_months_without_sales_and_counts_them() -> None:
    result = measure.mape(FORECAST, ACTUAL)
    assert result.value == pytest.approx(0.8197, abs=5e-5)
    assert (result.n, result.excluded) == (4, 1)


def test_value_added_against_the_naive() -> None:
    assert measure.wape(NAIVE, ACTUAL) == pytest.approx(1.1940, abs=5e-5)
    assert measure.fva(NAIVE, FORECAST, ACTUAL) == pytest.approx(82.09, abs=5e-3)


def test_value_added_is_told_on_the_cells_both_stages_have() -> None:
    before, after, actual = [100, NAN, 50], [90, 10, 50], [90, 90, 50]
    assert measure.fva(before, after, actual) == pytest.approx(100 * 10 / 140)


def test_accuracy_stops_at_zero_where_wape_goes_on() -> None:
    assert measure.wape([30], [10]) == 2
    assert measure.accuracy([30], [10]) == 0


def test_mase_compares_with_repeating_last_year() -> None:
    history = [10, 20, 14, 26]
    assert measure.mase([13, 30], [16, 28], history, season=2) == pytest.approx(2.5 / 5)


def test_mase_skips_open_months_and_needs_a_full_season() -> None:
    assert measure.mase([1], [2], [5, NAN, 9, 7], season=2) == pytest.approx(1 / 4)
    assert math.isnan(measure.mase([1], [2], [5, 6, 7], season=12))
    assert math.isnan(measure.mase([1], [2], [5, 6, 5, 6], season=2))


def test_smape_is_symmetric_and_two_zeros_are_perfect() -> None:
    assert measure.smape([50], [150]) == measure.smape([150], [50]) == 100
    assert measure.smape([0, 10], [0, 0]) == 100
    assert measure.smape([0], [0]) == 0


def test_hit_rate_counts_changes_only() -> None:
    before, after, actual = [10, 10, 10, 10, 10, 10], [12, 8, 10, 15, 12, 9], [13, 13, 5, 11, 11, 4]
    result = measure.hit_rate(before, after, actual)
    assert (result.value, result.n, result.excluded) == (0.4, 5, 1)


def test_hit_rate_needs_five_cases() -> None:
    result = measure.hit_rate([1, 1], [2, 2], [2, 2])
    assert math.isnan(result.value)
    assert result.n == 2


def test_a_change_that_ends_equally_far_off_is_a_miss() -> None:
    assert measure.hit_rate([8], [12], [10], fewest=1).value == 0


def test_stability_over_the_months_both_versions_cover() -> None:
    assert measure.stability([10, 20, 30, NAN], [NAN, 25, 30, 40]) == pytest.approx(0.9)
    assert measure.stability([10], [40]) == -2


def test_brier_of_calls() -> None:
    assert measure.brier([0.9, 0.7, 0.5], [1, 0, NAN]) == pytest.approx((0.01 + 0.49) / 2)
    with pytest.raises(ValueError, match="between 0 and 1"):
        measure.brier([90], [1])


def test_summary_says_how_many_cells_it_stands_on() -> None:
    result = measure.summary([*FORECAST, 7], [*ACTUAL, NAN])
    assert result.n == 5
    assert (result.wape, result.bias) == (measure.wape(FORECAST, ACTUAL), measure.bias(FORECAST, ACTUAL))


def test_every_line_has_its_own_wape() -> None:
    forecast = [FORECAST, NAIVE, [1] * 5, [1] * 5]
    actual = [ACTUAL, ACTUAL, [0] * 5, [NAN, 2, NAN, NAN, NAN]]
    assert measure.wape_by_line(forecast, actual) == pytest.approx([0.3731, 1.194, NAN, 0.5], abs=5e-5, nan_ok=True)


@each_measure
@pytest.mark.parametrize("cells", [([], []), ([NAN, 1], [1, NAN])])
def test_without_a_known_cell_it_is_not_available(function, cells) -> None:
    assert math.isnan(function(*cells))


@pytest.mark.parametrize("name", ["wape", "accuracy", "bias"])
def test_without_demand_it_is_not_available(name) -> None:
    assert math.isnan(PAIRS[name]([1, 2], [0, 0]))


def test_not_available_becomes_none() -> None:
    assert measure.none_if_na(NAN) is None
    assert measure.none_if_na(0.0) == 0.0


@each_measure
def test_an_open_month_is_skipped_not_read_as_zero(function) -> None:
    assert function([*FORECAST, 40, NAN], [*ACTUAL, NAN, 40]) == function(FORECAST, ACTUAL)


@each_measure
def test_sides_of_different_length_are_refused(function) -> None:
    with pytest.raises(ValueError, match="same shape"):
        function([1, 2], [1])


def test_an_infinite_number_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        measure.wape([math.inf], [1])


@each_measure
def test_matrices_pool_their_cells(function) -> None:
    rows = np.array([FORECAST, NAIVE]), np.array([ACTUAL, ACTUAL])
    assert function(*rows) == pytest.approx(function(FORECAST + NAIVE, ACTUAL + ACTUAL))


@given(forecast=SERIES, actual=SERIES)
def test_error_is_never_smaller_than_bias(forecast, actual) -> None:
    error, lean = measure.wape(forecast, actual), measure.bias(forecast, actual)
    if not math.isnan(error):
        assert error >= 0
        assert error >= abs(lean) * (1 - 1e-9)
        assert 0 <= measure.accuracy(forecast, actual) <= 1
    assert measure.none_if_na(measure.smape(forecast, actual)) is not None


@given(actual=SERIES)
def test_a_perfect_forecast_has_no_error(actual) -> None:
    assert measure.wape(actual, actual) in (0, pytest.approx(NAN, nan_ok=True))
    assert measure.smape(actual, actual) == 0


@given(before=SERIES, after=SERIES, actual=SERIES)
def test_value_added_turns_its_sign_with_the_direction(before, after, actual) -> None:
    gain = measure.fva(before, after, actual)
    assert gain == pytest.approx(-measure.fva(after, before, actual), nan_ok=True)
