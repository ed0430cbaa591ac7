"""Every number an answer shows with what it is the number of, so that the answers of two readers can be compared.

    numbers_of(body, "text/html")  ->  {("Families", "Bikes", "Demand"): ["1.2m"]}

A number is named by the heading or caption above its table, its row's first cell and its column's head; in JSON by
where it stands and by the words of its row. A name that stands for several numbers keeps them all, sorted.
"""

import csv
import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser

from openpyxl import load_workbook
from pptx import Presentation

Numbers = dict[tuple[str, ...], list[str]]
Found = Iterator[tuple[tuple[str, ...], str]]
HEADINGS = ("h1", "h2", "h3", "caption")
KINDS = {
    "spreadsheetml": "xlsx",
    "presentationml": "pptx",
    "json": "json",
    "csv": "csv",
    "html": "html",
}


def numbers_of(body: bytes, content_type: str) -> Numbers:
    """The numbers of a page, a mail, JSON, CSV, a workbook or slides; nothing of any other kind."""
    kind = next((kind for part, kind in KINDS.items() if part in content_type), "")
    read = {"xlsx": _of_workbook, "pptx": _of_slides, "json": _of_json, "csv": _of_csv, "html": _of_html}.get(kind)
    found: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, value in read(body) if read else ():
        found[name].append(value)
    return {name: sorted(values) for name, values in found.items()}


def differences(one: Numbers, other: Numbers) -> list[str]:
    """What two readers are told differently under the same name; one may be told more, but nothing else."""
    return [
        f"{' / '.join(name)}: {one[name]} and {other[name]}"
        for name in sorted(one.keys() & other.keys())
        if not _within(*sorted((one[name], other[name]), key=len))
    ]


def _within(fewer: list[str], more: list[str]) -> bool:
    return not Counter(fewer) - Counter(more)


def _numbers(text: str) -> list[str]:
    """The numbers of a cell with their signs, without the words and buttons beside them."""
    return re.findall(r"[+\-\u2212]?\d(?:[\d,.]*\d)?(?:\s?%|[km]\b)?", text)


class _Tables(HTMLParser):
    """The tables of a page as rows of cells, each with the last heading before it."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[tuple[str, list[list[str]]]] = []
        self.heading, self.text, self.collects = "", "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append((self.heading, []))
        if tag == "tr" and self.tables:
            self.tables[-1][1].append([])
        if tag in (*HEADINGS, "td", "th"):
            self.text, self.collects = "", tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag != self.collects:
            return
        words, self.collects = " ".join(self.text.split()), ""
        if tag in HEADINGS:
            self.heading = words
            if tag == "caption" and self.tables:
                self.tables[-1] = (words, self.tables[-1][1])
        elif self.tables and self.tables[-1][1]:
            self.tables[-1][1][-1].append(words)


def _of_html(body: bytes) -> Found:
    page = _Tables()
    page.feed(body.decode())
    for heading, rows in page.tables:
        yield from _of_rows(heading, rows)


def _of_rows(heading: str, rows: list[list[str]]) -> Found:
    heads = rows[0] if rows else []
    for row in rows[1:]:
        for i, cell in enumerate(row[1:], start=1):
            for number in _numbers(cell):
                yield (heading, row[0], heads[i] if i < len(heads) else str(i)), number


def _of_csv(body: bytes) -> Found:
    yield from _records(list(csv.DictReader(io.StringIO(body.decode("utf-8-sig")))), "csv")


def _of_workbook(body: bytes) -> Found:
    for sheet in load_workbook(io.BytesIO(body), read_only=True):
        rows = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        yield from _of_rows(sheet.title, [row for row in rows if any(row)])


def _of_slides(body: bytes) -> Found:
    for slide in Presentation(io.BytesIO(body)).slides:
        title = slide.shapes.title.text if slide.shapes.title else ""
        for shape in slide.shapes:
            if shape.has_table:
                yield from _of_rows(title, [[cell.text for cell in row.cells] for row in shape.table.rows])


def _of_json(body: bytes) -> Found:
    yield from _within_json(json.loads(body), ())


def _within_json(value: object, place: tuple[str, ...]) -> Found:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _within_json(each, (*place, name))
    elif isinstance(value, list) and all(isinstance(each, dict) for each in value):
        yield from _records(value, *place)
    elif isinstance(value, list):
        for i, each in enumerate(value):
            yield from _within_json(each, (*place, str(i)))
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield place, str(value)


def _records(rows: list[dict[str, object]], *place: str) -> Found:
    """Rows with columns: a number is named by the words of its row, so that rows may be missing between."""
    for row in rows:
        words = " ".join(str(each) for each in row.values() if isinstance(each, str) and not _is_value(each))
        for name, each in row.items():
            if isinstance(each, str) and _is_value(each):
                yield (*place, words, name), each
            elif not isinstance(each, str):
                yield from _within_json(each, (*place, words, name))


def _is_value(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", text) is not None
