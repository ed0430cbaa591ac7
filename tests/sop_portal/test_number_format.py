"""How numbers are written, by table and by property."""

import math
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_portal import number_format as written

MINUS = "\u2212"
DASH = "\u2013"


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1450, 0, "1,450"),
        (0, 0, "0"),
        (-3, 0, f"{MINUS}3"),
        (-1234.5, 1, f"{MINUS}1,234.5"),
        (2.5, 0, "3"),
        (-2.5, 0, f"{MINUS}3"),
        (0.125, 2, "0.13"),
        (-0.04, 1, "0.0"),
        (Decimal("12.345"), 2, "12.35"),
        (np.float64(7), 0, "7"),
        (None, 0, DASH),
        (math.nan, 0, DASH),
        (math.inf, 0, DASH),
        ("", 0, DASH),
        ("abc", 0, DASH),
    ],
)
def test_number(value, decimals, text):
    assert written.number(value, decimals) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(15, 0, "+15"), (-140, 0, f"{MINUS}140"), (0, 0, "0"), (0.04, 1, "0"), (-0.04, 1, "0"), (None, 0, DASH)],
)
def test_signed_writes_the_sign_on_every_variance_but_zero(value, decimals, text):
    assert written.signed(value, decimals) == text


def test_ratios_become_percent_and_points():
    assert written.percent(0.3731, 1) == "37.3%"
    assert written.percent(None) == DASH
    assert written.signed_percent(0.06) == "+6%"
    assert written.signed_percent(-0.04) == f"{MINUS}4%"
    assert written.signed_percent(0) == "0%"
    assert written.points(0.8209, 2) == "+82.09 pp"
    assert written.points(math.nan) == DASH


def test_money_names_its_currency_only_beside_a_number():
    assert written.money(77_548_570.2, "USD") == "USD 77,548,570"
    assert written.money(None, "USD") == DASH
    assert written.money(12) == "12"


@pytest.mark.parametrize(
    ("values", "divisor", "prefix", "decimals"),
    [
        ([10_200_000, 9_900_000], 1_000_000, "m", 2),
        ([102_000_000], 1_000_000, "m", 1),
        ([1450, 12], 1, "", 0),
        ([14_500, 12], 1_000, "k", 2),
        ([0.5, 0.25], 1, "", 2),
        ([None, math.nan], 1, "", 0),
        ([], 1, "", 0),
    ],
)
def test_scale_fits_four_digits(values, divisor, prefix, decimals):
    scale = written.scale_for(values)
    assert (scale.divisor, scale.prefix, scale.decimals) == (divisor, prefix, decimals)


def test_scale_is_named_in_the_header():
    scale = written.scale_for([10_200_000])
    assert scale.unit("USD") == "mUSD"
    assert scale.unit("units") == "m units"
    assert written.scale_for([12]).unit("units") == "units"
    assert written.scaled(10_200_000, scale) == "10.20"
    assert written.scaled(None, scale) == DASH


@given(st.floats(min_value=-1e12, max_value=1e12, allow_nan=False))
def test_scaled_numbers_keep_to_four_digits(value):
    text = written.scaled(value, written.scale_for([value]))
    assert sum(c.isdigit() for c in text) <= (5 if abs(value) < 999e9 else 9)
    assert "-" not in text


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e10, max_value=1e10), st.integers(0, 3))
def test_a_written_number_reads_back(value, decimals):
    text = written.number(value, decimals).replace(",", "").replace(MINUS, "-")
    assert float(text) == pytest.approx(value, abs=0.5000001 * 10**-decimals)


def test_short_carries_its_own_factor():
    assert written.short(12_340_000) == "12.3m"
    assert written.short(950) == "950"
    assert written.short(-2_500) == f"{MINUS}2.50k"
    assert written.short(None) == DASH


def test_months_are_english_and_two_digit():
    assert written.month(date(2026, 11, 1)) == "Nov 26"
    assert written.month(date(2009, 1, 1)) == "Jan 09"
    assert written.month(None) == DASH
    assert written.month_long(date(2026, 11, 1)) == "November 2026"


@pytest.mark.parametrize(
    ("value", "good", "tone"),
    [
        (1, "up", "good"),
        (-1, "up", "bad"),
        (1, "down", "bad"),
        (0, "up", "zero"),
        (None, "up", "zero"),
        (1, "none", ""),
    ],
)
def test_tone_depends_on_what_is_good(value, good, tone):
    assert written.tone(value, good) == tone


def test_tone_refuses_an_unknown_direction():
    with pytest.raises(ValueError, match="sideways"):
        written.tone(1, "sideways")
