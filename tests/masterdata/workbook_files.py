"""Workbooks for tests, sound ones and hostile ones."""

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import xlsxwriter


def workbook(rows: Sequence[Sequence[Any]], *, sheet: str = "Sheet1", others: Sequence[str] = ()) -> bytes:
    """An ordinary XLSX: dates as dates, text beginning with = as a formula."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"default_date_format": "yyyy-mm-dd"})
    page = book.add_worksheet(sheet)
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            page.write(number, column, value)
    for name in others:
        book.add_worksheet(name)
    book.close()
    return stream.getvalue()


def changed_part(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """The workbook with one part's text replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            text = source.read(item)
            if item.filename == part:
                assert old in text
                text = text.replace(old, new)
            target.writestr(item.filename, text)
    return stream.getvalue()


def named_zip(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return stream.getvalue()
