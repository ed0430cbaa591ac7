"""Files of every kind, good ones and the same ones spoiled: what a person's spreadsheet or a broken disk may send.

A spoiling says what has to become of the file: `SAME` (it means what it meant), `NEVER` (it must not be loaded), or
`EITHER` (loaded or told; then nothing is there by half).
"""

import csv
import io
import random
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import xlsxwriter

from masterdata.frames import DATES, NUMBERS, FileSpec, Kind
from sop_portal.api.examples import EXAMPLES
from sop_portal.api.resources import BY_NAME
from sop_portal.imports import SPECS
from tests.masterdata.workbook_files import named_zip

SAME, NEVER, EITHER = "same", "never", "either"
Rows = list[list[Any]]
GOOD: Final[dict[str, list[dict[str, Any]]]] = {BY_NAME[name].file: rows for name, rows in EXAMPLES.items()} | {
    "company": [{"key": "name", "value": "Another Company"}],
    "people": [{"username": "nina", "name": "Nina New", "email": "n@small.example", "role": "sales_rep"}],
    "bill_of_resources": [{"family": "BIKES", "resource": "WELD", "hours_per_unit": 3}],
    "quality": [{"month": "2026-09", "family": "BIKES", "returned_qty": 2, "complaints": 1}],
}
# A number as somebody may write it, and the plain number it is if it is taken at all; None: never.
NUMBERS_SEEN: Final[Mapping[str, str | None]] = {
    **dict.fromkeys(("abc", "NaN", "Infinity", "1e309", "--1", "#REF!", "#N/A", "=1+1", "1/2", "true", "5\x00"), None),
    **dict.fromkeys(
        ("9" * 90, "1,2,3", "1..2", "0x10", "12:30", "\u0665", "5 EUR", "1_000", "\u2212", "x" * 4000), None
    ),
    "+7": "7",
    " 7 ": "7",
    "7.0": "7",
    "007": "7",
    "1e3": "1000",
    "(7)": "-7",
    "7-": "-7",
    "1,250.5": "1250.5",
    "1.250,5": "1250.5",
    "7,5": "7.5",
    "1 250": "1250",
    "1'250": "1250",
}
MONTHS_SEEN: Final = (
    *("2026-13", "2026-00", "0000-01", "2026-02-30", "November", "46327.5", "-1", "2026", "13/2026", "99999-01"),
    *("2026-1\u00b2", "#VALUE!", "=TODAY()", "yesterday", "9" * 400),
)
CODES_SEEN: Final = ("NOWHERE", "x" * 300, "a\x00b", "A\u200bB", "\u202eNORTH", "NORTH\nX", "=HYPERLINK(1)", "'")
TEXT_ENCODINGS: Final = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1")


@dataclass(frozen=True)
class Spoiled:
    """A file, how it was spoiled, and what may become of it; `means` is what it says if it is loaded."""

    name: str
    data: bytes
    how: str
    fate: str
    means: bytes = b""


def table_of(file: str) -> Rows:
    """Titles and rows of a good file, every column that its examples have."""
    rows = GOOD[file]
    titles = list(dict.fromkeys(name for row in rows for name in row))
    return [titles, *[[row.get(name, "") for name in titles] for row in rows]]


def as_csv(rows: Rows, **how: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, **({"lineterminator": "\n"} | how)).writerows(rows)
    return text.getvalue().encode("utf-8", "surrogatepass")


def as_xlsx(rows: Rows, change: Callable[[Any, Any], None] | None = None) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"default_date_format": "yyyy-mm-dd", "nan_inf_to_errors": True})
    page = book.add_worksheet()
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            page.write(number, column, value if not isinstance(value, str) else value[:32_000])
    if change is not None:
        change(book, page)
    book.close()
    return stream.getvalue()


def spec_of(file: str) -> FileSpec:
    return next(spec for spec in SPECS if spec.name == file)


def places(file: str, rows: Rows, kinds: Sequence[Kind]) -> list[tuple[int, int]]:
    """(row, column) of every filled cell of these kinds."""
    spec = spec_of(file)
    columns = [at for at, title in enumerate(rows[0]) if spec.column(title).kind in kinds]
    return [(row, at) for row in range(1, len(rows)) for at in columns if rows[row][at] != ""]


