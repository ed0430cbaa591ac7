"""Plans compared in a picture: bars in proportion, the first outlined, every figure also in the table."""

import re

import pytest

from sop_portal.charts import plans_compared

PANELS = [
    {"label": "Service", "unit": "", "values": [0.5, 1.0], "texts": ["50.0 %", "100.0 %"]},
    {"label": "Revenue", "unit": "EUR", "values": [200.0, None], "texts": ["200", "n/a"]},
]


def bars(svg: str, css: str) -> list[int]:
    path = re.search(rf'<path class="{css}" d="([^"]*)"', svg)
    return [int(width) for width in re.findall(r"M\d+ \d+h(\d+)v", path.group(1))] if path else []


def test_bars_are_in_proportion_and_the_first_plan_is_outlined() -> None:
    svg = plans_compared(plans=["The plan as it is", "Supplier"], panels=PANELS).svg
    outlined, filled = bars(svg, "pl"), bars(svg, "ac")
    assert len(outlined) == 2
    assert filled == [pytest.approx(2 * outlined[0], abs=1)]
    assert "style=" not in svg


def test_what_is_below_zero_goes_to_the_left_on_the_same_scale() -> None:
    panel = {"label": "Margin", "unit": "EUR", "values": [100.0, -200.0], "texts": ["100", "\u2212200"]}
    svg = plans_compared(plans=["As it is", "Dear"], panels=[panel]).svg
    (gain,), (loss,) = bars(svg, "pl"), bars(svg, "ac")
    assert loss == pytest.approx(2 * gain, abs=2)
    left = {css: int(re.search(rf'<path class="{css}" d="M(\d+) ', svg).group(1)) for css in ("pl", "ac")}
    assert left["ac"] + loss == pytest.approx(left["pl"], abs=1)


def test_every_figure_stands_in_the_table_too() -> None:
    drawing = plans_compared(plans=["As it is", "Supplier"], panels=PANELS)
    assert drawing.header == ("Plan", "Service", "Revenue, EUR")
    assert drawing.rows == [["As it is", "50.0 %", "200"], ["Supplier", "100.0 %", "n/a"]]


def test_on_a_phone_panels_stand_beneath_each_other() -> None:
    wide, narrow = (plans_compared(plans=["A", "B"], panels=PANELS, width=w).svg for w in (1140, 326))
    height = [float(re.search(r' height="([\d.]+)"', svg).group(1)) for svg in (wide, narrow)]
    assert height[1] == 2 * height[0]
    assert len(narrow) < 6_000


def test_a_long_name_is_cut_and_a_missing_value_is_bad_input() -> None:
    svg = plans_compared(plans=["A", "A scenario with a very long name indeed"], panels=PANELS).svg
    assert "A scenario with a very…" in svg
    with pytest.raises(ValueError, match="one value per plan"):
        plans_compared(plans=["A"], panels=PANELS)
