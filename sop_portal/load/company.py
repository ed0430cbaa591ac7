"""A company at the design point, made by a few statements: reps with lines, a cycle in sales entry, a published one."""

import base64
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import connection

from cycles.models import Cycle
from cycles.periods import add_months
from cycles.services import cycle_advance, cycle_open, milestone_reach
from cycles.steps import Milestone, Step
from demand.models import CycleLine
from masterdata.models import Person
from masterdata.roles import Role
from masterdata.services.keys import key_create
from sop_portal.models import Session
from sop_portal.session_store import SessionStore

PRODUCTS: Final = 250
PER_CUSTOMER: Final = 50
PULLED_LINES: Final = 42_000  # x 24 months: a million rows
MADE: Final = """
INSERT INTO masterdata_company (id, name, currency, fiscal_year_start_month, country, timezone, horizon_months,
    last_closed_month, months_shifted, is_demonstration, quiet_since, quiet_until, weekend_mails)
VALUES (1, 'Load', 'USD', 1, 'US', 'UTC', 24, %(closed)s, 0, false, '19:00', '07:00', false);

INSERT INTO auth_user (username, password, first_name, last_name, email, is_active, is_staff, is_superuser, date_joined)
SELECT name, '!', initcap(replace(name, '-', ' ')), '', '', true, false, false, now()
FROM (SELECT unnest(ARRAY['head', 'leader', 'planner', 'erp']) UNION ALL
      SELECT 'rep-' || lpad(i::text, 4, '0') FROM generate_series(1, %(reps)s) i) u(name);
INSERT INTO masterdata_person (user_id, role, department, timezone, country)
SELECT id, CASE username WHEN 'head' THEN 'sales_manager' WHEN 'leader' THEN 'sop_leader'
    WHEN 'planner' THEN 'demand_planner' WHEN 'erp' THEN 'api_client' ELSE 'sales_rep' END, 'Sales', '', ''
FROM auth_user;
UPDATE masterdata_person SET reports_to_id = (SELECT p.id FROM masterdata_person p WHERE p.role = 'sales_manager')
WHERE role = 'sales_rep';

INSERT INTO masterdata_family (code, name, "group") SELECT 'F' || i, 'Family ' || i, '' FROM generate_series(1, 20) i;
INSERT INTO masterdata_product (code, name, family_id, uom, decimals, price, unit_cost, currency, make_or_buy, make_to)
SELECT 'P' || lpad(i::text, 4, '0'), 'Product ' || i, f.id, 'EA', 0, 10 + i %% 90, 5, '', 'make', 'stock'
FROM generate_series(1, %(products)s) i JOIN masterdata_family f ON f.code = 'F' || (1 + i %% 20);
INSERT INTO masterdata_customer (code, name, segment, owner_id, owner_from)
SELECT 'C' || p.id || '-' || i, 'Customer ' || i || ' of ' || u.username, '', p.id, %(closed)s
FROM masterdata_person p JOIN auth_user u ON u.id = p.user_id
CROSS JOIN generate_series(1, %(customers)s) i WHERE p.role = 'sales_rep' ORDER BY p.id, i;
INSERT INTO demand_line (customer_id, product_id)
SELECT c.id, p.id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM masterdata_customer) c
CROSS JOIN generate_series(0, %(per_customer)s - 1) i
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM masterdata_product) p
    ON p.n = (c.n * 7 + i) %% %(products)s ORDER BY c.id, i;
"""
# Bookings of the last year in every third month of a line, so that sheets compare with something.
BOOKED: Final = """
INSERT INTO demand_booking (month, customer_id, product_id, qty, revenue)
SELECT (%(closed)s::date - make_interval(months => m))::date, l.customer_id, l.product_id, 10 + l.id %% 90, 100
FROM demand_line l CROSS JOIN generate_series(0, 11) m WHERE (l.id + m) %% 3 = 0;
"""
KNOWN: Final = """
INSERT INTO demand_cycleline (cycle_id, line_id, owner_id, family_id, price, unit_cost, method, landing, treated, flags)
SELECT %(cycle)s, l.id, c.owner_id, p.family_id, p.price, 5, '', '{}', '[]',
    CASE WHEN l.id %% 10 = 0
    THEN '[{"code": "far", "text": "differs", "why": "Far from your last number.", "value": 9}]'::jsonb
    ELSE '[]'::jsonb END
FROM (SELECT * FROM demand_line ORDER BY id LIMIT %(lines)s) l
JOIN masterdata_customer c ON c.id = l.customer_id JOIN masterdata_product p ON p.id = l.product_id
"""
NUMBERED: Final = """
WITH version AS (
    INSERT INTO demand_forecastversion
        (cycle_id, stage, revision, state, start, months, rule, note, content_hash, made_at)
    VALUES (%(cycle)s, %(stage)s, 1, 'current', %(month)s, 24, '', '', 'made', now()) RETURNING id
)
INSERT INTO demand_forecastline (version_id, line_id, quantity)
SELECT version.id, line_id,
    ARRAY(SELECT (10 + (line_id * 7 + m * 13) %% 490)::float8 FROM generate_series(1, 24) m WHERE line_id IS NOT NULL)
FROM version CROSS JOIN demand_cycleline WHERE cycle_id = %(cycle)s
"""
EXPECTED: Final = """
INSERT INTO cycles_contribution (cycle_id, step, person_id, value, how, barrier)
SELECT %s, 'sales_forecast', user_id, 1, '', '' FROM masterdata_person WHERE role = 'sales_rep'
"""
BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True)
class Made:
    """What a client needs: sessions and lines by rep, the first month, a key of a program, the published cycle."""

    cycle: int
    months: list[str]
    owners: list[int]
    sessions: list[str]
    lines: list[list[int]]
    key: str
    published: str
    leader: str


