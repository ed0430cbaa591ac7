"""Charts: what is drawn equals what was given, in the notation, small, and readable without eyes."""

import gzip
import re
import xml.etree.ElementTree as ET
from datetime import date
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_portal import charts
from sop_portal.charts.picture import Picture, coordinate, text_width
from sop_portal.charts.series import decimals_for, month_labels, months_of, year_labels

SVG = "{http://www.w3.org/2000/svg}"
MINUS = "\u2212"


def months(count, year=2026, first=1):
    return [date(year + (first - 1 + i) // 12, (first - 1 + i) % 12 + 1, 1) for i in range(count)]


def parsed(svg):
    return ET.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def words(svg):
    return [element.text for element in parsed(svg).iter(f"{SVG}text")]


def rects(svg, css):
    """(x, y, width, height) of the rectangles of one class, as drawn."""
    path = next((p for p in parsed(svg).iter(f"{SVG}path") if css in (p.get("class"), p.get("fill"))), None)
    found = re.findall(r"M(-?\d+) (-?\d+)h(\d+)v(\d+)h", path.get("d") if path is not None else "")
    return [tuple(int(part) for part in one) for one in found]


YEAR = {
    "months": months(12),
    "values": [8, 8, 9, 9, 9, 10, 9, 8, 10, 10, 11, 12],
    "plan": [8, 9, 9, 9, 9, 10, 9, 9, 10, 10, 11, 11],
    "previous_year": [7] * 12,
    "forecast": [False] * 9 + [True] * 3,
}
ALL = {
    "three_tier": YEAR,
    "stacked_load": {
        "months": months(12),
        "loads": {"Mountain": [300] * 12, "Road": [200] * 12},
        "regular": [400] * 12,
        "overtime": [50] * 12,
        "forecast": [False] + [True] * 11,
    },
    "inventory_band": {
        "months": months(12),
        "values": [100, 90, 80, 70, 60, 50, 40, 30, 20, 10, 0, -5],
        "low": [40] * 12,
        "high": [95] * 12,
        "forecast": [False] * 6 + [True] * 6,
    },
    "line_review": {
        "months": months(12),
        "values": [80, 81, 79, 90, 95, 99, 120, 130, 125, 118, 110, 100],
        "previous_year": [75] * 12,
        "baseline": [None] * 6 + [90, 95, 92, 90, 88, 85],
        "sales": [None] * 6 + [120, 130, 125, 118, 110, 100],
        "forecast": [False] * 6 + [True] * 6,
    },
    "waterfall": {
        "steps": [
            {"label": "Last", "value": 100, "kind": "total"},
            {"label": "New", "value": 25},
            {"label": "Lost", "value": -40, "kind": "expected"},
            {"label": "Now", "value": 85, "kind": "forecast"},
        ]
    },
    "stair": {
        "stages": [
            {"label": "Naive", "wape": 0.6},
            {"label": "Baseline", "wape": 0.5},
            {"label": "Sales", "wape": 0.52},
            {"label": "Plan", "wape": None},
        ]
    },
    "bias_columns": {"months": months(4), "bias": [0.02, 0.10, -0.08, None]},
    "small_multiples": {
        "months": months(12),
        "parts": [
            {"name": "Mountain", "values": [8, 8, 9, 9, 9, 10, 9, 8, 10, 10, 11, 12]},
            {"name": "Road", "values": [2, None, -3, 1, 1, 1, 2, 2, 2, 3, 3, 3]},
        ],
    },
    "tolerance_grid": {
        "months": months(3),
        "families": ["Mountain", "Road"],
        "deviations": [[0.01, 0.2, None], [-0.2, 0.0, 0.04]],
    },
}


@pytest.mark.parametrize("name", ALL)
def test_every_chart_is_well_formed_named_and_free_of_styles(name):
    drawing = getattr(charts, name)(uid="u1", title="Sales < plan & more", desc="One message", **ALL[name])
    root = parsed(drawing.svg)
    assert root.get("role") == "img"
    named = [next(e for e in root.iter() if e.get("id") == part) for part in root.get("aria-labelledby").split()]
    assert [element.text for element in named] == ["Sales < plan & more", "One message"]
    assert "style=" not in drawing.svg
    assert not re.search(r"#[0-9a-fA-F]{6}|rgb\(", drawing.svg)


@pytest.mark.parametrize("name", ALL)
def test_every_chart_comes_with_the_same_numbers_as_a_table(name):
    drawing = getattr(charts, name)(**ALL[name])
    assert drawing.rows
    assert {len(row) for row in drawing.rows} == {len(drawing.header)}


@pytest.mark.parametrize("name", ALL)
def test_twelve_months_stay_under_six_kilobytes(name):
    assert len(getattr(charts, name)(**ALL[name]).svg.encode()) < 6_000


def test_a_page_of_every_chart_stays_under_thirty_kilobytes():
    """One of each kind, drawn wide, with cells for a table of twelve rows."""
    drawn = [getattr(charts, name)(uid=name, **data).svg for name, data in ALL.items()]
    drawn.append(charts.trend_columns(uid="t", months=YEAR["months"], values=YEAR["values"]).svg)
    cells = [charts.sparkline(uid=f"s{i}", values=YEAR["values"]) for i in range(12)]
    cells += [charts.bullet(uid=f"b{i}", value=8, target=9) for i in range(12)]
    assert sum(len(svg.encode()) for svg in [*drawn, *cells]) < 30_000


def test_twenty_four_months_stay_small():
    data = {k: v * 2 for k, v in YEAR.items() if k != "months"} | {"months": months(24)}
    svg = charts.three_tier(**data).svg.encode()
    assert len(svg) < 8_500
    assert len(gzip.compress(svg)) < 2_700


def test_pattern_ids_are_the_charts_own():
    one, other = charts.three_tier(uid="a", **YEAR).svg, charts.three_tier(uid="b", **YEAR).svg
    ids = [{e.get("id") for e in parsed(svg).iter() if e.get("id")} for svg in (one, other)]
    assert not ids[0] & ids[1]
    used = set(re.findall(r"url\(#([\w-]+)\)", one))
    assert used
    assert used <= ids[0]


def test_three_tier_draws_measured_solid_expected_hatched_planned_outlined():
    svg = charts.three_tier(uid="u", **YEAR).svg
    assert len(rects(svg, "pl")) == 12
    heads = 12
    assert len(rects(svg, "ac")) + len(rects(svg, "url(#u-ac)")) == 12 + heads
    columns = [r for r in rects(svg, "url(#u-ac)") if r[3] > 7]
    assert len(columns) == 3


def test_three_tier_heights_are_proportional_and_the_variance_has_the_same_scale():
    svg = charts.three_tier(uid="u", **YEAR).svg
    plans = rects(svg, "pl")
    assert plans[0][3] / plans[-1][3] == pytest.approx(8 / 11, abs=0.01)
    feet = {y + height for _, y, _, height in plans}
    assert len(feet) == 1
    unit = plans[-1][3] / 11
    bad = rects(svg, "bad")
    assert len(bad) == 2
    assert [r[3] for r in bad] == pytest.approx([unit, unit], abs=1.1)
    assert rects(svg, "url(#u-good)")[0][3] == pytest.approx(unit, abs=1.1)


def test_three_tier_labels_every_variance_with_its_sign():
    table = charts.three_tier(**YEAR)
    assert f"{MINUS}1" in words(table.svg)
    assert "+1" in words(table.svg)
    assert table.header == ("Month", "AC/FC", "PL", "ΔPL", "ΔPL%", "PY")
    assert table.rows[1] == ["Feb 26", "8", "9", f"{MINUS}1", f"{MINUS}11%", "7"]


def test_three_tier_turns_the_colours_where_less_is_better():
    up = charts.three_tier(uid="u", **YEAR).svg
    down = charts.three_tier(uid="u", good="down", **YEAR).svg
    assert len(rects(up, "bad")) == len(rects(down, "good")) == 2


def test_three_tier_leaves_missing_months_empty():
    data = YEAR | {"values": [None] * 12, "plan": [5] * 11 + [None], "previous_year": None}
    drawing = charts.three_tier(**data)
    assert not rects(drawing.svg, "ac")
    assert len(rects(drawing.svg, "pl")) == 11
    assert drawing.rows[0] == ["Jan 26", "–", "5", "–", "–"]


def test_three_tier_draws_returns_below_the_line_and_stops_at_outliers():
    data = YEAR | {"values": [-4] + [8] * 11, "plan": [0.001] + [8] * 11}
    svg = charts.three_tier(uid="u", **data).svg
    columns = [r for r in rects(svg, "ac") if r[2] > 7]
    assert columns[0][1] == columns[1][1] + columns[1][3]
    assert columns[0][3] * 2 == pytest.approx(columns[1][3], abs=2)
    assert f"{MINUS}999" in words(svg)


def test_three_tier_links_reach_the_table_too():
    drawing = charts.three_tier(**YEAR, links=[f"/m/{i}?a=1&b=2" for i in range(12)])
    assert drawing.links[3] == "/m/3?a=1&b=2"
    areas = list(parsed(drawing.svg).iter(f"{SVG}rect"))
    assert [area.get("data-href") for area in areas] == drawing.links


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("three_tier", {"plan": [1]}, "plan has 1 values, expected 12"),
        ("three_tier", {"forecast": [True]}, "forecast has 1 values"),
        ("three_tier", {"months": []}, "months is empty"),
        ("three_tier", {"months": [date(2026, 1, 2)] * 12}, "firsts of month"),
        ("three_tier", {"months": months(12)[::-1]}, "must rise"),
        ("stacked_load", {"loads": {}}, "no family"),
        ("stacked_load", {"loads": {"Road": [1]}}, r"loads\[Road\] has 1 values"),
        ("inventory_band", {"low": [1, 2]}, "low has 2 values"),
        ("waterfall", {"steps": []}, "steps is empty"),
        ("waterfall", {"steps": [{"label": "X", "value": 1, "kind": "pie"}]}, "'X': kind must be one of"),
        ("waterfall", {"steps": [{"label": "X", "value": None}]}, "'X' has no value"),
        ("stair", {"stages": []}, "stages is empty"),
        ("bias_columns", {"band": -1}, "band must be a ratio"),
        ("tolerance_grid", {"families": ["One"]}, "deviations has 2 rows, expected 1"),
    ],
)
def test_bad_input_is_named(name, change, message):
    with pytest.raises(ValueError, match=message):
        getattr(charts, name)(**(ALL[name] | change))


