"""In which months products were out of stock, by the data or by what a person said."""

from datetime import date

import numpy as np
from django.db import connection

from cycles.periods import add_months, months_between
from demand.stock_outs import short_months

BY_DATA = "out of stock: under half of what customers waited for was shipped, and far less ordered than usual"
SAID = "out of stock, says {}"
FLOWS = """
SELECT coalesce(p.plan_as_id, p.id), flow.month, sum(flow.booked), sum(flow.shipped), bool_or(flow.said), max(flow.who)
FROM (
    SELECT product_id, month, qty AS booked, 0 AS shipped, NULL::boolean AS said, NULL::text AS who FROM demand_booking
    UNION ALL
    SELECT product_id, month, 0, qty, NULL, NULL FROM demand_shipment
    UNION ALL
    SELECT s.product_id, s.month, 0, 0, s.sold_out, coalesce(nullif(u.first_name, ''), u.username)
    FROM demand_stockout s
    JOIN masterdata_person m ON m.id = s.by_id
    JOIN auth_user u ON u.id = m.user_id
) flow
JOIN masterdata_product p ON p.id = flow.product_id
WHERE flow.month >= %s AND flow.month < %s AND coalesce(p.plan_as_id, p.id) = ANY(%s)
GROUP BY 1, 2 ORDER BY 1, 2
"""


def stock_out_months(products: list[int], *, start: date, before: date) -> dict[int, dict[date, str]]:
    """Per planning product the months from `start` to before `before` that it was out of stock, and who says so."""
    rows = {product: row for row, product in enumerate(products)}
    flows = np.zeros((2, len(products), max(months_between(start, before), 0)))
    said: dict[tuple[int, int], str] = {}
    with connection.cursor() as cursor:
        cursor.execute(FLOWS, [start, before, products])
        for product, month, booked, shipped, out, who in cursor.fetchall():
            at = rows[product], months_between(start, month)
            flows[:, *at] = booked, shipped
            if out is not None:
                said[at] = SAID.format(who) if out else ""
    short = dict.fromkeys(((int(row), int(column)) for row, column in np.argwhere(short_months(*flows))), BY_DATA)
    found: dict[int, dict[date, str]] = {product: {} for product in products}
    for (row, column), why in sorted((short | said).items()):
        if why:
            found[products[row]][add_months(start, column)] = why
    return found
