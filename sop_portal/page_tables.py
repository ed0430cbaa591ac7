"""The tables of a finished page as plain rows: what the reader sees is what a file of it holds, cell by cell."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

# Words in these are for controls and pictures, not contents of a cell; a form may also stand around a whole table.
UNSEEN = frozenset({"script", "style", "svg", "button", "select", "template", "title", "summary", "form"})
TYPED = frozenset({"text", "number"})
HEADINGS = frozenset({"h1", "h2", "h3", "caption"})
_NUMBER = re.compile(r"[+\-\u2212]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?( ?%)?")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Percent:
    """A share that a page writes as 12.5%: `value` is 0.125."""

    value: float
    decimals: int


Value = str | float | Percent


@dataclass
class PageTable:
    """One table: its name, how many of its first rows and columns are headers, its cells."""

    name: str
    rows: list[list[Value]] = field(default_factory=list)
    head: int = 0
    first: int = 0


def page_tables(html: str) -> list[PageTable]:
    """Every table of the page that has a cell, named by its region or the heading above it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return [table for table in reader.tables if any(table.rows)]


def cell_value(text: str) -> Value:
    """`'1,250'` -> 1250.0, `'−3.5%'` -> Percent(-0.035, 1), a code with leading zeros and all else as it stands."""
    found = _NUMBER.fullmatch(text)
    digits = text.lstrip("+-\u2212")
    if not found or (len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()):
        return text
    plain = text.replace(",", "").replace("\u2212", "-").rstrip("% ")
    if found[1] is None:
        return float(plain)
    return Percent(float(plain) / 100, len(plain.partition(".")[2]))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[PageTable] = []
        self._open: list[PageTable] = []
        self._heading, self._region = "", ""
        self._words: list[str] | None = None
        self._unseen: list[str] = []
        self._in_head, self._span, self._is_header = False, 1, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if self._unseen or (tag in UNSEEN and (tag != "form" or self._open)):
            self._unseen += [tag] if tag == (self._unseen or [tag])[0] else []
        elif tag in HEADINGS:
            self._words = []
        elif tag == "table":
            self._open.append(PageTable(given.get("aria-label") or self._region or self._heading))
            self.tables.append(self._open[-1])
        elif self._open:
            self._start_in_table(tag, given)
        elif given.get("role") == "region":
            self._region = given.get("aria-label", "")

    def _start_in_table(self, tag: str, given: dict[str, str]) -> None:
        table = self._open[-1]
        if tag == "thead":
            self._in_head = True
        elif tag == "tr":
            table.rows.append([])
        elif tag in ("td", "th"):
            self._words, self._is_header = [], tag == "th"
            span = given.get("colspan", "1")
            self._span = min(int(span), 100) if span.isdecimal() else 1
        elif tag in ("br", "p", "li", "div") and self._words:
            self._words.append(" ")
        elif tag == "input" and self._words is not None and given.get("type", "text") in TYPED:
            self._words.append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            if tag == self._unseen[0]:
                self._unseen.pop()
        elif tag in HEADINGS and self._words is not None and not self._is_cell():
            self._heading, self._region, self._words = self._taken(), "", None
        elif tag == "thead" and self._open:
            self._in_head, self._open[-1].head = False, len(self._open[-1].rows)
        elif tag in ("td", "th") and self._open and self._words is not None:
            self._end_cell(self._open[-1])
        elif tag == "table" and self._open:
            self._open.pop()
            self._region, self._words = "", None

    def _is_cell(self) -> bool:
        return bool(self._open) and bool(self._open[-1].rows)

    def _end_cell(self, table: PageTable) -> None:
        text = self._taken()
        row = table.rows[-1] if table.rows else []
        if self._is_header and not self._in_head and not row:
            table.first = 1
        row += [text if self._in_head else cell_value(text), *[""] * (self._span - 1)]
        self._words = None

    def _taken(self) -> str:
        return _SPACES.sub(" ", "".join(self._words or [])).strip()

    def handle_data(self, data: str) -> None:
        if self._words is not None and not self._unseen:
            self._words.append(data)
