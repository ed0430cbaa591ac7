"""What a cell may say: tables of right and wrong, and properties for everything in between."""

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterdata import cells


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0.0),
        ("12", 12.0),
        ("-3", -3.0),
        ("+3", 3.0),
        ("1250.5", 1250.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("007", 7.0),
        ("-0", 0.0),
    ],
)
def test_numbers_that_are_read(text, value):
    assert cells.number(text) == value
    assert math.copysign(1, cells.number(text)) == math.copysign(1, value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1,5", "Write 1.5"),
        ("1,234.50", "Write 1234.50"),
        ("1.234,50", "Write 1234.50"),
        ("1,234", "1234 or 1.234"),
        ("1_000", "Write 1000"),
        ("12%", "Write 12"),
        ("$5", "Write 5"),
        ("5 000", "Write 5000"),
        ("1\u00a0000", "Write 1000"),
        ("\uff11\uff12", "Write 12"),
        ("\u0661\u0662", "Write 12"),
        ("\u22123", "Write -3"),
        ("NaN", "not a number"),
        ("nan", "not a number"),
        ("inf", "not a number"),
        ("-Infinity", "not a number"),
        ("true", "not a number"),
        ("0x10", "not a number"),
        ("12a", "not a number"),
        ("1e309", "too large"),
        ("1000000000000", "too large"),
        ("-1e12", "too large"),
        ("--1", "not a number"),
    ],
)
def test_numbers_that_are_refused(text, says):
    with pytest.raises(ValueError, match="'") as caught:
        cells.number(text)
    assert says in str(caught.value)


def test_whole_numbers():
    assert cells.integer("3.0") == 3
    with pytest.raises(ValueError, match="not a whole number"):
        cells.integer("3.5")


def test_months_and_days():
    assert cells.month("2026-11") == date(2026, 11, 1)
    assert cells.day("2024-02-29") == date(2024, 2, 29)
    assert cells.day_or_month("2026-11") == date(2026, 11, 1)
    assert cells.day_or_month("2026-11-15") == date(2026, 11, 15)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-11-01", "is a day. Write the month: 2026-11"),
        ("2026-13", "01 to 12"),
        ("2026-00", "01 to 12"),
        ("46327", "spreadsheet's number for 2026-11-01. Write the month: 2026-11"),
        ("2026/11", "YYYY-MM"),
        ("11/2026", "YYYY-MM"),
        ("Nov 2026", "YYYY-MM"),
        ("2026-1", "YYYY-MM"),
        ("0000-01", "outside 1990 to 2099"),
        ("2202-05", "outside 1990 to 2099"),
        ("\uff12026-11", "YYYY-MM"),
    ],
)
def test_months_that_are_refused(text, says):
    with pytest.raises(ValueError, match="'") as caught:
        cells.month(text)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2027-02-30", "not in the calendar"),
        ("2027-02-29", "not in the calendar"),
        ("46327", "Write 2026-11-01"),
        ("2026-11", "YYYY-MM-DD"),
        ("2026-11-22 13:00", "YYYY-MM-DD"),
        ("0001-01-01", "outside"),
    ],
)
def test_days_that_are_refused(text, says):
    with pytest.raises(ValueError, match="'") as caught:
        cells.day(text)
    assert says in str(caught.value)


def test_codes_stay_as_they_are():
    assert cells.code("000123") == "000123"
    assert cells.code("HL Mountain-1") == "HL Mountain-1"


@pytest.mark.parametrize("sign", ["\u00a0", "\u200b", "\u202e", "\t", "\n", "\ufeff", "\u2028"])
def test_codes_hide_nothing(sign):
    with pytest.raises(ValueError, match=f"U\\+{ord(sign):04X}"):
        cells.code(f"A{sign}B")


@pytest.mark.parametrize("sign", ["\x00", "\n", "\u202e", "\x01"])
def test_texts_have_no_control_characters(sign):
    with pytest.raises(ValueError, match="control character"):
        cells.plain_text(f"A{sign}B")
    assert cells.plain_text("José, \u00a0 «ok»") == "José, \u00a0 «ok»"


def test_other_words():
    assert cells.email("a.b@c.example") == "a.b@c.example"
    assert cells.timezone("Europe/Berlin") == "Europe/Berlin"
    assert cells.letters("USD", 3) == "USD"
    assert cells.choice("customer_told_me", {"customer_told_me": "customer_told"}) == "customer_told"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: cells.email("nobody"), "name@company.example"),
        (lambda: cells.email("a@b.example, c@d.example"), "name@company.example"),
        (lambda: cells.timezone("Europe/Berlim"), "Did you mean 'Europe/Berlin'?"),
        (lambda: cells.letters("usd", 3), "such as USD"),
        (lambda: cells.letters("ÄÖ", 2), "such as US"),
        (lambda: cells.choice("promo", {"promotion": "promotion", "price": "price"}), "promotion, price"),
    ],
)
def test_other_words_that_are_refused(call, says):
    with pytest.raises(ValueError, match="'") as caught:
        call()
    assert says in str(caught.value)


def test_a_long_text_is_shown_short():
    assert len(cells.shown("x" * 5000)) <= cells.SHOWN + 2


@given(st.floats(min_value=-9e11, max_value=9e11, allow_nan=False))
def test_what_python_writes_is_read_back_exactly(value):
    assert cells.number(repr(value)) == value


def told(parser, text):
    """(value, None), or (None, the sentence)."""
    try:
        return parser(text), None
    except ValueError as error:
        return None, str(error)


@given(st.text(max_size=30))
def test_any_text_is_a_finite_number_or_a_sentence(text):
    value, sentence = told(cells.number, text)
    assert sentence.endswith(".") if sentence else abs(value) < cells.LARGEST


@given(st.text(max_size=20))
def test_any_text_is_a_month_or_a_sentence(text):
    value, sentence = told(cells.month, text)
    assert sentence.endswith(".") if sentence else f"{value:%Y-%m}" == text


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2099, 12, 31)))
def test_every_day_is_read_back(value):
    assert cells.day(value.isoformat()) == value
    assert cells.month(f"{value:%Y-%m}") == value.replace(day=1)
