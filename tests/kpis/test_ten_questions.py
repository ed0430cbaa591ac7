"""Who reads the executive page for the first time finds the ten answers in its text and tables alone.

The reader sees no picture. Every answer is worked out again in plain SQL over the stored rows.
"""

import re
from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from meetings.models import Decision, MeetingKind, RiskOpportunity
from sop_portal.number_format import number, short, signed_percent
from tests.everything import Everything
from tests.kpis.conftest import text_of
from tests.meetings.journey import FROZEN

pytestmark = pytest.mark.django_db
YEAR = """
SELECT (SELECT sum(revenue) FROM demand_booking WHERE month >= '2026-01-01' AND month < '2026-11-01')
     + (SELECT sum(cell * cl.price) FROM demand_forecastline f
        JOIN demand_forecastversion v ON v.id = f.version_id AND v.stage = 'supply_plan' AND v.state = 'current'
        JOIN demand_cycleline cl ON cl.cycle_id = v.cycle_id AND cl.line_id = f.line_id,
        unnest(f.quantity[1:2]) cell WHERE v.cycle_id = %s),
       (SELECT sum(revenue) FROM demand_budget WHERE month >= '2026-01-01' AND month < '2027-01-01')
"""
AHEAD = """
SELECT fa.code, sum(cell * cl.price) FROM demand_forecastline f
JOIN demand_forecastversion v ON v.id = f.version_id AND v.stage = %s AND v.state = 'current'
JOIN cycles_cycle c ON c.id = v.cycle_id AND c.month = %s
JOIN demand_cycleline cl ON cl.cycle_id = c.id AND cl.line_id = f.line_id
JOIN masterdata_family fa ON fa.id = cl.family_id, unnest(f.quantity[%s:%s]) cell GROUP BY 1
"""
BIAS = """
SELECT sum(signed_error) / sum(abs(actual)), count(DISTINCT s.month) FROM kpis_stageaccuracy s
JOIN cycles_cycle c ON c.id = s.cycle_id
WHERE s.stage = 'company_forecast' AND s.level = 'family' AND s.key = ''
  AND s.month = (c.month + interval '1 month')::date
"""
LOAD = """
SELECT max(asked / (150 + coalesce(extra_hours, 0))) FROM (
  SELECT (c.month + (position - 1) * interval '1 month')::date AS month, sum(value) * 2 AS asked
  FROM supply_supplyanswer a JOIN cycles_cycle c ON c.id = a.cycle_id
  JOIN masterdata_product p ON p.id = a.product_id JOIN masterdata_family fa ON fa.id = p.family_id,
  unnest(a.demand[1:12]) WITH ORDINALITY AS cell(value, position)
  WHERE a.cycle_id = %s AND fa.code = 'BIKES' GROUP BY 1) load
LEFT JOIN supply_gap g ON g.cycle_id = %s AND g.month = load.month
"""
PACK = """
SELECT f->>'family', (f->>'revenue')::float FROM meetings_meeting m, jsonb_array_elements(m.pack->'families') f
WHERE m.cycle_id = %s AND m.kind = %s
"""


def asked(query: str, *given: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        return cursor.fetchall()


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: pytest.FixtureDef) -> Iterator[Everything]:
    """Made once for the module, and undone after it."""
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        house = Everything.made()
        house.to_supply()
        house.to_executive()
        yield house
        transaction.set_rollback(True)


@pytest.fixture
def text(house: Everything, client) -> str:
    house.clock(FROZEN)
    client.force_login(house.cast.ceo.user, backend="django.contrib.auth.backends.ModelBackend")
    return text_of(client.get("/executive/")).split("More Demand review Supply Cycle ")[1]


def test_did_we_do_what_we_said(text: str) -> None:
    bias, months = asked(BIAS)[0]
    side = "high" if bias > 0 else "low"
    assert f"The company forecast was {number(abs(bias) * 100)}% too {side} over {months} months" in text


