from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from supply.commitment import LEAD_TIME, NOT_SHORT, SupplyInput, fill_capacity, plan

P, M, R = 4, 5, 2
quantities = arrays(float, (P, M), elements=st.floats(0, 500).map(lambda x: round(x, 2)))
stocks = arrays(float, (P,), elements=st.integers(0, 300))
bills = arrays(float, (R, P), elements=st.sampled_from([0.0, 0.05, 0.5, 1.0, 3.0]))
released = arrays(float, (R, M), elements=st.sampled_from([0.0, 50.0, 300.0, 1000.0, 1e6]))


@st.composite
def inputs(draw: st.DrawFn) -> SupplyInput:
    return SupplyInput(
        demand=draw(quantities),
        hours=draw(bills),
        capacity=draw(released),
        opening_stock=draw(st.none() | stocks),
        opening_backlog=draw(stocks),
        receipts=draw(quantities) * draw(st.sampled_from([0.0, 0.3])),
        open_production=draw(quantities) * draw(st.sampled_from([0.0, 0.3])),
        safety_stock=draw(stocks),
        lead_months=draw(arrays(np.int64, (P,), elements=st.integers(0, 3))),
        storable=draw(arrays(bool, (P,))),
        prebuild_months=draw(st.integers(0, 7)),
    )


def one_resource(demand: list[list[float]], capacity: list[float], **more: object) -> SupplyInput:
    quantity = np.array(demand, dtype=float)
    base = SupplyInput(quantity, np.ones((1, len(quantity))), np.array([capacity], dtype=float))
    return replace(base, **{"opening_stock": np.zeros(len(quantity)), **more})


def test_enough_capacity_commits_exactly_the_demand() -> None:
    made = plan(one_resource([[10, 20, 30], [1, 2, 3]], [99, 99, 99]))
    assert made.commitment.tolist() == [[10, 20, 30], [1, 2, 3]]
    assert (made.binding == NOT_SHORT).all()
    assert made.open_demand.tolist() == [0, 0]


def test_stock_ships_before_anything_is_made() -> None:
    made = plan(one_resource([[10, 20, 30]], [99, 99, 99], opening_stock=np.array([25.0])))
    assert made.production.tolist() == [[0, 5, 30]]
    assert made.inventory.tolist() == [[15, 0, 0]]


def test_shortage_is_cut_pro_rata_and_names_the_resource() -> None:
    made = plan(one_resource([[60], [30]], [45]))
    assert made.commitment.ravel().tolist() == pytest.approx([30, 15])
    assert made.binding.tolist() == [[0], [0]]
    assert made.open_demand.tolist() == pytest.approx([30, 15])


def test_unmet_demand_moves_to_later_months_with_free_hours() -> None:
    made = plan(one_resource([[100, 10, 10, 10]], [60, 20, 30, 99]))
    assert made.commitment[0].tolist() == pytest.approx([60, 20, 30, 20])
    assert made.backlog[0].tolist() == pytest.approx([40, 30, 10, 0])
    assert made.binding[0].tolist() == [0, 0, 0, NOT_SHORT]


def test_prebuilding_uses_free_hours_of_earlier_months_only_when_allowed() -> None:
    given = one_resource([[10, 10, 100]], [50, 50, 50])
    assert plan(given).commitment[0].tolist() == pytest.approx([10, 10, 50])
    near = plan(replace(given, prebuild_months=1))
    assert near.commitment[0].tolist() == pytest.approx([10, 10, 90])
    assert near.inventory[0].tolist() == pytest.approx([0, 40, 0])
    far = plan(replace(given, prebuild_months=2))
    assert far.commitment[0].tolist() == pytest.approx([10, 10, 100])
    assert far.production[0].tolist() == pytest.approx([20, 50, 50])
    made_to_order = plan(replace(given, prebuild_months=2, storable=np.array([False])))
    assert made_to_order.inventory.max() == 0


def test_prebuilding_never_takes_hours_a_month_needs_itself() -> None:
    given = one_resource([[40, 0], [0, 80]], [50, 50], prebuild_months=1)
    made = plan(given)
    assert made.commitment.tolist() == [[40, 0], [0, pytest.approx(60)]]


def test_bought_products_are_not_limited_by_resources() -> None:
    given = SupplyInput(
        demand=np.array([[50.0], [5000.0]]),
        hours=np.array([[1.0, 0.0]]),
        capacity=np.array([[0.0]]),
        opening_stock=np.zeros(2),
    )
    made = plan(given)
    assert made.commitment.ravel().tolist() == [0, 5000]
    assert made.binding.ravel().tolist() == [0, NOT_SHORT]


def test_lead_time_limits_new_supply_and_says_so() -> None:
    given = one_resource([[10, 10, 10]], [99, 99, 99], lead_months=np.array([2]))
    made = plan(replace(given, opening_stock=np.array([12.0])))
    assert made.commitment[0].tolist() == [10, 2, 18]
    assert made.binding[0].tolist() == [NOT_SHORT, LEAD_TIME, NOT_SHORT]


def test_open_production_uses_hours_and_waits_when_there_are_none() -> None:
    given = one_resource([[0, 50]], [30, 60], open_production=np.array([[40.0, 0.0]]))
    made = plan(given)
    assert made.production[0].tolist() == pytest.approx([30, 20])
    assert made.load[0].tolist() == pytest.approx([30, 20])
    assert made.commitment[0].tolist() == pytest.approx([0, 50])


def test_receipts_use_no_hours() -> None:
    made = plan(one_resource([[10, 10]], [0, 0], receipts=np.array([[15.0, 0.0]])))
    assert made.commitment[0].tolist() == [10, 5]
    assert made.load.sum() == 0


