"""The calls of a cycle that speak of demand: quotes and silent lines."""

import pandas as pd
from django.db import connection

from cycles.models import Cycle
from cycles.periods import months_between
from demand.call_effects import CALL_COLUMNS, QUOTE_COLUMNS, call_chances, won_share
from demand.call_outcomes import calibration
from demand.matrices import Lines
from demand.models import Opportunity
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


# Open as the cycle sees it: a replayed one on its first day. Of a quote that has closed since, no probability of that
# day is kept.
OPEN_QUOTES = """
SELECT l.id, q.expected_month, q.qty, CASE WHEN q.closed_on IS NULL THEN q.probability END
FROM demand_opportunity q
JOIN masterdata_product p ON p.id = q.product_id
JOIN masterdata_customer c ON c.id = q.customer_id
JOIN demand_line l ON l.product_id = coalesce(p.plan_as_id, p.id) AND l.customer_id = coalesce(c.plan_as_id, c.id)
WHERE q.qty > 0 AND q.expected_month >= %(month)s
  AND CASE WHEN %(replayed)s THEN q.created_on < %(month)s AND (q.closed_on IS NULL OR q.closed_on >= %(month)s)
           ELSE q.closed_on IS NULL END
  AND NOT EXISTS (SELECT FROM demand_ordercall k WHERE k.opportunity_id = q.id AND k.cycle_id = %(cycle)s)
ORDER BY q.id
"""


def quotes_uncalled(cycle: Cycle, lines: Lines) -> pd.DataFrame:
    """The open quotes that nobody has called in this cycle, by row of `lines` and month of the horizon.

    A probability that is not known is the share of quotes closed before the cycle that were won.
    """
    position = {int(line): i for i, line in enumerate(lines)}
    with connection.cursor() as cursor:
        cursor.execute(OPEN_QUOTES, {"month": cycle.month, "replayed": cycle.simulated, "cycle": cycle.pk})
        found = cursor.fetchall()
    share = _won_share(cycle)
    rows = [
        (position[line], months_between(cycle.month, month), qty, share if probability is None else probability)
        for line, month, qty, probability in found
        if line in position and months_between(cycle.month, month) < cycle.horizon
    ]
    return pd.DataFrame(rows, columns=list(QUOTE_COLUMNS))


def _won_share(cycle: Cycle) -> float:
    closed = Opportunity.objects.filter(closed_on__lt=cycle.month)
    return won_share(closed.filter(stage="won").count(), closed.count())


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
