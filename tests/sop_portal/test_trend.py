"""The chart of one measure by month: an uncut axis, labels that do not touch, the target in its place."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cycles.periods import month_range
from sop_portal.charts import trend_columns

START = date(2025, 1, 1)


def drawn(values: list[float | None], **more: object) -> str:
    return trend_columns(months=month_range(START, len(values)), values=values, **more).svg


def words(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def heights(svg: str) -> list[int]:
    path = re.search(r'<path class="ac" d="([^"]*)"', svg)
    return [int(tall) for tall in re.findall(r"h\d+v(\d+)h", path[1])] if path else []


def test_columns_are_as_high_as_their_values_say() -> None:
    assert heights(drawn([50.0, 100.0, 25.0], height=120)) == [60, 120, 30]


def test_what_is_not_known_has_no_column_and_says_n_a() -> None:
    drawing = trend_columns(months=month_range(START, 3), values=[1.0, None, 3.0], decimals=1)
    assert len(heights(drawing.svg)) == 2
    assert drawing.rows == [["Jan 25", "1.0"], ["Feb 25", "n/a"], ["Mar 25", "3.0"]]


def test_the_target_is_a_double_line_at_its_height() -> None:
    svg = drawn([50.0, 100.0], target=75.0, height=120)
    lines = re.search(r'<path class="target" d="([^"]*)"', svg)
    assert lines
    at = [float(y) for y in re.findall(r"M0 ([\d.]+)", lines[1])]
    zero = 16 + 120
    assert sum(at) / 2 == pytest.approx(zero - 90)
    assert 'class="target"' not in drawn([50.0])
    assert trend_columns(months=[START], values=[1.0], target=2.0).legend == ("ac", "target")


def test_long_numbers_are_shortened_and_crowded_ones_left_out() -> None:
    assert "3.33m" in words(drawn([3_330_000.0, 1_000_000.0]))
    crowded = [float(i % 7 + 100) for i in range(24)]
    shown = [w for w in words(drawn(crowded, width=326)) if w.isdigit() and len(w) == 3]
    assert set(shown) == {"100", "106", "102"}


@given(
    st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9, allow_nan=False)), min_size=1, max_size=36),
    st.one_of(st.none(), st.floats(-1e9, 1e9, allow_nan=False)),
    st.floats(200, 1400),
)
def test_nothing_stands_outside_the_picture(values: list[float | None], target: float | None, width: float) -> None:
    drawing = trend_columns(months=month_range(START, len(values)), values=values, target=target, width=width)
    tall = float(re.search(r'height="([\d.]+)"', drawing.svg)[1])  # type: ignore[index]
    for y in re.findall(r'<text x="[^"]*" y="([^"]*)"', drawing.svg):
        assert 0 <= float(y) <= tall
    for left, top, down in re.findall(r"M(-?\d+) (-?\d+)h\d+v(\d+)h", drawing.svg):
        assert int(left) >= 0
        assert int(top) >= 0
        assert int(top) + int(down) <= tall
    assert len(drawing.rows) == len(values)


@pytest.mark.parametrize(("months", "values"), [([], []), ([START], [1.0, 2.0])])
def test_wrong_lengths_are_named(months: list[date], values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"months|values"):
        trend_columns(months=months, values=values)
