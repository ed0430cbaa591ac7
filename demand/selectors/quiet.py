"""Lines of a person that are past their usual order interval."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db import connection

from cycles.models import Cycle
from demand.matrices import Lines
from demand.models import Line
from demand.quiet import quiet_lines
from demand.selectors.history import history, history_start
from demand.selectors.lines import line_ids, living_lines

# Lines that need no question: an order is open, or was placed since the last closed month; or a quote is open.
ASKED = """
WITH known AS (
    SELECT product_id, customer_id, ordered_on FROM demand_orderline
    WHERE shipped_on IS NULL OR ordered_on >= %(month)s
    UNION ALL
    SELECT product_id, customer_id, NULL FROM demand_opportunity
    WHERE closed_on IS NULL AND expected_month >= %(month)s
)
SELECT l.id, max(known.ordered_on)
FROM known
JOIN masterdata_product x ON x.id = known.product_id
JOIN masterdata_customer d ON d.id = known.customer_id
JOIN demand_line l ON l.product_id = coalesce(x.plan_as_id, x.id) AND l.customer_id = coalesce(d.plan_as_id, d.id)
WHERE l.id = ANY(%(lines)s)
GROUP BY l.id
"""


@dataclass(frozen=True)
class QuietLine:
    """A line that usually orders every `interval` months and last did `since` months ago; `value` in currency."""

    line: int
    customer: str
    product: str
    qty: float
    value: float
    interval: float
    since: int


def quiet_lines_of(cycle: Cycle, owner: int) -> list[QuietLine]:
    """The owner's living lines past their usual interval, the dearest first; none that an order or quote speaks for."""
    frame = living_lines(cycle, owners=[owner])
    lines = line_ids(frame)
    past = history(lines, start=history_start(cycle.month), before=cycle.month).quantity
    found = quiet_lines(past)
    asked = _asked(cycle, lines[found.late])
    rows = [
        QuietLine(
            line=int(lines[i]),
            customer=row.customer_name,
            product=row.product_name,
            qty=round(float(found.usual[i]), int(row.decimals)),
            value=float(found.usual[i] * row.price),
            interval=float(found.interval[i]),
            since=int(found.since[i]),
        )
        for i, row in enumerate(frame.itertuples())
        if found.late[i] and int(lines[i]) not in asked
    ]
    return sorted(rows, key=lambda row: (-row.value, row.line))


def quiet_line(cycle: Cycle, line: Line, owner: int) -> QuietLine | None:
    """The line as it stands on its owner's list; None when it does not."""
    return next((row for row in quiet_lines_of(cycle, owner) if row.line == line.pk), None)


def ordered_on(cycle: Cycle, line: Line) -> date | None:
    """The day of the newest order of a line that is open or was placed since the last closed month."""
    return _asked(cycle, np.array([line.pk])).get(line.pk)


def _asked(cycle: Cycle, lines: Lines) -> dict[int, date | None]:
    if not len(lines):
        return {}
    with connection.cursor() as cursor:
        cursor.execute(ASKED, {"month": cycle.month, "lines": [int(line) for line in lines]})
        return dict(cursor.fetchall())
