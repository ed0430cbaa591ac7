"""The rows of a planning grid, written in one go: a template takes most of a second for hundreds of lines.

{% grid_rows lines months fold=True %} gives the rows as static/js/grid.js reads them; `editable`, `is_team`,
`unfolded` and `months_first` are the page's. `lines` are sheet lines (`demand/selectors/sheet_lines.py`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from sop_portal import number_format as written
from sop_portal.templatetags.grid_cells import escaped, group_marks, line_marks, month_cells, near_cells, said_list
from sop_portal.templatetags.icons import icon

register = template.Library()
ANY_LINE = 9_999_999_999


@dataclass(frozen=True)
class _Page:
    """What the rows of a page share."""

    editable: bool
    is_team: bool
    unfolded: bool
    grouped: bool
    why: tuple[str, str]
    noted: str


@register.simple_tag(takes_context=True)
def grid_rows(
    context: Context, lines: Iterable[Any], months: Sequence[date], fold: object = False, grouped: bool = False
) -> SafeString:
    """`fold` hides the lines that nobody changed until they are asked for; `grouped` lines are the planner's."""
    before, _, after = reverse("demand:why", args=[ANY_LINE, context["months_first"]]).partition(str(ANY_LINE))
    page = _Page(
        editable=bool(context.get("editable")),
        is_team=bool(context.get("is_team")),
        unfolded=bool(context.get("unfolded")),
        grouped=bool(grouped),
        why=(before, after),
        noted=f' <span class="flag plain">{icon("comment", "Notes on this line")}</span>',
    )
    columns = tuple(months)
    return mark_safe("".join([_row(line, columns, page, bool(fold)) for line in lines]))


def _row(line: Any, months: tuple[date, ...], page: _Page, fold: bool) -> str:
    customer, groups = escaped(line.customer), group_marks(line) if page.grouped else ""
    return (
        f'<tr id="line-{line.line}"{line_marks(line)}{groups}{_said(line)}{_folded(line, page, fold)}>\n'
        f'<th scope="row" class="sticky-1" title="{customer}">{customer}</th>\n'
        f"{_product(line, page)}\n"
        f"{near_cells(line)}{month_cells(line, months, page.editable)}\n"
        f"{_delta(line)}{_reason(line)}\n</tr>\n"
    )


def _said(line: Any) -> str:
    """What is firm and what may come on top, and why the line needs a look."""
    parts = [f' data-firm="{said_list(line.firm)}" data-upside="{said_list(line.upside)}"'] if line.is_split else []
    if line.needs_you:
        parts.append(f' data-flag="{escape(line.flag_words)}"')
        if line.also:
            parts.append(f' data-also="{escape(" ".join(line.also))}"')
    return "".join(parts)


def _folded(line: Any, page: _Page, fold: bool) -> str:
    if not fold or line.is_changed:
        return ""
    return f' class="past-fold{" open" if page.unfolded else ""}"'


def _product(line: Any, page: _Page) -> str:
    product = escaped(line.product)
    split = ""
    if page.editable or line.is_split:
        words = f"Firm, likely and upside of {escaped(line.customer)}, {product}"
        split = f'<button type="button" class="split" data-split aria-expanded="false" aria-label="{words}"></button>'
    why = f'<a href="{page.why[0]}{line.line}{page.why[1]}" data-why="{line.line}">{product}</a>'
    return f'<td class="product" title="{product}">{split}{why}{_flags(line, page)}</td>'


def _flags(line: Any, page: _Page) -> str:
    """The marks behind a product's name."""
    marks = [
        f' <span class="flag" title="{escape(flag.get("why", ""))}">{escape(flag.get("text", ""))}</span>'
        for flag in line.flags
    ]
    if line.question:
        marks.append(' <span class="flag">question</span>')
    elif line.is_noted:
        marks.append(page.noted)
    if line.is_adjusted and not page.is_team:
        marks.append(
            f' <span class="flag plain" title="{_who(line.team_note)}">team {_signed(line, "team_delta")}</span>'
        )
    if line.upside_near:
        words = "What may come on top; it is not in the plan."
        mark = f' <span class="flag plain" data-upside title="{words}">upside {_signed(line, "upside_near")}</span>'
        marks.append(mark)
    return "".join(marks)


def _who(note: Any) -> str:
    """Who adjusted the number, and what was said to it."""
    if note is None:
        return ""
    return escape(f"{note.by}: {note.note}" if note.note else note.by)


def _signed(line: Any, name: str) -> str:
    return written.signed(getattr(line, name), line.decimals)


def _delta(line: Any) -> str:
    if not line.is_changed:
        return '<td class="num delta zero" data-delta>0</td>'
    return f'<td class="num delta {written.tone(line.delta)}" data-delta>{_signed(line, "delta")}</td>'


def _reason(line: Any) -> str:
    css, words = (" missing", "reason missing") if line.missing else ("", escaped(line.reason_label))
    return f'<td class="reason{css}" data-reason-cell>{words}</td>'
