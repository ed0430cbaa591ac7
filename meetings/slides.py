"""A paper as a PPTX file: native tables and native charts, which open and can be edited like any other."""

import io
from collections.abc import Sequence
from typing import Any, Final

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
from pptx.enum.dml import MSO_PATTERN
from pptx.enum.text import PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Emu, Inches, Length, Pt

from meetings.papers import Chart, Column, Paper, Table, pages

INK: Final = RGBColor(0x23, 0x36, 0x49)
MUTED: Final = RGBColor(0x4A, 0x58, 0x66)
HAIR: Final = RGBColor(0xD5, 0xDB, 0xE2)
WHITE: Final = RGBColor(0xFF, 0xFF, 0xFF)
PLAIN_TABLE: Final = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
WIDTH, HEIGHT, EDGE = Inches(13.333), Inches(7.5), Inches(0.6)
INNER: Final = Emu(WIDTH - 2 * EDGE)
TOP: Final = Inches(1.35)
# Inches: a row of one line, every further line, and what rows have on a slide; and letters that an inch holds.
ROW, LINE, SPACE = 0.34, 0.2, 4.6
LETTERS: Final = 11
MANY_FACTS: Final = 12
TITLE_ONLY: Final = 5
LONG: Final = 60


def slides(paper: Paper) -> bytes:
    """The file's bytes: the message first, then every table on slides of its own, with its chart before it."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = WIDTH, HEIGHT
    deck.core_properties.title, deck.core_properties.comments = paper.title, paper.footer
    _message(deck, paper)
    for table in paper.tables:
        if table.chart is not None and table.chart.categories:
            _chart(_slide(deck, table.chart.title, paper), table.chart)
        cuts = pages(_heights(table), SPACE)
        for number, (first, after) in enumerate(cuts, start=1):
            more = f" ({number} of {len(cuts)})" if len(cuts) > 1 else ""
            _table(_slide(deck, f"{table.title}{more}", paper), table, table.texts[first:after])
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def _slide(deck: Any, title: str, paper: Paper) -> Any:
    """An empty slide with title, footer and number."""
    slide = deck.slides.add_slide(deck.slide_layouts[TITLE_ONLY])
    head = slide.shapes.title
    head.left, head.top, head.width, head.height = EDGE, Inches(0.35), INNER, Inches(0.9)
    _words(head.text_frame, [title], size=24 if len(title) < LONG else 18, bold=True)
    foot = slide.shapes.add_textbox(EDGE, HEIGHT - Inches(0.5), INNER - Inches(0.6), Inches(0.35))
    _words(foot.text_frame, [paper.footer], size=10, color=MUTED)
    number = slide.shapes.add_textbox(WIDTH - EDGE - Inches(0.6), HEIGHT - Inches(0.5), Inches(0.6), Inches(0.35))
    _words(number.text_frame, [str(len(deck.slides))], size=10, color=MUTED, align=PP_ALIGN.RIGHT)
    return slide


def _words(
    frame: Any,
    lines: Sequence[str],
    *,
    size: int,
    bold: bool = False,
    color: RGBColor = INK,
    align: PP_ALIGN = PP_ALIGN.LEFT,
) -> None:
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = 0
    for number, words in enumerate(lines):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.text, paragraph.alignment = words, align
        paragraph.space_after = Pt(6)
        paragraph.font.size, paragraph.font.bold, paragraph.font.color.rgb = Pt(size), bold, color


def _message(deck: Any, paper: Paper) -> None:
    slide = _slide(deck, paper.title, paper)
    box = slide.shapes.add_textbox(EDGE, TOP, INNER, Inches(1.2))
    _words(box.text_frame, [paper.message], size=24)
    rest = slide.shapes.add_textbox(EDGE, TOP + Inches(1.4), INNER, Inches(3.8))
    _words(rest.text_frame, paper.facts, size=16 if len(paper.facts) < MANY_FACTS else 11, color=MUTED)


def _table(slide: Any, table: Table, rows: Sequence[Sequence[tuple[Column, str]]]) -> None:
    height = Inches(ROW) * (len(rows) + 1)
    shape = slide.shapes.add_table(len(rows) + 1, len(table.columns), EDGE, TOP, INNER, height)
    shape.name = table.name
    grid = shape.table
    grid.horz_banding = False
    shape._element.find(".//" + qn("a:tableStyleId")).text = PLAIN_TABLE
    for at, width in enumerate(_widths(table)):
        grid.columns[at].width = width
    for at, column in enumerate(table.columns):
        _cell(grid.cell(0, at), column.label, column, bold=True)
    for number, row in enumerate(rows, start=1):
        for at, (column, words) in enumerate(row):
            _cell(grid.cell(number, at), words, column)
    if table.note:
        box = slide.shapes.add_textbox(EDGE, TOP + height + Inches(0.2), INNER, Inches(0.4))
        _words(box.text_frame, [table.note], size=14, color=MUTED)


def _widths(table: Table) -> list[Emu]:
    """By what stands in the columns: words as long as they are, within bounds; numbers alike."""
    texts = [[words for _, words in row] for row in table.texts]
    longest = [max([len(c.label), *(len(row[at]) for row in texts)]) for at, c in enumerate(table.columns)]
    weights = [min(max(length, 9), 90) for length in longest]
    return [Emu(INNER * weight // sum(weights)) for weight in weights]


def _heights(table: Table) -> list[float]:
    """How high the rows will be, in inches: words that are longer than their column take more lines."""
    letters = [max(int(width / Inches(1) * LETTERS), 1) for width in _widths(table)]
    lines = [max(-(-len(text) // most) for (_, text), most in zip(row, letters, strict=True)) for row in table.texts]
    return [ROW + LINE * (max(count, 1) - 1) for count in lines]


def _cell(cell: Any, words: str, column: Column, *, bold: bool = False) -> None:
    cell.margin_top = cell.margin_bottom = Inches(0.03)
    paragraph = cell.text_frame.paragraphs[0]
    paragraph.text = words
    paragraph.alignment = PP_ALIGN.RIGHT if column.is_number else PP_ALIGN.LEFT
    paragraph.font.size, paragraph.font.bold, paragraph.font.color.rgb = Pt(12), bold, INK
    _rule(cell, Pt(1.5) if bold else Pt(0.5))


def _rule(cell: Any, width: Length) -> None:
    """A line below the cell, which the library has no call for."""
    color = INK if width > Pt(1) else HAIR
    line = f'<a:lnB {nsdecls("a")} w="{int(width)}"><a:solidFill><a:srgbClr val="{color}"/></a:solidFill></a:lnB>'
    cell._tc.get_or_add_tcPr().append(parse_xml(line))


def _chart(slide: Any, chart: Chart) -> None:
    data = CategoryChartData(number_format="#,##0")
    data.categories = chart.categories
    for name, values in chart.series:
        data.add_series(name, values)
    box = (EDGE, TOP, INNER, Inches(5.4))
    drawn = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *box, data).chart
    drawn.has_legend, drawn.has_title = True, False
    drawn.legend.position, drawn.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    drawn.font.size, drawn.font.color.rgb = Pt(12), INK
    drawn.value_axis.has_major_gridlines = False
    drawn.value_axis.minimum_scale = _floor(chart)
    drawn.value_axis.tick_labels.number_format, drawn.value_axis.tick_labels.number_format_is_linked = "#,##0", False
    plot = drawn.plots[0]
    plot.gap_width, plot.overlap = 60, -5
    for series in plot.series:
        _fill(series, outlined=series.name == chart.budget)


def _floor(chart: Chart) -> float | None:
    """Columns stand on zero; below it only where a value is."""
    values = [value for _, series in chart.series for value in series if value is not None]
    return None if any(value < 0 for value in values) else 0.0


def _fill(series: Any, *, outlined: bool) -> None:
    """Expected is hatched and planned is an outline, so that paper without colour tells them apart."""
    fill, line = series.format.fill, series.format.line
    if outlined:
        fill.solid()
        fill.fore_color.rgb = WHITE
    else:
        fill.patterned()
        fill.pattern = MSO_PATTERN.WIDE_UPWARD_DIAGONAL
        fill.fore_color.rgb, fill.back_color.rgb = INK, WHITE
    line.color.rgb, line.width = INK, Pt(1.25)