# --- Text files -------------------------------------------------------------------


def same_text(file: str, dice: random.Random) -> Spoiled:
    """Written otherwise, and meaning the same."""
    rows = table_of(file)
    order = dice.sample(range(len(rows[0])), len(rows[0]))
    turned = [[row[at] for at in order] for row in rows]
    plain = as_csv(rows)
    ways: dict[str, bytes] = {
        "columns in another order": as_csv(turned),
        "every cell in quotes": as_csv(rows, quoting=csv.QUOTE_ALL),
        "lines end as on Windows": as_csv(rows, lineterminator="\r\n"),
        "tabs": as_csv(rows, delimiter="\t"),
        "empty lines": plain.replace(b"\n", b"\n\n") + b"\n\n",
        "blanks around": as_csv([rows[0], *[[f" {cell} " if cell != "" else "" for cell in row] for row in rows[1:]]]),
        "no line end": plain.rstrip(b"\n"),
        **{f"as {name}": plain.decode().encode(name) for name in TEXT_ENCODINGS},
    }
    how = dice.choice(list(ways))
    return Spoiled(f"{file}.csv", ways[how], how, SAME, plain)


def spoiled_cell(file: str, dice: random.Random, *, workbook: bool = False) -> Spoiled:
    """One cell with something in it that is none or is written oddly."""
    rows, means = table_of(file), b""
    numbers, dates = places(file, rows, [*NUMBERS]), places(file, rows, [*DATES])
    codes = places(file, rows, [Kind.CODE])
    kind = dice.choice([name for name, found in (("number", numbers), ("month", dates), ("code", codes)) if found])
    row, at = dice.choice({"number": numbers, "month": dates, "code": codes}[kind])
    fate = EITHER
    if kind == "number":
        text = dice.choice(list(NUMBERS_SEEN))
        read = NUMBERS_SEEN[text]
        fate = NEVER if read is None else EITHER
        means = as_csv(
            [[read if (r, c) == (row, at) else cell for c, cell in enumerate(rows[r])] for r in range(len(rows))]
        )
    else:
        text = dice.choice(MONTHS_SEEN if kind == "month" else CODES_SEEN)
        fate = NEVER if kind == "month" else EITHER
    rows[row][at] = text
    data = as_xlsx(rows) if workbook else as_csv(rows)
    suffix = "xlsx" if workbook else "csv"
    return Spoiled(f"{file}.{suffix}", data, f"a {kind} {text[:20]!r}", fate, means if fate == EITHER else b"")


def spoiled_shape(file: str, dice: random.Random) -> Spoiled:
    """Columns and rows that are missing, twice, too long or too short."""
    rows = table_of(file)
    at = dice.randrange(len(rows[0]))
    required = spec_of(file).column(rows[0][at]).required
    less = [[cell for c, cell in enumerate(row) if c != at] for row in rows]
    ways: dict[str, tuple[bytes, str]] = {
        "a column less": (as_csv(less), NEVER if required else EITHER),
        "a column twice": (as_csv([[*row, row[at]] for row in rows]), NEVER),
        "titles twice": (as_csv([rows[0], *rows]), NEVER),
        "a row too long": (as_csv([*rows[:-1], [*rows[-1], "x"]]), NEVER),
        "a row too short": (as_csv([*rows[:-1], rows[-1][:-1]]), NEVER if len(rows[0]) > 1 else EITHER),
        "only titles": (as_csv(rows[:1]), EITHER),
        "no titles": (as_csv(rows[1:]), NEVER),
        "nothing": (b"", NEVER),
        "a quote never closed": (as_csv(rows).rstrip(b"\n") + b'\n"', NEVER),
        "a quote inside": (as_csv(rows).replace(b",", b',"', 1), NEVER),
        "an unknown column": (as_csv([[*row, "colour" if n == 0 else "red"] for n, row in enumerate(rows)]), EITHER),
        "a row twice": (as_csv([*rows, rows[-1]]), EITHER),
        "separators only": (b";;;;;;\n" * 20, NEVER),
    }
    how = dice.choice(list(ways))
    return Spoiled(f"{file}.csv", ways[how][0], how, ways[how][1])


