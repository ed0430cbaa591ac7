"""Accuracy of the stages against the same computed in plain SQL over the stored versions and bookings."""

from datetime import date

import pytest
from django.db import connection

from cycles.models import Cycle
from demand.matrices import Plan
from demand.models import Booking, Line, Stage
from demand.selectors.versions import version_plan
from demand.services.versions import version_store
from kpis.models import StageAccuracy
from kpis.selectors.accuracy import accuracy_ladder, ladder, stored_sums
from kpis.selectors.accuracy_page import accuracy_page, hits_and_misses, stair_message
from kpis.services.snapshots import accuracy_take
from tests.cast import Cast
from tests.kpis.past import LADDER, moment, past_cycle

pytestmark = pytest.mark.django_db
AUG, SEP, OCT = date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)
KEY = {"line": "l.id", "product": "l.product_id", "family": "p.family_id", "company": "0"}
BY_HAND = """
WITH cells AS (
  SELECT c.month AS cycle, {key} AS key, (c.month + make_interval(months => x.pos::int - 1))::date AS month,
         sum(x.f) AS f, sum(coalesce(a.qty, 0)) AS a
  FROM demand_forecastversion v
  JOIN cycles_cycle c ON c.id = v.cycle_id
  JOIN demand_forecastline fl ON fl.version_id = v.id
  JOIN demand_line l ON l.id = fl.line_id
  JOIN masterdata_product p ON p.id = l.product_id
  CROSS JOIN LATERAL unnest(fl.quantity) WITH ORDINALITY x(f, pos)
  LEFT JOIN (SELECT product_id, customer_id, month, sum(qty) AS qty FROM demand_booking GROUP BY 1, 2, 3) a
    ON a.product_id = l.product_id AND a.customer_id = l.customer_id
   AND a.month = (c.month + make_interval(months => x.pos::int - 1))::date
  WHERE v.state = 'current' AND v.stage = %s AND x.pos - 1 = ANY(%s)
    AND c.month + make_interval(months => x.pos::int - 1) <= %s
  GROUP BY 1, 2, 3)
SELECT sum(abs(f - a)) / sum(abs(a)), sum(f - a) / sum(abs(a)), count(*) FROM cells
"""


def by_hand(stage: Stage, level: str, lags: list[int], last: date = OCT) -> tuple[float, float, int]:
    with connection.cursor() as cursor:
        cursor.execute(BY_HAND.format(key=KEY[level]), [stage.value, lags, last])
        return cursor.fetchone()


@pytest.fixture
def measured(cast: Cast) -> list[Cycle]:
    """Three past cycles, their closed months measured; a return makes one actual negative."""
    Booking.objects.filter(month=SEP, product=cast.products["GAMMA"], customer=cast.customers["EAST"]).update(qty=-3)
    cycles = [past_cycle(month) for month in (AUG, SEP, OCT)]
    for cycle in cycles:
        accuracy_take(cycle=cycle)
    return cycles


@pytest.mark.parametrize("level", list(KEY))
@pytest.mark.parametrize("lags", [[0], [1], [0, 1, 2, 3]])
def test_every_stage_equals_plain_sql(measured: list[Cycle], level: str, lags: list[int]) -> None:
    rows = {row["stage"]: row for row in accuracy_ladder(level=level, lags=lags)}
    assert list(rows) == [stage.value for stage in LADDER]
    for stage in LADDER:
        wape, bias, n = by_hand(stage, level, lags)
        row = rows[stage.value]
        assert (row["wape"], row["bias"], row["n"]) == (pytest.approx(wape), pytest.approx(bias), n)


def test_value_added_is_the_error_a_stage_removed(measured: list[Cycle]) -> None:
    rows = {row["stage"]: row for row in accuracy_ladder(level="line")}
    gained = (rows["naive"]["wape"] - rows["baseline"]["wape"]) * 100
    assert rows["baseline"]["fva"] == pytest.approx(gained)
    assert rows["baseline"]["fva"] > 0 > rows["events"]["fva"]
    assert rows["team"]["fva"] == 0
    assert [rows[name]["fva"] for name in ("naive", "supply_plan", "company_forecast")] == [None] * 3


def test_value_added_compares_the_same_cells_only(cast: Cast) -> None:
    whole, half = past_cycle(AUG), past_cycle(SEP, {Stage.BASELINE: 3.0})
    for cycle in (whole, half):
        accuracy_take(cycle=cycle)
    rows = {row["stage"]: row for row in accuracy_ladder(level="line")}
    both = {row["stage"]: row for row in accuracy_ladder(level="line", last=AUG)}
    assert rows["baseline"]["fva"] == pytest.approx(both["baseline"]["fva"])
    assert rows["baseline"]["wape"] > both["baseline"]["wape"]


