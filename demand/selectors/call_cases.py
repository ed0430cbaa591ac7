"""Calls with what became of their orders."""

from django.db import connection

from demand.call_outcomes import CallCase
from masterdata.models import Person

# The newest call per cycle and order, opportunity or line, with the month in which it came whole.
CASES = """
WITH newest AS (
    SELECT DISTINCT ON (k.cycle_id, k.order_line_id, k.opportunity_id, k.line_id) k.*
    FROM demand_ordercall k
    WHERE %(person)s::bigint IS NULL OR k.by_id = %(person)s
    ORDER BY k.cycle_id, k.order_line_id, k.opportunity_id, k.line_id, k.id DESC
)
SELECT k.call, k.month, k.slips_to,
       CASE WHEN coalesce(o.shipped_qty, o.qty) >= o.qty THEN date_trunc('month', o.shipped_on)::date
            WHEN q.stage = 'won' THEN date_trunc('month', q.closed_on)::date
            WHEN l.id IS NOT NULL THEN booked.month END,
       coalesce(c.name, ''), coalesce(f.name, ''), k.by_id, y.simulated
FROM newest k
JOIN cycles_cycle y ON y.id = k.cycle_id
LEFT JOIN demand_orderline o ON o.id = k.order_line_id
LEFT JOIN demand_opportunity q ON q.id = k.opportunity_id
LEFT JOIN demand_line l ON l.id = k.line_id
LEFT JOIN masterdata_customer d ON d.id = coalesce(o.customer_id, q.customer_id, l.customer_id)
LEFT JOIN masterdata_customer c ON c.id = coalesce(d.plan_as_id, d.id)
LEFT JOIN masterdata_product p ON p.id = coalesce(o.product_id, q.product_id, l.product_id)
LEFT JOIN masterdata_family f ON f.id = coalesce(p.family_id, q.family_id)
LEFT JOIN LATERAL (
    SELECT b.month FROM demand_booking b
    JOIN masterdata_product bp ON bp.id = b.product_id
    JOIN masterdata_customer bc ON bc.id = b.customer_id
    WHERE k.line_id IS NOT NULL AND b.month >= y.month
      AND coalesce(bp.plan_as_id, bp.id) = l.product_id AND coalesce(bc.plan_as_id, bc.id) = l.customer_id
    GROUP BY b.month HAVING sum(b.qty) > 0 ORDER BY b.month LIMIT 1
) booked ON true
ORDER BY k.id
"""


def call_cases(person: Person | None = None) -> list[CallCase]:
    """Every call that counts: the newest per cycle and order, opportunity or line, of one person or of everybody.

    Who calls for somebody away makes a call of their own: it takes none from the record of the other.

    An order came when it was shipped with its quantity, an opportunity when it was won, a line when something was
    booked on it since the cycle in which it was called.
    """
    with connection.cursor() as cursor:
        cursor.execute(CASES, {"person": person.pk if person else None})
        return [CallCase(*row) for row in cursor.fetchall()]
