"""The rows of one sheet, read in a process of its own: `python -m masterdata.workbook_rows NAME [ROWS] < file.xlsx`.

A hostile or damaged workbook can fill the memory of its reader or end its process, so that reader is this child
with limits on both. It prints one JSON object: {"rows": [[cell, …], …], "lost": [[row, column, what], …]} or
{"refused": sentence}. A cell is a string, a number, or {"day": "2026-11-22"} where the sheet holds a real date. With
ROWS it prints only so many, of the first sheet where none is called NAME, beside "sheets" and the "sheet" it took.
"""

import io
import json
import math
import re
import resource
import sys
import zipfile
from datetime import date, datetime
from typing import Any
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum, load_workbook

from masterdata.guarding import check_workbook, column_number, opened_zip

MEMORY = 3 * 1024**3
SECONDS = 120
_LOST = re.compile(rb"<c ([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def sheet_name(workbook: CalamineWorkbook, wanted: str, takes_first: bool = False) -> str:
    """The sheet called like the file, or the only visible one."""
    visible = [sheet.name for sheet in workbook.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
    for name in visible:
        if name.strip().lower() == wanted.strip().lower():
            return name
    if takes_first and visible:
        return visible[0]
    if len(visible) != 1:
        listed = ", ".join(visible[:10]) or "none"
        raise ValueError(f"The workbook shows {len(visible)} sheets ({listed}). Name the one to read {wanted!r}.")
    return visible[0]


def as_cell(value: Any) -> str | float | dict[str, str]:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and math.isfinite(value):
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return {"day": value.date().isoformat()}
    if isinstance(value, date) and not isinstance(value, datetime):
        return {"day": value.isoformat()}
    return str(value)


def lost_cells(archive: zipfile.ZipFile, sheet: str) -> list[tuple[int, int, str]]:
    """(row, column, what) of cells that would read as empty: errors, and formulas without a value."""
    path = sheet_part(archive, sheet)
    if not path:
        return []
    found = []
    for cell in _LOST.finditer(archive.read(path)):
        attributes, inside = cell[1], cell[2] or b""
        what = "an error" if b't="e"' in attributes else "a formula without a value" if _is_bare(inside) else ""
        place = _PLACE.search(attributes)
        if what and place:
            found.append((int(place[2]), column_number(place[1].decode()), what))
    return found


def _is_bare(inside: bytes) -> bool:
    return b"<f" in inside and b"<v>" not in inside and b"<is>" not in inside


def sheet_part(archive: zipfile.ZipFile, sheet: str) -> str:
    """The path of a sheet's XML inside the workbook; '' when it cannot be told."""
    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return ""
    relations = {
        relation.get("Id"): relation.get("Target", "")
        for relation in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    }
    for entry in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():
        if entry.tag.endswith("}sheet") and entry.get("name") == sheet:
            target = relations.get(entry.get(_RELATION), "").lstrip("/")
            path = target if target.startswith("xl/") else f"xl/{target}"
            return path if path in names else ""
    return ""


def read(data: bytes, wanted: str, rows: int = 0) -> dict[str, Any]:
    archive = opened_zip(data)
    check_workbook(archive)
    try:
        workbook = load_workbook(io.BytesIO(data))
        name = sheet_name(workbook, wanted, takes_first=rows > 0)
        sheet = workbook.get_sheet_by_name(name)
        values = sheet.to_python(skip_empty_area=False, nrows=rows or None)
    except CalamineError as error:
        raise ValueError(f"The workbook cannot be read ({error}). Save it again as .xlsx.") from error
    answer: dict[str, Any] = {"rows": [[as_cell(value) for value in row] for row in values]}
    if rows:
        shown = [each.name for each in workbook.sheets_metadata if each.visible == SheetVisibleEnum.Visible]
        return answer | {"sheets": shown, "sheet": name}
    return answer | {"lost": lost_cells(archive, name)}


def main() -> int:
    limit()
    try:
        answer = read(sys.stdin.buffer.read(), sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    except ValueError as error:
        answer = {"refused": str(error)}
    except MemoryError:
        answer = {"refused": "The workbook needs too much memory. Delete empty rows and columns, or send CSV."}
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
