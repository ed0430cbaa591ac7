"""Closed months as matrices."""

from datetime import date

import numpy as np
import pandas as pd
from django.db import connection
from django.db.models import Sum

from cycles.models import Cycle
from cycles.periods import add_months, month_range, months_between
from demand.matrices import Lines, Plan
from demand.models import Booking

HISTORY = """
SELECT l.id, b.month, sum(b.qty)
FROM demand_booking b
JOIN masterdata_product p ON p.id = b.product_id
JOIN masterdata_customer c ON c.id = b.customer_id
JOIN demand_line l ON l.product_id = coalesce(p.plan_as_id, p.id) AND l.customer_id = coalesce(c.plan_as_id, c.id)
WHERE b.month >= %s AND b.month < %s AND (%s OR l.id = ANY(%s))
GROUP BY 1, 2 ORDER BY 1, 2
"""


def first_booked_month() -> date | None:
    return Booking.objects.order_by("month").values_list("month", flat=True).first()


def history_start(month: date) -> date:
    """The first month of history for a cycle of `month`: the first booked one, at least the month before."""
    return min(first_booked_month() or month, add_months(month, -1))


def company_history(*, start: date, before: date) -> np.ndarray:
    """(months,) total actual demand of the company, for the season that young families borrow."""
    rows = Booking.objects.filter(month__gte=start, month__lt=before).values_list("month").annotate(Sum("qty"))
    total = np.zeros(months_between(start, before))
    for month, quantity in rows:
        total[months_between(start, month)] = quantity
    return total


REGIONS = """
SELECT coalesce(r.code, ''), b.month, sum(b.qty)
FROM demand_booking b
JOIN masterdata_product p ON p.id = b.product_id
JOIN masterdata_customer c ON c.id = b.customer_id
JOIN demand_line l ON l.product_id = coalesce(p.plan_as_id, p.id) AND l.customer_id = coalesce(c.plan_as_id, c.id)
JOIN demand_cycleline cl ON cl.cycle_id = %s AND cl.line_id = l.id
LEFT JOIN masterdata_region r ON r.id = cl.region_id
WHERE b.month >= %s AND b.month < %s
GROUP BY 1, 2
"""


def region_history(cycle: Cycle, *, start: date) -> pd.DataFrame:
    """Actual demand of every region over the months from `start` to before the cycle: a row per code ('' = none), in
    order, a column per month; a line counts for the region it has in the cycle."""
    with connection.cursor() as cursor:
        cursor.execute(REGIONS, [cycle.pk, start, cycle.month])
        rows = pd.DataFrame(cursor.fetchall(), columns=["region", "month", "qty"])
    months = month_range(start, months_between(start, cycle.month))
    table = rows.pivot_table(index="region", columns="month", values="qty", aggfunc="sum")
    return table.reindex(columns=months).fillna(0.0).sort_index().astype(float)


def history(lines: Lines, *, start: date, before: date) -> Plan:
    """Actual demand of planning lines from `start` to before `before`, all of them closed months; 0 = none.

    Detail products and customers count for their planning product and customer.
    """
    months = months_between(start, before)
    quantity = np.zeros((len(lines), max(months, 0)))
    everything = len(lines) > 20_000
    wanted = [] if everything else [int(line) for line in lines]
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, [start, before, everything, wanted])
        rows = cursor.fetchall()
    if rows:
        ids = np.array([row[0] for row in rows], dtype=np.int64)
        columns = np.array([months_between(start, row[1]) for row in rows])
        at = np.clip(np.searchsorted(lines, ids), 0, len(lines) - 1)
        known = lines[at] == ids
        quantity[at[known], columns[known]] = np.array([row[2] for row in rows])[known]
    return Plan(lines, start, quantity)


def actuals_for(lines: Lines, *, start: date, months: int, closed_before: date) -> Plan:
    """Actuals over a horizon: NaN in months that are not closed, never zero."""
    closed = min(max(months_between(start, closed_before), 0), months)
    known = history(lines, start=start, before=month_range(start, closed + 1)[-1])
    quantity = np.full((len(lines), months), np.nan)
    quantity[:, :closed] = known.quantity
    return Plan(lines, start, quantity)
