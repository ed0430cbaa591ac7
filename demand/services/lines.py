"""Planning lines: every pair of planning product and planning customer that somebody has to forecast."""

from django.db import connection, transaction

from demand.models import Line

# Booked or entered pairs, brought to the level they are planned at; and for a product that nobody has booked
# yet, the customers of the product it is forecast like.
PLANNED = """
WITH seen AS (
    SELECT product_id, customer_id FROM demand_booking GROUP BY 1, 2
    UNION
    SELECT product_id, customer_id FROM demand_salesinput GROUP BY 1, 2
), planned AS (
    SELECT DISTINCT COALESCE(p.plan_as_id, p.id) AS product_id, COALESCE(c.plan_as_id, c.id) AS customer_id
    FROM seen
    JOIN masterdata_product p ON p.id = seen.product_id
    JOIN masterdata_customer c ON c.id = seen.customer_id
), coming AS (
    SELECT successor.id AS product_id, planned.customer_id
    FROM masterdata_product successor
    JOIN masterdata_product model ON model.id = successor.like_product_id
    JOIN planned ON planned.product_id = COALESCE(model.plan_as_id, model.id)
    WHERE successor.plan_as_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM planned own WHERE own.product_id = successor.id)
)
"""
SYNC = (
    PLANNED
    + """
INSERT INTO demand_line (product_id, customer_id)
SELECT product_id, customer_id FROM planned
UNION
SELECT product_id, customer_id FROM coming
ORDER BY customer_id, product_id
ON CONFLICT (customer_id, product_id) DO NOTHING
"""
)


@transaction.atomic
def lines_sync() -> int:
    """Add the planning lines that bookings and sales input call for; returns how many are new."""
    with connection.cursor() as cursor:
        cursor.execute(SYNC)
        return int(cursor.rowcount)


@transaction.atomic
def lines_prune() -> int:
    """Remove the lines that nothing calls for any more and nothing refers to; returns how many."""
    used = " ".join(
        f'AND NOT EXISTS (SELECT 1 FROM "{relation.related_model._meta.db_table}" r'
        f' WHERE r."{relation.field.column}" = l.id)'
        for relation in Line._meta.related_objects
    )
    wanted = "SELECT product_id, customer_id FROM planned UNION SELECT product_id, customer_id FROM coming"
    with connection.cursor() as cursor:
        cursor.execute(
            f"{PLANNED} DELETE FROM demand_line l WHERE (l.product_id, l.customer_id) NOT IN ({wanted}) {used}"
        )
        return int(cursor.rowcount)
