"""Stored numbers, kept in the process once read: what is stored never changes, a database trigger sees to that."""

import io
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import connection

from cycles.models import Cycle
from demand.matrices import Lines, Matrix, Plan
from demand.models import ForecastVersion
from jobs.errors import Refused

KEPT = 24
FEW_LINES = 200
ROWS = "SELECT line_id, quantity FROM demand_forecastline WHERE version_id = %s"
# Numbers as the database keeps them: 50,000 vectors come five times as fast as by `array_send` in a select.
WHOLE = """
COPY (SELECT line_id, quantity FROM demand_forecastline WHERE version_id = %s ORDER BY line_id)
TO STDOUT (FORMAT binary)
"""
BASELINE = """
SELECT v.start, v.months, f.line_id, f.quantity FROM demand_forecastversion v
LEFT JOIN demand_forecastline f ON f.version_id = v.id AND f.line_id = ANY(%s)
WHERE v.cycle_id = %s AND v.stage = 'baseline' AND v.state = 'current' ORDER BY f.line_id
"""
ARRAY_HEADER = 20
CELL = np.dtype([("size", ">i4"), ("value", ">f8")])
COPY_HEADER, COPY_END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
# A row that COPY sends: how many fields, then each after its size; `copied_rows` in demand.services.versions writes it.
ROW = [("fields", ">i2"), ("line_size", ">i4"), ("line", ">i8"), ("size", ">i4"), ("about", f"V{ARRAY_HEADER}")]


def version_plan(version: ForecastVersion, lines: Lines | None = None) -> Plan:
    """The numbers of a finished or proposed version, for all its lines or exactly these (0 for lines it lacks)."""
    if lines is not None and len(lines) <= FEW_LINES:
        return _read(version.pk, version.start, version.months, lines.tolist()).for_lines(lines)
    whole = _whole(version.pk, version.start, version.months, version.made_at)
    return whole if lines is None else whole.for_lines(lines)


@lru_cache(maxsize=KEPT)
def _whole(version: int, start: date, months: int, made_at: datetime) -> Plan:
    rows = rows_copied(WHOLE, version, np.dtype([*ROW, ("cells", CELL, (months,))]))
    quantity = rows["cells"]["value"].astype(float)
    quantity.flags.writeable = False
    return Plan(rows["line"].astype(np.int64), start, quantity)


def rows_copied(statement: str, of: int, row: np.dtype[Any]) -> np.ndarray:
    """(rows,) what a COPY in binary form sends, every field as wide as its type says: no value may be NULL."""
    copied = io.BytesIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(cursor.mogrify(statement, [of]), copied)
    return np.frombuffer(copied.getbuffer()[len(COPY_HEADER) : -len(COPY_END)], dtype=row)


def vectors_read(sent: Sequence[bytes | memoryview], months: int) -> Matrix:
    """(vectors, months) from what PostgreSQL's `array_send` says of float8[] vectors without NULLs.

    Each is a header of 20 bytes (dimensions, flags, type, length, first index), then for every cell its size and
    the number, the most significant byte first.
    """
    width = ARRAY_HEADER + months * CELL.itemsize
    whole = np.frombuffer(b"".join(sent), dtype=np.uint8).reshape(len(sent), width)
    cells = np.ascontiguousarray(whole[:, ARRAY_HEADER:]).view(CELL)
    return cells["value"].astype(float)


def baseline_plan(cycle: Cycle, lines: Lines) -> Plan:
    """The finished baseline of exactly these lines (ascending), by one query; refused where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(BASELINE, [lines.tolist(), cycle.pk])
        rows = cursor.fetchall()
    if not rows:
        raise Refused("no_version", f"The cycle {cycle.code} has no baseline yet.", status=404, stage="baseline")
    start, months = rows[0][:2]
    found = [(line, quantity) for _, _, line, quantity in rows if line is not None]
    return plan_of_rows(found, start, months).for_lines(lines)


def stored_forget() -> None:
    """Read everything anew: for a proof of what the database really holds."""
    _whole.cache_clear()


def _read(version: int, start: date, months: int, lines: list[int]) -> Plan:
    with connection.cursor() as cursor:
        cursor.execute(f"{ROWS} AND line_id = ANY(%s) ORDER BY line_id", [version, lines])
        return plan_of_rows(cursor.fetchall(), start, months)


def plan_of_rows(rows: list[tuple[int, list[float | None]]], start: date, months: int) -> Plan:
    """Rows of (line id, vector) in ascending order as a plan; None becomes NaN."""
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    quantity = np.array([row[1] for row in rows], dtype=float).reshape(len(rows), months)
    return Plan(ids, start, quantity)
