"""What is free beyond what is committed: worked out by hand, and properties that hold for every plan."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supply.free_supply import Planned, free_by, room

MONTHS = 4


def planned(
    inventory: list[list[float]],
    *,
    backlog: list[list[float]] | None = None,
    safety: list[float] | None = None,
    hours: list[list[float]] | None = None,
    spare: list[list[float]] | None = None,
    arrives: list[int] | None = None,
) -> Planned:
    """A plan whose products need one resource without a spare hour, unless said otherwise."""
    stock = np.array(inventory, dtype=float)
    products, months = stock.shape
    return Planned(
        inventory=stock,
        backlog=np.zeros_like(stock) if backlog is None else np.array(backlog, dtype=float),
        safety=np.zeros(products) if safety is None else np.array(safety, dtype=float),
        hours=np.ones((1, products)) if hours is None else np.array(hours, dtype=float),
        spare=np.zeros((1, months)) if spare is None else np.array(spare, dtype=float),
        arrives=np.zeros(products, dtype=int) if arrives is None else np.array(arrives),
    )


# --- By hand ----------------------------------------------------------------------


def test_only_stock_that_no_later_month_needs_is_free() -> None:
    plan = planned([[50, 30, 12, 40]])
    assert free_by(plan, 0).tolist() == [[12, 12, 12, 40]]
    assert free_by(plan, 3).tolist() == [[40]]


def test_safety_stock_and_what_customers_wait_for_stay_untouched() -> None:
    plan = planned([[50, 30, 12, 40]], safety=[10], backlog=[[0, 0, 0, 5]])
    assert free_by(plan, 0).tolist() == [[2, 2, 2, 25]]


def test_a_month_that_is_planned_below_its_safety_stock_only_must_not_get_worse() -> None:
    assert free_by(planned([[5, 5]], safety=[9]), 0).tolist() == [[0, 0]]
    assert free_by(planned([[0, 0]], safety=[9], backlog=[[0, 40]], spare=[[7, 0]]), 0).tolist() == [[7, 7]]


def test_hours_to_spare_make_good_what_is_taken_from_stock() -> None:
    plan = planned([[50, 30, 12, 40]], hours=[[2]], spare=[[0, 8, 10, 0]])
    assert room(plan).tolist() == [[0, 4, 5, 0]]
    assert free_by(plan, 0).tolist() == [[21, 21, 21, 49]]
    assert free_by(plan, 2).tolist() == [[17, 45]]


def test_the_scarcest_resource_limits_and_who_needs_none_has_no_limit() -> None:
    plan = planned([[0, 0], [0, 0]], hours=[[1, 0], [2, 0]], spare=[[9, 9], [10, 30]])
    assert free_by(plan, 0).tolist() == [[5, 14], [np.inf, np.inf]]


def test_nothing_arrives_before_the_lead_time() -> None:
    plan = planned([[3, 3, 3]], hours=[[0]], arrives=[2])
    assert free_by(plan, 0).tolist() == [[3, 3, np.inf]]


@pytest.mark.parametrize("month", [-1, 2])
def test_a_month_outside_the_plan_is_refused(month: int) -> None:
    with pytest.raises(ValueError, match="months 0 to 1"):
        free_by(planned([[1, 1]]), month)


# --- Of every plan ----------------------------------------------------------------

UNITS = st.floats(0, 500, allow_nan=False).map(lambda value: round(value, 2))
ROW = st.lists(UNITS, min_size=MONTHS, max_size=MONTHS)


@st.composite
def plans(draw: st.DrawFn) -> Planned:
    return planned(
        [draw(ROW)],
        backlog=[draw(ROW)] if draw(st.booleans()) else None,
        safety=[draw(UNITS)],
        hours=[[draw(st.sampled_from([0.5, 1.0, 2.0, 3.0]))]],
        spare=[draw(ROW)],
        arrives=[draw(st.integers(0, MONTHS))],
    )


def left_after(plan: Planned, month: int, by: int, units: float) -> np.ndarray:
    """What stock is above what it must be (M,) when `units` more ship by a month, and every spare hour from the
    month of the order on makes the product."""
    above = np.maximum(plan.inventory[0] - plan.backlog[0] - plan.safety[0], 0.0)
    made = np.where(np.arange(MONTHS) >= month, room(plan)[0], 0.0)
    shipped = np.where(np.arange(MONTHS) >= by, units, 0.0)
    return (above + np.cumsum(made) - shipped)[by:]


@settings(max_examples=200, deadline=None)
@given(plans(), st.integers(0, MONTHS - 1))
def test_what_is_free_can_ship_and_one_more_unit_cannot(plan: Planned, month: int) -> None:
    free = free_by(plan, month)[0]
    for n, units in enumerate(free):
        assert left_after(plan, month, month + n, units).min() >= -1e-6
        assert left_after(plan, month, month + n, units + 1).min() < 0


@settings(max_examples=100, deadline=None)
@given(plans(), st.integers(0, MONTHS - 1), ROW)
def test_it_never_falls_and_more_hours_never_hurt(plan: Planned, month: int, more: list[float]) -> None:
    free = free_by(plan, month)[0]
    assert (np.diff(free) >= 0).all()
    assert (free >= 0).all()
    richer = planned(
        plan.inventory.tolist(),
        backlog=plan.backlog.tolist(),
        safety=plan.safety.tolist(),
        hours=plan.hours.tolist(),
        spare=(plan.spare + np.array(more)).tolist(),
        arrives=plan.arrives.tolist(),
    )
    assert (free_by(richer, month)[0] >= free - 1e-9).all()


@settings(max_examples=100, deadline=None)
@given(plans(), st.integers(1, MONTHS - 1))
def test_an_earlier_order_is_never_promised_less(plan: Planned, month: int) -> None:
    assert (free_by(plan, month - 1)[0, 1:] >= free_by(plan, month)[0] - 1e-9).all()
