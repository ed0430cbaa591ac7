"""Workbooks about files of the contract: an empty one to fill, and a faulty one with its faults marked."""

import io
from collections.abc import Mapping, Sequence

import xlsxwriter

from masterdata.frames import DATES, NUMBERS, Column, FileSpec

# Text is never taken for a formula or an address, whatever it begins with.
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
WHAT_IS_WRONG = "What is wrong, and what would be right"
WIDTH = 18
INK, PAPER, FAULT, REQUIRED = "#1f2933", "#e4e7eb", "#fde2e1", "#cbd2d9"


def blank_workbook(spec: FileSpec) -> bytes:
    """A sheet with the columns of the file, frozen and explained, and a sheet that says how to fill each."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, OPTIONS)
    sheet, words = book.add_worksheet(spec.name), book.add_worksheet("How to fill")
    head, must = (book.add_format({"bold": True, "bg_color": shade, "border": 1}) for shade in (PAPER, REQUIRED))
    text = book.add_format({"num_format": "@"})
    for at, column in enumerate(spec.columns):
        sheet.write_string(0, at, column.name, must if column.required else head)
        sheet.write_comment(0, at, said_of(column))
        sheet.set_column(at, at, WIDTH, None if column.kind in NUMBERS else text)
        words.write_row(at + 1, 0, [column.name, said_of(column)])
    sheet.freeze_panes(1, 0)
    words.write_row(0, 0, ["Column", spec.about], head)
    words.set_column(0, 0, WIDTH)
    words.set_column(1, 1, 4 * WIDTH)
    book.close()
    return stream.getvalue()


def said_of(column: Column) -> str:
    """`'required; month, written 2026-11'`."""
    parts = ["required" if column.required else "may be empty", column.kind.value]
    parts += [f"code of a {column.reference}"] if column.reference else []
    parts += [f"one of: {', '.join(column.choices)}"] if column.choices else []
    parts += [f"at least {column.low:g}"] if column.low is not None else []
    parts += [f"at most {column.high:g}"] if column.high is not None else []
    parts += ["written 2026-11 or as a date"] if column.kind in DATES else []
    return "; ".join(parts)


def marked_workbook(
    titles: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]], faults: Mapping[int, Sequence[tuple[str, str]]]
) -> bytes:
    """The faulty rows as they stand in a file, each bad cell red with its fault, all faults of a row at its end.

    rows: (line, cells); faults: line -> (title of the column or "", message).
    """
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, OPTIONS)
    sheet = book.add_worksheet("faults")
    head = book.add_format({"bold": True, "bg_color": PAPER, "border": 1})
    bad = book.add_format({"bg_color": FAULT, "font_color": INK, "num_format": "@"})
    for at, title in enumerate([*titles, "Line", WHAT_IS_WRONG]):
        sheet.write_string(0, at, title, head)
    for number, (line, cells) in enumerate(rows, start=1):
        by_title: dict[str, str] = {}
        for title, message in faults[line]:
            by_title[title] = f"{by_title[title]} {message}" if title in by_title else message
        for at, cell in enumerate(cells):
            message = by_title.get(titles[at] if at < len(titles) else "", "")
            sheet.write_string(number, at, cell, bad if message else None)
            if message:
                sheet.write_comment(number, at, message)
        sheet.write_number(number, len(titles), line)
        sheet.write_string(number, len(titles) + 1, " ".join(by_title.values()))
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(titles), WIDTH)
    sheet.set_column(len(titles) + 1, len(titles) + 1, 5 * WIDTH)
    book.close()
    return stream.getvalue()
