"""What the input lacks: every fault is found, named, and ends when it is put right."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cycles.periods import add_months, month_range
from demand.models import Booking, Budget, OrderLine, Shipment
from kpis.data_quality import EXAMPLES, Finding, Kind, found, in_order, thin_months
from kpis.models import Quality
from kpis.selectors.data_quality import data_quality
from masterdata.models import Customer, ExchangeRate, Product
from supply.models import BillOfResource, Inventory, Receipt, Resource
from tests.cast import Cast
from tests.kpis.conftest import SignIn, text_of
from tests.meetings.journey import OPENED, started

TODAY = date(2026, 11, 2)
OCT = date(2026, 10, 1)


# --- Pure ---------------------------------------------------------------------------------


def one(kind: Kind, names: list[str]) -> Finding | None:
    return found(kind, "x", names, effect="", file="bookings", role="finance")


@given(st.lists(st.tuples(st.sampled_from(Kind), st.lists(st.text(max_size=3), max_size=9)), max_size=12))
def test_findings_stand_in_their_order_and_none_is_empty(given: list[tuple[Kind, list[str]]]) -> None:
    told = in_order(one(kind, names) for kind, names in given)
    assert len(told) == sum(bool(names) for _, names in given)
    assert [list(Kind).index(f.kind) for f in told] == sorted(list(Kind).index(f.kind) for f in told)
    for kind in Kind:
        counts = [f.count for f in told if f.kind is kind]
        assert counts == sorted(counts, reverse=True)
    assert all(len(f.examples) == min(f.count, EXAMPLES) for f in told)


def test_a_month_is_thin_against_its_own_usual_only() -> None:
    before = month_range(date(2026, 4, 1), 6)
    steady = dict.fromkeys(before, 100.0)
    totals = {
        "thin": steady | {OCT: 19.0},
        "just enough": steady | {OCT: 20.0},
        "gone": steady,
        "now and then": steady | {before[2]: 0.0},
    }
    assert thin_months(totals, OCT, before) == ["thin", "gone"]


# --- Real rows ----------------------------------------------------------------------------


def told(kind: Kind) -> dict[str, tuple[int, tuple[str, ...], str]]:
    rows = dict(data_quality(today=TODAY)["kinds"])[kind]
    return {t.finding.what: (t.finding.count, t.finding.examples, t.owners) for t in rows}


def everything_is_there(cast: Cast) -> None:
    for product in cast.products.values():
        for rows in (Shipment, Receipt):
            rows.objects.create(month=OCT, product=product, qty=5)
    for family in cast.families.values():
        Quality.objects.create(month=OCT, family=family)
    Product.objects.filter(family__code="PARTS").update(make_or_buy=Product.Source.BUY)


def test_a_complete_company_lacks_nothing(cast: Cast) -> None:
    everything_is_there(cast)
    assert [rows for _, rows in data_quality(today=TODAY)["kinds"]] == [[], [], []]


FAULTS = {
    "Products without a price": lambda c: Product.objects.filter(code="ALPHA").update(price=None),
    "Products without a unit cost": lambda c: Product.objects.filter(code="ALPHA").update(unit_cost=None),
    "Customers without an owner": lambda c: Customer.objects.filter(code="EAST").update(owner=None),
    "Customers without a region": lambda c: Customer.objects.filter(code="EAST").update(region=None),
    "Made products without hours on any resource": lambda c: BillOfResource.objects.all().delete(),
    "Resources without capacity": lambda c: Resource.objects.update(regular_capacity=0, overtime_capacity=0),
    "Products without stock at the last count": lambda c: Inventory.objects.filter(product__code="BETA").delete(),
    "People without an e-mail address": lambda c: type(c.rep.user).objects.filter(pk=c.rep.user.pk).update(email=""),
}
WHO = {"Products without a price": "Finn Finance", "Resources without capacity": "Sam Supply"}


@pytest.mark.parametrize("what", FAULTS)
def test_what_is_missing_is_named_with_who_looks_after_it(cast: Cast, what: str) -> None:
    everything_is_there(cast)
    FAULTS[what](cast)
    missing = told(Kind.MISSING)
    assert list(missing) == [what]
    count, examples, owners = missing[what]
    assert count == len(examples) > 0
    assert owners == WHO.get(what, owners) != ""


def test_what_has_ended_needs_no_price_and_a_planned_part_counts_for_the_whole(cast: Cast) -> None:
    everything_is_there(cast)
    beta = cast.products["BETA"]
    Product.objects.filter(pk=beta.pk).update(price=None, phase_out_month=OCT)
    assert told(Kind.MISSING) == {}
    Product.objects.filter(pk=beta.pk).update(price=800, phase_out_month=None)
    part = Product.objects.create(code="BETA-RED", name="Beta red", family=beta.family, plan_as=beta)
    Inventory.objects.filter(product=beta).update(product=part)
    assert told(Kind.MISSING) == {}


def test_what_is_late_says_where_it_ends(cast: Cast) -> None:
    everything_is_there(cast)
    Shipment.objects.update(month=date(2026, 9, 1))
    Receipt.objects.all().delete()
    Inventory.objects.update(as_of=date(2026, 9, 30))
    late = told(Kind.LATE)
    assert late["Shipments of October 2026"][1] == ("ends with September 2026",)
    assert late["Receipts of October 2026"][1] == ("has never been loaded",)
    assert late["Stock of October 2026"][1] == ("ends with September 2026",)
    assert "Bookings of October 2026" not in late


def test_months_without_a_budget_are_counted_from_the_open_cycle_on(cast: Cast) -> None:
    everything_is_there(cast)
    cycle = started(cast)
    assert "Months ahead without a budget" not in told(Kind.LATE)
    Budget.objects.filter(month__in=[add_months(cycle.month, 2), add_months(cycle.month, 13)]).delete()
    assert told(Kind.LATE)["Months ahead without a budget"][:2] == (1, ("2027-01",))


def test_what_is_odd_is_shown_to_look_at(cast: Cast) -> None:
    everything_is_there(cast)
    facts = {"customer": cast.customers["NORTH"], "product": cast.products["ALPHA"], "qty": 4}
    for code, days in (("OLD", 91), ("RECENT", 90)):
        OrderLine.objects.create(
            code=code, ordered_on=date(2026, 1, 1), requested_on=TODAY - timedelta(days=days), **facts
        )
    Booking.objects.filter(month=OCT, product__code="GAMMA", customer__code="EAST").update(qty=-3)
    Booking.objects.filter(month=OCT, product__code="BETA").update(revenue=1)
    Product.objects.filter(code="ALPHA").update(phase_out_month=date(2026, 9, 1))
    odd = told(Kind.ODD)
    assert odd["Open order lines more than 90 days past their date"][:2] == (1, ("OLD",))
    assert odd["More returned than booked in October 2026"][:2] == (1, ("East Stores: Gamma",))
    assert odd["Products booked in October 2026 after their last month"][1] == ("Alpha",)
    assert next(row[1] for what, row in odd.items() if "of their price" in what) == ("Beta",)


def test_a_family_of_which_most_has_not_come_in_is_odd(cast: Cast) -> None:
    everything_is_there(cast)
    Booking.objects.filter(month=OCT, product__family__code="BIKES").exclude(customer__code="SOUTH").delete()
    Booking.objects.filter(month=OCT, product__family__code="BIKES").update(qty=1, revenue=500)
    assert told(Kind.ODD)["Families with under a fifth of their usual bookings in October 2026"][1] == ("Bikes",)


def test_everybody_reads_it_and_only_loaders_are_led_to_the_files(cast: Cast, as_: SignIn) -> None:
    Product.objects.filter(code="ALPHA").update(price=None)
    rep = text_of(as_(cast.rep, OPENED).get("/dashboard/input/"))
    assert (
        "Products without a price 1 Alpha Their forecast is worth nothing in money. products, price Finn Finance" in rep
    )
    assert "Load files" not in rep
    assert "Load files" in text_of(as_(cast.leader, OPENED).get("/dashboard/input/"))
    assert 'href="/dashboard/input/"' in as_(cast.rep, OPENED).get("/dashboard/").content.decode()


def test_queries_do_not_grow_with_findings(cast: Cast, django_assert_max_num_queries) -> None:
    Product.objects.update(price=None, unit_cost=None)
    Customer.objects.update(owner=None, region=None)
    with django_assert_max_num_queries(28):
        data_quality(today=TODAY)


def test_a_currency_without_a_rate_is_told_until_there_is_one(cast: Cast) -> None:
    def told() -> list[str]:
        kinds = data_quality(today=date(2026, 11, 2))["kinds"]
        findings = [each.finding for _, found in kinds for each in found]
        return [name for one in findings if "without a rate" in one.what for name in one.examples]

    assert told() == []
    Product.objects.filter(code="ALPHA").update(currency="CHF")
    Product.objects.filter(code="BETA").update(currency=cast.company.currency)
    assert told() == ["Alpha (CHF)"]
    ExchangeRate.objects.create(month=date(2026, 9, 1), currency="CHF", rate=1.1)
    assert told() == []
