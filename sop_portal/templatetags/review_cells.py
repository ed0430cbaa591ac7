"""The number cells of a row of the demand review, written in one go: three hundred rows of a dozen cells each.

{% review_cells line page %} gives what each source says (as buttons where the reader may settle), what events add, how
such changes landed, the plan, the money at stake, and who settled it.
"""

from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from sop_portal import number_format as written
from sop_portal.templatetags.grid_cells import plain, shown
from sop_portal.templatetags.icons import icon

register = template.Library()


@register.simple_tag
def review_cells(line: Any, page: Any) -> SafeString:
    """`line` is a `ReviewLine`; `page` says whether its reader `may_settle` and `sees_landed`."""
    taken = [_source(line, source, page.may_settle) for source in line.sources]
    landed = written.percent(line.landed.landed.share) if line.landed else written.MISSING
    cells = [
        *taken,
        _cell("Events", written.signed(line.marketing), "num context"),
        *([_cell("Landed", landed, "num context")] if page.sees_landed else []),
        _plan(line, page.may_settle),
        _cell("At stake", written.short(line.stake)),
        _settled(line.settled_by),
    ]
    return mark_safe("".join(cells))


@register.simple_tag
def review_number(line: Any) -> str:
    """The plan as the script reads it."""
    return plain(line.plan)


def _cell(label: str, content: str, css: str = "num") -> str:
    return f'<td class="{css}" data-label="{label}">{content}</td>'


def _source(line: Any, source: tuple[str, str, float, str, bool], may_settle: bool) -> str:
    value, word, units, key, is_taken = source
    number = shown(units, 0)
    if not may_settle:
        return _cell(word, number)
    button = (
        f'<button class="take" type="submit" form="take" name="take" value="{value}:{line.line}" '
        f'aria-pressed="{"true" if is_taken else "false"}" aria-label="{word} {number}" aria-keyshortcuts="{key}">'
        f"{number}</button>"
    )
    return _cell(word, button)


def _plan(line: Any, may_settle: bool) -> str:
    number = shown(line.plan, 0)
    lock = f" {_lock(line)}" if line.is_locked else ""
    if may_settle:
        number = (
            f'<a href="?line={line.line}#type-total" data-type aria-label="Plan {number}, type another" '
            f'aria-keyshortcuts="T">{number}</a>'
        )
    return f'<td class="num own" data-label="Plan" data-typed>{number}{lock}</td>'


def _lock(line: Any) -> str:
    """Whether the whole line is held or some months, and by whom."""
    words = f"{'locked' if line.is_held else 'some months locked'} by {line.locked_by or 'somebody'}"
    return f'<span class="held" title="{escape(words.capitalize())}">{icon("lock", words)}</span>'


def _settled(by: str) -> str:
    words = f'<span class="status done">{escape(by)}</span>' if by else '<span class="status">open</span>'
    return f'<td data-label="Settled">{words}</td>'
