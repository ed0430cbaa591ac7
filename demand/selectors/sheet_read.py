"""What a sheet is made of besides its numbers, by two statements: the lines, and what stands beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import connection

from cycles.models import Contribution, Cycle
from cycles.periods import add_months
from cycles.steps import Milestone, Step
from demand.models import Comment, Line
from masterdata.models import Customer, Person, Product

YEAR = 12
# Bookings are looked up once for every customer of the sheet: once for every line costs three times as much.
LINES = """
WITH mine AS MATERIALIZED (
    SELECT k.line_id, k.price, nullif(k.flags, '[]')::text AS flags, l.customer_id, l.product_id,
        p.code, p.name, p.decimals, f.name AS family
    FROM demand_cycleline k
    JOIN demand_line l ON l.id = k.line_id
    JOIN masterdata_product p ON p.id = l.product_id
    JOIN masterdata_family f ON f.id = k.family_id
    WHERE k.cycle_id = %(cycle)s AND k.owner_id = %(owner)s
        AND (p.launch_month IS NULL OR p.launch_month < %(after)s)
        AND (p.phase_out_month IS NULL OR p.phase_out_month >= %(month)s)
        AND (p.launch_month IS NULL OR p.phase_out_month IS NULL OR p.launch_month <= p.phase_out_month)
), booked AS MATERIALIZED (
    SELECT m.customer_id, coalesce(p.plan_as_id, p.id) AS product_id,
        array_agg(extract(month FROM b.month)::int) AS months, array_agg(b.qty) AS quantities
    FROM (SELECT DISTINCT customer_id FROM mine) m
    JOIN masterdata_customer c ON (c.id = m.customer_id AND c.plan_as_id IS NULL) OR c.plan_as_id = m.customer_id
    JOIN demand_booking b ON b.customer_id = c.id AND b.month >= %(since)s AND b.month < %(month)s
    JOIN masterdata_product p ON p.id = b.product_id
    GROUP BY 1, 2
)
SELECT m.line_id, c.code, c.name, m.code, m.name, m.decimals, m.family, m.price, m.flags,
    s.firm, s.upside, b.months, b.quantities
FROM mine m
JOIN masterdata_customer c ON c.id = m.customer_id
LEFT JOIN demand_certainty s ON s.cycle_id = %(cycle)s AND s.stage = 'sales' AND s.line_id = m.line_id
LEFT JOIN booked b ON b.customer_id = m.customer_id AND b.product_id = m.product_id
"""
BESIDE = """
SELECT s.state, s.due_at,
    EXISTS (SELECT FROM cycles_milestonereached r
        WHERE r.cycle_id = c.id AND r.kind = %(signed)s AND r.withdrawn_at IS NULL),
    a.id, a.answered_at, g.first_name, g.username,
    (SELECT json_agg(json_build_array(q.line_id, q.kind = 'question', CASE WHEN q.kind = 'question' AND
            q.answered_at IS NULL THEN json_build_array(q.id, q.text, q.month, q.at,
                q.by_id, b.first_name, b.username, q.to_id, t.first_name, t.username) END) ORDER BY q.id)
        FROM demand_cycleline k JOIN demand_comment q ON q.cycle_id = k.cycle_id AND q.line_id = k.line_id
        JOIN masterdata_person bp ON bp.id = q.by_id JOIN auth_user b ON b.id = bp.user_id
        LEFT JOIN masterdata_person tp ON tp.id = q.to_id LEFT JOIN auth_user t ON t.id = tp.user_id
        WHERE k.cycle_id = c.id AND k.owner_id = %(owner)s),
    past.small::json, past.increases::json,
    CASE WHEN %(own)s AND s.state = 'open' THEN (SELECT json_agg(json_build_array(code, name) ORDER BY name)
        FROM masterdata_customer WHERE owner_id = %(owner)s AND plan_as_id IS NULL) END,
    CASE WHEN %(own)s AND s.state = 'open' THEN (SELECT json_agg(json_build_array(code, name) ORDER BY name)
        FROM masterdata_product WHERE plan_as_id IS NULL) END