def test_what_changed(house: Everything, text: str) -> None:
    now = dict(asked(PACK, house.cycle.pk, MeetingKind.EXECUTIVE))
    before = dict(asked(AHEAD, "company_forecast", "2026-10-01", 2, 13))
    change = sum(now.values()) - sum(before.values())
    sign = "+" if change > 0 else ""
    assert f"Since the plan of Oct 26, over twelve months: {sign}{short(change)}" in text
    told = re.search(r"Bikes ([+\u2212][\d.]+k)", text)
    assert told
    assert told[1] == f"+{short(now['BIKES'] - before['BIKES'])}"


def test_what_are_the_risks(text: str) -> None:
    risk = RiskOpportunity.objects.get(state=RiskOpportunity.State.OPEN)
    assert f"{risk.text} \u2212{short(risk.value)} {risk.probability:.0%}" in text


def test_are_we_on_budget_and_how_far_from_it(house: Everything, text: str) -> None:
    forecast, budget = asked(YEAR, house.cycle.pk)[0]
    gap = forecast - budget
    assert gap < 0
    assert f"FY2026 {short(forecast)} of {short(budget)} {signed_percent(gap / budget, 1)}" in text
    assert f"short of budget ({abs(gap / budget):.1%})".replace("%", " %") in text


def test_is_the_plan_feasible(house: Everything, text: str) -> None:
    fullest = asked(LOAD, house.cycle.pk, house.cycle.pk)[0][0]
    told = re.search(
        r"Bikes [\d.]+k .*?(\d+)% ([A-Z][a-z]{2} \d\d) ([\d.]+)% ", text.split("In its month Stock, days")[1]
    )
    assert told
    assert int(told[1]) == pytest.approx(fullest * 100, abs=1)
    assert float(told[3]) < 100


def test_which_family_is_worst(text: str) -> None:
    """The one that ships least of its demand in its month."""
    table = text.split("In its month Stock, days")[1].split("Risks and opportunities")[0]
    in_time = dict(re.findall(r"(Bikes|Parts) .*?([\d.]+)% \d+ ", table))
    assert set(in_time) == {"Bikes", "Parts"}
    assert min(in_time, key=lambda family: float(in_time[family])) == "Bikes"


def test_is_our_process_in_control(house: Everything, text: str) -> None:
    due, on_time = asked(
        "SELECT count(*), count(*) FILTER (WHERE closed_at <= due_at) FROM cycles_cyclestep "
        "WHERE cycle_id = %s AND due_at <= %s", house.cycle.pk, FROZEN
    )[0]  # fmt: skip
    assert f"Steps on time {on_time} of {due}" in text


def test_what_is_decided_today_and_what_it_costs(text: str) -> None:
    decision = Decision.objects.exclude(state=Decision.State.DECIDED).get()
    option = decision.options.get(label="Two Saturdays")
    assert f"Decide today (1) {decision.code} {decision.question}" in text
    assert f"Two Saturdays: +{short(option.revenue)} EUR, costs {short(option.cost)}" in text


def test_how_many_people_took_part(house: Everything, text: str) -> None:
    expected, answered = asked(
        "SELECT count(*), count(*) FILTER (WHERE answered_at IS NOT NULL AND how IN ('changed', 'all_fine')) "
        "FROM cycles_contribution WHERE cycle_id = %s AND step = 'sales_forecast'", house.cycle.pk
    )[0]  # fmt: skip
    assert f"Sales took part {answered} of {expected}" in text


def test_the_sums_of_the_tables_are_those_of_the_rows(house: Everything, text: str) -> None:
    """The families' twelve months, and every month of the chart behind its picture."""
    for name, code in (("Bikes", "BIKES"), ("Parts", "PARTS")):
        ahead = dict(asked(AHEAD, "supply_plan", house.cycle.month, 1, 12))[code]
        assert f"{name} {short(ahead)} " in text
    months = dict(asked("SELECT to_char(month, 'Mon YY'), sum(revenue) FROM demand_booking GROUP BY 1"))
    for month in ("May 26", "Jul 26", "Oct 26"):
        assert f"{month} {months[month] / 1e6:.2f} " in text
