"""Stored numbers, kept in the process once read: what is stored never changes, a database trigger sees to that."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import connection

from demand.matrices import Lines, Plan
from demand.models import ForecastVersion

KEPT = 24
FEW_LINES = 200
ROWS = "SELECT line_id, quantity FROM demand_forecastline WHERE version_id = %s"


def version_plan(version: ForecastVersion, lines: Lines | None = None) -> Plan:
    """The numbers of a finished or proposed version, for all its lines or exactly these (0 for lines it lacks)."""
    if lines is not None and len(lines) <= FEW_LINES:
        return _read(version.pk, version.start, version.months, lines.tolist()).for_lines(lines)
    whole = _whole(version.pk, version.start, version.months, version.made_at)
    return whole if lines is None else whole.for_lines(lines)


@lru_cache(maxsize=KEPT)
def _whole(version: int, start: date, months: int, made_at: datetime) -> Plan:
    plan = _read(version, start, months, None)
    plan.quantity.flags.writeable = False
    return plan


def stored_forget() -> None:
    """Read everything anew: for a proof of what the database really holds."""
    _whole.cache_clear()


def _read(version: int, start: date, months: int, lines: list[int] | None) -> Plan:
    sql = ROWS if lines is None else f"{ROWS} AND line_id = ANY(%s)"
    parameters: list[Any] = [version] if lines is None else [version, lines]
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} ORDER BY line_id", parameters)
        return plan_of_rows(cursor.fetchall(), start, months)


def plan_of_rows(rows: list[tuple[int, list[float | None]]], start: date, months: int) -> Plan:
    """Rows of (line id, vector) in ascending order as a plan; None becomes NaN."""
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    quantity = np.array([row[1] for row in rows], dtype=float).reshape(len(rows), months)
    return Plan(ids, start, quantity)
