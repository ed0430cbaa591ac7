"""Reading a file in a process of its own: `python -m masterdata.reading_alone < request`, where the request is a line
of JSON (name, sheet, is_workbook, spec, layout) and then the file.

A hostile or damaged file can fill the memory of its reader or end its process, so that reader is this child with limits
on both. It prints a packed `Reading`.
"""

import json
import sys
from typing import Any

from masterdata.frames import RowError
from masterdata.layouts import Layout
from masterdata.packed_readings import packed, spec_from_dict
from masterdata.reading import Reading, read
from masterdata.workbook_rows import limit
from masterdata.workbook_rows import read as workbook_read

TOO_MUCH = "The file needs too much memory. Send it in parts, a year each."


def answer(told: dict[str, Any], data: bytes) -> Reading:
    """What stands in the file, or why it cannot be read."""
    workbook = _workbook(data, told["sheet"]) if told["is_workbook"] else None
    layout = Layout.from_dict(told["layout"]) if told["layout"] else None
    return read(told["name"], data, spec_from_dict(told["spec"]), workbook, layout)


def refused(name: str, message: str) -> Reading:
    """Nothing was read, and why."""
    return Reading(errors=[RowError(name, 1, "", "", message)], complete=False)


def _workbook(data: bytes, sheet: str) -> dict[str, Any]:
    try:
        return workbook_read(data, sheet)
    except ValueError as error:
        return {"refused": str(error)}


def main() -> int:
    limit()
    told = json.loads(sys.stdin.buffer.readline())
    try:
        found = packed(answer(told, sys.stdin.buffer.read()))
    except MemoryError:
        found = packed(refused(told["name"], TOO_MUCH))
    sys.stdout.buffer.write(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
