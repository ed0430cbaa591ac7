"""The phone's cards of a sheet: which lines have one, what stands on it, and that typed text stays text."""

import re
from datetime import date
from typing import Any

import pytest
from django.template import engines

from cycles.periods import month_range
from demand.models import Reason
from demand.selectors.sheet_lines import SheetLine
from tests.sop_portal.test_grid_rows import PLAIN

MONTHS = month_range(date(2026, 11, 1), 24)
FLAG = {"text": "far<", "why": 'so "far".', "also": ["Late & new."]}


def cards(*lines: dict[str, Any]) -> str:
    text = "{% load line_cards %}{% line_cards lines months reasons %}"
    shown = [SheetLine(**PLAIN | line) for line in lines]
    context = {"lines": shown, "months": MONTHS, "reasons": Reason.choices}
    return str(engines["django"].from_string(text).render(context))


def test_every_open_line_has_a_card_and_is_counted_among_all() -> None:
    found = cards({"line": 1}, {"line": 2, "is_open": False}, {"line": 3})
    assert re.findall(r'data-line="(\d+)"', found) == ["1", "3"]
    assert re.findall(r"(\d) of (\d)<", found) == [("1", "3"), ("3", "3")]
    assert cards({"is_open": False}) == ""


def test_a_card_carries_two_months_and_what_the_first_is_compared_with() -> None:
    found = cards({"own": [1450.0, 12.5, *[10.0] * 22], "previous": [7.0, *[None] * 23]})
    assert 'data-month="2026-11" data-next="2026-12" data-v="1450" data-bl="10" data-v-next="12.5"' in found
    assert '<p class="big" data-big>1,450</p>' in found
    assert '<p class="cue">Baseline 10, last year 9, you said 7</p>' in found
    assert "you said" not in cards({})
    assert "last year –" in cards({"last_year": [None] * 24})


def test_every_reason_can_be_tapped() -> None:
    assert re.findall(r'data-code="(\w+)"', cards({})) == list(Reason.values)


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ({"customer": "A & <b>"}, "<h2>A &amp; &lt;b&gt;</h2>"),
        ({"flags": [FLAG]}, '<span class="flag">far&lt;</span>'),
        ({"flags": [FLAG]}, '<p class="cue">so &quot;far&quot;.</p>'),
        ({"flags": [FLAG]}, '<p class="cue">Also: Late &amp; new.</p>'),
        ({"locked": (MONTHS[0],), "locked_by": 'M"o'}, 'data-locked="M&quot;o" data-next-locked=""'),
        ({"locked": (MONTHS[0], MONTHS[1])}, 'data-locked="somebody" data-next-locked="yes"'),
        ({"reason": "promotion"}, 'data-reason="promotion"'),
        ({"decimals": 2}, 'inputmode="decimal"'),
    ],
)
def test_a_mark_stands_where_it_has_a_reason(line: dict[str, Any], mark: str) -> None:
    assert mark in cards(line)
    assert mark not in cards({})


def test_choices_are_written_as_text() -> None:
    text = "{% load options %}{% options pairs %}"
    found = engines["django"].from_string(text).render({"pairs": [("a&b", "A <b>"), ("c", "C")]})
    assert found == '<option value="a&amp;b">A &lt;b&gt;</option><option value="c">C</option>'
