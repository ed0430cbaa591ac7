"""Past changes whose months have closed: what people said, and what came."""

import numpy as np
import pandas as pd
from django.db import connection

from cycles.models import Cycle
from demand.models import Stage
from demand.selectors.history import actuals_for

COLUMNS = ["cycle", "line", "month", "lag", "rep", "family", "reason", "before", "after", "actual"]
# one row per changed cell of a past cycle: the baseline beneath it and the rep's number
CHANGED = """
SELECT c.month, l.line_id, (c.month + make_interval(months => (cell.position - 1)::int))::date,
       (cell.position - 1)::int, coalesce(cl.owner_id, 0), cl.family_id, l.reason, b.quantity[cell.position], cell.value
FROM demand_layerline l
JOIN cycles_cycle c ON c.id = l.cycle_id AND c.month < %s
JOIN demand_cycleline cl ON cl.cycle_id = c.id AND cl.line_id = l.line_id
JOIN demand_forecastversion v ON v.cycle_id = c.id AND v.stage = 'baseline' AND v.state = 'current'
JOIN demand_forecastline b ON b.version_id = v.id AND b.line_id = l.line_id
CROSS JOIN LATERAL unnest(l.quantity) WITH ORDINALITY AS cell(value, position)
WHERE l.stage = %s AND cell.value IS NOT NULL AND (%s::bigint IS NULL OR cl.owner_id = %s)
  AND c.month + make_interval(months => (cell.position - 1)::int) < %s
ORDER BY 1, 2, 3
"""


def calibration_cases(cycle: Cycle, stage: Stage = Stage.SALES, *, owner: int | None = None) -> pd.DataFrame:
    """Changed cells of earlier cycles in months before this cycle's, with the actual demand that came.

    Everybody's, or those of the lines that were `owner`'s in their cycle.
    Columns: cycle and month (dates), line, lag (months), rep (person id, 0 = nobody), family (id),
    reason, before (baseline),
    after (the changed number), actual; quantities in the product's unit.
    """
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, [cycle.month, stage, owner, owner, cycle.month])
        rows = cursor.fetchall()
    frame = pd.DataFrame(rows, columns=COLUMNS[:-1])
    frame["actual"] = np.nan
    if rows:
        frame["actual"] = actuals_of(frame, cycle)
    return frame


def actuals_of(frame: pd.DataFrame, cycle: Cycle) -> np.ndarray:
    """What came in the line and month of every row, known before the cycle; NaN in months that are open."""
    lines = np.unique(frame["line"].to_numpy(dtype=np.int64))
    start = frame["month"].min()
    months = (cycle.month.year - start.year) * 12 + cycle.month.month - start.month
    known = actuals_for(lines, start=start, months=months, closed_before=cycle.month)
    row = np.searchsorted(lines, frame["line"].to_numpy())
    column = [(m.year - start.year) * 12 + m.month - start.month for m in frame["month"]]
    return known.quantity[row, column]
