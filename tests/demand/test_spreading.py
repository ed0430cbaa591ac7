import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demand.spreading import round_keeping_total, round_matrix, spread_basis, spread_total

QUANTITY = st.floats(min_value=0, max_value=1e6, allow_subnormal=False)
COUNT = st.integers(0, 10_000)
CELLS = arrays.arrays(float, arrays.array_shapes(max_dims=3, max_side=6), elements=QUANTITY)
WHOLE_CELLS = arrays.arrays(float, st.integers(1, 12), elements=COUNT.map(float))


@pytest.mark.parametrize(
    ("total", "base", "expected"),
    [
        (100, [10, 30, 10], [20, 60, 20]),
        (0, [10, 30], [0, 0]),
        (90, [0, 0, 0], [30, 30, 30]),
        (7, [0, 1], [0, 7]),
        (12, [[1, 2], [0, 3]], [[2, 4], [0, 6]]),
    ],
)
def test_total_goes_down_pro_rata(total, base, expected) -> None:
    assert spread_total(total, base).tolist() == expected


@pytest.mark.parametrize(
    ("total", "decimals", "expected"),
    [(10, 0, [4, 3, 3]), (11, 0, [4, 4, 3]), (1, 1, [0.4, 0.3, 0.3]), (0.01, 2, [0.01, 0, 0])],
)
def test_what_cannot_be_divided_goes_to_the_first_of_equal_remainders(total, decimals, expected) -> None:
    assert spread_total(total, [1, 1, 1], decimals=decimals).tolist() == expected


def test_held_cells_keep_their_value() -> None:
    spread = spread_total(100, [10, 20, 10], held=[True, False, False], decimals=0)
    assert spread.tolist() == [10, 60, 30]


def test_everything_held_is_fine_when_it_adds_up() -> None:
    assert spread_total(30, [10, 20], held=[True, True]).tolist() == [10, 20]


def test_a_fine_held_cell_leaves_its_remainder_on_the_largest_free_one() -> None:
    spread = spread_total(10, [2.4, 1, 5], held=[True, False, False], decimals=0)
    assert spread.tolist() == pytest.approx([2.4, 1, 6.6])
    assert math.fsum(spread) == 10


def test_an_empty_base_falls_back_in_the_order_given() -> None:
    nothing, baseline, last_year = [0, 0], [0, 0], [1, 3]
    assert spread_total(8, nothing, fallbacks=[baseline, last_year]).tolist() == [2, 6]
    assert spread_basis(nothing, fallbacks=[baseline, last_year]) == 2
    assert spread_basis([1, 0], fallbacks=[baseline]) == 0
    assert spread_basis(nothing, fallbacks=[baseline]) == -1