def test_labels_of_narrow_months_never_lie_on_each_other():
    values = [3.5, 1.7, 2.7, 2.7, 2.2, 3.3, 2.7, 3.7, 4.8, 4.0, 3.8, 3.9, 3.7, 1.9, 2.8, 2.5, 2.1, 2.9]
    plan = [v + 0.4 for v in values[:16]] + [3.7, 4.4]
    drawn = charts.three_tier(months=months(18), values=values, plan=plan, width=340)
    texts = [(e.text, float(e.get("x")), float(e.get("y"))) for e in parsed(drawn.svg).iter(f"{SVG}text")]
    labels = [text for text in texts if text[0].startswith(MINUS) or text[0] == "4.8"]
    assert {f"{MINUS}43", f"{MINUS}1.6", "4.8"} <= {name for name, _, _ in labels}
    for (name, x, y), (other, across, down) in combinations(labels, 2):
        clear = (text_width(name, 10) + text_width(other, 10)) / 2
        assert abs(x - across) >= clear or abs(y - down) >= 10


def test_load_above_capacity_is_drawn_in_the_adverse_colour_and_labelled():
    drawing = charts.stacked_load(uid="u", **ALL["stacked_load"])
    total, over = rects(drawing.svg, "ac")[0][3] * 500 / 300, rects(drawing.svg, "bad")[0][3]
    assert over / total == pytest.approx(50 / 500, abs=0.01)
    assert len(rects(drawing.svg, "url(#u-bad)")) == 11
    assert words(drawing.svg).count("111%") == 12
    assert drawing.rows[0][-1] == "111%"