def test_safety_stock_is_refilled_with_hours_left_and_used_when_short() -> None:
    given = one_resource([[50, 90, 20]], [60, 60, 60], safety_stock=np.array([25.0]))
    made = plan(replace(given, opening_stock=np.array([25.0])))
    assert made.inventory[0].tolist() == pytest.approx([25, 0, 25])
    assert made.commitment[0].tolist() == pytest.approx([50, 85, 25])


def test_the_old_backlog_is_served_first_and_is_no_commitment() -> None:
    made = plan(one_resource([[10, 10]], [15, 15], opening_backlog=np.array([8.0])))
    assert made.shipments[0].tolist() == pytest.approx([15, 13])
    assert made.commitment[0].tolist() == pytest.approx([7, 13])


def test_unknown_stock_counts_capacity_only() -> None:
    given = SupplyInput(
        demand=np.array([[30.0, 30.0]]),
        hours=np.array([[1.0]]),
        capacity=np.array([[20.0, 50.0]]),
        opening_stock=None,
        receipts=np.array([[99.0, 99.0]]),
        safety_stock=np.array([10.0]),
    )
    made = plan(given)
    assert not made.stock_known
    assert made.commitment[0].tolist() == pytest.approx([20, 40])
    assert made.inventory.sum() == 0


@settings(max_examples=200)
@given(inputs())
def test_invariants(given_: SupplyInput) -> None:
    made = plan(given_)
    known = given_.opening_stock is not None
    opening = given_.opening_stock if known else np.zeros(P)
    receipts = given_.receipts if known else 0.0
    tiny = 1e-6
    for matrix in (made.commitment, made.shipments, made.production, made.inventory, made.backlog):
        assert (matrix >= -1e-9).all()
        assert np.isfinite(matrix).all()
    assert (made.load <= np.asarray(given_.capacity) + tiny).all()
    assert (np.cumsum(made.commitment, axis=1) <= np.cumsum(given_.demand, axis=1) + tiny).all()
    before = np.column_stack([opening, made.inventory[:, :-1]])
    assert np.allclose(made.inventory, before + receipts + made.production - made.shipments)
    before = np.column_stack([given_.opening_backlog, made.backlog[:, :-1]])
    assert np.allclose(made.backlog, before + given_.demand - made.shipments)
    assert np.minimum(made.inventory, made.backlog).max() < tiny, "nothing waits while there is stock"
    open_demand = given_.demand.sum(axis=1) - made.commitment.sum(axis=1)
    assert np.allclose(made.open_demand, np.maximum(open_demand, 0), atol=tiny)
    assert ((made.backlog < tiny) | (made.binding != NOT_SHORT)).all(), "every shortage has a cause"


@given(inputs())
def test_no_hour_is_left_while_its_product_waits(given_: SupplyInput) -> None:
    made = plan(given_)
    left = np.asarray(given_.capacity) - made.load
    for p, t in np.argwhere(made.backlog > 1e-6):
        if made.binding[p, t] >= 0:
            assert left[made.binding[p, t], t] < 1e-6
            assert np.asarray(given_.hours)[made.binding[p, t], p] > 0


@given(
    arrays(float, (1, M), elements=st.integers(0, 100)),
    arrays(float, (1, M), elements=st.integers(0, 100)),
    st.integers(1, M),
)
def test_prebuilding_never_delays_a_product_alone_on_its_resource(
    demand: np.ndarray, capacity: np.ndarray, months: int
) -> None:
    given_ = SupplyInput(demand, np.ones((1, 1)), capacity, opening_stock=np.zeros(1))
    usual, early = plan(given_), plan(replace(given_, prebuild_months=months))
    assert (np.cumsum(early.commitment, axis=1) >= np.cumsum(usual.commitment, axis=1) - 1e-9).all()


def test_fill_capacity_stops_only_those_who_need_the_bottleneck() -> None:
    made, binding = fill_capacity(
        np.array([10.0, 10.0, 10.0]),
        np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]),
        np.array([5.0, 12.0]),
    )
    assert made.tolist() == pytest.approx([5, 7, 10])
    assert binding.tolist() == [0, 1, NOT_SHORT]


@given(arrays(float, (P,), elements=st.floats(0, 1e5)), bills, arrays(float, (R,), elements=st.floats(0, 1e5)))
def test_fill_capacity_never_overloads_and_is_fair(wanted: np.ndarray, hours: np.ndarray, free: np.ndarray) -> None:
    made, binding = fill_capacity(wanted, hours, free)
    assert (made >= 0).all()
    assert (made <= wanted).all()
    assert (hours @ made <= free + 1e-6).all()
    assert (made[binding == NOT_SHORT] == wanted[binding == NOT_SHORT]).all()
    for resource in range(R):
        stopped = binding == resource
        share = made[stopped].sum() / wanted[stopped].sum() if stopped.any() else 0.0
        assert np.allclose(made[stopped], share * wanted[stopped], rtol=1e-9)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"demand": np.array([[-1.0, 1.0]])}, "demand"),
        ({"demand": np.array([[np.nan, 1.0]])}, "demand"),
        ({"capacity": np.array([[1.0]])}, "do not fit"),
        ({"opening_stock": np.array([1.0, 2.0])}, "opening stock"),
        ({"receipts": np.array([1.0, 2.0, 3.0])}, "receipts"),
        ({"safety_stock": np.array([-1.0])}, "safety stock"),
        ({"prebuild_months": -1}, "prebuild_months"),
    ],
)
def test_wrong_input_is_named(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        plan(replace(one_resource([[1, 2]], [5, 5]), **change))
