"""Promised and came: a decision is looked back at when its months close, on its page and on the next agendas."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from cycles.models import Cycle
from cycles.periods import add_months
from demand.models import Booking, Shipment
from jobs.models import Job, MovedClock
from masterdata.models import Company, Product
from meetings.agenda import Section
from meetings.briefs import cash_effect
from meetings.models import Decision, DecisionOutcome, Meeting, MeetingKind
from meetings.promises import came, difference, promise_sentence
from meetings.selectors.company_forecast import forecast_build
from meetings.services.cadence import cycle_start
from meetings.services.outcomes import outcomes_take
from meetings.services.rooms import agenda_items
from supply.models import Gap, SupplyAnswer
from tests.cast import Cast, small_company
from tests.meetings.journey import APPROVED, MONEY, approved, confirmed, do_job, frozen, supply_is_signed
from tests.meetings.test_publishing_service import cut_of_bikes

DEC, JAN = date(2026, 12, 1), date(2027, 1, 1)
LATER = datetime(2027, 1, 5, 8, tzinfo=UTC)
amounts = st.fixed_dictionaries({name: st.floats(-1e9, 1e9) for name in ("units", "revenue")})


@pytest.fixture
def cast() -> Cast:
    return small_company()


@given(promised=amounts, planned=amounts, actual=amounts)
def test_what_came_differs_from_the_promise_as_the_actuals_from_the_plan(promised, planned, actual) -> None:
    found = difference(promised, came(promised, planned, actual))
    for name, value in found.items():
        assert value == pytest.approx(actual[name] - planned[name], abs=1e-3)


def test_the_sentence_says_promised_came_and_difference_without_blame() -> None:
    promised, arrived = {"units": -100.0, "revenue": -50_000.0}, {"units": -140.0, "revenue": -70_000.0}
    assert promise_sentence(promised, arrived, "EUR", "All its months are closed.") == (
        "Promised: \u2212100 units, revenue EUR \u221250 k. Came: \u2212140 units, revenue EUR \u221270 k. "
        "Difference: \u221240 units, revenue EUR \u221220 k. All its months are closed."
    )
    assert promise_sentence({"units": 10.0}, {}) == (
        "Promised: +10 units. Came: nothing in numbers. Difference: nothing in numbers."
    )


@pytest.mark.parametrize(
    ("margin", "cost", "stock", "cash"),
    [(9_000, 2_000, 1_500, 7_500), (None, 2_000, None, -2_000), (None, None, 5, None), (-10, None, -30, 20)],
)
def test_cash_is_the_margin_less_what_goes_into_stock(margin, cost, stock, cash) -> None:
    assert cash_effect(margin, cost, stock) == cash


def published_with(cast: Cast) -> tuple[Cycle, Decision]:
    """Bikes of December and January cut by 10 %, published in November."""
    cycle = supply_is_signed(cast)
    code = cut_of_bikes(cast, cycle)
    approved(cast, frozen(cast, confirmed(cast, cycle)))
    do_job(Job.objects.get(kind="publish"), APPROVED)
    cycle.refresh_from_db()
    return cycle, Decision.objects.get(code=code)


def close(cast: Cast, month: date, units: float) -> None:
    """A month closes with one booking of bikes."""
    Company.objects.update(last_closed_month=month)
    product, customer = cast.products["ALPHA"], cast.customers["NORTH"]
    Booking.objects.create(month=month, product=product, customer=customer, qty=units, revenue=units * 500)


@pytest.mark.django_db
def test_nothing_is_said_before_a_month_of_the_decision_has_closed(cast: Cast) -> None:
    published_with(cast)
    Company.objects.update(last_closed_month=date(2026, 11, 1))
    assert outcomes_take(at=LATER) == 0
    assert not DecisionOutcome.objects.exists()


@pytest.mark.django_db
def test_month_by_month_what_was_booked_stands_against_the_plan_without_the_decision(cast: Cast) -> None:
    cycle, decision = published_with(cast)
    built = forecast_build(cycle)
    bikes = (built.frame["family"] == "BIKES").to_numpy()
    before = built.demand.quantity[bikes]
    close(cast, DEC, 30.0)
    assert outcomes_take(at=LATER) == 1
    first = DecisionOutcome.objects.get(decision=decision)
    assert (first.through, first.months, first.of_months) == (DEC, 1, 2)
    assert first.promised["units"] == pytest.approx(-0.1 * before[:, 1].sum())
    assert first.came["units"] == pytest.approx(30.0 - before[:, 1].sum())
    prices = built.frame["price"].to_numpy()[bikes]
    assert first.came["revenue"] == pytest.approx(30 * 500 - float(before[:, 1] @ prices))
    assert outcomes_take(at=LATER) == 0
    close(cast, JAN, 20.0)
    assert outcomes_take(at=LATER) == 1
    whole = DecisionOutcome.objects.get(decision=decision)
    assert (whole.through, whole.months) == (JAN, 2)
    assert whole.came["units"] == pytest.approx(50.0 - before[:, 1:3].sum())
    close(cast, add_months(JAN, 1), 20.0)
    assert outcomes_take(at=LATER) == 0


@pytest.mark.django_db
def test_it_stands_on_the_decisions_page_and_the_next_agendas(cast: Cast) -> None:
    _, decision = published_with(cast)
    close(cast, DEC, 30.0)
    outcomes_take(at=LATER)
    following = cycle_start(month=JAN, at=LATER, by=cast.leader)
    for kind, there in ((MeetingKind.PRE_SOP, True), (MeetingKind.EXECUTIVE, True), (MeetingKind.SUPPLY_REVIEW, False)):
        items = agenda_items(Meeting.objects.get(cycle=following, kind=kind), LATER.date())
        found = [item for item in items if item["section"] == Section.PROMISES]
        assert bool(found) is there, kind
        assert all(item["title"] == f"What came of {decision.code}? {decision.question}" for item in found)
    MovedClock.objects.update_or_create(pk=1, defaults={"at": LATER})
    client = Client()
    client.force_login(cast.rep.user)
    page = client.get(f"/meetings/decisions/{decision.code}/").content.decode()
    assert "1 of 2 months is closed." in page
    assert "Promised and came" in page
    room = client.get(f"/meetings/{following.code}/{MeetingKind.EXECUTIVE.value}/").content.decode()
    assert f"/meetings/decisions/{decision.code}/" in room
    assert "Promised: \u22125" in room
    assert "Came: " in room


@pytest.mark.django_db
def test_a_gap_is_measured_by_what_shipped_against_what_was_planned_to(cast: Cast) -> None:
    cycle, decision = published_with(cast)
    gap = Gap.objects.create(cycle=cycle, resource=cast.resource, month=DEC, hours=20, units=10, at=MONEY)
    option = decision.options.get(key="b")
    option.plan_effect, option.units, option.revenue = {"gap_option": "overtime"}, 10.0, 5_000.0
    option.save()
    Decision.objects.filter(pk=decision.pk).update(gap=gap.pk)
    Company.objects.update(last_closed_month=DEC)
    assert outcomes_take(at=LATER) == 1
    assert DecisionOutcome.objects.get().came == {}
    DecisionOutcome.objects.all().delete()
    bikes = Product.objects.filter(family__code="BIKES")
    planned = sum(row.shipments[1] for row in SupplyAnswer.objects.filter(cycle=cycle, product__in=bikes))
    Shipment.objects.create(month=DEC, product=cast.products["ALPHA"], customer=None, qty=planned - 4)
    Shipment.objects.create(month=DEC, product=cast.products["GAMMA"], customer=None, qty=1_000)
    outcomes_take(at=LATER)
    found = DecisionOutcome.objects.get()
    assert found.promised["units"] == 10.0
    assert found.came["units"] == pytest.approx(6.0)


@pytest.mark.django_db
def test_margin_and_stock_are_read_by_those_who_read_costs(cast: Cast) -> None:
    _, decision = published_with(cast)
    option = decision.options.get(key="b")
    option.plan_effect |= {"scope": "product", "code": "ALPHA"}
    option.save()
    close(cast, DEC, 30.0)
    outcomes_take(at=LATER)
    MovedClock.objects.update_or_create(pk=1, defaults={"at": LATER})
    seen = {}
    for person in (cast.rep, cast.finance):
        client = Client()
        client.force_login(person.user)
        page = client.get(f"/meetings/decisions/{decision.code}/").content.decode()
        seen[person.username] = page[page.index("Promised and came") :]
    assert "Margin" in seen["finn"]
    assert "Margin" not in seen["rita"]
    assert np.isfinite(DecisionOutcome.objects.get().promised["margin"])