def test_load_labels_the_highest_month_of_a_run_where_labels_do_not_fit():
    data = ALL["stacked_load"] | {"loads": {"Road": [460, 470, 480, 300, 300, 300, 300, 300, 455, 300, 300, 300]}}
    drawing = charts.stacked_load(**data, width=300)
    assert [w for w in words(drawing.svg) if "%" in w] == ["107%", "101%"]


def test_load_sums_the_small_families():
    data = ALL["stacked_load"] | {"loads": {name: [n] * 12 for n, name in enumerate("ABCDEF", 1)}}
    drawing = charts.stacked_load(**data)
    assert drawing.header[1:5] == ("F", "E", "D", "Other")
    assert drawing.rows[0][4] == "6"


def test_load_without_capacity_has_no_utilisation():
    drawing = charts.stacked_load(**(ALL["stacked_load"] | {"regular": [0] * 12, "overtime": None}))
    assert {row[-1] for row in drawing.rows} == {"–"}


def test_inventory_marks_months_outside_the_band():
    drawing = charts.inventory_band(**ALL["inventory_band"])
    assert [row[-1] for row in drawing.rows] == ["above", *[""] * 6, *["below"] * 5]
    assert f"{MINUS}5" in words(drawing.svg)
    assert 'class="line-fc"' in drawing.svg


