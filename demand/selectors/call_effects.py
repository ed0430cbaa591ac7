"""The calls of a cycle that speak of demand: quotes and silent lines."""

import pandas as pd
from django.db import connection

from cycles.models import Cycle
from cycles.periods import months_between
from demand.call_effects import CALL_COLUMNS, call_chances
from demand.call_outcomes import calibration
from demand.matrices import Lines
from demand.selectors.call_cases import call_cases

SPOKEN = """
SELECT DISTINCT ON (k.opportunity_id, k.line_id) l.id, k.month, k.call, k.slips_to, q.qty, k.line_id IS NOT NULL
FROM demand_ordercall k
LEFT JOIN demand_opportunity q ON q.id = k.opportunity_id
LEFT JOIN masterdata_product p ON p.id = q.product_id
LEFT JOIN masterdata_customer c ON c.id = q.customer_id
JOIN demand_line l ON l.id = coalesce(k.line_id, (
    SELECT x.id FROM demand_line x
    WHERE x.product_id = coalesce(p.plan_as_id, p.id) AND x.customer_id = coalesce(c.plan_as_id, c.id)))
WHERE k.cycle_id = %s AND k.order_line_id IS NULL
ORDER BY k.opportunity_id, k.line_id, k.id DESC
"""


def calls_spoken(cycle: Cycle, lines: Lines) -> pd.DataFrame:
    """The newest call per quote and silent line of this cycle, by row of `lines` and month of the horizon."""
    position = {int(line): i for i, line in enumerate(lines)}
    with connection.cursor() as cursor:
        cursor.execute(SPOKEN, [cycle.pk])
        rows = [
            (position[line], months_between(cycle.month, month), call, _slip(cycle, slips_to), qty or None, is_line)
            for line, month, call, slips_to, qty, is_line in cursor.fetchall()
            if line in position and 0 <= months_between(cycle.month, month) < cycle.horizon
        ]
    return pd.DataFrame(rows, columns=list(CALL_COLUMNS)).astype({"qty": float})


def chances_known(cycle: Cycle) -> dict[str, float]:
    """What each call is worth, from the calls whose months closed before this cycle."""
    return call_chances(calibration(call_cases(), until=cycle.month))


def _slip(cycle: Cycle, month: object) -> int:
    return months_between(cycle.month, month) if month else -1  # type: ignore[arg-type]
