"""The tags as templates use them: numbers, icons, charts in their figure."""

import re
from datetime import UTC, date, datetime

import pytest
from django.template import Context, Template

MINUS = "\u2212"


def rendered(source, **context):
    return Template(source).render(Context(context))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ 1450|number }}", "1,450"),
        ("{{ v|signed:1 }}", f"{MINUS}0.5"),
        ("{{ r|percent:1 }}", "12.3%"),
        ("{{ r|signed_percent }}", "+12%"),
        ("{{ r|points }}", "+12.3 pp"),
        ('{{ 12|money:"USD" }}', "USD 12"),
        ("{{ none|number }}", "–"),
        ("{{ d|month }} {{ d|month_long }} {{ d|iso_month }}", "Nov 26 November 2026 2026-11"),
        ('{{ v|tone:"down" }}', "good"),
        ("{{ 1234567|short }}", "1.23m"),
    ],
)
def test_filters(source, text):
    context = {"v": -0.5, "r": 0.123, "d": date(2026, 11, 1), "none": None}
    assert rendered("{% load numbers %}" + source, **context) == text


def test_a_column_shares_one_scale_named_in_its_header():
    rows = [{"revenue": 10_200_000}, {"revenue": 950_000}]
    source = '{% load numbers %}{% with s=rows|scale_of:"revenue" %}{{ s|unit:"USD" }}'
    source += "{% for r in rows %} {{ r.revenue|scaled:s }}{% endfor %}{% endwith %}"
    assert rendered(source, rows=rows) == "mUSD 10.20 0.95"


def test_delta_has_sign_and_colour_class():
    source = "{% load numbers %}{% delta 15 %}{% delta -0.04 kind='percent' good='down' %}{% delta 0 %}"
    assert rendered(source) == (
        f'<span class="delta good">+15</span><span class="delta good">{MINUS}4%</span><span class="delta zero">0</span>'
    )


def test_delta_refuses_an_unknown_kind():
    with pytest.raises(ValueError, match="kind must be one of"):
        rendered("{% load numbers %}{% delta 1 kind='pie' %}")


def test_local_time_stands_readable_before_the_script_runs():
    at = datetime(2026, 11, 26, 17, 0, tzinfo=UTC)
    assert rendered("{% load numbers %}{% local_time at %}", at=at) == (
        '<time datetime="2026-11-26T17:00:00+00:00" data-local="short">Thu 26 Nov 17:00</time>'
    )
    assert ">17:00<" in rendered("{% load numbers %}{% local_time at 'time' %}", at=at)
    assert ">Thu 26 Nov<" in rendered("{% load numbers %}{% local_time at 'date' %}", at=at)
    assert ">26 Nov 2026, 17:00<" in rendered("{% load numbers %}{% local_time at 'dated' %}", at=at)
    assert rendered("{% load numbers %}{% local_time none %}", none=None) == "–"
    with pytest.raises(ValueError, match="style must be one of"):
        rendered("{% load numbers %}{% local_time at 'long' %}", at=at)


def test_icon_is_decoration_unless_it_has_words():
    plain, spoken = rendered('{% load icons %}{% icon "lock" %}|{% icon "lock" "Locked by Dan" css="warn" %}').split(
        "|"
    )
    assert 'aria-hidden="true"' in plain
    assert 'class="icon warn"' in spoken
    assert 'aria-label="Locked by Dan"' in spoken
    assert "icons.svg#lock" in spoken


THREE = {
    "months": [date(2026, 1, 1), date(2026, 2, 1)],
    "values": [8, 9],
    "plan": [9, 9],
    "forecast": [False, True],
    "message": "Short of plan & late",
    "who": "Acme",
    "measure": "Net sales",
    "unit": "mUSD",
    "when": "2026",
}


def test_a_chart_comes_with_message_title_legend_and_table():
    html = rendered("{% load charts %}{% three_tier data %}", data=THREE)
    assert "Short of plan &amp; late" in html
    assert "<b>Net sales</b> in mUSD" in html
    assert "Acme, Net sales in mUSD, 2026</title>" in html
    assert "FC forecast" in html
    assert '<th scope="row">Jan 26</th>' in html
    assert "style=" not in html


def test_a_phone_gets_the_chart_drawn_for_its_width():
    html = rendered("{% load charts %}{% three_tier data %}", data=THREE)
    assert re.findall(r'<svg class="figure" width="(\d+)"', html)[:2] == ["660", "326"]


def test_legend_and_table_can_be_left_out():
    html = rendered("{% load charts %}{% three_tier data %}", data=THREE | {"legend": False, "table": False})
    assert "chart-legend" not in html
    assert "<table" not in html


def test_ids_are_unique_on_a_page_with_the_same_chart_twice():
    html = rendered('{% load charts %}{% three_tier d %}{% three_tier d %}{% chart_legend "ac fc pl py" %}', d=THREE)
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert ids
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", html)) <= set(ids)


def test_links_stand_in_the_table_for_the_keyboard():
    html = rendered("{% load charts %}{% three_tier d %}", d=THREE | {"links": ["/a", "/b"]})
    assert '<a href="/b">Feb 26</a>' in html


def test_cell_charts_take_arguments_or_a_dict():
    html = rendered(
        "{% load charts %}{% bullet value=90 target=100 %}{% bar d %}{% sparkline values=v %}",
        d={"value": 3, "maximum": 6},
        v=[1, 2],
    )
    assert html.count("<svg") == 3
    assert "<figure" not in html


def test_a_legend_without_words_is_refused():
    with pytest.raises(ValueError, match="no legend for pie"):
        rendered('{% load charts %}{% chart_legend "ac pie" %}')


@pytest.mark.parametrize(
    "name", ["stacked_load", "inventory_band", "waterfall", "stair", "bias_columns", "tolerance_grid"]
)
def test_every_legend_key_of_every_chart_has_words_and_a_swatch(name):
    at = THREE["months"]
    data = {
        "stacked_load": {
            "months": at,
            "loads": {"A": [1, 9]},
            "regular": [2, 2],
            "overtime": [1, 1],
            "forecast": [False, True],
        },
        "inventory_band": {"months": at, "values": [1, 9], "low": [2, 2], "high": [3, 3]},
        "waterfall": {"steps": [{"label": "A", "value": 1, "kind": "total"}]},
        "stair": {"stages": [{"label": "A", "wape": 0.5}]},
        "bias_columns": {"months": at, "bias": [0.1, 0.2]},
        "tolerance_grid": {"months": at, "families": ["A"], "deviations": [[0.1, 0.2]]},
    }[name]
    html = rendered("{% load charts %}{% " + name + " d %}", d=data)
    assert html.count("<li>") == html.count('<svg class="figure" viewBox="0 0 18 12"')
    assert "<figure" in html
