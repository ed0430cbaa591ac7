"""Months out of stock: recognised by the data, said by a planner, missing and not low in the baseline."""

from datetime import date

import numpy as np
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cycles.models import Cycle
from demand.models import Booking, CycleLine, Shipment, Stage, StockOut
from demand.selectors.stock_outs import stock_out_months
from demand.selectors.versions import stage_plan
from demand.selectors.why import why
from demand.services.baseline import baseline_queue
from demand.services.stock_outs import stock_out_say
from demand.stock_outs import short_months
from jobs.errors import Invalid, NotYours
from masterdata.models import RowChange
from tests.cast import Cast
from tests.stages import ENTRY, do_parts

NOV, FEBRUARY, MARCH = date(2026, 11, 1), date(2026, 2, 1), date(2026, 3, 1)
FLOW = arrays.arrays(float, (2, 15), elements=st.floats(0, 1e4))


def flows(**changed):
    booked, shipped = np.full((1, 18), 10.0), np.full((1, 18), 10.0)
    for name, values in changed.items():
        {"booked": booked, "shipped": shipped}[name][0, 8 : 8 + len(values)] = values
    return short_months(booked, shipped)[0].nonzero()[0].tolist()


def test_a_month_is_short_where_customers_waited_and_ordered_far_less() -> None:
    assert flows(booked=[10, 3], shipped=[0, 2]) == [9]
    assert flows(booked=[10, 10], shipped=[0, 2]) == []
    assert flows(booked=[3], shipped=[3]) == []
    assert flows(booked=[3], shipped=[1]) == []
    assert flows() == []


@given(booked=FLOW, shipped=FLOW)
def test_where_everything_booked_was_shipped_at_once_nothing_is_short(booked, shipped) -> None:
    assert not short_months(booked, booked).any()
    assert not short_months(booked, np.zeros_like(booked)).any()
    assert not (short_months(booked, shipped) & (shipped >= np.cumsum(booked, axis=1))).any()


def test_flows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="booked has shape"):
        short_months(np.ones((1, 2)), np.ones((1, 3)))


def said(
    cast: Cast, cycle: Cycle, *, out: bool = True, month: date = MARCH, person: str = "demand_planner"
) -> StockOut:
    line = cast.line("ALPHA", "NORTH")
    return stock_out_say(cycle=cycle, person=getattr(cast, person), line=line, month=month, sold_out=out, at=ENTRY)


@pytest.mark.django_db
def test_a_marked_month_is_left_out_of_the_next_baseline_and_told_and_can_be_taken_back(
    cast: Cast, cycle: Cycle
) -> None:
    line = cast.line("ALPHA", "NORTH")
    ids = np.array([line.pk])
    plain = stage_plan(cycle, Stage.BASELINE, ids).quantity
    for month in (date(2026, 9, 1), date(2026, 10, 1)):
        Booking.objects.filter(product=line.product, customer=line.customer, month=month).update(qty=1)
        said(cast, cycle, month=month)
    do_parts(baseline_queue(cycle=cycle, at=ENTRY), ENTRY)
    left_out = stage_plan(cycle, Stage.BASELINE, ids).quantity
    treated = CycleLine.objects.get(cycle=cycle, line=line).treated
    assert [(one["month"], one["was"], one["taken"]) for one in treated] == [
        ("2026-09", 1, None),
        ("2026-10", 1, None),
    ]
    found = why(cycle, line.pk, NOV, cast.rep)
    facts = next(rung for rung in found.rungs if rung.stage == Stage.BASELINE).facts
    assert f"Oct 2026 came as 1 and was left out: out of stock, says {cast.demand_planner.name}." in facts
    assert list(found.without_stock) == [date(2026, 9, 1), date(2026, 10, 1)]
    for month in found.without_stock:
        said(cast, cycle, month=month, out=False)
    do_parts(baseline_queue(cycle=cycle, at=ENTRY), ENTRY)
    low = stage_plan(cycle, Stage.BASELINE, ids).quantity
    a_year_on = slice(10, 12)
    assert left_out[0, a_year_on].sum() > 2 * low[0, a_year_on].sum()
    assert left_out.sum() > 0.7 * plain.sum()
    assert CycleLine.objects.get(cycle=cycle, line=line).treated == []
    kept = RowChange.objects.filter(table="demand_stockout", key="ALPHA 2026-10").order_by("pk")
    assert [(row.before, row.after) for row in kept] == [
        ({"sold_out": None}, {"sold_out": True}),
        ({"sold_out": True}, {"sold_out": False}),
    ]


@pytest.mark.django_db
def test_the_data_say_so_until_a_planner_says_otherwise(cast: Cast, cycle: Cycle) -> None:
    product = cast.line("ALPHA", "NORTH").product
    booked = Booking.objects.filter(product=product)
    months = sorted(set(booked.values_list("month", flat=True)))
    Shipment.objects.filter(product=product).delete()
    for month in months:
        units = sum(booked.filter(month=month).values_list("qty", flat=True))
        Shipment.objects.create(product=product, month=month, qty=0 if month in (FEBRUARY, MARCH) else units)
    booked.filter(month=MARCH).update(qty=1)
    asked = {"start": months[0], "before": NOV}
    assert list(stock_out_months([product.pk], **asked)[product.pk]) == [MARCH]
    said(cast, cycle, out=False)
    assert stock_out_months([product.pk], **asked) == {product.pk: {}}


@pytest.mark.django_db
def test_only_a_planner_marks_and_only_closed_months(cast: Cast, cycle: Cycle) -> None:
    with pytest.raises(NotYours, match="Marking months that were out of stock is for: Demand planner"):
        said(cast, cycle, person="rep")
    with pytest.raises(Invalid, match="Choose a closed month"):
        said(cast, cycle, month=NOV)
    assert not StockOut.objects.exists()


@pytest.mark.django_db
def test_a_planner_marks_a_month_beside_the_number_and_others_only_read_it(
    client: Client, cast: Cast, cycle: Cycle
) -> None:
    address = f"/why/{cast.line('ALPHA', 'NORTH').pk}/2026-11/"
    mark = {"stock_month": "2026-03", "out": "1"}
    client.force_login(cast.rep.user)
    assert "out of stock" not in client.get(address).content.decode()
    assert client.post(f"{address}stock/", mark).status_code == 403
    client.force_login(cast.demand_planner.user)
    assert "Mark as out of stock" in client.get(address).content.decode()
    assert client.post(f"{address}stock/", mark).status_code == 302
    client.force_login(cast.rep.user)
    page = client.get(address).content.decode()
    assert f"out of stock, says {cast.demand_planner.name}" in page
    assert "Take Mar 2026 as it came" not in page
