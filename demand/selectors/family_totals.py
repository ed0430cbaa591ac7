"""What families added up to in past cycles with every change taken whole, and what came."""

import pandas as pd
from django.db import connection

from cycles.models import Cycle
from cycles.periods import add_months
from demand.family_totals import TOTAL_COLUMNS

CYCLES = 12
TOTALS = """
WITH booked AS (
    SELECT l.id AS line_id, b.month, sum(b.qty) AS qty
    FROM demand_booking b
    JOIN masterdata_product p ON p.id = b.product_id
    JOIN masterdata_customer c ON c.id = b.customer_id
    JOIN demand_line l ON l.product_id = coalesce(p.plan_as_id, p.id) AND l.customer_id = coalesce(c.plan_as_id, c.id)
    WHERE b.month >= %(first)s AND b.month < %(month)s
    GROUP BY 1, 2
)
SELECT c.month, said.month, cl.family_id, sum(said.quantity), coalesce(sum(booked.qty), 0)
FROM cycles_cycle c
JOIN demand_forecastversion v ON v.cycle_id = c.id AND v.stage = 'events' AND v.state = 'current'
JOIN demand_forecastline n ON n.version_id = v.id
JOIN demand_cycleline cl ON cl.cycle_id = c.id AND cl.line_id = n.line_id
CROSS JOIN LATERAL (
    SELECT (c.month + make_interval(months => (cell.position - 1)::int))::date AS month, cell.quantity
    FROM unnest(n.quantity) WITH ORDINALITY AS cell(quantity, position)
) said
LEFT JOIN booked ON booked.line_id = n.line_id AND booked.month = said.month
WHERE c.month >= %(first)s AND c.month < %(month)s AND said.month < %(month)s
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


def family_totals_past(cycle: Cycle) -> pd.DataFrame:
    """One row per earlier cycle (of the last twelve), month closed before this cycle, and family (id): said and
    actual, in units; months and cycles as dates."""
    with connection.cursor() as cursor:
        cursor.execute(TOTALS, {"first": add_months(cycle.month, -CYCLES), "month": cycle.month})
        return pd.DataFrame(cursor.fetchall(), columns=list(TOTAL_COLUMNS))
