"""The family sheet in whole units: identities exact, stocks within one unit of the truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from supply.family_sheet import Sheet, compared, joined, opening_before, whole_sheet

F, M = 3, 6
flows = arrays(np.float64, (F, M), elements=st.floats(0, 500))
starts = arrays(np.float64, (F,), elements=st.floats(0, 500))


def identities_hold(sheet: Sheet) -> bool:
    before = np.column_stack([sheet.opening_inventory, sheet.inventory[:, :-1]])
    owed = np.column_stack([sheet.opening_backlog, sheet.backlog[:, :-1]])
    stock = before + sheet.supply - sheet.shipments == sheet.inventory
    return bool(stock.all() and (owed + sheet.bookings - sheet.shipments == sheet.backlog).all())


@settings(max_examples=60, deadline=None)
@given(starts, starts, flows, flows)
def test_identities_are_exact_and_no_stock_is_negative(
    stock: np.ndarray, owed: np.ndarray, bookings: np.ndarray, supply: np.ndarray
) -> None:
    can = stock[:, None] + np.cumsum(supply, axis=1)
    asked = owed[:, None] + np.cumsum(bookings, axis=1)
    shipped = np.minimum(
        np.minimum.accumulate(can[:, ::-1], axis=1)[:, ::-1], np.minimum.accumulate(asked[:, ::-1], axis=1)[:, ::-1]
    )
    shipments = np.diff(shipped, axis=1, prepend=0.0)
    sheet = whole_sheet(stock, owed, bookings, shipments, supply)
    assert identities_hold(sheet)
    assert (sheet.inventory >= 0).all()
    assert (sheet.backlog >= 0).all()
    assert np.abs(sheet.inventory - (can - shipped)).max() <= 1.001
    assert np.abs(sheet.backlog - (asked - shipped)).max() <= 1.001


def test_a_half_here_and_there_shows_no_stock_that_is_not_there() -> None:
    sheet = whole_sheet([0.0], [0.0], [[0.5, 0.5, 0.5]], [[0.5, 0.5, 0.5]], [[0.5, 0.5, 0.5]])
    assert sheet.inventory.tolist() == [[0, 0, 0]]
    assert sheet.shipments.tolist() == [[1, 0, 1]]


def test_closed_months_end_where_the_plan_opens() -> None:
    closed = whole_sheet([3.4], [1.0], [[2.0]], [[1.2]], [[0.0]])
    planned = whole_sheet([2.7], [1.8], [[4.0]], [[5.0]], [[6.0]])
    both = joined(closed, planned)
    assert identities_hold(both)
    assert both.inventory[0, 0] == planned.opening_inventory[0] == 3


def test_the_stock_before_is_worked_back() -> None:
    assert opening_before([30.0], [[5.0, 5.0]], [[1.0, 2.0]]).tolist() == [23.0]


def test_matrices_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="alike"):
        whole_sheet([0.0], [0.0], [[1.0]], [[1.0, 2.0]], [[1.0]])


# --- Against last month's plan ------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(starts, starts, flows, flows, flows, flows)
def test_identities_hold_for_old_plan_and_variance_too(
    stock: np.ndarray, owed: np.ndarray, bookings: np.ndarray, supply: np.ndarray, ships: np.ndarray, other: np.ndarray
) -> None:
    now = whole_sheet(stock, owed, bookings, ships, supply)
    old = whole_sheet(owed, stock, other, bookings, ships)
    blocks = compared(now, old, 2)
    assert blocks["supply"].known.tolist() == [False, False, True, True, True, True]
    for side in ("old", "variance"):
        at = {name: getattr(block, side)[:, 2:] for name, block in blocks.items()}
        moved = np.diff(at["inventory"], axis=1)
        assert (moved == (at["supply"] - at["shipments"])[:, 1:]).all()
        waiting = np.diff(at["backlog"], axis=1)
        assert (waiting == (at["bookings"] - at["shipments"])[:, 1:]).all()
    for block in blocks.values():
        assert (block.old + block.variance == np.where(block.known, block.now, 0)).all()


@pytest.mark.parametrize("first", [-1, 6])
def test_an_old_plan_that_does_not_overlap_is_refused(first: int) -> None:
    sheet = whole_sheet(np.zeros(F), np.zeros(F), np.ones((F, M)), np.ones((F, M)), np.ones((F, M)))
    with pytest.raises(ValueError, match="does not fit"):
        compared(sheet, sheet, first)
