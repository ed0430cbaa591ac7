"""Whether operations kept its plan: against an independent count in SQL, and what the page says without data."""

from datetime import date

import pytest
from django.db import connection
from django.test import Client

from jobs.models import MovedClock
from kpis.models import Snapshot
from kpis.selectors.supply_kept import kept, kept_frame, kept_page
from kpis.services.snapshots import measures_take
from supply.models import Receipt, SupplyAnswer
from tests.cast import Cast, small_company
from tests.kpis.past import past_cycle
from tests.supply.demand_plans import AT

pytestmark = pytest.mark.django_db
AUG, SEP, OCT = date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)
MOST_QUERIES = 30

ATTAINMENT = """
SELECT sum(least(greatest(coalesce(r.qty, 0), 0), a.supply[2])) / sum(a.supply[2])
FROM supply_supplyanswer a JOIN cycles_cycle c ON c.id = a.cycle_id
LEFT JOIN supply_receipt r ON r.product_id = a.product_id AND r.month = c.month + interval '1 month'
WHERE c.month < '2026-10-01'
"""
ADHERENCE = """
WITH p AS (
  SELECT (c.month + interval '1 month')::date AS month, a.product_id, a.supply[2] AS plan
  FROM supply_supplyanswer a JOIN cycles_cycle c ON c.id = a.cycle_id WHERE c.month < '2026-10-01'
), f AS (
  SELECT p.month, m.family_id, sum(p.plan) AS plan, sum(coalesce(r.qty, 0)) AS actual
  FROM p JOIN masterdata_product m ON m.id = p.product_id
  LEFT JOIN supply_receipt r ON r.product_id = p.product_id AND r.month = p.month GROUP BY 1, 2
)
SELECT avg((abs(actual - plan) <= 0.1 * abs(plan))::int) FROM f WHERE plan <> 0 OR actual <> 0
"""


@pytest.fixture
def cast() -> Cast:
    """August and September plan the month after; September and October receive."""
    MovedClock.objects.create(at=AT)
    cast = small_company()
    plans = {"ALPHA": 40.0, "BETA": 20.0, "GAMMA": 100.0, "DELTA": 0.0}
    for month in (AUG, SEP):
        cycle = past_cycle(month)
        for code, units in plans.items():
            supply = [999.0, units + month.month, *[7.0] * 22]
            SupplyAnswer.objects.create(
                cycle=cycle,
                product=cast.products[code],
                committed=supply,
                supply=supply,
                inventory=supply,
                backlog=supply,
            )
    came = {"ALPHA": (47.0, 60.0), "BETA": (30.0, 10.0), "GAMMA": (105.0, 30.0)}
    for code, (first, second) in came.items():
        Receipt.objects.create(month=SEP, product=cast.products[code], qty=first)
        Receipt.objects.create(month=OCT, product=cast.products[code], qty=second)
    return cast


def one(statement: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return float(cursor.fetchone()[0])


def test_attainment_and_adherence_are_what_sql_counts(cast: Cast) -> None:
    total = kept("All", kept_frame(OCT))
    assert total.attainment == pytest.approx(one(ATTAINMENT), abs=1e-12)
    assert total.adherence == pytest.approx(one(ADHERENCE), abs=1e-12)
    assert 0 < total.attainment < 1


def test_by_hand(cast: Cast) -> None:
    """September: of 48, 28, 108 and 8 planned came 47, 30, 105 and none."""
    frame = kept_frame(OCT)
    month = kept("September", frame[frame["month"] == SEP])
    assert (month.plan, month.actual) == (192.0, 182.0)
    assert month.attainment == pytest.approx((47 + 28 + 105 + 0) / 192)
    assert month.adherence == 1.0


def test_a_month_without_a_plan_of_the_month_before_does_not_count(cast: Cast) -> None:
    Receipt.objects.create(month=AUG, product=cast.products["ALPHA"], qty=500)
    assert set(kept_frame(OCT)["month"]) == {SEP, OCT}


def test_what_nobody_planned_counts_against_adherence_only(cast: Cast) -> None:
    frame = kept_frame(OCT)
    before = kept("All", frame).attainment
    SupplyAnswer.objects.filter(product=cast.products["ALPHA"]).delete()
    after = kept("All", kept_frame(OCT))
    assert before is not None
    assert after.actual == frame["actual"].sum()
    assert after.plan < frame["plan"].sum()


def test_the_page_shows_the_same_figure_to_everybody_with_its_formula_and_age(cast: Cast) -> None:
    figure = kept_page(AT)["total"].attainment
    for who in ("rita", "sam", "oscar", "adam"):
        client = Client()
        client.force_login(cast.people[who].user)
        page = " ".join(client.get("/supply/kept/").content.decode().split())
        assert f"{figure:.1%}" in page, who
        assert "min(actual, plan)" in page
        assert "Receipts are known up to October 2026" in page


def test_missing_receipts_are_said(cast: Cast) -> None:
    Receipt.objects.filter(month=OCT).delete()
    client = Client()
    client.force_login(cast.rep.user)
    assert "Receipts of the last 1 closed month are missing" in client.get("/supply/kept/").content.decode()


def test_without_a_plan_the_page_says_when_there_will_be_one(cast: Cast) -> None:
    SupplyAnswer.objects.all().delete()
    client = Client()
    client.force_login(cast.rep.user)
    assert "No closed month has a plan from the month before yet." in client.get("/supply/kept/").content.decode()


def test_the_page_takes_few_queries(cast: Cast, django_assert_max_num_queries: object) -> None:
    client = Client()
    client.force_login(cast.rep.user)
    with django_assert_max_num_queries(MOST_QUERIES):  # type: ignore[operator]
        client.get("/supply/kept/")


def test_the_dashboard_tells_the_same_month_by_month(cast: Cast) -> None:
    measures_take(months=[AUG, SEP, OCT], at=AT)
    frame = kept_frame(OCT)
    for code, name in (("plan_attainment", "attainment"), ("plan_performance", "adherence")):
        stored = dict(Snapshot.objects.filter(measure=code, level="company").values_list("month", "value"))
        assert stored == {month: pytest.approx(getattr(kept("", rows), name)) for month, rows in frame.groupby("month")}
        assert set(stored) == {SEP, OCT}
    bikes = Snapshot.objects.get(measure="plan_attainment", level="family", key="BIKES", month=OCT)
    assert bikes.value == pytest.approx((49 + 10) / (49 + 29))
