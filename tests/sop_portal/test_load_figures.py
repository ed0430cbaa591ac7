"""The pure parts of the load benchmark: percentiles, ratios, bounds, and what counts as lost."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_portal.load.figures import Bound, figure_line, median_ratio, p95, percentile, ratio, slope
from sop_portal.load.spike import lost_edits

numbers = st.lists(st.floats(0, 1e6), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [([4.0, 1.0, 3.0, 2.0], 0.5, 2.0), ([1.0, 2.0], 0.51, 2.0), ([7.0], 0.01, 7.0), (list(range(1, 101)), 0.95, 95)],
)
def test_a_percentile_is_one_of_the_values(values: list[float], share: float, found: float) -> None:
    assert percentile(values, share) == found


@given(numbers, st.floats(0.01, 1))
def test_enough_values_are_not_above_a_percentile(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values)


def test_nothing_has_no_percentile_and_no_ratio() -> None:
    assert math.isnan(p95([]))
    assert math.isnan(ratio(1.0, 0.0))
    assert math.isnan(median_ratio([], [1.0]))
    assert median_ratio([1.0, 3.0, 2.0], [4.0]) == 0.5


@given(st.floats(-100, 100), st.floats(-100, 100), st.lists(st.integers(0, 1000), min_size=2, max_size=9, unique=True))
def test_the_slope_of_a_straight_line_is_its_own(rise: float, start: float, at: list[int]) -> None:
    assert slope([(x, start + rise * x) for x in at]) == pytest.approx(rise, abs=1e-6)


@pytest.mark.parametrize("points", [[], [(1.0, 5.0)], [(2.0, 1.0), (2.0, 9.0)]])
def test_a_single_moment_has_no_slope(points: list[tuple[float, float]]) -> None:
    assert slope(points) == 0.0


def test_a_line_says_whether_the_floor_is_kept() -> None:
    least, most = Bound(0.4, 0.5), Bound(3, 2, most=True, places=1)
    assert figure_line("sheet", 0.41, least) == ("sheet", "0.41 x", "floor >= 0.4, aim 0.5")
    assert figure_line("p95", 3.2, most, "load 1") == ("p95", "3.2 x", "UNDER ITS FLOOR floor <= 3, aim 2; load 1")
    assert figure_line("p95", math.nan, most)[2].startswith("UNDER ITS FLOOR")


def test_what_is_acknowledged_must_be_on_record_and_stand() -> None:
    acknowledged = [("7 2026-11", 5.0), ("7 2026-11", 6.0), ("8 2026-12", 1.0)]
    last = {"7 2026-11": 6.0, "8 2026-12": 1.0}
    assert lost_edits(acknowledged, last, acknowledged, dict(last)) == []
    assert lost_edits(acknowledged, last, acknowledged[1:], dict(last)) == ["7 2026-11: 5.0 is not on record"]
    assert lost_edits(acknowledged, last, acknowledged, {"7 2026-11": 6.0, "8 2026-12": 2.0}) == [
        "8 2026-12: 2.0 stands, 1.0 was acknowledged last"
    ]
    assert "None stands" in lost_edits(acknowledged, last, acknowledged, {"7 2026-11": 6.0})[0]