FROM cycles_cycle c
LEFT JOIN cycles_cyclestep s ON s.cycle_id = c.id AND s.step = %(step)s
LEFT JOIN cycles_contribution a ON a.cycle_id = c.id AND a.step = %(step)s AND a.person_id = %(user)s
LEFT JOIN auth_user g ON g.id = a.answered_by_id
LEFT JOIN demand_ownpast past ON past.cycle_id = c.id AND past.owner_id = %(owner)s
WHERE c.id = %(cycle)s
"""


class LineRow(NamedTuple):
    """A living line as it is in the cycle: `flags` as JSON, what was said of how sure it is, its bookings."""

    line: int
    customer_code: str
    customer: str
    product_code: str
    product: str
    decimals: int
    family: str
    price: float
    flags: str | None
    firm: Sequence[float | None] | None
    upside: Sequence[float | None] | None
    booked_months: Sequence[int] | None
    booked: Sequence[float] | None

    def past(self, first: int) -> list[float]:
        """What was booked in the year before, month by month; `first` is its first calendar month, 1 to 12."""
        year = [0.0] * YEAR
        for month, quantity in zip(self.booked_months or (), self.booked or (), strict=True):
            year[(month - first) % YEAR] += quantity
        return year


def line_rows(cycle: Cycle, owner: Person) -> list[LineRow]:
    """The lines of an owner whose product is sold in at least one month of the horizon, in ascending order."""
    facts: dict[str, Any] = {"cycle": cycle.pk, "owner": owner.pk, "month": cycle.month}
    facts |= {"since": add_months(cycle.month, -YEAR), "after": add_months(cycle.month, cycle.horizon)}
    with connection.cursor() as cursor:
        cursor.execute(LINES, facts)
        return sorted(map(LineRow._make, cursor.fetchall()))


@dataclass(frozen=True)
class Said:
    """What was said of the lines in the cycle: who has comments, who was asked, and the first open question of each."""

    noted: frozenset[int]
    asked: frozenset[int]
    questions: Mapping[int, Comment]


@dataclass(frozen=True)
class Choices:
    """What a line can be started from: own planning customers and planning products, as (code, name)."""

    customers: Sequence[tuple[str, str]]
    products: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Beside:
    """The sales step, what was answered in it, what was said, the owner's past, what a line can be started from."""

    state: str
    closes_at: datetime | None
    signed: bool
    answer: Contribution | None
    said: Said
    small: Mapping[str, Any]
    increases: Mapping[str, Any]
    choices: Choices | None


def beside(cycle: Cycle, owner: Person, *, writes: bool, rows: Sequence[LineRow]) -> Beside:
    """What stands beside the lines; choices only for who `writes` the owner's number while the step is open."""
    facts: dict[str, Any] = {"cycle": cycle.pk, "owner": owner.pk, "user": owner.user_id, "own": writes}
    facts |= {"step": Step.SALES_FORECAST.value, "signed": Milestone.DEMAND_SIGNED.value}
    with connection.cursor() as cursor:
        cursor.execute(BESIDE, facts)
        state, due, signed, answered, at, first_name, username, said, small, up, customers, products = cursor.fetchone()
    by = User(first_name=first_name, username=username) if username else None
    answer = Contribution(pk=answered, answered_at=at, answered_by=by) if answered else None
    choices = Choices(customers or (), products or ()) if writes and state == "open" else None
    return Beside(state or "", due, signed, answer, _said(said or (), rows), small or {}, up or {}, choices)


def _said(said: Sequence[tuple[int, bool, Sequence[Any] | None]], rows: Sequence[LineRow]) -> Said:
    by_line = {row.line: row for row in rows}
    questions: dict[int, Comment] = {}
    for line, _, question in said:
        if question and line in by_line:
            questions.setdefault(line, _question(by_line[line], question))
    asked = frozenset(line for line, is_question, _ in said if is_question)
    return Said(frozenset(line for line, _, _ in said), asked, questions)


def _question(row: LineRow, said: Sequence[Any]) -> Comment:
    pk, text, month, at, by, by_name, by_username, to, to_name, to_username = said
    line = Line(pk=row.line, customer=Customer(name=row.customer), product=Product(name=row.product))
    return Comment(
        pk=pk,
        kind=Comment.Kind.QUESTION,
        text=text,
        line=line,
        month=datetime.fromisoformat(month).date() if month else None,
        at=datetime.fromisoformat(at),
        by=_person(by, by_name, by_username),
        to=_person(to, to_name, to_username) if to else None,
    )


def _person(pk: int, first_name: str, username: str) -> Person:
    return Person(pk=pk, user=User(first_name=first_name, username=username))
