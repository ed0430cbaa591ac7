"""Orders to watch: what is open for a rep's customers and worth the rep's view."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from cycles.models import Cycle
from cycles.periods import add_months, month_of, month_range
from demand.models import Call, OrderCall
from demand.selectors.quiet import QuietLine, quiet_lines_of
from masterdata.models import Person

MOST = 15
WEEKS_AHEAD = 8
KEYS = {Call.FIRM: "9", Call.LIKELY: "7", Call.EVEN: "5", Call.DOUBTFUL: "3", Call.LOST: "0"}

# Open order lines and opportunities of a person's lines, the dearest first. Detail products and customers are
# shown under the line they are planned in.
OPEN = """
WITH open AS (
    SELECT 'order' AS kind, o.id, o.code, o.customer_id, o.product_id, o.qty, o.pushes,
           coalesce(nullif(o.revenue, 0), o.qty * coalesce(p.price, 0)) AS value,
           coalesce(o.promised_on, o.requested_on, o.ordered_on) AS due, NULL::float AS probability,
           NULL::bigint AS owner_id, o.id AS order_line_id, NULL::bigint AS opportunity_id
    FROM demand_orderline o JOIN masterdata_product p ON p.id = o.product_id
    WHERE o.shipped_on IS NULL AND coalesce(o.promised_on, o.requested_on, o.ordered_on) < %(until)s
    UNION ALL
    SELECT 'opportunity', q.id, q.code, q.customer_id, q.product_id, q.qty, 0, q.value, q.expected_month,
           q.probability, q.owner_id, NULL, q.id
    FROM demand_opportunity q
    WHERE q.closed_on IS NULL AND q.expected_month >= %(month)s AND q.expected_month < %(until)s
)
SELECT open.kind, open.id, open.code, cl.line_id, c.name, coalesce(p.name, 'several products'), open.qty, open.value,
       open.due, open.pushes, open.probability, k.call, k.slips_to, k.at, k.by_id, k.by_name, k.for_name
