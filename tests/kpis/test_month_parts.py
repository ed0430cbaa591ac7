"""Measures of families and regions against plain SQL over the same rows, and what is not told of a region."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cycles.periods import month_bounds
from demand.models import Booking, Budget, OrderLine, Shipment
from kpis.cuts import CUSTOMER, FAMILY, GROUP, LEVELS, REGION, REP
from kpis.models import Quality, Snapshot
from kpis.services.snapshots import measures_take
from masterdata.models import Customer
from tests.cast import Cast
from tests.kpis.past import past_cycle

pytestmark = pytest.mark.django_db
SEP, OCT = date(2026, 9, 1), date(2026, 10, 1)
AT = datetime(2026, 11, 2, 8, tzinfo=UTC)
BOOKED = """
SELECT {key}, sum(b.qty), sum(b.revenue), sum(b.revenue - b.qty * p.unit_cost), count(*)
FROM demand_booking b JOIN masterdata_product p ON p.id = b.product_id
JOIN masterdata_family f ON f.id = p.family_id
JOIN masterdata_customer c ON c.id = b.customer_id JOIN masterdata_region r ON r.id = c.region_id
WHERE b.month = %s GROUP BY 1
"""
# one row of an order is one delivery here: no two rows share customer, product and dates
DUE = """
SELECT {key}, count(*), count(*) FILTER (WHERE o.shipped_on <= o.requested_on AND o.shipped_qty >= o.qty),
       sum(o.qty), sum(least(coalesce(o.shipped_qty, 0), o.qty))
FROM demand_orderline o JOIN masterdata_product p ON p.id = o.product_id
JOIN masterdata_family f ON f.id = p.family_id
JOIN masterdata_customer c ON c.id = o.customer_id JOIN masterdata_region r ON r.id = c.region_id
WHERE o.requested_on >= %s AND o.requested_on < %s GROUP BY 1
"""
KEYS = {
    FAMILY: "f.code",
    GROUP: 'f."group"',
    REGION: "r.code",
    CUSTOMER: "c.code",
    REP: "c.owner_id::text",
}


def stored(level: str, measure: str, month: date = OCT) -> dict[str, float | None]:
    rows = Snapshot.objects.filter(level=level, measure=measure, month=month)
    return dict(rows.values_list("key", "value"))


def rows_of(query: str, level: str, *given: object) -> dict[str, tuple[float, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query.format(key=KEYS[level]), given)
        return {row[0]: row[1:] for row in cursor.fetchall()}


@pytest.mark.parametrize("level", KEYS)
@pytest.mark.parametrize("month", [SEP, OCT])
def test_sales_of_every_part_equal_plain_sql(cast: Cast, level: str, month: date) -> None:
    measures_take(months=[SEP, OCT], at=AT)
    expected = rows_of(BOOKED, level, month)
    assert stored(level, "units_sold", month) == {code: row[0] for code, row in expected.items()}
    assert stored(level, "revenue", month) == pytest.approx({code: row[1] for code, row in expected.items()})
    assert stored(level, "margin", month) == pytest.approx({code: row[2] for code, row in expected.items()})
    assert len(expected) >= 2


def test_every_level_is_stored_and_none_is_forgotten(cast: Cast) -> None:
    assert set(KEYS) == set(LEVELS)
    measures_take(months=[OCT], at=AT)
    assert set(Snapshot.objects.values_list("level", flat=True)) == {"company", *LEVELS}


def test_a_handover_moves_no_history(cast: Cast) -> None:
    """October's cycle has Rita holding North; that Rob holds it now changes nothing of October."""
    past_cycle(OCT)
    Customer.objects.filter(code="NORTH").update(owner=cast.other_rep)
    measures_take(months=[SEP, OCT], at=AT)
    north = sum(Booking.objects.filter(month=OCT, customer__code="NORTH").values_list("qty", flat=True))
    assert stored(REP, "units_sold", OCT)[str(cast.rep.pk)] >= north
    assert (
        stored(REP, "units_sold", SEP)[str(cast.other_rep.pk)] > stored(REP, "units_sold", OCT)[str(cast.other_rep.pk)]
    )


def test_the_budget_of_a_rep_is_held_against_what_the_rep_sold(cast: Cast) -> None:
    measures_take(months=[OCT], at=AT)
    budget = dict(Budget.objects.filter(month=OCT).values_list("rep_id").annotate(Sum("revenue")))
    sold = stored(REP, "revenue")
    expected = {str(rep): sold.get(str(rep), 0.0) - money for rep, money in budget.items()}
    assert expected
    assert stored(REP, "gap_to_budget") == pytest.approx(expected)
    assert not stored(REGION, "gap_to_budget")


