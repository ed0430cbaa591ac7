"""Measures of closed months against plain SQL; what is queued, once, and what is left out."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cycles.periods import month_range
from demand.models import Booking, OrderLine, Shipment, Stage
from jobs.models import Job, WorkState
from jobs.services.work import part_claim, part_finish
from kpis.models import Quality, Snapshot, StageAccuracy
from kpis.services.due import due
from kpis.services.snapshots import (
    KIND,
    cycles_to_measure,
    measures_take,
    months_to_measure,
    runs,
    snapshots_part,
    snapshots_queue,
)
from masterdata.models import ImportRun
from supply.inputs import InputEdit, Inputs
from supply.models import CapacityException
from supply.services.inputs import inputs_save
from tests.cast import Cast
from tests.kpis.past import past_cycle
from tests.supply.demand_plans import cycle_opened

pytestmark = pytest.mark.django_db
SEP, OCT = date(2026, 9, 1), date(2026, 10, 1)
AT = datetime(2026, 11, 2, 8, tzinfo=UTC)
SOLD = """
SELECT sum(b.qty), sum(b.revenue), sum(b.revenue - b.qty * p.unit_cost), count(*)
FROM demand_booking b JOIN masterdata_product p ON p.id = b.product_id WHERE b.month = %s
"""


def values(month: date = OCT) -> dict[str, float | None]:
    return dict(Snapshot.objects.filter(month=month, level="company").values_list("measure", "value"))


def counts(month: date = OCT) -> dict[str, int]:
    return dict(Snapshot.objects.filter(month=month, level="company").values_list("measure", "n"))


def order(
    cast: Cast, code: str, asked: date | None, shipped: date | None = None, qty: float = 10, got: float | None = None
) -> OrderLine:
    return OrderLine.objects.create(
        code=code,
        customer=cast.customers["NORTH"],
        product=cast.products["ALPHA"],
        qty=qty,
        revenue=qty * 500,
        ordered_on=date(2026, 9, 20) + timedelta(days=int(code)),
        requested_on=asked,
        promised_on=asked,
        shipped_on=shipped,
        shipped_qty=qty if shipped and got is None else got,
    )


# --- Against plain SQL --------------------------------------------------------------------


@pytest.mark.parametrize("month", [SEP, OCT])
def test_sales_and_profit_equal_plain_sql(cast: Cast, month: date) -> None:
    measures_take(months=[SEP, OCT], at=AT)
    with connection.cursor() as cursor:
        cursor.execute(SOLD, [month])
        units, revenue, margin, n = cursor.fetchone()
    found = values(month)
    assert (found["units_sold"], found["revenue"]) == (units, revenue)
    assert found["margin"] == pytest.approx(margin)
    assert found["cost_of_sales"] == pytest.approx(revenue - margin)
    assert found["margin_share"] == pytest.approx(margin / revenue)
    assert found["gap_to_budget"] == pytest.approx(revenue - 60_000)
    assert counts(month)["revenue"] == n


def test_hours_of_the_month_against_capacity(cast: Cast) -> None:
    """Two hours a bike; an exception lowers one month; what is bought takes no hours of its family."""
    CapacityException.objects.create(resource=cast.resource, month=OCT, regular=100)
    product = cast.products["BETA"]
    product.make_or_buy = "buy"
    product.save()
    measures_take(months=[SEP, OCT], at=AT)
    bikes = {month: sold(month, "ALPHA") for month in (SEP, OCT)}
    assert values(SEP)["capacity_utilisation"] == pytest.approx(2 * bikes[SEP] / 150)
    assert values(OCT)["capacity_utilisation"] == pytest.approx(2 * bikes[OCT] / 100)


def sold(month: date, product: str) -> float:
    return sum(Booking.objects.filter(month=month, product__code=product).values_list("qty", flat=True))


def test_stock_and_turns(cast: Cast) -> None:
    measures_take(months=[OCT], at=AT)
    found = values()
    cost = sum(30 * product.unit_cost for product in cast.products.values())
    year = month_range(date(2025, 11, 1), 12)
    spent = sum(b.qty * b.product.unit_cost for b in Booking.objects.filter(month__in=year).select_related("product"))
    assert found["holding_cost"] == pytest.approx(cost * 0.18 / 12)
    assert found["inventory_turns"] == pytest.approx(spent / cost)
    assert found["below_safety"] == 0
    assert "days_of_supply" not in found


def test_days_of_supply_look_ahead_with_the_next_cycle(cast: Cast) -> None:
    cycle = past_cycle(date(2026, 11, 1), {Stage.BASELINE: 1.0})
    measures_take(months=[OCT], at=AT)
    rows = cycle.versions.get().rows.all()
    ahead = sum(sum(row.quantity[:3]) for row in rows)
    assert values()["days_of_supply"] == pytest.approx(4 * 30 / (ahead / 91))


def test_service_and_time_of_a_hand_made_month(cast: Cast) -> None:
    order(cast, "1", date(2026, 10, 5), date(2026, 10, 4))
    order(cast, "2", date(2026, 10, 6), date(2026, 10, 16))
    order(cast, "3", date(2026, 10, 7), date(2026, 10, 7), got=6)
    order(cast, "4", date(2026, 10, 21))
    order(cast, "5", date(2026, 11, 5), date(2026, 10, 30))
    order(cast, "6", date(2026, 9, 28), date(2026, 11, 2))
    measures_take(months=[OCT], at=AT)
    found = values()
    assert found["otif_request"] == pytest.approx(1 / 4)
    assert found["otif_promise"] == pytest.approx(1 / 4)
    assert found["unit_fill_rate"] == pytest.approx((10 + 10 + 6) / 40)
    assert found["delay_median"] == 10
    assert found["past_due_units"] == 10 + 10
    assert found["past_due_money"] == 20 * 500
    assert counts()["otif_request"] == 4


def test_what_was_delivered_later_was_still_open_then(cast: Cast) -> None:
    order(cast, "1", date(2026, 9, 25), date(2026, 10, 20))
    measures_take(months=[SEP, OCT], at=AT)
    assert values(SEP)["past_due_units"] == 10
    assert "past_due_units" not in values(OCT)


def test_quality_per_unit_shipped(cast: Cast) -> None:
    for family, back, told, score in (("BIKES", 3, 1, 80.0), ("PARTS", 5, 2, None)):
        Quality.objects.create(
            month=OCT, family=cast.families[family], returned_qty=back, complaints=told, satisfaction=score
        )
    Shipment.objects.create(month=OCT, product=cast.products["ALPHA"], qty=400)
    measures_take(months=[OCT], at=AT)
    found = values()
    assert (found["return_rate"], found["complaint_rate"], found["satisfaction"]) == (8 / 400, 3 / 400, 80)
    assert counts()["satisfaction"] == 1


def test_without_input_a_measure_is_left_out_never_zero(cast: Cast) -> None:
    measures_take(months=[OCT], at=AT)
    assert not {"otif_request", "past_due_units", "return_rate", "satisfaction"} & set(values())


def test_taking_again_replaces_and_adds_nothing(cast: Cast) -> None:
    first = measures_take(months=[OCT], at=AT)
    Booking.objects.filter(month=OCT).update(qty=1)
    assert measures_take(months=[OCT], at=AT + timedelta(days=1)) == first
    assert Snapshot.objects.filter(month=OCT).count() == first
    assert values()["units_sold"] == Booking.objects.filter(month=OCT).count()


def test_everything_is_read_before_the_transaction_that_stores(cast: Cast) -> None:
    """A large company takes minutes, and the database ends a transaction that is left idle."""
    with CaptureQueriesContext(connection) as queries:
        measures_take(months=[SEP, OCT], at=AT)
    asked = [query["sql"].split()[0] for query in queries]
    stores = asked.index("SAVEPOINT")
    assert "SELECT" in asked[:stores]
    assert "SELECT" not in asked[stores:]
    assert {"DELETE", "INSERT"} <= set(asked[stores:])


def test_queries_do_not_grow_with_months(cast: Cast, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(22):
        measures_take(months=month_range(date(2026, 5, 1), 6), at=AT)


# --- What is due --------------------------------------------------------------------------


def test_months_come_in_runs_of_six() -> None:
    months = month_range(date(2025, 1, 1), 14)
    del months[7]
    assert [len(run) for run in runs(months)] == [6, 1, 6]
    assert runs([]) == []


def do_all(job: Job) -> None:
    while part := part_claim(at=AT, job=job):
        part_finish(part=part, at=AT, message=snapshots_part(job=job.pk, payload=part.payload, at=AT))


def test_what_has_closed_is_queued_once_and_then_nothing_is_missing(cast: Cast) -> None:
    cycle = past_cycle(SEP)
    due(at=AT)
    due(at=AT)
    job = Job.objects.get(kind=KIND)
    assert job.total == 1 + 4
    do_all(job)
    job.refresh_from_db()
    assert job.state == WorkState.DONE
    assert (months_to_measure(), cycles_to_measure()) == ([], [])
    assert StageAccuracy.objects.filter(cycle=cycle, month=OCT).exists()
    due(at=AT)
    assert Job.objects.filter(kind=KIND).count() == 1


def test_a_new_closed_month_is_measured(cast: Cast) -> None:
    cycle = past_cycle(SEP)
    due(at=AT)
    do_all(Job.objects.get(kind=KIND))
    nov = date(2026, 11, 1)
    Booking.objects.create(
        month=nov, product=cast.products["ALPHA"], customer=cast.customers["NORTH"], qty=5, revenue=1
    )
    cast.company.last_closed_month = nov
    cast.company.save()
    assert (months_to_measure(), cycles_to_measure()) == ([nov], [cycle])


def test_a_month_without_bookings_is_not_asked_for_again(cast: Cast) -> None:
    Booking.objects.filter(month=SEP).delete()
    assert SEP not in months_to_measure()


def test_a_replay_under_way_is_waited_for(cast: Cast) -> None:
    Job.objects.create(kind="replay", key="x", label="x", created_at=AT)
    due(at=AT)
    assert not Job.objects.filter(kind=KIND).exists()


def test_a_cycle_being_replayed_is_left_alone(cast: Cast) -> None:
    cycle = past_cycle(SEP)
    type(cycle).objects.filter(pk=cycle.pk).update(ended_at=None, state="open")
    assert cycles_to_measure() == []


def test_after_a_failure_it_waits_an_hour(cast: Cast) -> None:
    due(at=AT)
    Job.objects.filter(kind=KIND).update(state=WorkState.FAILED, finished_at=AT)
    due(at=AT + timedelta(minutes=30))
    assert Job.objects.filter(kind=KIND).count() == 1
    due(at=AT + timedelta(minutes=61))
    assert Job.objects.filter(kind=KIND).count() == 2


def test_nothing_is_due_before_the_first_month_has_closed(cast: Cast) -> None:
    cast.company.last_closed_month = None
    cast.company.save()
    due(at=AT)
    assert [job.kind for job in Job.objects.all()] == ["audit"]


def imported(at: datetime, file: str, new: int = 0, changed: int = 0) -> ImportRun:
    files = {file: {"new": new, "changed": changed, "same": 3}}
    return ImportRun.objects.create(source="test", content_hash=f"{at}{file}", at=at, files=files)


def test_months_are_measured_again_after_their_facts_changed(cast: Cast) -> None:
    imported(AT - timedelta(days=1), "bookings", new=500)
    measures_take(months=months_to_measure(), at=AT)
    assert months_to_measure() == []
    imported(AT + timedelta(hours=1), "bookings")
    imported(AT + timedelta(hours=1), "people", changed=4)
    assert months_to_measure() == []
    imported(AT + timedelta(hours=2), "order_lines", changed=1)
    again = months_to_measure()
    assert OCT in again
    Booking.objects.filter(month=OCT).update(qty=1)
    measures_take(months=again, at=AT + timedelta(hours=3))
    assert values()["units_sold"] == Booking.objects.filter(month=OCT).count()
    assert months_to_measure() == []


def test_stock_that_is_typed_over_is_measured_again(cast: Cast) -> None:
    """The month that it closes; the months before it, which do not read it, are left alone."""
    measures_take(months=months_to_measure(), at=AT)
    before, product, later = values()["holding_cost"], cast.products["ALPHA"], AT + timedelta(hours=1)
    edit = InputEdit(str(product.pk), "on_hand", 530.0, 30.0, "Counted anew")
    planner = cast.supply_planner
    inputs_save(cycle=cycle_opened(), kind=Inputs.STOCK, person=planner, edits=[edit], at=later, token=uuid4())
    assert months_to_measure() == [OCT]
    snapshots_queue(at=later)
    job = Job.objects.get(kind=KIND)
    measures_take(months=[OCT], at=later + timedelta(minutes=1))
    assert values()["holding_cost"] == pytest.approx(before + 500 * product.unit_cost * 0.18 / 12)
    assert [part.payload for part in job.parts.all()][-1] == {"months": ["2026-10"]}
    assert months_to_measure() == []


def test_an_order_or_capacity_that_is_typed_over_measures_nothing_again(cast: Cast) -> None:
    """Capacity is typed for months to come, and no measure reads open orders."""
    measures_take(months=months_to_measure(), at=AT)
    edit = InputEdit(f"{cast.resource.pk}:regular", "2026-12", 75.0, None, "Holidays")
    planner = cast.supply_planner
    inputs_save(
        cycle=cycle_opened(),
        kind=Inputs.CAPACITY,
        person=planner,
        edits=[edit],
        at=AT + timedelta(hours=1),
        token=uuid4(),
    )
    assert months_to_measure() == []


def test_months_are_measured_again_after_a_replay(cast: Cast) -> None:
    measures_take(months=months_to_measure(), at=AT)
    done = {"state": WorkState.DONE, "created_at": AT, "label": "Replay"}
    Job.objects.create(kind="replay", key="1", finished_at=AT - timedelta(hours=1), **done)
    assert months_to_measure() == []
    Job.objects.create(kind="replay", key="2", finished_at=AT + timedelta(hours=1), **done)
    assert OCT in months_to_measure()
