import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from supply import inventory

units = arrays(float, (3, 6), elements=st.integers(0, 1000))
start = arrays(float, (3,), elements=st.integers(0, 1000))
signed = arrays(float, (3, 6), elements=st.integers(-50, 1000))


def test_a_worked_example() -> None:
    made = inventory.project([10], [[5, 0, 30, 0]], [[8, 20, 5, 5]])
    assert made.shipments.tolist() == [[8, 7, 18, 5]]
    assert made.inventory.tolist() == [[7, 0, 12, 7]]
    assert made.backlog.tolist() == [[0, 13, 0, 0]]


def test_the_backlog_at_the_start_ships_first() -> None:
    made = inventory.project([0], [[10, 10]], [[5, 5]], opening_backlog=[8])
    assert made.shipments.tolist() == [[10, 8]]
    assert made.backlog.tolist() == [[3, 0]]


@given(start, units, units, start)
def test_identities_hold_exactly(opening: np.ndarray, supply: np.ndarray, demand: np.ndarray, owed: np.ndarray) -> None:
    made = inventory.project(opening, supply, demand, owed)
    before = np.column_stack([opening, made.inventory[:, :-1]])
    assert (made.inventory == before + supply - made.shipments).all()
    before = np.column_stack([owed, made.backlog[:, :-1]])
    assert (made.backlog == before + demand - made.shipments).all()
    assert (made.inventory >= 0).all()
    assert (made.backlog >= 0).all()
    assert ((made.inventory == 0) | (made.backlog == 0)).all(), "nothing waits while there is stock"


@given(start, units, units, start)
def test_balance_rebuilds_the_projection(
    opening: np.ndarray, supply: np.ndarray, demand: np.ndarray, owed: np.ndarray
) -> None:
    made = inventory.project(opening, supply, demand, owed)
    assert (inventory.balance(opening, supply, made.shipments) == made.inventory).all()
    assert (inventory.balance(owed, demand, made.shipments) == made.backlog).all()


@given(start, signed, units)
def test_balance_adds_up_over_products_even_with_returns(
    opening: np.ndarray, bookings: np.ndarray, shipments: np.ndarray
) -> None:
    each = inventory.balance(opening, bookings, shipments)
    family = inventory.balance(
        [opening.sum()], bookings.sum(axis=0, keepdims=True), shipments.sum(axis=0, keepdims=True)
    )
    assert (each.sum(axis=0) == family[0]).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1, 2], [[1.0]], [[1.0]]), "1 products"),
        (([1], [[1.0, 2.0]], [[1.0]]), "alike"),
        (([-1], [[1.0]], [[1.0]]), "opening stock"),
        (([1], [[np.nan]], [[1.0]]), "supply"),
        (([1], [[1.0]], [[-1.0]]), "demand"),
    ],
)
def test_wrong_input_is_named(arguments: tuple[list[float], ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        inventory.project(*arguments)


def test_days_of_supply_look_forward() -> None:
    days = inventory.days_of_supply([[60.0, 60.0, 60.0, 60.0]], [[999.0, 30.0, 31.0, 0.0]], [31, 30, 31, 30], window=2)
    assert days[0, 0] == pytest.approx(60 / ((30 + 31) / 61))
    assert days[0, 1] == pytest.approx(60 / (31 / 61))
    assert np.isinf(days[0, 2]), "infinite without demand"
    assert np.isnan(days[0, 3]), "no month ahead"


def test_days_of_supply_of_nothing_is_zero_and_needs_a_window() -> None:
    assert inventory.days_of_supply([[0.0, 0.0]], [[5.0, 5.0]], [30, 31])[0, 0] == 0
    with pytest.raises(ValueError, match="at least 1 month"):
        inventory.days_of_supply([[0.0]], [[5.0]], [30], window=0)


def test_cover_below_safety_stock() -> None:
    stock = [[5.0, 10.0], [0.0, 1.0]]
    assert inventory.below_safety(stock, [10, 0]).tolist() == [[True, False], [False, False]]
    assert inventory.shortfall(stock, [10, 0]).tolist() == [[5.0, 0.0], [0.0, 0.0]]
