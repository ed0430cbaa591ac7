"""Storing complete versions: one COPY, then one switch of what is current."""

import io
from datetime import datetime

import numpy as np
from django.db import connection, transaction
from django.db.models import Max

from cycles.models import Cycle
from demand.matrices import Lines, Matrix, Plan
from demand.models import ForecastVersion, Stage, VersionState
from demand.selectors.stored import ARRAY_HEADER, CELL, COPY_END, COPY_HEADER
from jobs.errors import Invalid
from masterdata.models import Person

# A currency without a rate is worth nothing, which is said on the finance page; never one for one.
LINES_COPY = """
INSERT INTO demand_cycleline
    (cycle_id, line_id, owner_id, region_id, family_id, price, unit_cost, method, flags, landing, treated)
SELECT %s, l.id, c.owner_id, c.region_id, p.family_id,
       coalesce(p.price, 0) * coalesce(rate.rate, 0), coalesce(p.unit_cost, 0) * coalesce(rate.rate, 0),
       '', '[]', '{}', '[]'
FROM demand_line l
JOIN masterdata_product p ON p.id = l.product_id
JOIN masterdata_customer c ON c.id = l.customer_id
LEFT JOIN LATERAL (
    SELECT 1 AS rate, NULL AS month FROM masterdata_company own WHERE p.currency IN ('', own.currency)
    UNION ALL
    SELECT r.rate, r.month FROM masterdata_exchangerate r WHERE r.currency = p.currency AND r.month <= %s
    ORDER BY month DESC NULLS FIRST LIMIT 1
) rate ON true
ON CONFLICT (cycle_id, line_id) DO NOTHING
"""
ROWS_COPY = "COPY demand_forecastline (version_id, line_id, quantity) FROM STDIN (FORMAT binary)"
FLOAT8 = 701
ROW = [
    ("fields", ">i2"), ("version_size", ">i4"), ("version", ">i8"), ("line_size", ">i4"), ("line", ">i8"),
    ("size", ">i4"), ("dimensions", ">i4"), ("flags", ">i4"), ("kind", ">i4"), ("months", ">i4"), ("first", ">i4"),
]  # fmt: skip


@transaction.atomic
def version_store(
    *,
    cycle: Cycle,
    stage: Stage,
    plan: Plan,
    at: datetime,
    by: Person | None = None,
    rule: str = "",
    note: str = "",
    made_from: ForecastVersion | None = None,
    proposed: bool = False,
    content_hash: str = "",
) -> ForecastVersion:
    """Store a plan as the next revision of a stage and make it the current one.

    `proposed` keeps it as the working proposal instead. The one it replaces stays, marked as replaced.
    """
    _check(cycle, plan)
    replaced = VersionState.BUILDING if proposed else VersionState.CURRENT
    versions = ForecastVersion.objects.filter(cycle=cycle, stage=stage)
    versions.filter(state=replaced).update(state=VersionState.SUPERSEDED)
    version = ForecastVersion.objects.create(
        cycle=cycle,
        stage=stage,
        revision=(versions.aggregate(n=Max("revision"))["n"] or 0) + 1,
        state=replaced,
        start=plan.start,
        months=plan.months,
        rule=rule,
        note=note,
        content_hash=content_hash,
        made_from=made_from,
        made_at=at,
        made_by=by,
    )
    forecast_lines_copy(version, plan)
    return version


def _check(cycle: Cycle, plan: Plan) -> None:
    if plan.start != cycle.month or plan.months != cycle.horizon:
        raise Invalid(f"A plan of {cycle.code} must have {cycle.horizon} months from {cycle.code}.")
    if not np.isfinite(plan.quantity).all() or (plan.quantity < 0).any():
        raise Invalid("A forecast has to be zero or more in every month; nothing was stored.")


def forecast_lines_copy(version: ForecastVersion, plan: Plan) -> None:
    """COPY the rows of a version as the database keeps numbers: nothing is written as text and read again."""
    with connection.cursor() as cursor:
        cursor.copy_expert(ROWS_COPY, io.BytesIO(copied_rows(version.pk, plan)))


def copied_rows(version: int, plan: Plan) -> bytes:
    """(version, line, vector) of every line in PostgreSQL's binary form of COPY.

    A row is the number of its fields and each field after its size, the most significant byte first; the vector is
    as in `vectors_read`.
    """
    size = ARRAY_HEADER + plan.months * CELL.itemsize
    rows = np.zeros(len(plan.lines), dtype=[*ROW, ("cells", CELL, (plan.months,))])
    rows["fields"], rows["version_size"], rows["line_size"], rows["size"] = 3, 8, 8, size
    rows["version"], rows["line"] = version, plan.lines
    rows["dimensions"], rows["kind"], rows["months"], rows["first"] = 1, FLOAT8, plan.months, 1
    rows["cells"]["size"], rows["cells"]["value"] = 8, plan.quantity
    return COPY_HEADER + rows.tobytes() + COPY_END


def cycle_lines_freeze(*, cycle: Cycle) -> int:
    """Take every line with its owner, region, family, price and cost into the cycle, as they are now."""
    with connection.cursor() as cursor:
        cursor.execute(LINES_COPY, [cycle.pk, cycle.month])
        return int(cursor.rowcount)


def plan_of(lines: Lines, cycle: Cycle, quantity: Matrix) -> Plan:
    return Plan(lines, cycle.month, quantity)
