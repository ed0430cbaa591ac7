"""Typed months and comments."""

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cycles.typed import LONGEST_COMMENT, figure, month_read, words
from jobs.errors import Invalid


def test_a_month_is_its_first_day() -> None:
    assert month_read("2026-11") == date(2026, 11, 1)


@pytest.mark.parametrize("typed", ["", None, "2026-13", "November", "2026-11-31", 202611])
def test_what_is_no_month_is_refused(typed: object) -> None:
    with pytest.raises(Invalid):
        month_read(typed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  two\nlines ", "two\nlines"),
        ("a\x00b\u202ec", "abc"),
        ("lone \ud800 half", "lone  half"),
        (None, ""),
        (7, ""),
    ],
)
def test_a_comment_is_kept_without_what_cannot_be_stored(typed: object, kept: str) -> None:
    assert words(typed) == kept


def test_a_comment_too_long_is_refused() -> None:
    assert words("x" * LONGEST_COMMENT) == "x" * LONGEST_COMMENT
    with pytest.raises(Invalid, match="2,000 characters"):
        words("x" * (LONGEST_COMMENT + 1))


@given(st.text(max_size=LONGEST_COMMENT))
def test_every_comment_can_be_stored_and_cleaning_twice_changes_nothing(typed: str) -> None:
    kept = words(typed)
    assert kept.encode().decode() == kept
    assert "\x00" not in kept
    assert words(kept) == kept


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("5", 5.0),
        (" -12.5 % ", -12.5),
        ("\u22123", -3.0),
        ("+.5", 0.5),
        ("1,234.5", 1234.5),
        ("1,234,567", 1234567.0),
        ("12\u202f500", 12500.0),
        ("4 680", 4680.0),
    ],
)
def test_a_figure_may_be_written_as_the_portal_shows_it(typed: str, value: float) -> None:
    assert figure(typed) == value


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12,5",
        "1,23",
        "1,2345",
        "1.234,5",
        "1_000",
        "\u0661\u0662",
        "\uff15",
        "nan",
        "inf",
        "1e309",
        "1e3",
        "5 %%",
        "--1",
    ],
)
def test_what_could_be_another_number_is_none(typed: str) -> None:
    assert math.isnan(figure(typed))