def test_only_closed_months_are_measured(measured: list[Cycle]) -> None:
    lags = stored_sums(level="company").groupby("cycle")["lag"].max()
    assert lags.to_dict() == {AUG: 2, SEP: 1, OCT: 0}


def test_a_span_of_cycles_can_be_asked_for(measured: list[Cycle]) -> None:
    everything = accuracy_ladder(level="company", lags=[0])
    last = accuracy_ladder(level="company", lags=[0], first=OCT, last=OCT)
    assert (everything[0]["n"], last[0]["n"]) == (3, 1)


def test_a_line_the_cycle_did_not_know_counts_with_nothing_forecast(cast: Cast) -> None:
    cycle = past_cycle(OCT, {Stage.BASELINE: 1.0})
    before = stored(cycle)
    product, customer = cast.products["DELTA"], cast.customers["EAST"]
    Line.objects.create(product=product, customer=customer)
    Booking.objects.create(month=OCT, product=product, customer=customer, qty=9, revenue=360)
    after = stored(cycle)
    assert (after.n, after.actual) == (before.n + 1, before.actual + 9)
    assert (after.absolute_error, after.signed_error) == (before.absolute_error + 9, before.signed_error - 9)


def stored(cycle: Cycle) -> StageAccuracy:
    accuracy_take(cycle=cycle)
    return StageAccuracy.objects.get(cycle=cycle, stage="baseline", level="line", key="", month=OCT)


def test_measuring_again_changes_nothing(measured: list[Cycle]) -> None:
    before = list(StageAccuracy.objects.order_by("pk").values())
    accuracy_take(cycle=measured[0])
    assert list(StageAccuracy.objects.order_by("pk").values()) == before


def test_the_version_that_counts_is_the_current_one(cast: Cast) -> None:
    cycle = past_cycle(OCT, {Stage.BASELINE: 3.0})
    first = stored(cycle)
    plan = version_plan(cycle.versions.get())
    version_store(cycle=cycle, stage=Stage.BASELINE, plan=Plan(plan.lines, OCT, plan.quantity / 3), at=moment(OCT))
    assert stored(cycle).absolute_error < first.absolute_error


def test_without_actual_demand_the_ladder_says_not_available(cast: Cast) -> None:
    Booking.objects.filter(month=OCT).update(qty=0)
    accuracy_take(cycle=past_cycle(OCT, {Stage.NAIVE: 1.0, Stage.BASELINE: 1.0}))
    assert [(row["wape"], row["bias"], row["fva"]) for row in accuracy_ladder(level="line")] == [(None, None, None)] * 2


def test_nothing_measured_is_an_empty_ladder_and_page(cast: Cast) -> None:
    assert accuracy_ladder() == []
    assert ladder(stored_sums(level="line")) == []
    page = accuracy_page("line", None)
    assert (page.ladder, page.stair, page.lags, page.bias, page.tolerance, page.families) == (
        [],
        None,
        [],
        None,
        None,
        [],
    )
    assert hits_and_misses()["known"] is False


def test_the_page_counts_lags_families_and_replayed_cycles(measured: list[Cycle]) -> None:
    page = accuracy_page("product", 0)
    assert (page.cycles, page.simulated) == (3, 3)
    assert [row["lag"] for row in page.lags] == [0, 1, 2]
    assert [row["n"] for row in page.lags] == [12, 8, 4]
    assert [row["name"] for row in page.families] == ["Parts", "Bikes"]
    assert page.ladder[0]["accuracy"] == pytest.approx(max(0, 1 - page.ladder[0]["wape"]))


def test_what_we_got_right_and_what_we_missed(measured: list[Cycle]) -> None:
    """Last month as the cycle of the month before published it: 5 % below what came, give or take the noise."""
    Booking.objects.filter(month=OCT, product__family__code="PARTS").update(qty=1)
    accuracy_take(cycle=measured[1])
    found = hits_and_misses()
    assert (found["month"], found["known"], found["simulated"]) == (OCT, True, True)
    assert [row.family for row in found["right"]] == ["Bikes"]
    assert [row.family for row in found["missed"]] == ["Parts"]
    assert found["missed"][0].error > 0


@pytest.mark.parametrize(
    ("wapes", "told"),
    [
        ([0.5, 0.4, 0.42], "Baseline helped most: 10.0 points of error less; sales added 2.0."),
        ([0.5, 0.4, 0.35], "Baseline helped most: 10.0 points of error less."),
        ([0.4, 0.5, 0.6], "No stage took error away; baseline added 10.0."),
        ([0.4], "No stage can be compared yet."),
        ([0.4, None], "No stage can be compared yet."),
    ],
)
def test_the_stair_says_which_stage_helped(wapes: list[float | None], told: str) -> None:
    steps = [{"stage": stage.value, "wape": wape} for stage, wape in zip(Stage, wapes, strict=False)]
    assert stair_message(steps) == told
