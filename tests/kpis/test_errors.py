"""Sums of errors: they pool to the same WAPE and bias as all cells together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from demand.accuracy import bias, wape
from kpis.errors import error_sums, pooled

FAMILY = np.array(["A", "A", "B"], dtype=object)
LEVELS = {
    "line": np.array([0, 1, 2]),
    "product": np.array([0, 0, 1]),
    "company": np.array([0, 0, 0]),
}
NUMBERS = st.floats(-50, 500, allow_nan=False, width=32)


def test_the_published_vector_gives_its_wape_and_bias() -> None:
    forecast = np.array([[100.0, 120, 80, 100, 10]])
    actual = np.array([[90.0, 130, 0, 110, -5]])
    sums = error_sums(forecast, actual, {"line": np.array([0])}, np.array(["A"], dtype=object))
    row = pooled(sums[sums["key"] == ""], ["level"]).iloc[0]
    assert (round(row["wape"], 4), round(row["bias"], 4), row["n"]) == (0.3731, 0.2537, 5)


@given(arrays(float, (3, 4), elements=NUMBERS), arrays(float, (3, 4), elements=NUMBERS))
def test_lines_pool_to_the_wape_of_all_cells(forecast: np.ndarray, actual: np.ndarray) -> None:
    sums = error_sums(forecast, actual, LEVELS, FAMILY)
    row = pooled(sums[(sums["level"] == "line") & (sums["key"] == "")], ["level"]).iloc[0]
    assert row["n"] == 12
    assert row["wape"] == pytest.approx(wape(forecast, actual), nan_ok=True)
    assert row["bias"] == pytest.approx(bias(forecast, actual), nan_ok=True)


@given(arrays(float, (3, 4), elements=NUMBERS), arrays(float, (3, 4), elements=NUMBERS))
def test_families_add_up_to_all(forecast: np.ndarray, actual: np.ndarray) -> None:
    sums = error_sums(forecast, actual, LEVELS, FAMILY)
    lines = sums[sums["level"] == "product"]
    columns = ["absolute_error", "signed_error", "actual", "n"]
    parts = lines[lines["key"] != ""][columns].sum()
    assert parts.to_numpy() == pytest.approx(lines[lines["key"] == ""][columns].sum().to_numpy())


def test_a_level_adds_up_before_the_error_is_taken() -> None:
    """Two lines that miss in opposite directions are right together."""
    sums = error_sums(np.array([[12.0], [8], [5]]), np.array([[8.0], [12], [5]]), LEVELS, FAMILY)
    by = sums[sums["key"] == ""].set_index("level")["absolute_error"]
    assert (by["line"], by["product"], by["company"]) == (8, 0, 0)


def test_open_months_are_left_out_never_zero() -> None:
    actual = np.array([[10.0, np.nan], [20, np.nan], [30, np.nan]])
    sums = error_sums(np.full((3, 2), 10.0), actual, LEVELS, FAMILY)
    assert set(sums["month"]) == {0}


def test_without_actual_demand_wape_is_not_told() -> None:
    sums = error_sums(np.ones((3, 1)), np.zeros((3, 1)), LEVELS, FAMILY)
    assert pooled(sums, ["level"])["wape"].isna().all()


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="same lines and months"):
        error_sums(np.ones((3, 2)), np.ones((3, 3)), LEVELS, FAMILY)
    with pytest.raises(ValueError, match="same lines and months"):
        error_sums(np.ones((2, 2)), np.ones((2, 2)), LEVELS, FAMILY[:2])
