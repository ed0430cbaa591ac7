"""Template filters and tags for numbers: {{ value|signed }}, {% delta value %}, {% local_time at %}."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import is_aware, localtime

from sop_portal import number_format as written

register = template.Library()

register.filter("number", written.number)
register.filter("signed", written.signed)
register.filter("percent", written.percent)
register.filter("signed_percent", written.signed_percent)
register.filter("points", written.points)
register.filter("money", written.money)
register.filter("short", written.short)
register.filter("scaled", written.scaled)
register.filter("month", written.month)
register.filter("month_long", written.month_long)
register.filter("tone", written.tone)


@register.filter
def unit(scale: written.Scale, name: str) -> str:
    """The header's unit under a common factor: {{ scale|unit:"USD" }} -> mUSD."""
    return scale.unit(name)


@register.filter
def scale_of(rows: Iterable[Any], key: str = "") -> written.Scale:
    """The common factor of numbers, or of one key or attribute of rows: {% with s=rows|scale_of:"revenue" %}."""
    return written.scale_for([_value(row, key) for row in rows])


@register.filter
def iso_month(value: date) -> str:
    """2026-11, as the grid and addresses use it."""
    return f"{value:%Y-%m}"


@register.simple_tag
def delta(value: Any, good: str = "up", decimals: int = 0, kind: str = "number") -> SafeString:
    """A variance with sign and colour: {% delta row.change good="down" kind="percent" %}."""
    writers = {"number": written.signed, "percent": written.signed_percent, "points": written.points}
    if kind not in writers:
        raise ValueError(f"kind must be one of {', '.join(writers)}, not {kind!r}")
    return format_html('<span class="delta {}">{}</span>', written.tone(value, good), writers[kind](value, decimals))


@register.simple_tag
def local_time(at: datetime | None, style: str = "short") -> SafeString | str:
    """A moment in the reader's own time; the company's stands there until the script has run.

    `style` is "short" (Thu 26 Nov 17:00), "time" (17:00), "ago" (3 min ago), "date" (Thu 26 Nov), "dated"
    (26 Nov 2026, 17:00), or "day" (Thu 26 Nov): the company's working day, which stays as it is.
    """
    if at is None:
        return written.MISSING
    here = localtime(at) if is_aware(at) else at
    return format_html(
        '<time datetime="{}" data-local="{}">{}</time>', here.isoformat(), style, _clock_text(here, style)
    )


def _clock_text(at: datetime, style: str) -> str:
    day = f"{at:%a} {at.day} {at:%b}"
    texts = {"short": f"{day} {at:%H:%M}", "time": f"{at:%H:%M}", "date": day, "day": day, "ago": f"{day} {at:%H:%M}"}
    texts["dated"] = f"{at.day} {at:%b %Y, %H:%M}"
    if style not in texts:
        raise ValueError(f"style must be one of {', '.join(texts)}, not {style!r}")
    return texts[style]


def _value(row: Any, key: str) -> Any:
    if not key:
        return row
    return row.get(key) if isinstance(row, dict) else getattr(row, key)