def test_waterfall_steps_start_where_the_last_one_ended():
    drawing = charts.waterfall(uid="u", **ALL["waterfall"])
    total, now = rects(drawing.svg, "ac")[0], rects(drawing.svg, "url(#u-ac)")[0]
    new, lost = rects(drawing.svg, "good")[0], rects(drawing.svg, "url(#u-bad)")[0]
    assert new[0] == total[0] + total[2]
    assert lost[0] + lost[2] == pytest.approx(new[0] + new[2], abs=1)
    assert now[0] + now[2] == pytest.approx(lost[0], abs=1)
    assert lost[2] / new[2] == pytest.approx(40 / 25, rel=0.05)
    assert {"+25", f"{MINUS}40"} <= set(words(drawing.svg))


def test_a_bridge_of_gaps_lies_left_of_zero():
    steps = [
        {"label": "Gap", "value": -2.8, "kind": "gap"},
        {"label": "Shift", "value": 0.9},
        {"label": "Rest", "value": -1.9, "kind": "gap"},
    ]
    drawing = charts.waterfall(steps=steps, uid="u")
    gap, rest = rects(drawing.svg, "bad")
    assert gap[0] + gap[2] == rest[0] + rest[2]
    assert [row[1] for row in drawing.rows] == [f"{MINUS}2.8", "+0.9", f"{MINUS}1.9"]


def test_stair_shows_what_each_stage_added():
    drawing = charts.stair(**ALL["stair"])
    assert [row[2] for row in drawing.rows] == ["–", "+10.0 pp", f"{MINUS}2.0 pp", "–"]
    assert "n/a" in words(drawing.svg)
    assert 'class="t-good"' in drawing.svg
    assert 'class="t-bad"' in drawing.svg


def test_small_multiples_have_one_scale_and_their_own_axes():
    drawn = charts.small_multiples(**ALL["small_multiples"], width=316)
    columns = rects(drawn.svg, "ac")
    assert len(columns) == 12 + 11, "a month without a value has no column"
    left, right = ([r for r in columns if (r[0] < 150) == side] for side in (True, False))
    per_unit = left[-1][3] / 12
    assert [r[3] for r in right] == pytest.approx(
        [abs(v) * per_unit for v in ALL["small_multiples"]["parts"][1]["values"] if v is not None], abs=1
    )
    below = next(r for r in right if r[1] > left[0][1] + left[0][3] - 1)
    assert below[3] == pytest.approx(3 * per_unit, abs=1)
    assert {"Mountain", "Road", "12", "3"} <= set(words(drawn.svg))