def test_the_basis_looks_at_free_cells_only() -> None:
    spread = spread_total(9, [5, 0, 0], held=[True, False, False], fallbacks=[[9, 1, 3]])
    assert spread.tolist() == [5, 1, 3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"total": -1, "base": [1]}, "0 or more"),
        ({"total": math.nan, "base": [1]}, "0 or more"),
        ({"total": 1, "base": [-1]}, "not negative"),
        ({"total": 1, "base": [math.nan]}, "must be known"),
        ({"total": 1, "base": [1, 2], "held": [True]}, "held has shape"),
        ({"total": 1, "base": [0, 0], "fallbacks": [[1]]}, "a fallback has shape"),
        ({"total": 0.5, "base": [1, 2], "decimals": 0}, "cannot be split with 0 decimals"),
        (
            {"total": 5, "base": [9, 1], "held": [True, False]},
            "held cells add up to 9, more than the total 5",
        ),
        ({"total": 50, "base": [9, 1], "held": [True, True]}, "40 of the total 50 has nowhere to go"),
    ],
)
def test_what_cannot_be_spread_says_why(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        spread_total(**arguments)


@given(total=QUANTITY, base=CELLS)
def test_unrounded_spread_adds_up_exactly_and_is_never_negative(total, base) -> None:
    spread = spread_total(total, base)
    assert math.fsum(spread.ravel()) == pytest.approx(total, rel=1e-15, abs=0)
    assert (spread >= 0).all()


@given(total=COUNT, base=WHOLE_CELLS)
def test_whole_spread_adds_up_and_stays_within_one_unit_of_its_share(total, base) -> None:
    assume(base.sum() > 0)
    spread = spread_total(total, base, decimals=0)
    assert spread.sum() == total
    assert (spread == np.round(spread)).all()
    assert (np.abs(spread - total * base / base.sum()) < 1).all()


@given(total=COUNT, base=WHOLE_CELLS, decimals=st.integers(0, 3))
def test_spread_cells_have_no_more_decimals_than_asked_for(total, base, decimals) -> None:
    spread = spread_total(total / 10**decimals, base, decimals=decimals)
    assert (spread == np.round(spread, decimals)).all()
    assert round(math.fsum(spread) * 10**decimals) == total


@given(base=WHOLE_CELLS, data=st.data())
def test_held_cells_never_move(base, data) -> None:
    held = data.draw(arrays.arrays(bool, base.shape))
    assume(not held.all())
    total = base[held].sum() + data.draw(COUNT)
    spread = spread_total(total, base, held=held, decimals=0)
    assert (spread[held] == base[held]).all()
    assert spread.sum() == total


@given(base=WHOLE_CELLS)
def test_spreading_a_total_it_already_has_changes_nothing(base) -> None:
    assert (spread_total(base.sum(), base, decimals=0) == base).all()


def test_rounding_keeps_the_total_and_ties_go_by_code() -> None:
    assert round_keeping_total([1.5, 1.5, 1.5], codes=["c", "a", "b"]).tolist() == [1, 2, 2]
    assert round_keeping_total([0.25, 0.25], 1, codes=["b", "a"]).tolist() == [0.2, 0.3]
    assert round_keeping_total([], codes=[]).tolist() == []


def test_equal_remainders_are_ties_whatever_floating_point_says() -> None:
    thirds = [0.1 + 0.2, 0.3, 0.4]
    assert round_keeping_total([thirds[0], thirds[1], 0.4], codes=["b", "a", "c"]).tolist() == [0, 0, 1]
    assert round_keeping_total([0.1 + 0.2, 0.3], codes=["b", "a"]).tolist() == [0, 1]


def test_each_product_and_month_keeps_its_rounded_total() -> None:
    matrix = [[1.4, 0.5], [1.4, 0.5], [2.6, 0.0], [0.2, 0.2]]
    rounded = round_matrix(matrix, [0, 0, 1, 1], 0, ["x", "y", "x", "y"])
    assert rounded.tolist() == [[2, 1], [1, 0], [3, 0], [0, 0]]


def test_products_may_have_their_own_decimals() -> None:
    rounded = round_matrix([[1.26], [1.26]], [0, 1], [0, 1], ["a", "b"])
    assert rounded.tolist() == [[1.0], [1.3]]


@pytest.mark.parametrize(
    ("matrix", "product", "order", "message"),
    [
        ([[1.0]], [0, 1], ["a"], "do not fit"),
        ([1.0], [0], ["a"], "do not fit"),
        ([[-1.0]], [0], ["a"], "not negative"),
        ([[math.inf]], [0], ["a"], "must be known"),
        ([[1.0]], [-1], ["a"], "count from 0"),
        ([[1.0]], [0], ["a", "b"], "order has 2 codes for 1 lines"),
    ],
)
def test_a_matrix_that_cannot_be_rounded_says_why(matrix, product, order, message) -> None:
    with pytest.raises(ValueError, match=message):
        round_matrix(matrix, product, 0, order)


@given(
    matrix=arrays.arrays(float, st.tuples(st.integers(1, 15), st.integers(1, 4)), elements=st.floats(0, 1e5)),
    data=st.data(),
)
def test_rounding_keeps_totals_moves_less_than_a_unit_and_repeats(matrix, data) -> None:
    lines = len(matrix)
    product = np.array(data.draw(st.lists(st.integers(0, 3), min_size=lines, max_size=lines)))
    codes = np.array(data.draw(st.permutations(range(lines))))
    rounded = round_matrix(matrix, product, 0, codes)
    for one in set(product):
        total = matrix[product == one].sum(axis=0)
        assert (np.abs(rounded[product == one].sum(axis=0) - total) <= 0.5 + 1e-5).all()
    assert (np.abs(rounded - matrix) < 1 + 1e-8).all()
    assert (rounded == np.round(rounded)).all()
    assert (rounded >= 0).all()
    assert (round_matrix(rounded, product, 0, codes) == rounded).all()


@given(matrix=arrays.arrays(float, (8, 2), elements=st.floats(0, 1e4)), data=st.data())
def test_rounding_does_not_depend_on_the_order_of_rows(matrix, data) -> None:
    product, codes = np.arange(8) % 2, np.array(list("hgfedcba"))
    rows = np.array(data.draw(st.permutations(range(8))))
    shuffled = round_matrix(matrix[rows], product[rows], 0, codes[rows])
    assert (shuffled == round_matrix(matrix, product, 0, codes)[rows]).all()


CASES = json.loads((Path(__file__).parent / "spreading_cases.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_cases_that_the_browser_is_held_to_as_well(case) -> None:
    more = {"held": case.get("held"), "fallbacks": case.get("fallbacks", [])}
    decimals = case.get("decimals", 0)
    if "error" in case:
        with pytest.raises(ValueError, match=case["error"]):
            spread_total(case["total"], case["base"], decimals=decimals, **more)
        return
    assert spread_total(case["total"], case["base"], decimals=decimals, **more) == pytest.approx(case["values"])
    if not all(case.get("held") or [False]):
        assert spread_basis(case["base"], **more) == case["basis"]
