"""Marketing's events and Finance's entries: services and pages."""

from datetime import date

import numpy as np
import pytest
from django.test import Client

from cycles.models import Cycle
from demand.models import Budget, Event, Stage
from demand.selectors.outlook import fiscal_start, outlook
from demand.selectors.versions import stage_plan
from demand.services.events import EventEntry, event_cancel, event_save
from demand.services.finance import budget_set, price_set, rate_set
from jobs.errors import Invalid, NotYours, Refused
from masterdata.models import Company, Person, Product, RowChange
from tests.cast import PRODUCTS, Cast, booked_quantity, small_company
from tests.stages import ENTRY, cycle_in_entry

NOV, DEC = date(2026, 11, 1), date(2026, 12, 1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return cycle_in_entry()


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def entry(**more: object) -> EventEntry:
    facts = {"name": "Winter sale", "kind": "promotion", "family": "BIKES", "first": "2026-11", "last": "2026-12"}
    return EventEntry(**facts | {"uplift": 20.0, "confidence": 50.0} | more)


def test_an_event_counts_at_once_and_not_after_it_is_cancelled(cast: Cast, cycle: Cycle) -> None:
    team = stage_plan(cycle, Stage.TEAM).quantity[:, :2].sum()
    event = event_save(cycle=cycle, person=cast.marketing, entry=entry(), at=ENTRY)
    assert stage_plan(cycle, Stage.EVENTS).quantity[:, :2].sum() > team
    event_cancel(cycle=cycle, person=cast.marketing, pk=event.pk, at=ENTRY)
    assert stage_plan(cycle, Stage.EVENTS).quantity[:, :2].sum() == pytest.approx(team)
    with pytest.raises(Refused, match="no such event"):
        event_cancel(cycle=cycle, person=cast.marketing, pk=event.pk, at=ENTRY)


def test_every_fault_of_an_event_is_said_at_once(cast: Cast, cycle: Cycle) -> None:
    bad = entry(name="", kind="party", family="NOPE", first="2026-13", uplift=900.0, confidence=None)
    with pytest.raises(Invalid) as refused:
        event_save(cycle=cycle, person=cast.marketing, entry=bad, at=ENTRY)
    fields = [fault["field"] for fault in refused.value.extra["errors"]]
    assert fields == ["name", "kind", "family", "first", "uplift", "confidence"]
    assert not Event.objects.exists()


def test_months_that_run_backwards_are_refused(cast: Cast, cycle: Cycle) -> None:
    with pytest.raises(Invalid, match="before the first"):
        event_save(cycle=cycle, person=cast.marketing, entry=entry(last="2026-10"), at=ENTRY)


def test_an_event_for_an_ended_product_names_the_successor(cast: Cast, cycle: Cycle) -> None:
    alpha = cast.products["ALPHA"]
    Product.objects.filter(pk=alpha.pk).update(phase_out_month=date(2026, 10, 1))
    Product.objects.create(code="A2", name="Alpha Two", family=alpha.family, like_product=alpha)
    with pytest.raises(Invalid, match="Its successor is Alpha Two"):
        event_save(cycle=cycle, person=cast.marketing, entry=entry(family="", product="ALPHA"), at=ENTRY)


def test_the_events_page_adds_and_keeps_what_was_typed(cast: Cast, cycle: Cycle) -> None:
    client = signed_in(cast.marketing)
    form = {"name": "Dealer week", "kind": "promotion", "what": "family:BIKES", "first": "2026-11"}
    form |= {"uplift": "17", "confidence": "90"}
    wrong = client.post("/events/add/", form | {"uplift": "lots"})
    assert wrong.status_code == 422
    assert "Dealer week" in wrong.content.decode()
    right = client.post("/events/add/", form, follow=True).content.decode()
    assert "Dealer week is planned" in right
    assert "span-1" in right
    assert "Add an event" not in signed_in(cast.rep).get("/events/").content.decode()
    assert signed_in(cast.rep).post("/events/add/", form).status_code == 403


def test_the_outlook_is_bookings_then_plan(cast: Cast, cycle: Cycle) -> None:
    view = outlook(cycle, Stage.BASELINE, start=date(2026, 9, 1), months=4)
    september = sum(
        booked_quantity(p, c, date(2026, 9, 1)) * PRODUCTS[p][1]
        for p in PRODUCTS
        for c in ("NORTH", "SOUTH", "EAST")
        if (p, c) != ("DELTA", "EAST")
    )
    assert view.values[0] == pytest.approx(september)
    plan = stage_plan(cycle, Stage.BASELINE)
    price = np.array([PRODUCTS[row.product.code][1] for row in _lines(plan.lines)])
    assert view.values[2] == pytest.approx((plan.quantity[:, 0] * price).sum())
    assert view.forecast == [False, False, True, True]
    assert view.budget.tolist() == [60_000.0] * 4
    assert view.gap[0] == pytest.approx(september - 60_000)


def _lines(ids: np.ndarray) -> list:
    from demand.models import Line

    return list(Line.objects.filter(pk__in=ids.tolist()).select_related("product").order_by("pk"))


def test_the_fiscal_year_starts_where_it_is_set() -> None:
    assert fiscal_start(Company(fiscal_year_start_month=7), NOV) == date(2026, 7, 1)
    assert fiscal_start(Company(fiscal_year_start_month=12), NOV) == date(2025, 12, 1)
    assert fiscal_start(Company(fiscal_year_start_month=1), date(2026, 1, 1)) == date(2026, 1, 1)


def test_budget_price_and_rate_are_set_with_a_record(cast: Cast, cycle: Cycle) -> None:
    who = {"person": cast.finance, "at": ENTRY}
    assert budget_set(rep="rita", first=NOV, last=DEC, revenue=35_000.0, **who) == 2
    assert Budget.objects.get(rep=cast.rep, month=DEC).revenue == 35_000.0
    assert price_set(product="ALPHA", price=510.0, **who).price == 510.0
    assert rate_set(currency="usd", month=NOV, rate=0.9, **who).currency == "USD"
    records = {change.key: (change.before, change.after) for change in RowChange.objects.all()}
    assert records["2026-12 rita"] == ({"value": 30_000.0}, {"value": 35_000.0})
    assert records["ALPHA price"] == ({"value": 500.0}, {"value": 510.0})
    assert records["USD 2026-11"] == (None, {"value": 0.9})


@pytest.mark.parametrize(
    ("service", "facts", "message"),
    [
        (budget_set, {"rep": "rita", "first": NOV, "last": DEC, "revenue": None}, "the budget"),
        (budget_set, {"rep": "rita", "first": DEC, "last": NOV, "revenue": 1.0}, "a span"),
        (budget_set, {"rep": "ghost", "first": NOV, "last": DEC, "revenue": 1.0}, "whose budget"),
        (price_set, {"product": "ALPHA", "price": -1.0}, "the price"),
        (price_set, {"product": "OMEGA", "price": 1.0}, "no product"),
        (price_set, {"product": "ALPHA", "price": float("nan")}, "the price"),
        (rate_set, {"currency": "EURO", "month": NOV, "rate": 1.0}, "three letters"),
        (rate_set, {"currency": "USD", "month": NOV, "rate": 0.0}, "the rate"),
    ],
)
def test_what_makes_no_sense_is_refused(cast: Cast, service: object, facts: dict, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        service(person=cast.finance, at=ENTRY, **facts)


def test_only_finance_sets_them(cast: Cast) -> None:
    with pytest.raises(NotYours, match="Finance"):
        price_set(person=cast.demand_planner, product="ALPHA", price=1.0, at=ENTRY)


def test_the_finance_page(cast: Cast, cycle: Cycle) -> None:
    text = signed_in(cast.finance).get("/finance/").content.decode()
    assert "FY 2026" in text
    assert "Unit cost" in text
    assert "Set budget" in text
    rep = signed_in(cast.rep).get("/finance/").content.decode()
    assert "Unit cost" not in rep
    assert "Set budget" not in rep
    wrong = signed_in(cast.finance).post("/finance/price/", {"product": "ALPHA", "price": "12,5"})
    assert wrong.status_code == 422
    assert "is not a number" in wrong.content.decode()


def test_a_quantity_is_shared_by_all_lines_even_when_only_some_are_asked_for(cast: Cast, cycle: Cycle) -> None:
    Event.objects.create(
        code="EV-Q",
        name="Trade fair",
        kind="promotion",
        from_month=NOV,
        to_month=NOV,
        uplift_qty=100,
        entered_on=ENTRY.date(),
    )
    whole = stage_plan(cycle, Stage.EVENTS)
    some = stage_plan(cycle, Stage.EVENTS, whole.lines[:2])
    np.testing.assert_allclose(some.quantity, whole.quantity[:2])
    assert whole.quantity[:, 0].sum() - stage_plan(cycle, Stage.TEAM).quantity[:, 0].sum() == pytest.approx(100)