FROM open
JOIN masterdata_customer d ON d.id = open.customer_id
JOIN masterdata_customer c ON c.id = coalesce(d.plan_as_id, d.id)
LEFT JOIN masterdata_product x ON x.id = open.product_id
LEFT JOIN masterdata_product p ON p.id = coalesce(x.plan_as_id, x.id)
LEFT JOIN demand_line l ON l.customer_id = c.id AND l.product_id = p.id
LEFT JOIN demand_cycleline cl ON cl.line_id = l.id AND cl.cycle_id = %(cycle)s
LEFT JOIN LATERAL (
    SELECT oc.call, oc.slips_to, oc.at, oc.by_id, coalesce(nullif(bu.first_name, ''), bu.username) AS by_name,
           coalesce(nullif(fu.first_name, ''), fu.username, '') AS for_name
    FROM demand_ordercall oc
    JOIN masterdata_person b ON b.id = oc.by_id JOIN auth_user bu ON bu.id = b.user_id
    LEFT JOIN masterdata_person f ON f.id = oc.on_behalf_of_id LEFT JOIN auth_user fu ON fu.id = f.user_id
    WHERE (oc.order_line_id = open.order_line_id OR oc.opportunity_id = open.opportunity_id) AND oc.cycle_id = %(cycle)s
    ORDER BY oc.id DESC LIMIT 1
) k ON true
WHERE coalesce(cl.owner_id, open.owner_id, c.owner_id) = %(person)s
ORDER BY open.value DESC, open.code LIMIT %(most)s
"""


@dataclass(frozen=True)
class Watched:
    """An open order, an opportunity or a line that has fallen silent, with the newest call on it.

    `by` called (`by_name`), for who was away (`for_name`) or oneself. `value` in company currency; `interval` and
    `since` (months) are a silent line's.
    """

    kind: str
    pk: int
    code: str
    line: int | None
    customer: str
    product: str
    qty: float
    value: float
    due: date
    pushes: int
    probability: float | None
    call: str
    slips_to: date | None
    called_at: datetime | None
    by: int | None
    by_name: str
    for_name: str
    interval: float = 0.0
    since: int = 0

    @property
    def is_order(self) -> bool:
        return self.kind == "order"

    @property
    def is_line(self) -> bool:
        return self.kind == "line"

    @property
    def rhythm(self) -> str:
        """A silent line in words."""
        return f"usually orders every {_months(self.interval)}, last order {_months(self.since, one='1 month')} ago"

    @property
    def call_label(self) -> str:
        return Call(self.call).label if self.call else ""

    @property
    def choices(self) -> list[tuple[str, str, bool, str]]:
        """The calls that take no month: value, word, whether it is the newest call, and its key."""
        return [(call.value, call.label, call.value == self.call, key) for call, key in KEYS.items()]

    @property
    def slips(self) -> bool:
        return self.call == Call.SLIPS.value


@dataclass(frozen=True)
class OrdersPage:
    """What the page shows: whose list, how many are answered, and the months an order may slip to."""

    owner: Person
    rows: list[Watched]
    months: list[date]
    today: date
    plan_month: date

    @property
    def answered(self) -> int:
        return sum(bool(row.call) for row in self.rows)


def orders_to_watch(cycle: Cycle, person: Person, *, on: date) -> OrdersPage:
    """At most fifteen rows by value: orders and opportunities due within eight weeks or overdue, and silent lines."""
    rows = _open(cycle, person, on) + _silent(cycle, person)
    rows.sort(key=lambda row: (-row.value, row.code, row.pk))
    return OrdersPage(person, rows[:MOST], month_range(add_months(cycle.month, 1), 6), on, cycle.month)


def _open(cycle: Cycle, person: Person, on: date) -> list[Watched]:
    until = max(on, cycle.month) + timedelta(weeks=WEEKS_AHEAD)
    values: dict[str, int | date] = {
        "cycle": cycle.pk,
        "month": cycle.month,
        "until": until,
        "person": person.pk,
        "most": MOST,
    }
    with connection.cursor() as cursor:
        cursor.execute(OPEN, values)
        return [_watched(*row) for row in cursor.fetchall()]


def _watched(*row: Any) -> Watched:
    given = dict(zip(Watched.__dataclass_fields__, row, strict=False))
    return Watched(**given | {name: given[name] or "" for name in ("call", "by_name", "for_name")})


def _silent(cycle: Cycle, person: Person) -> list[Watched]:
    lines = quiet_lines_of(cycle, person.pk)[:MOST]
    calls = OrderCall.objects.filter(cycle=cycle, line_id__in=[line.line for line in lines]).order_by("id")
    calls = calls.select_related("by__user", "on_behalf_of__user")
    newest = {call.line_id: call for call in calls}
    return [_silent_row(line, newest.get(line.line), cycle.month) for line in lines]


def _silent_row(line: QuietLine, call: OrderCall | None, month: date) -> Watched:
    return Watched(
        kind="line",
        pk=line.line,
        code="",
        line=line.line,
        customer=line.customer,
        product=line.product,
        qty=line.qty,
        value=line.value,
        due=month,
        pushes=0,
        probability=None,
        call=call.call if call else "",
        slips_to=call.slips_to if call else None,
        called_at=call.at if call else None,
        by=call.by_id if call else None,
        by_name=call.by.name if call else "",
        for_name=call.on_behalf_of.name if call and call.on_behalf_of else "",
        interval=line.interval,
        since=line.since,
    )


def _months(count: float, one: str = "month") -> str:
    return one if round(count) == 1 else f"{count:.0f} months"


def month_in_plan(due: date, cycle: Cycle) -> date:
    """The month of the cycle in which an order stands: its due month, the cycle's own when that has passed."""
    return max(month_of(due), cycle.month)
