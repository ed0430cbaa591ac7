"""Tables as files: text that no spreadsheet takes for a formula, CSV that every spreadsheet opens."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

# A spreadsheet would calculate a cell that begins with one of these.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def harmless(value: Any) -> Any:
    """Text that a spreadsheet will not take for a formula; numbers are never touched."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_SIGNS) else value


def as_it_was(text: str) -> str:
    """The text before `harmless`."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_SIGNS) else text


def csv_bytes(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """CSV in UTF-8 with a byte order mark, without which a spreadsheet guesses the encoding."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([harmless(title) for title in titles])
    writer.writerows([harmless(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")
