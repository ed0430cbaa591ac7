"""Whole numbers that are typed: never an error, never one that no column holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cycles.typed import LARGEST_WHOLE as LARGEST
from cycles.typed import is_number, whole_number, whole_numbers


@given(st.integers(0, LARGEST))
def test_what_a_column_holds_is_read(number: int) -> None:
    assert whole_number(str(number)) == number


@given(st.integers(min_value=LARGEST + 1) | st.integers(max_value=-1))
def test_what_no_column_holds_is_none(number: int) -> None:
    assert whole_number(str(number)) is None


@given(st.text() | st.text("0123456789²١", min_size=1))
def test_any_text_is_a_number_or_none(text: str) -> None:
    assert whole_number(text) in (None, int(text) if text.isascii() and text.isdigit() else None)


@pytest.mark.parametrize("text", ["", " 1", "1 ", "+1", "1.0", "1_0", "0x1", "²", "١", "1" + "0" * 19, "9" * 5000])
def test_what_is_not_written_plainly_is_none(text: str) -> None:
    assert whole_number(text) is None


def test_a_limit_of_ones_own_and_lists() -> None:
    assert (whole_number("12", 12), whole_number("13", 12)) == (12, None)
    assert whole_numbers(["3", "x", "9" * 5000, "1"]) == [3, 1]


@pytest.mark.parametrize("given", [True, None, "1", [], float("nan"), float("inf"), 10**400, -(10**400)])
def test_what_cannot_be_reckoned_with_is_no_number(given: object) -> None:
    assert not is_number(given)


@given(st.integers(-(10**300), 10**300) | st.floats(allow_nan=False, allow_infinity=False))
def test_what_fits_a_float_is_a_number(given: float) -> None:
    assert is_number(given)
