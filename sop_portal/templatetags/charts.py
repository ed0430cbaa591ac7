"""Chart tags: a plain dict in, a figure out.

{% three_tier data %} {% stacked_load data %} {% inventory_band data %} {% waterfall data %} {% stair data %}
{% bias_columns data %} {% tolerance_grid data %} {% line_review data %} {% plans_compared data %}
{% trend_columns data %} {% small_multiples data %} take the arguments of the maker of the same name in
`sop_portal.charts`, and for the caption: message (a sentence), who, measure, unit, when (the three title lines),
legend=False and table=False to leave these out. {% bullet data %}, {% bar data %} and {% sparkline data %} give the
bare picture for a cell.
{% chart_legend "ac fc pl py" %} is one legend for a page.
"""

from collections.abc import Callable, Mapping
from typing import Any
from zlib import crc32

from django import template
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from sop_portal import charts

register = template.Library()

# What a panel on a phone of 375 pixels has room for: charts are drawn again for it, never shrunk.
PHONE = 326
CAPTION = ("message", "who", "measure", "unit", "when")
LEGEND = {
    "ac": "AC actual",
    "fc": "FC forecast",
    "pl": "PL plan",
    "bu": "BU budget",
    "py": "PY previous year",
    "regular": "Regular capacity",
    "with-overtime": "With overtime",
    "overload": "Above capacity",
    "cut": "Forecast months hatched",
    "line": "Measured",
    "line-fc": "Projected",
    "step-baseline": "Baseline",
    "step-sales": "Sales with events",
    "band": "Target band",
    "outside": "Outside the band",
    "helped": "Error the stage removed",
    "hurt": "Error it added",
    "in-band": "Within the band",
    "out-of-band": "Outside: above zero forecast too high, below too low",
    "target": "Target",
    "inside": "Within tolerance",
    "over": "Above plan",
    "under": "Below plan",
}


def _uid(context: Context, data: Any) -> str:
    """Unique on the page and, by its content, against partials that are swapped in later."""
    count = (context.render_context.get("charts") or 0) + 1
    context.render_context["charts"] = count
    return f"c{crc32(repr(data).encode()):x}-{count}"


def _figure(context: Context, maker: Callable[..., charts.Drawing], data: Mapping[str, Any]) -> SafeString:
    uid = _uid(context, data)
    caption = {key: data.get(key, "") for key in CAPTION}
    drawing_data = {k: v for k, v in data.items() if k not in (*CAPTION, "legend", "table")}
    drawing_data.setdefault("title", _name(caption) or maker.__name__.replace("_", " "))
    drawing_data.setdefault("desc", str(caption["message"]))
    drawing = maker(uid=uid, **drawing_data)
    narrow = maker(**drawing_data | {"uid": f"{uid}-s", "width": PHONE})
    content = caption | {
        "svg": mark_safe(drawing.svg),
        "narrow": mark_safe(narrow.svg),
        "keys": _keys(drawing.legend) if data.get("legend", True) else (),
        "uid": f"{uid}-l",
        "header": drawing.header if data.get("table", True) else (),
        "rows": [_row(drawing, i) for i in range(len(drawing.rows))],
    }
    return mark_safe(render_to_string("_chart.html", content))


def _name(caption: Mapping[str, Any]) -> str:
    measure = f"{caption['measure']} in {caption['unit']}" if caption["unit"] else str(caption["measure"])
    return ", ".join(str(part) for part in (caption["who"], measure, caption["when"]) if part)


def _row(drawing: charts.Drawing, index: int) -> dict[str, Any]:
    first, *rest = drawing.rows[index]
    return {"first": first, "rest": rest, "link": drawing.links[index] if index < len(drawing.links) else ""}


def _keys(names: Any) -> list[tuple[str, str]]:
    unknown = [name for name in names if name not in LEGEND]
    if unknown:
        raise ValueError(f"no legend for {', '.join(unknown)}")
    return [(name, LEGEND[name]) for name in names]


def _register(maker: Callable[..., charts.Drawing]) -> None:
    def tag(context: Context, data: Mapping[str, Any], **more: Any) -> SafeString:
        return _figure(context, maker, {**data, **more})

    register.simple_tag(tag, takes_context=True, name=maker.__name__)


def _register_cell(maker: Callable[..., str]) -> None:
    def tag(context: Context, data: Mapping[str, Any] | None = None, **more: Any) -> SafeString:
        given = {**(data or {}), **more}
        return mark_safe(maker(uid=_uid(context, given), **given))

    register.simple_tag(tag, takes_context=True, name=maker.__name__)


for _maker in (
    charts.three_tier,
    charts.stacked_load,
    charts.inventory_band,
    charts.line_review,
    charts.waterfall,
    charts.stair,
    charts.bias_columns,
    charts.tolerance_grid,
    charts.plans_compared,
    charts.small_multiples,
    charts.trend_columns,
):
    _register(_maker)
for _cell in (charts.bullet, charts.bar, charts.sparkline):
    _register_cell(_cell)


@register.simple_tag(takes_context=True)
def chart_legend(context: Context, names: str) -> SafeString:
    """One legend for a page of charts: {% chart_legend "ac fc pl py" %}."""
    content = {"keys": _keys(names.split()), "uid": _uid(context, names)}
    return mark_safe(render_to_string("_chart_legend.html", content))
