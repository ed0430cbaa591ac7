"""The lines of a sheet as cards for a phone, written in one go: what is the same on every card is put together once.

{% line_cards lines months reasons %} gives a card for each of the sheet lines that can be written, as
static/js/cards.js reads them; `months` are the sheet's, `reasons` the choices of a reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from sop_portal import number_format as written
from sop_portal.templatetags.grid_cells import escaped
from sop_portal.templatetags.icons import icon

register = template.Library()
FACTORS = (("0.8", "−20%"), ("0.9", "−10%"), ("", "OK"), ("1.1", "+10%"), ("1.2", "+20%"))


@dataclass(frozen=True)
class _Page:
    """What the cards of a page share."""

    month: date
    next: date
    count: int
    lock: str
    answers: str
    reasons: str


@register.simple_tag
def line_cards(lines: Sequence[Any], months: Sequence[date], reasons: Sequence[tuple[str, str]]) -> SafeString:
    """Numbered among all lines, those that cannot be written among them."""
    lock = icon("lock")
    page = _Page(months[0], months[1], len(lines), lock, _answers(lock), _reasons(reasons))
    cards = [_card(line, number, page) for number, line in enumerate(lines, 1) if line.is_open]
    return mark_safe("".join(cards))


def _answers(lock: str) -> str:
    """How many, in steps, and the other answers."""
    steps = "".join(
        f'<button class="choice" type="button" data-factor="{factor}">{words}</button>'
        if factor
        else f'<button class="choice" type="button" data-ok><b>{words}</b></button>'
        for factor, words in FACTORS
    )
    return (
        f'<div class="choices" role="group" aria-label="How many">{steps}</div>\n'
        '<div class="choices wrap" role="group" aria-label="Other answers">'
        '<button class="choice" type="button" data-type>Type</button>'
        '<button class="choice" type="button" data-slip>Slips a month</button>'
        '<button class="choice" type="button" data-lost>Lost</button>'
        f'<button class="choice" type="button" data-lock aria-pressed="false">{lock}Lock</button></div>\n'
    )


def _reasons(reasons: Sequence[tuple[str, str]]) -> str:
    """What is said of a number before it is kept, and why it was changed."""
    buttons = "".join(
        f'<button class="choice" type="button" data-code="{escape(code)}">{escape(words)}</button>'
        for code, words in reasons
    )
    return (
        '<div class="hint-box" data-hint hidden><p data-hint-words></p>'
        '<div class="choices" role="group" aria-label="Keep this number">'
        '<button class="choice" type="button" data-keep>Keep</button>'
        '<button class="choice" type="button" data-back>Use the baseline</button></div></div>\n'
        f'<div class="reasons" data-reasons hidden><p class="cue">Why?</p><div class="choices">{buttons}</div></div>\n'
    )


def _card(line: Any, number: int, page: _Page) -> str:
    return (
        f'<article class="card" data-card{_marks(line, page)}>\n'
        f'<div class="row apart"><h2>{escaped(line.customer)}</h2>'
        f'<span class="muted small">{number} of {page.count}</span></div>\n'
        f"{_why(line, page)}{_numbers(line, page)}{page.answers}{_entry(line, page)}{page.reasons}</article>\n"
    )


def _marks(line: Any, page: _Page) -> str:
    locked = escape(line.locked_by or "somebody") if page.month in line.locked else ""
    next_locked = "yes" if page.next in line.locked else ""
    return (
        f' data-line="{line.line}" data-month="{page.month:%Y-%m}" data-next="{page.next:%Y-%m}"'
        f' data-v="{line.own[0]:.10g}" data-bl="{line.base[0]:.10g}"'
        f' data-v-next="{line.own[1]:.10g}" data-bl-next="{line.base[1]:.10g}"'
        f' data-decimals="{line.decimals}" data-price="{line.price:.10g}" data-reason="{escape(line.reason)}"'
        f' data-locked="{locked}" data-next-locked="{next_locked}"'
    )


def _why(line: Any, page: _Page) -> str:
    flags = "".join(f' <span class="flag">{escape(flag.get("text", ""))}</span>' for flag in line.flags)
    words = f'<p class="cue">{escape(line.flag_words)}</p>\n' if line.flag_words else ""
    also = f'<p class="cue">Also: {escape(" ".join(line.also))}</p>\n' if line.also else ""
    return f"<p>{escaped(line.product)}, {written.month(page.month)}{flags}</p>\n{words}{also}"


def _numbers(line: Any, page: _Page) -> str:
    own, base, before = (written.number(of[0], line.decimals) for of in (line.own, line.base, line.last_year))
    said = "" if line.previous[0] is None else f", you said {written.number(line.previous[0], line.decimals)}"
    return (
        f'<p class="big" data-big>{own}</p>\n'
        f'<p class="cue" data-lock-note hidden>{page.lock}<span>Locked.</span></p>\n'
        f'<p class="cue">Baseline {base}, last year {before}{said}</p>\n'
    )


def _entry(line: Any, page: _Page) -> str:
    mode = "decimal" if line.decimals else "numeric"
    return (
        f'<form class="row" data-entry hidden><label class="visually-hidden" for="card-{line.line}">'
        f"Units in {written.month(page.month)}</label>"
        f'<input id="card-{line.line}" type="text" inputmode="{mode}" autocomplete="off">'
        '<button class="btn" type="submit">Take</button><p class="inline-error" data-problem hidden></p></form>\n'
    )
