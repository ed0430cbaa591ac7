import math

import pytest

from supply.wording import count_text, list_text, money_text, percent_text, signed_money_text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "1 unit"),
        (0, "0 units"),
        (1204, "1,204 units"),
        (2.5, "2.5 units"),
        (1204.4, "1,204 units"),
        (-3, "\u22123 units"),
        (math.nan, "n/a units"),
    ],
)
def test_count_text(number: float, text: str) -> None:
    assert count_text(number) == text


def test_count_text_knows_other_nouns() -> None:
    assert count_text(1, "person", "people") == "1 person"
    assert count_text(3, "person", "people") == "3 people"


@pytest.mark.parametrize(
    ("value", "text", "signed"),
    [
        (312345, "USD 312 k", "USD +312 k"),
        (-1234567, "USD \u22121.23 m", "USD \u22121.23 m"),
        (0, "USD 0", "USD 0"),
        (0.001, "USD 0", "USD 0"),
        (-0.001, "USD 0", "USD 0"),
        (999.4, "USD 999", "USD +999"),
        (999.9, "USD 1 k", "USD +1 k"),
        (999_900, "USD 1 m", "USD +1 m"),
        (12.5, "USD 12.5", "USD +12.5"),
        (2.5e9, "USD 2.5 bn", "USD +2.5 bn"),
        (math.nan, "n/a", "n/a"),
    ],
)
def test_money_text(value: float, text: str, signed: str) -> None:
    assert money_text(value, "USD") == text
    assert signed_money_text(value, "USD") == signed


def test_money_without_a_currency() -> None:
    assert money_text(5000) == "5 k"


@pytest.mark.parametrize(
    ("fraction", "decimals", "text"),
    [(0.843, 0, "84 %"), (0.843, 1, "84.3 %"), (-0.001, 0, "0 %"), (-0.05, 0, "\u22125 %"), (math.nan, 0, "n/a")],
)
def test_percent_text(fraction: float, decimals: int, text: str) -> None:
    assert percent_text(fraction, decimals) == text


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d"], "a, b, c and 1 other"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 others"),
    ],
)
def test_list_text(words: list[str], text: str) -> None:
    assert list_text(words) == text
