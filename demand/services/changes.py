"""Recording many changes at once: what a decision did to a whole plan."""

import io
from datetime import datetime

import numpy as np
import pandas as pd
from django.db import connection

from cycles.models import Cycle
from cycles.periods import month_range
from demand.matrices import Lines, Matrix
from demand.models import Origin, Stage
from masterdata.models import Person

COLUMNS = "line_id, month, before, after, cycle_id, stage, reason, comment, origin, decision, by_id, at"
TINY = 1e-9


def changes_copy(
    *,
    cycle: Cycle,
    stage: Stage,
    lines: Lines,
    before: Matrix,
    after: Matrix,
    origin: Origin,
    decision: str,
    comment: str,
    by: Person | None,
    at: datetime,
) -> int:
    """Append one change per cell that differs between two (lines, months) matrices; returns how many."""
    row, column = np.nonzero(np.abs(after - before) > TINY)
    months = np.array([f"{month:%Y-%m-%d}" for month in month_range(cycle.month, before.shape[1])])
    frame = pd.DataFrame(
        {"line": lines[row], "month": months[column], "before": before[row, column], "after": after[row, column]}
    ).assign(
        cycle=cycle.pk,
        stage=stage.value,
        reason="",
        comment=comment,
        origin=origin.value,
        decision=decision,
        by="" if by is None else str(by.pk),
        at=at.isoformat(),
    )
    buffer = io.StringIO()
    frame.to_csv(buffer, header=False, index=False, float_format="%.17g")
    buffer.seek(0)
    sql = f"COPY demand_change ({COLUMNS}) FROM STDIN WITH (FORMAT csv, FORCE_NOT_NULL (reason, comment, decision))"
    with connection.cursor() as cursor:
        cursor.copy_expert(sql, buffer)
    return len(frame)