def damaged(data: bytes, dice: random.Random) -> bytes:
    """Some bytes are others, missing, doubled, or the rest is gone."""
    found = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(found) + 1)
        end = at + dice.randint(1, 40)
        how = dice.randrange(4)
        if how == 0:
            found[at:end] = bytes(dice.randrange(256) for _ in range(dice.randint(1, 8)))
        elif how == 1:
            del found[at:end]
        elif how == 2:
            found[at:at] = found[at:end]
        else:
            del found[max(at, len(found) // 2) :]
    return bytes(found)


def damaged_text(file: str, dice: random.Random) -> Spoiled:
    return Spoiled(f"{file}.csv", damaged(as_csv(table_of(file)), dice), "damaged bytes", EITHER)


TEXT_WAYS: Final = (same_text, spoiled_cell, spoiled_cell, spoiled_shape, damaged_text)

# --- Workbooks --------------------------------------------------------------------


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def odd_workbook(file: str, dice: random.Random) -> Spoiled:
    """What spreadsheets can do: dates as numbers, merged and hidden cells, formulas with and without values."""
    rows = table_of(file)
    months, wide = places(file, rows, [Kind.MONTH]), len(rows[0]) - 1
    plain = as_csv(rows)
    row, at = dice.choice([(r, c) for r in range(1, len(rows)) for c in range(wide + 1) if rows[r][c] != ""])
    dated = [list(each) for each in rows]
    for r, c in months:
        dated[r][c] = date.fromisoformat(f"{dated[r][c]}-01")
    ways: dict[str, tuple[Callable[[], bytes], str]] = {
        "as it is": (lambda: as_xlsx(rows), SAME),
        "months as dates": (lambda: as_xlsx(dated), SAME),
        "a hidden row": (lambda: as_xlsx(rows, lambda book, page: page.set_row(1, None, None, {"hidden": True})), SAME),
        "merged titles": (
            lambda: as_xlsx(rows, lambda book, page: page.merge_range(len(rows), 0, len(rows), max(wide, 1), "Total")),
            EITHER,
        ),
        "a formula with its value": (
            lambda: as_xlsx(rows, lambda book, page: page.write_formula(row, at, "=A1", None, rows[row][at])), SAME
        ),
        "a formula with an error": (
            lambda: as_xlsx(rows, lambda book, page: page.write_formula(row, at, "=1/0", None, "#DIV/0!")), NEVER
        ),
        "a number far out": (lambda: as_xlsx(rows, lambda book, page: page.write(1_048_575, 16_383, 1)), NEVER),
        "two sheets": (lambda: as_xlsx(rows, lambda book, page: book.add_worksheet()), EITHER),
        "a chart sheet": (lambda: as_xlsx(rows, lambda book, page: book.add_chartsheet()), EITHER),
        "a true": (lambda: as_xlsx(rows, lambda book, page: page.write_boolean(row, at, True)), EITHER),
        "nothing": (lambda: as_xlsx([]), NEVER),
    }  # fmt: skip
    how = dice.choice(list(ways))
    written, fate = ways[how]  # only the chosen one: a number far out takes 130 MB to write
    return Spoiled(f"{file}.xlsx", written(), f"workbook, {how}", fate, plain if fate == SAME else b"")


def odd_cell(file: str, dice: random.Random) -> Spoiled:
    return spoiled_cell(file, dice, workbook=True)


def damaged_workbook(file: str, dice: random.Random) -> Spoiled:
    """Its bytes, or the text of one of its parts, and packed again."""
    data = as_xlsx(table_of(file))
    if dice.random() < 0.3:
        return Spoiled(f"{file}.xlsx", damaged(data, dice), "damaged workbook", EITHER)
    parts = parts_of(data)
    name = dice.choice([name for name in parts if name.endswith((".xml", ".rels"))])
    parts[name] = damaged(parts[name], dice)
    return Spoiled(f"{file}.xlsx", named_zip(parts), "damaged part of a workbook", EITHER)


WORKBOOK_WAYS: Final = (odd_workbook, odd_workbook, odd_cell, damaged_workbook)
