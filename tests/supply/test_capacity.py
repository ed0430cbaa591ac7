import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from supply import capacity
from supply.capacity import CapacityException

# Four months of the demonstration company: bookings by family, its work centres and its routing.
RESOURCES = ["WC10", "WC20", "WC30", "WC40", "WC45", "WC50", "WC60"]
REGULAR = [416, 13104, 4680, 520, 347, 46280, 13000]
OVERTIME = [62, 1966, 702, 78, 52, 6942, 1950]
MONTHS = ["2019-07", "2019-08", "2019-09", "2019-10"]
BOOKED = {
    "MOUNTAIN-BIKES": [682, 1140, 1123, 658],
    "ROAD-BIKES": [987, 1318, 1044, 815],
    "TOURING-BIKES": [806, 1384, 1592, 691],
    "MOUNTAIN-FRAMES": [636, 973, 967, 357],
    "ROAD-FRAMES": [478, 618, 560, 202],
    "TOURING-FRAMES": [342, 573, 642, 165],
    "HANDLEBARS": [215, 381, 386, 120],
    "BOTTOM-BRACKETS": [62, 93, 155, 61],
    "CRANKSETS": [88, 149, 191, 60],
    "DERAILLEURS": [79, 128, 215, 77],
}
BIKE = [0.041, 3.15, 1.0, 0.075, 0, 14.0, 4.0]
FRAME = [0.03, 1.9, 1.0, 0.075, 0, 0, 0]
ROUTING = {
    "MOUNTAIN-BIKES": BIKE,
    "ROAD-BIKES": BIKE,
    "TOURING-BIKES": [0.041, 3.15, 1.0, 0, 0.025, 14.0, 4.0],
    "MOUNTAIN-FRAMES": FRAME,
    "ROAD-FRAMES": FRAME,
    "TOURING-FRAMES": [0.03, 1.9, 1.0, 0, 0.025, 0, 0],
    "HANDLEBARS": [0.011, 1.25, 0, 0, 0, 3.5, 0],
    "BOTTOM-BRACKETS": [0, 0, 0, 0, 0, 1.0, 0],
    "CRANKSETS": [0, 0, 0, 0, 0, 1.0, 0],
    "DERAILLEURS": [0, 0, 0, 0, 0, 1.0, 0],
}
FAMILIES = list(BOOKED)
BY_FAMILY = {(f, r): h for f, row in ROUTING.items() for r, h in zip(RESOURCES, row, strict=True)}
amounts = arrays(float, (3, 4), elements=st.floats(0, 1e6))


def bill() -> np.ndarray:
    return capacity.hours_matrix(FAMILIES, FAMILIES, RESOURCES, BY_FAMILY, {})


def test_the_demonstration_is_overloaded_in_exactly_eight_cells() -> None:
    quantity = np.array(list(BOOKED.values()), dtype=float)
    regular, overtime = capacity.capacity_by_month(REGULAR, OVERTIME, len(MONTHS))
    found = capacity.overloads(bill(), quantity, regular + overtime, FAMILIES)
    assert {(RESOURCES[o.resource], MONTHS[o.month]) for o in found} == {
        (resource, month) for resource in ("WC20", "WC30", "WC50", "WC60") for month in ("2019-08", "2019-09")
    }
    welding = found[0]
    assert (welding.load, welding.capacity) == (pytest.approx(16690.2, abs=0.05), 15070)
    assert welding.hours_over == pytest.approx(1620.2, abs=0.05)
    assert welding.causes[0] == ("TOURING-BIKES", pytest.approx(1384 * 3.15 / 16690.2, rel=1e-4))
    assert sum(share for _, share in welding.causes) == pytest.approx(1)


def test_with_a_tolerance_only_the_larger_overloads_are_left() -> None:
    quantity = np.array(list(BOOKED.values()), dtype=float)
    regular, overtime = capacity.capacity_by_month(REGULAR, OVERTIME, len(MONTHS))
    found = capacity.overloads(bill(), quantity, regular + overtime, FAMILIES, tolerance=0.05)
    assert {RESOURCES[o.resource] for o in found} == {"WC20", "WC30"}


def test_product_hours_beat_family_hours_for_their_resource_only() -> None:
    hours = capacity.hours_matrix(
        ["A", "B"],
        ["F", "F"],
        ["R1", "R2"],
        {("F", "R1"): 2.0, ("F", "R2"): 3.0},
        {("B", "R1"): 0.5},
    )
    assert hours.tolist() == [[2.0, 0.5], [3.0, 3.0]]


@pytest.mark.parametrize(
    ("by_family", "words"),
    [({("F", "R9"): 1.0}, "R9"), ({("F", "R1"): -1.0}, "negative"), ({("F", "R1"): np.nan}, "missing")],
)
def test_a_wrong_bill_is_named(by_family: dict[tuple[str, str], float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        capacity.hours_matrix(["A"], ["F"], ["R1"], by_family, {})


def test_load_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match=r"\(resources, products\)"):
        capacity.load_hours(np.ones((2, 3)), np.ones((4, 5)))


@given(amounts, amounts)
def test_load_is_additive(a: np.ndarray, b: np.ndarray) -> None:
    hours = np.array([[0.5, 2.0, 0.0], [1.0, 0.0, 3.0]])
    together = capacity.load_hours(hours, a + b)
    assert np.allclose(together, capacity.load_hours(hours, a) + capacity.load_hours(hours, b))


def test_exceptions_replace_only_what_they_give() -> None:
    regular, overtime = capacity.capacity_by_month(
        [100, 200],
        [10, 20],
        3,
        [CapacityException(0, 1, regular=50), CapacityException(1, 2, regular=0, overtime=0)],
    )
    assert regular.tolist() == [[100, 50, 100], [200, 200, 0]]
    assert overtime.tolist() == [[10, 10, 10], [20, 20, 0]]


@pytest.mark.parametrize("exception", [CapacityException(5, 0, 1.0), CapacityException(0, 3, 1.0)])
def test_an_exception_outside_the_plan_is_refused(exception: CapacityException) -> None:
    with pytest.raises(ValueError, match="lies outside"):
        capacity.capacity_by_month([100], [10], 3, [exception])


def test_negative_capacity_is_refused() -> None:
    with pytest.raises(ValueError, match="overtime capacity"):
        capacity.capacity_by_month([100], [-1], 3)


def test_released_capacity_counts_overtime_where_used_and_extra_hours() -> None:
    released = capacity.released_capacity(
        [[100.0, 100.0]], [[10.0, 10.0]], overtime_used=[[True, False]], extra=[[0.0, 5.0]]
    )
    assert released.tolist() == [[110.0, 105.0]]


def test_utilisation_is_not_available_without_capacity() -> None:
    used = capacity.utilisation([[50.0, 5.0, 0.0]], [[100.0, 0.0, 0.0]], [[25.0, 0.0, 0.0]])
    assert used[0, 0] == pytest.approx(0.4)
    assert np.isnan(used[0, 1:]).all()


def test_load_without_capacity_is_an_overload_and_no_load_never_is() -> None:
    found = capacity.overloads([[1.0]], [[3.0, 0.0]], [[0.0, 0.0]], ["F"], tolerance=0.5)
    assert [(o.month, o.hours_over, o.causes) for o in found] == [(0, 3.0, (("F", 1.0),))]