def test_a_detail_customer_counts_for_the_one_it_is_planned_as(cast: Cast) -> None:
    Customer.objects.filter(code="SOUTH").update(plan_as=cast.customers["NORTH"])
    measures_take(months=[OCT], at=AT)
    both = sum(Booking.objects.filter(month=OCT, customer__code__in=["NORTH", "SOUTH"]).values_list("qty", flat=True))
    assert stored(CUSTOMER, "units_sold")["NORTH"] == both
    assert "SOUTH" not in stored(CUSTOMER, "units_sold")


def test_parts_add_up_to_the_company(cast: Cast) -> None:
    measures_take(months=[OCT], at=AT)
    for level in KEYS:
        for measure in ("units_sold", "revenue"):
            assert sum(stored(level, measure).values()) == pytest.approx(stored("company", measure)[""])


def test_a_customer_without_a_region_counts_in_the_company_only(cast: Cast) -> None:
    Customer.objects.filter(code="EAST").update(region=None)
    measures_take(months=[OCT], at=AT)
    east = sum(Booking.objects.filter(month=OCT, customer__code="EAST").values_list("qty", flat=True))
    assert east > 0
    assert sum(stored("region", "units_sold").values()) == stored("company", "units_sold")[""] - east


def test_quality_and_stock_of_a_family(cast: Cast) -> None:
    Quality.objects.create(month=OCT, family=cast.families["BIKES"], returned_qty=3, complaints=1, satisfaction=80.0)
    Shipment.objects.create(month=OCT, product=cast.products["ALPHA"], qty=60)
    Shipment.objects.create(month=OCT, product=cast.products["GAMMA"], qty=500)
    measures_take(months=[OCT], at=AT)
    assert stored("family", "return_rate") == {"BIKES": 3 / 60}
    assert stored("company", "return_rate") == {"": 3 / 560}
    bikes = [product for product in cast.products.values() if product.family.code == "BIKES"]
    assert stored("family", "holding_cost")["BIKES"] == pytest.approx(
        sum(30 * product.unit_cost for product in bikes) * 0.18 / 12
    )
    assert not Snapshot.objects.filter(level="region", measure="holding_cost").exists()


def test_what_is_the_company_s_is_not_guessed_for_a_part(cast: Cast) -> None:
    measures_take(months=[OCT], at=AT)
    assert set(stored("company", "capacity_utilisation")) == {""}
    for measure in ("capacity_utilisation", "gap_to_budget", "days_of_supply"):
        assert not stored("family", measure)


ORDERS = st.lists(
    st.tuples(
        st.sampled_from(["NORTH", "SOUTH", "EAST"]),
        st.sampled_from(["ALPHA", "GAMMA"]),
        st.integers(0, 40),  # days after the first of September it was asked for
        st.one_of(st.none(), st.integers(-5, 30)),  # days after that it was shipped; None = open
        st.integers(1, 20),
        st.integers(0, 20),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=ORDERS)
def test_service_of_every_part_equals_plain_sql(cast: Cast, orders: list[tuple]) -> None:
    OrderLine.objects.all().delete()
    for i, (customer, product, asked, late, qty, short) in enumerate(orders):
        requested = SEP + timedelta(days=asked)
        shipped = None if late is None else min(requested + timedelta(days=late), date(2026, 10, 31))
        OrderLine.objects.create(
            code=str(i),
            customer=cast.customers[customer],
            product=cast.products[product],
            qty=qty,
            revenue=qty * 5,
            ordered_on=SEP - timedelta(days=30 + i),
            requested_on=requested,
            promised_on=requested,
            shipped_on=shipped,
            shipped_qty=None if shipped is None else max(qty - short, 0),
        )
    measures_take(months=[SEP, OCT], at=AT)
    first, end = month_bounds(SEP)
    for level in KEYS:
        expected = rows_of(DUE, level, first, end)
        assert stored(level, "otif_request", SEP) == pytest.approx({k: met / n for k, (n, met, *_) in expected.items()})
        assert stored(level, "unit_fill_rate", SEP) == pytest.approx(
            {k: float(got / asked) for k, (_, _, asked, got) in expected.items()}
        )
    Snapshot.objects.all().delete()