def test_one_wild_month_does_not_flatten_the_other_panels():
    parts = [{"name": name, "values": [10, 8, 9]} for name in "ABC"]
    calm = rects(charts.small_multiples(months=months(3), parts=parts).svg, "ac")
    wild = charts.small_multiples(months=months(3), parts=[*parts, {"name": "D", "values": [10, 900, 9]}])
    columns, per_unit = rects(wild.svg, "ac"), calm[0][3] / 10
    assert columns[0][3] == pytest.approx(calm[0][3] / 3, abs=1)
    assert columns[10][3] == pytest.approx(3 * columns[9][3], abs=2)
    assert columns[10][3] < 90 * per_unit
    assert 'class="halo"' in wild.svg
    assert "900" in words(wild.svg)


def test_the_number_of_a_low_last_month_stands_clear_of_the_columns_beside_it():
    part = {"name": "A", "values": [98.0, *[90] * 10, 71]}
    drawn = charts.small_multiples(months=months(12), parts=[part], decimals=1, width=150)
    spots = {e.text: (float(e.get("x")), float(e.get("y"))) for e in parsed(drawn.svg).iter(f"{SVG}text")}
    x, y = spots["71.0"]
    beside = [r for r in rects(drawn.svg, "ac") if r[0] < x + 10 and r[0] + r[2] > x - 10]
    assert len(beside) == 2
    assert y <= min(r[1] for r in beside)


def test_small_multiples_stack_where_they_do_not_fit():
    wide, narrow = (parsed(charts.small_multiples(**ALL["small_multiples"], width=w).svg) for w in (1140, 160))
    assert float(narrow.get("height")) > 2 * float(wide.get("height"))
    with pytest.raises(ValueError, match="empty"):
        charts.small_multiples(months=months(3), parts=[])


def test_bias_outside_the_band_is_adverse_on_both_sides():
    svg = charts.bias_columns(uid="u", **ALL["bias_columns"]).svg
    assert len(rects(svg, "bad")) == 2
    assert len(rects(svg, "ac")) == 1
    assert {"+2", "+10", f"{MINUS}8"} <= set(words(svg))


def test_tolerance_marks_have_shapes_not_only_colours():
    drawing = charts.tolerance_grid(**ALL["tolerance_grid"])
    paths = {p.get("class"): p.get("d") for p in parsed(drawing.svg).iter(f"{SVG}path")}
    assert paths["ring"].count("M") == 3
    assert paths["bad"].count("M") == 2
    assert {"1/2", "2/3"} <= set(words(drawing.svg))


def test_bullet_bar_and_sparkline_say_their_numbers():
    assert parsed(charts.bullet(value=90, target=100))[0].text == "90, target 100"
    assert parsed(charts.bar(value=-3, maximum=6))[0].text == f"{MINUS}3"
    assert parsed(charts.sparkline(values=[1, None, 4]))[0].text == "from 1 to 4"
    assert parsed(charts.sparkline(values=[]))[0].text == "no values"


@pytest.mark.parametrize(
    ("given_values", "layer"),
    [
        ({"value": 90, "target": 100}, "bad"),
        ({"value": 110, "target": 100}, "ac"),
        ({"value": 110, "target": 100, "good": "down"}, "bad"),
        ({"value": 50, "band": (20, 45), "good": "none"}, "bad"),
        ({"value": 30, "band": (20, 45), "good": "none"}, "ac"),
    ],
)
def test_bullet_knows_its_adverse_side(given_values, layer):
    assert rects(charts.bullet(**given_values), layer)


def test_bar_of_a_variance_goes_both_ways():
    left, right = (
        charts.bar(value=-50, maximum=100, layer="variance"),
        charts.bar(value=50, maximum=100, layer="variance"),
    )
    assert rects(left, "bad")[0][2] == rects(right, "good")[0][2]
    assert rects(left, "bad")[0][0] + rects(left, "bad")[0][2] == rects(right, "good")[0][0] == 60


