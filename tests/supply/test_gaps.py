import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from supply.allocation import allocate
from supply.commitment import LEAD_TIME, Commitment, SupplyInput, plan
from supply.gaps import Gap, Product, customers_hit, find_gaps

BIKE, FRAME, HELMET = (
    Product(1000.0, 200.0, "BIKES"),
    Product(300.0, 50.0, "FRAMES"),
    Product(30.0, 10.0, "HELMETS"),
)
HOURS = np.array([[4.0, 0.0, 0.0], [2.0, 2.0, 0.0]])


def planned(demand: list[list[float]], capacity: list[list[float]], **more: object) -> Commitment:
    quantity = np.array(demand, dtype=float)
    stock = np.zeros(len(quantity))
    given_ = {"opening_stock": stock, **more}
    return plan(SupplyInput(quantity, HOURS, np.array(capacity, dtype=float), **given_))


def gaps(demand: list[list[float]], capacity: list[list[float]], tolerance: float = 0.02, **more: object) -> list[Gap]:
    made = planned(demand, capacity, **more)
    return find_gaps(demand, made, HOURS, capacity, [BIKE, FRAME, HELMET], tolerance=tolerance)


def test_no_gap_when_everything_fits() -> None:
    assert gaps([[10, 10], [10, 10], [500, 0]], [[99, 99], [99, 99]]) == []


def test_a_gap_names_resource_hours_units_value_families() -> None:
    [gap] = gaps([[20, 0], [0, 0], [5, 0]], [[40, 0], [99, 0]])
    assert (gap.resource, gap.month) == (0, 0)
    assert gap.units == pytest.approx(10)
    assert gap.hours == pytest.approx(40)
    assert gap.overload_hours == pytest.approx(40)
    assert (gap.value, gap.margin) == (pytest.approx(10_000), pytest.approx(2_000))
    assert gap.families == (("BIKES", pytest.approx(10)),)
    assert gap.products == (0,)
    assert not gap.is_covered


def test_gaps_are_sorted_by_value() -> None:
    found = gaps([[10, 30], [30, 10], [0, 0]], [[999, 60], [40, 999]])
    assert [(g.resource, g.month) for g in found] == [(0, 1), (1, 0)]
    assert found[0].value > found[1].value
    assert found[1].families[0][0] == "FRAMES"


def test_an_overload_that_stock_covers_is_shown_as_covered() -> None:
    found = gaps([[20], [0], [0]], [[40], [99]], opening_stock=np.array([15.0, 0.0, 0.0]))
    assert [(g.is_covered, g.overload_hours, g.units) for g in found] == [(True, 40.0, 0.0)]


def test_small_gaps_stay_under_the_tolerance() -> None:
    assert gaps([[10.1], [0], [0]], [[40], [99]]) == []
    assert len(gaps([[10.1], [0], [0]], [[40], [99]], tolerance=0.0)) == 1


def test_lead_time_makes_a_gap_without_a_resource() -> None:
    found = gaps([[0, 0], [0, 0], [50, 50]], [[9, 9], [9, 9]], lead_months=np.array([0, 0, 1]))
    assert [(g.resource, g.month, g.units, g.hours) for g in found] == [(LEAD_TIME, 0, 50.0, 0.0)]
    assert found[0].families == (("HELMETS", 50.0),)


@given(
    arrays(float, (3, 4), elements=st.integers(0, 100)),
    arrays(float, (2, 4), elements=st.integers(0, 300)),
)
def test_without_tolerance_the_gaps_hold_every_late_unit(demand: np.ndarray, capacity: np.ndarray) -> None:
    made = plan(SupplyInput(demand, HOURS, capacity, opening_stock=np.zeros(3)))
    found = find_gaps(demand, made, HOURS, capacity, [BIKE, FRAME, HELMET], tolerance=0.0)
    late = np.maximum(demand - made.commitment, 0)
    assert sum(g.units for g in found) == pytest.approx(late.sum(), abs=1e-6)
    assert sum(g.value for g in found) == pytest.approx((late.sum(axis=1) * [1000, 300, 30]).sum(), abs=1e-3)


def test_customers_hit_are_those_of_the_late_products() -> None:
    lines = [[12.0], [8.0], [7.0]]
    index = np.array([0, 0, 2])
    commitment = np.array([[10.0], [0.0], [7.0]])
    allocation = allocate(lines, index, commitment)
    made = planned([[20], [0], [7]], [[40], [99]])
    [gap] = find_gaps([[20], [0], [7]], made, HOURS, [[40], [99]], [BIKE, FRAME, HELMET])
    hit = customers_hit(gap, lines, allocation, index, ["BRANDT", "ACME", "ACME"], [1000, 1000, 30])
    assert [(c.customer, c.units, c.value) for c in hit] == [("BRANDT", 6, 6000), ("ACME", 4, 4000)]


def test_matrices_that_do_not_fit_are_refused() -> None:
    made = planned([[1], [1], [1]], [[9], [9]])
    with pytest.raises(ValueError, match="do not fit"):
        find_gaps([[1.0]], made, HOURS, [[9], [9]], [BIKE])