def company_make(*, reps: int, lines: int, at: datetime) -> Made:
    """Fills an empty, migrated database; `lines` a rep, a multiple of 50."""
    closed = add_months(at.date().replace(day=1), -1)
    facts = {
        "reps": reps,
        "products": PRODUCTS,
        "per_customer": PER_CUSTOMER,
        "customers": max(lines // PER_CUSTOMER, 1),
    }
    _run(MADE + BOOKED, facts | {"closed": closed})
    before, cycle = _published(closed, at), _in_entry(closed, at)
    cycle_fill(before, "company_forecast", PULLED_LINES)
    cycle_fill(cycle, "baseline")
    _run(EXPECTED, [cycle.pk])
    _run("ANALYZE", [])
    milestone_reach(cycle=cycle, kind=Milestone.BASELINE_BUILT, at=at)
    cycle_advance(cycle=cycle, at=at)
    return _made(cycle, before, at)


def _run(statements: str, facts: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statements, facts)


def cycle_fill(cycle: Cycle, stage: str, lines: int | None = None) -> int:
    """Takes the first lines, or all, into a cycle, with a finished version of this stage; how many they are."""
    _run(KNOWN, {"cycle": cycle.pk, "lines": lines})
    version_fill(cycle, stage)
    return CycleLine.objects.filter(cycle=cycle).count()


def version_fill(cycle: Cycle, stage: str) -> None:
    """A finished version of this stage for every line of the cycle."""
    _run(NUMBERED, {"cycle": cycle.pk, "month": cycle.month, "stage": stage})


def _published(closed: Any, at: datetime) -> Cycle:
    return Cycle.objects.create(month=closed, state="published", simulated=True, opened_at=at - timedelta(days=40))


def _in_entry(closed: Any, at: datetime) -> Cycle:
    """Data close is over, sales entry closes in a day, every later step follows."""
    times = {Step.DATA_CLOSE: (at - timedelta(days=5), at - timedelta(days=3))}
    times[Step.SALES_FORECAST] = (at - timedelta(days=3), at + timedelta(days=1))
    for number, step in enumerate(list(Step)[2:], 1):
        times[step] = (at + timedelta(days=number), at + timedelta(days=number + 1))
    cycle = cycle_open(month=add_months(closed, 1), times=times, horizon=24, at=at - timedelta(days=5))
    milestone_reach(cycle=cycle, kind=Milestone.ACTUALS_IN, at=at - timedelta(days=4))
    return cycle


def _made(cycle: Cycle, before: Cycle, at: datetime) -> Made:
    found: dict[int, list[int]] = {}
    for owner, line in CycleLine.objects.filter(cycle=cycle).order_by("line_id").values_list("owner_id", "line_id"):
        found.setdefault(owner or 0, []).append(line)
    people = {row.pk: row.user for row in Person.objects.select_related("user")}
    sessions = _sessions([people[owner] for owner in found], at)
    program = Person.objects.get(role=Role.API_CLIENT)
    key = key_create(person=program, scopes=("forecast:read", "data:write"), at=at, name="load")[1]
    leader = _sessions([Person.objects.get(role=Role.SOP_LEADER).user], at)[0]
    months = [f"{add_months(cycle.month, i):%Y-%m}" for i in range(cycle.horizon)]
    return Made(cycle.pk, months, list(found), sessions, list(found.values()), key, before.code, leader)


def _sessions(users: list[User], at: datetime) -> list[str]:
    """One session for each, as sign-in makes it."""
    dice, store, rows = random.SystemRandom(), SessionStore(), []
    for user in users:
        key = base64.b32encode(dice.randbytes(20)).decode().lower()
        facts = {"_auth_user_id": str(user.pk), "_auth_user_backend": BACKEND}
        facts["_auth_user_hash"] = user.get_session_auth_hash()
        data, until = store.encode(facts), at + timedelta(hours=14)
        rows.append(Session(session_key=key, session_data=data, expire_date=until, account_id=user.pk))
    Session.objects.bulk_create(rows)
    return [row.session_key for row in rows]
