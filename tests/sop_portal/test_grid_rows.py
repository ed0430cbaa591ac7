"""The rows of a planning grid: what is typed by people stays text, and every mark has its reason."""

import re
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.template import engines

from cycles.periods import month_range
from demand.selectors.sheet_lines import SheetLine
from demand.selectors.stages import LayerNote

MONTHS = month_range(date(2026, 11, 1), 24)
PLAIN: dict[str, Any] = {
    "line": 17,
    "customer": "A & B",
    "customer_code": "AB",
    "product": "<b>Valve</b>",
    "product_code": "V",
    "family": "Valves",
    "decimals": 0,
    "price": 2.0,
    "flags": [],
    "base": [10.0] * 24,
    "own": [10.0] * 24,
    "last_year": [9.0] * 12 + [None] * 12,
    "previous": [None] * 24,
    "past": [9.0] * 12,
    "team": [None] * 24,
    "team_note": None,
    "reason": "",
    "note": "",
    "locked": (),
    "locked_by": "",
    "firm": (),
    "upside": (),
    "missing": False,
    "question": None,
    "is_noted": False,
    "is_open": True,
}
TEAM = LayerNote("other", 'said "no"', "Mona", None)  # type: ignore[arg-type]


def rows(page: dict[str, Any] | None = None, fold: bool = False, **line: Any) -> str:
    """The row of one line as a page of the grid has it."""
    text = "{% load grid_rows %}{% grid_rows lines months fold=fold %}"
    known = {"lines": [SheetLine(**PLAIN | line)], "months": MONTHS, "months_first": "2026-11", "fold": fold}
    return str(engines["django"].from_string(text).render(known | (page or {})))


def test_a_row_names_its_line_and_leads_to_the_reasons_of_its_number() -> None:
    row = rows()
    assert row.startswith('<tr id="line-17" data-line="17"')
    assert '<a href="/why/17/2026-11/" data-why="17">&lt;b&gt;Valve&lt;/b&gt;</a>' in row
    assert "<b>" not in row
    assert row.count("<td data-m=") == 24


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ({"flags": [{"text": "far<", "why": 'so "far"'}]}, 'title="so &quot;far&quot;">far&lt;</span>'),
        ({"question": SimpleNamespace()}, '<span class="flag">question</span>'),
        ({"is_noted": True}, 'aria-label="Notes on this line"'),
        ({"team": [12.0, *[None] * 23], "team_note": TEAM}, 'title="Mona: said &quot;no&quot;">team +2</span>'),
        ({"upside": (None, 4.0, None)}, "upside +4</span>"),
        ({"own": [15.0, *[10.0] * 23]}, '<td class="num delta good" data-delta>+5</td>'),
        ({"missing": True}, '<td class="reason missing" data-reason-cell>reason missing</td>'),
        ({"reason": "promotion"}, "data-reason-cell>Promotion or event</td>"),
        ({"firm": (5.0, None, None)}, ' data-firm="5,," data-upside=""'),
        ({"flags": [{"text": "x", "why": "Far.", "also": ["Late & new."]}]}, ' data-also="Late &amp; new."'),
        ({"locked": (MONTHS[0],)}, 'class="locked" data-locked="somebody"'),
    ],
)
def test_a_mark_stands_where_it_has_a_reason(line: dict[str, Any], mark: str) -> None:
    assert mark in rows(**line)
    assert mark not in rows()


def test_only_who_may_write_can_split_a_number() -> None:
    assert 'aria-label="Firm, likely and upside of A &amp; B, &lt;b&gt;Valve&lt;/b&gt;"' in rows({"editable": True})
    assert "data-split" not in rows()


def test_a_manager_does_not_read_the_own_number_twice() -> None:
    adjusted = {"team": [12.0, *[None] * 23], "team_note": TEAM}
    assert "team +2" not in rows({"is_team": True}, **adjusted)


def test_lines_nobody_changed_are_folded_until_asked_for() -> None:
    assert re.search(r'<tr [^>]*class="past-fold">', rows(fold=True))
    assert re.search(r'<tr [^>]*class="past-fold open">', rows({"unfolded": True}, fold=True))
    assert "past-fold" not in rows(fold=True, own=[11.0] * 24)
