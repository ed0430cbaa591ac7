"""What chosen options do to hours and to how early work may be done."""

import numpy as np
import pytest

from supply.commitment import SupplyInput, plan
from supply.options import Kind
from supply.relief import Relief, agreed_hours, prebuild_months

HOURS = np.array([[2.0, 0.0, 1.0], [0.0, 3.0, 1.0]])


def test_each_option_adds_its_hours_where_they_were_agreed() -> None:
    reliefs = [Relief(Kind.OVERTIME, 0, 1, 30.0), Relief(Kind.OUTSOURCE, 1, 0, 5.0), Relief(Kind.OVERTIME, 0, 1, 1.0)]
    np.testing.assert_array_equal(agreed_hours((2, 2), reliefs, Kind.OVERTIME), [[0.0, 31.0], [0.0, 0.0]])
    np.testing.assert_array_equal(agreed_hours((2, 2), reliefs, Kind.OUTSOURCE), [[0.0, 0.0], [5.0, 0.0]])


@pytest.mark.parametrize("kind", [Kind.DO_NOTHING, Kind.DELAY, Kind.PREBUILD])
def test_other_options_add_no_hours(kind: Kind) -> None:
    assert agreed_hours((1, 1), [Relief(kind, 0, 0, 99.0)], kind).tolist() == [[0.0]]


def test_building_ahead_is_for_the_products_of_the_resource_in_that_month() -> None:
    ahead = prebuild_months(HOURS, 4, [Relief(Kind.PREBUILD, 0, 2)], furthest=2)
    np.testing.assert_array_equal(ahead, [[0, 0, 2, 0], [0, 0, 0, 0], [0, 0, 2, 0]])


@pytest.mark.parametrize(
    "relief", [Relief(Kind.OVERTIME, 1, 0), Relief(Kind.OVERTIME, 0, 1), Relief(Kind.OVERTIME, 0, 0, -1.0)]
)
def test_a_relief_outside_or_negative_is_refused(relief: Relief) -> None:
    with pytest.raises(ValueError, match="Relief"):
        agreed_hours((1, 1), [relief], relief.kind)


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
