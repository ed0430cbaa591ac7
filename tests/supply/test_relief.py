"""What chosen options do to hours and to how early work may be done."""

import numpy as np
import pytest

from supply.commitment import SupplyInput, plan
from supply.options import Kind
from supply.relief import Relief, prebuild_months, relieved_capacity

HOURS = np.array([[2.0, 0.0, 1.0], [0.0, 3.0, 1.0]])


def test_overtime_and_a_supplier_add_their_hours_where_they_were_agreed() -> None:
    reliefs = [Relief(Kind.OVERTIME, 0, 1, 30.0), Relief(Kind.OUTSOURCE, 1, 0, 5.0), Relief(Kind.OVERTIME, 0, 1, 1.0)]
    capacity = relieved_capacity([[10.0, 10.0], [20.0, 20.0]], reliefs)
    np.testing.assert_array_equal(capacity, [[10.0, 41.0], [25.0, 20.0]])


@pytest.mark.parametrize("kind", [Kind.DO_NOTHING, Kind.DELAY, Kind.PREBUILD])
def test_other_options_add_no_hours(kind: Kind) -> None:
    assert relieved_capacity([[10.0]], [Relief(kind, 0, 0, 99.0)]).tolist() == [[10.0]]


def test_building_ahead_is_for_the_products_of_the_resource_in_that_month() -> None:
    ahead = prebuild_months(HOURS, 4, [Relief(Kind.PREBUILD, 0, 2)], furthest=2)
    np.testing.assert_array_equal(ahead, [[0, 0, 2, 0], [0, 0, 0, 0], [0, 0, 2, 0]])


def test_the_regular_capacity_given_is_not_changed() -> None:
    regular = np.array([[10.0]])
    relieved_capacity(regular, [Relief(Kind.OVERTIME, 0, 0, 5.0)])
    assert regular.tolist() == [[10.0]]


@pytest.mark.parametrize(
    "relief", [Relief(Kind.OVERTIME, 1, 0), Relief(Kind.OVERTIME, 0, 1), Relief(Kind.OVERTIME, 0, 0, -1.0)]
)
def test_a_relief_outside_or_negative_is_refused(relief: Relief) -> None:
    with pytest.raises(ValueError, match="Relief"):
        relieved_capacity([[10.0]], [relief])


def test_only_the_month_that_may_be_built_ahead_is() -> None:
    demand = np.array([[0.0, 15.0, 0.0, 15.0]])
    ahead = np.array([[0, 1, 0, 0]])
    made = plan(SupplyInput(demand, np.array([[1.0]]), np.full((1, 4), 10.0), np.zeros(1), prebuild_months=ahead))
    np.testing.assert_allclose(made.production, [[5.0, 10.0, 0.0, 10.0]])
    np.testing.assert_allclose(made.commitment, [[0.0, 15.0, 0.0, 10.0]])


def test_what_cannot_be_stored_is_made_first_when_the_rest_can_be_built_ahead() -> None:
    demand = np.array([[0.0, 8.0], [0.0, 8.0]])
    given = SupplyInput(
        demand,
        np.array([[1.0, 1.0]]),
        np.full((1, 2), 10.0),
        np.zeros(2),
        storable=np.array([True, False]),
        prebuild_months=np.ones((2, 2), dtype=np.int64),
    )
    made = plan(given)
    np.testing.assert_allclose(made.commitment, demand)
    np.testing.assert_allclose(made.production, [[6.0, 2.0], [0.0, 8.0]])