NUMBERS = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True), st.integers(-(10**9), 10**9))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 30).flatmap(lambda n: st.tuples(*(st.lists(NUMBERS, min_size=n, max_size=n) for _ in range(3)))))
def test_any_numbers_make_a_readable_chart(lists):
    values, plan, past = ([v if v is None or abs(v) < 1e12 else None for v in one] for one in lists)
    at = months(len(values), first=7)
    made = [
        charts.three_tier(months=at, values=values, plan=plan, previous_year=past).svg,
        charts.stacked_load(months=at, loads={"A": values, "B": past}, regular=plan).svg,
        charts.inventory_band(months=at, values=values, low=plan, high=past).svg,
        charts.bias_columns(months=at, bias=values).svg,
        charts.sparkline(values=values),
        charts.bullet(value=values[0], target=plan[0], band=(past[0], past[0])),
    ]
    for svg in made:
        parsed(svg)
        assert "nan" not in svg
        assert "inf" not in svg.replace("inform", "")


def test_layers_are_painted_in_their_order():
    paper = Picture(uid="u", width=10, height=10, title="t", order=("pl", "ac"))
    paper.rect("ac", 0, 0, 5, 5)
    paper.rect("pl", 0, 0, 5, 5)
    assert paper.svg().index('class="pl"') < paper.svg().index('class="ac"')


def test_centred_words_stay_inside():
    paper = Picture(uid="u", width=100, height=10, title="t")
    paper.text("mid", 99, 5, "1,234")
    x = float(next(parsed(paper.svg()).iter(f"{SVG}text")).get("x"))
    assert x + text_width("1,234") / 2 <= 100.5


def test_words_and_addresses_are_escaped():
    paper = Picture(uid="u", width=10, height=10, title="<script>", desc="a & b")
    paper.text("mid", 1, 1, "<b>&")
    paper.link('/x?"><script>', 0, 0, 5, 5)
    assert "<script>" not in paper.svg()
    assert words(paper.svg()) == ["<b>&"]


@pytest.mark.parametrize(("value", "text"), [(12.04, "12"), (-0.04, "0"), (3.26, "3.3"), (-1.5, "-1.5")])
def test_coordinates_are_short(value, text):
    assert coordinate(value) == text


def test_small_rules_of_the_notation():
    assert text_width("1,111") < text_width("11111")
    assert [decimals_for([v]) for v in (250, 250.5, 2.5, 0.25)] == [0, 0, 1, 2]
    assert month_labels(months(4), 30) == ["Jan", "Feb", "Mar", "Apr"]
    assert month_labels(months(4), 15) == ["Jan", "", "Mar", ""]
    assert month_labels(months(4, first=2), 8) == ["", "", "Apr", ""]
    assert year_labels(months(3, first=12), 40) == ["2026", "2027", ""]
    assert year_labels(months(3, first=12), 20) == ["", "2027", ""]
    assert year_labels(months(3), 10) == ["2026", "", ""]
    assert months_of(months(2)) == months(2)


def test_line_review_draws_columns_and_steps_and_labels_the_extremes():
    drawing = charts.line_review(uid="u", **ALL["line_review"])
    assert len(rects(drawing.svg, "ac")) == 6
    assert len(rects(drawing.svg, "url(#u-ac)")) == 6
    steps = {p.get("class"): p.get("d").count("L") for p in parsed(drawing.svg).iter(f"{SVG}path")}
    assert (steps["line"], steps["line-fc"]) == (11, 11)
    assert {"79", "130"} <= set(words(drawing.svg))
    assert drawing.rows[6][1:5] == ["120", "90", "120", "+30"]
    assert drawing.rows[0][2:5] == ["–", "–", "–"]


def test_line_review_stands_returns_and_emptiness():
    returned = ALL["line_review"] | {"values": [-5, 0, None, *[3] * 9]}
    assert charts.line_review(uid="u", **returned).rows[0][1] == f"{MINUS}5"
    nothing = {"months": months(2), "values": [None] * 2, "baseline": [None] * 2, "sales": [0, 0]}
    assert "nan" not in charts.line_review(uid="u", **nothing).svg
    with pytest.raises(ValueError, match="sales has 1"):
        charts.line_review(**nothing | {"sales": [1]})
