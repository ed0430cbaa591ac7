"""The month cells of a planning grid: what the script reads, which columns fold, what may be written."""

import re
from dataclasses import dataclass, field
from datetime import date

import pytest

from cycles.periods import month_range
from sop_portal.templatetags.grid_cells import (
    line_marks,
    month_cells,
    month_heads,
    month_totals,
    near_cells,
    plain,
    said_list,
    shown,
)

MONTHS = month_range(date(2026, 11, 1), 24)


@dataclass
class Row:
    own: list[float] = field(default_factory=lambda: [10.0] * 24)
    base: list[float] = field(default_factory=lambda: [10.0] * 24)
    last_year: list[float | None] = field(default_factory=lambda: [9.0] * 12 + [None] * 12)
    previous: list[float | None] = field(default_factory=lambda: [8.5] * 23 + [None])
    decimals: int = 0
    is_open: bool = True
    locked: tuple[date, ...] = ()
    locked_by: str = ""

    @property
    def changed(self) -> list[bool]:
        return [own != base for own, base in zip(self.own, self.base, strict=True)]

    @property
    def is_changed(self) -> bool:
        return any(self.changed)


def cells(row: Row, **more: object) -> list[str]:
    return re.findall(r"<td [^>]*>[^<]*</td>", month_cells(row, tuple(MONTHS), **more))


def test_a_cell_carries_its_number_and_what_it_is_compared_with() -> None:
    assert cells(Row())[0] == '<td data-m="2026-11">10</td>'
    changed = cells(Row(own=[12.0, *[10.0] * 23]))
    assert changed[0].startswith('<td data-m="2026-11" data-bl="10" class="changed">12<')


@pytest.mark.parametrize(
    ("value", "decimals", "cell"),
    [
        (1450.0, 0, ">1,450<"),
        (12.25, 0, ' data-v="12.25">12<'),
        (12.25, 2, ">12.25<"),
        (12.5, 2, ' data-v="12.5">12.50<'),
        (-3.0, 0, ' data-v="-3">−3<'),
        (12345678901.0, 0, ' data-v="1.23456789e+10">12,345,678,901<'),
    ],
)
def test_a_number_that_is_not_just_what_is_shown_is_said(value: float, decimals: int, cell: str) -> None:
    assert cells(Row(own=[value] * 24, base=[value] * 24, decimals=decimals))[0] == f'<td data-m="2026-11"{cell}/td>'


def test_what_is_not_known_is_left_out() -> None:
    last = [cell for cell in cells(Row()) if "data-m" in cell][-1]
    assert last == '<td data-m="2028-10" class="far">10</td>'


@dataclass
class Named(Row):
    line: int = 17
    name: str = "A & B, Valve"
    customer: str = "A & B"
    product: str = "Valve"
    family: str = "Valves"
    price: float = 12.5
    reason: str = ""
    past: tuple[float, ...] = (1.0, 2.5)
    average3: float | None = 9.5
    last_year_near: float | None = None
    base_near: float = 30.0


def test_a_row_says_what_its_cells_share() -> None:
    marks = line_marks(Named())
    assert 'data-line="17" data-name="A &amp; B, Valve" data-customer="A &amp; B"' in marks
    assert 'data-price="12.5" data-decimals="0" data-past="1,2.5" data-avg3="9.5"' in marks
    assert marks.endswith(f' data-prev="{"8.5," * 23}"')
    assert "data-reason" not in marks
    assert "data-avg3" not in line_marks(Named(average3=None))
    assert "data-prev" not in line_marks(Named(previous=[None] * 24))


def test_the_near_months_are_summed_beside_the_numbers() -> None:
    assert near_cells(Named()) == (
        '<td class="num context" data-near="ly">–</td><td class="num context" data-near="bl">30</td>'
    )


def test_a_changed_cell_and_a_closed_line_say_so() -> None:
    row = Row(own=[12.0] + [10.0] * 23, is_open=False)
    first, second = cells(row)[:2]
    assert 'class="changed"' in first
    assert 'aria-readonly="true"' in first
    assert "changed" not in second
    assert "aria-readonly" not in "".join(cells(row, is_grid=False))


def test_months_after_the_third_fold_into_sums_of_three() -> None:
    blocks = [cell for cell in cells(Row()) if "data-sum" in cell]
    assert len(blocks) == 7
    assert blocks[0] == '<td class="num context block" data-sum="2027-02 2027-03 2027-04">30</td>'
    assert sum(cell.count("far") for cell in cells(Row())) == 21


@pytest.mark.parametrize("horizon", [18, 20, 24])
def test_head_body_and_foot_have_the_same_columns(horizon: int) -> None:
    months = MONTHS[:horizon]
    row = Row(*[[1.0] * horizon] * 2, [None] * horizon, [None] * horizon)
    heads, foot = month_heads(months), month_totals([1.0] * horizon, months)
    count = month_cells(row, tuple(months)).count("<td")
    assert heads.count("<th") == foot.count("<td") == count
    covered = re.findall(r'class="num block" data-total="([^"]*)"', foot)
    assert " ".join(covered).split() == [f"{month:%Y-%m}" for month in months[3:]]


def test_the_head_names_months_and_blocks() -> None:
    heads = re.findall(r">([^<]+)<", month_heads(MONTHS))
    assert heads[:3] == ["Nov 26", "Dec 26", "Jan 27"]
    assert heads[6] == "Feb–Apr 27"


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(1450, 0, "1,450"), (2.5, 0, "3"), (-3.0, 0, "−3"), (0.125, 2, "0.13"), (0, 0, "0")],
)
def test_numbers_are_written_as_everywhere(value: float, decimals: int, text: str) -> None:
    assert shown(value, decimals) == text


def test_attributes_are_plain_numbers() -> None:
    assert (plain(1234567.25), plain(0.1 + 0.2)) == ("1234567.25", "0.3")
    assert said_list([1.0, None, 2.5]) == "1,,2.5"


def test_a_locked_cell_names_who_locked_it() -> None:
    found = cells(Row(locked=(MONTHS[1],), locked_by="Rita <b>"))
    assert 'class="locked" data-locked="Rita &lt;b&gt;"' in found[1]
    assert "data-locked" not in found[0]
