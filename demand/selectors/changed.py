"""The cells that people changed, with their number at every stage and what came."""

from datetime import date
from typing import Any

import pandas as pd
from django.db import connection

from cycles.models import Cycle
from demand.models import Stage
from demand.selectors.cases import actuals_of

KEYS = ["cycle", "line", "month", "lag", "rep", "family", "reason"]
# one row per cell with a number of its own at sales or team level, and per finished stage of its cycle
CELLS = """
SELECT DISTINCT ON (c.month, l.line_id, cell.position, v.stage)
       c.month, l.line_id, (c.month + make_interval(months => (cell.position - 1)::int))::date,
       (cell.position - 1)::int, coalesce(cl.owner_id, 0), f.code, l.reason, v.stage, n.quantity[cell.position]
FROM demand_layerline l
JOIN cycles_cycle c ON c.id = l.cycle_id
JOIN demand_cycleline cl ON cl.cycle_id = c.id AND cl.line_id = l.line_id
JOIN masterdata_family f ON f.id = cl.family_id
JOIN demand_forecastversion v ON v.cycle_id = c.id AND v.state = 'current'
JOIN demand_forecastline n ON n.version_id = v.id AND n.line_id = l.line_id
CROSS JOIN LATERAL unnest(l.quantity) WITH ORDINALITY AS cell(value, position)
WHERE l.stage = ANY(%(stages)s) AND cell.value IS NOT NULL AND (cell.position - 1) = ANY(%(lags)s)
  AND c.month + make_interval(months => (cell.position - 1)::int) < %(until)s
  AND (%(first)s::date IS NULL OR c.month >= %(first)s) AND (%(last)s::date IS NULL OR c.month <= %(last)s)
  AND (%(owner)s::bigint IS NULL OR cl.owner_id = %(owner)s)
ORDER BY c.month, l.line_id, cell.position, v.stage, l.stage
"""


def changed_by_people(
    *, until: date, lags: list[int], first: date | None = None, last: date | None = None, owner: int | None = None
) -> pd.DataFrame:
    """Cells of finished cycles in months before `until` whose number a rep or manager really moved.

    `first` and `last` are cycles; those of lines that were `owner`'s, or everybody's. Columns: `KEYS` (cycle and month
    dates, family its code), direction (up or down), one per stage, and actual; in units.
    """
    stages = [Stage.SALES, Stage.TEAM]
    values: dict[str, Any] = {"stages": stages, "lags": lags, "until": until, "first": first, "last": last}
    with connection.cursor() as cursor:
        cursor.execute(CELLS, values | {"owner": owner})
        long = pd.DataFrame(cursor.fetchall(), columns=[*KEYS, "stage", "quantity"])
    if long.empty or not {Stage.BASELINE, Stage.SALES, Stage.TEAM} <= set(long["stage"]):
        return pd.DataFrame()
    frame = long.pivot(index=KEYS, columns="stage", values="quantity").reset_index()
    frame = frame[frame[Stage.TEAM] != frame[Stage.BASELINE]].reset_index(drop=True)
    up = frame[Stage.TEAM] > frame[Stage.BASELINE]
    return frame.assign(direction=up.map({True: "up", False: "down"}), actual=actuals_of(frame, Cycle(month=until)))
