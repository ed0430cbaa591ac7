"""What the supply pages read: load, sheets, news, notes."""

from datetime import date, timedelta

import numpy as np
import pytest

from cycles.models import Cycle, CycleState
from demand.models import OrderLine, Shipment
from jobs.errors import Refused
from masterdata.models import RowChange
from supply.models import (
    BillOfResource,
    CapacityException,
    Gap,
    GapOptionKind,
    Inventory,
    Receipt,
    Resource,
    SupplyAnswer,
    SupplyOrder,
)
from supply.selectors.answers import answer_of
from supply.selectors.family_page import families_page, family_page
from supply.selectors.gaps import short_of_supply
from supply.selectors.load import load_chart, load_of, utilisation_rows
from supply.selectors.news import by_customer, news
from supply.selectors.notes import notes_of
from supply.selectors.preview import live_demand, waits_for
from supply.selectors.promises import Due
from supply.selectors.resource_page import resource_named, resource_page
from supply.selectors.review import late_orders, review_page
from supply.services.gaps import gap_option_choose
from supply.services.planning import supply_plan_build
from tests.cast import Cast, small_company
from tests.kpis.past import past_cycle
from tests.supply.demand_plans import AT, LATER, cycle_opened, cycle_signed, demand_planned
from tests.supply.sheets import block_rows

pytestmark = pytest.mark.django_db
PEAK = {("ALPHA", 2): 40.0}
TODAY = date(2026, 11, 11)


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    cycle = cycle_signed(peaks=PEAK)
    supply_plan_build(cycle=cycle, at=AT)
    return cycle


# --- Load -------------------------------------------------------------------------


def test_load_is_quantity_times_hours_and_its_use_counts_what_was_agreed(cast: Cast, cycle: Cycle) -> None:
    answer = answer_of(cycle)
    assert answer is not None
    load = load_of(cycle, answer.products, answer.demand, answer.supply)
    assert load.asked[0, 2] == 2 * (120 + 15)
    assert load.used[0, 2] == pytest.approx(270 / 150)
    gap_option_choose(gap=Gap.objects.get(), kind=GapOptionKind.OVERTIME, person=cast.supply_planner, at=LATER)
    load = load_of(cycle, answer.products, answer.demand, answer.supply)
    assert load.used[0, 2] == pytest.approx(270 / 180)
    row = utilisation_rows(load)[0]
    assert (row["code"], row["peak_month"], row["over"]) == ("WELD", date(2027, 1, 1), 1)
    chart = load_chart(load, row, 24)
    assert chart is not None
    assert chart["loads"]["Bikes"][2] == 270
    assert chart["overtime"][2] == pytest.approx(30)
    assert "in one month, most in Jan 2027: 150%" in chart["message"]


def test_a_resource_without_capacity_has_no_share(cast: Cast) -> None:
    Resource.objects.create(code="IDLE", name="Idle")
    cycle = cycle_signed()
    supply_plan_build(cycle=cycle, at=AT)
    answer = answer_of(cycle)
    assert answer is not None
    load = load_of(cycle, answer.products, answer.demand)
    row = next(row for row in utilisation_rows(load) if row["code"] == "IDLE")
    assert not row["has_capacity"]
    assert load_chart(load, row, 24) is None


# --- Sheets -----------------------------------------------------------------------


def sheet_of(rows: list[dict], closed: int) -> dict[str, np.ndarray]:
    blocks = {row["name"].split(" ")[0].lower(): np.array([cell["value"] for cell in row["cells"]]) for row in rows}
    assert [cell["closed"] for cell in rows[0]["cells"]] == [i < closed for i in range(len(rows[0]["cells"]))]
    return blocks


def test_family_sheet_identities_are_exact_over_closed_and_planned_months(cast: Cast) -> None:
    alpha = cast.products["ALPHA"]
    for month, shipped, received in ((8, 60, 70), (9, 55, 40), (10, 70, 65)):
        Shipment.objects.create(month=date(2026, month, 1), product=alpha, qty=shipped)
        Receipt.objects.create(month=date(2026, month, 1), product=alpha, qty=received)
    OrderLine.objects.create(
        code="O-1", customer=cast.customers["NORTH"], product=alpha, qty=7, ordered_on=date(2026, 10, 20)
    )
    cycle = cycle_signed({"ALPHA": 10.4, "BETA": 5.3, "GAMMA": 20.7, "DELTA": 2.1}, PEAK)
    supply_plan_build(cycle=cycle, at=AT)
    page = family_page(cycle, "BIKES")
    blocks = sheet_of(block_rows(page["blocks"]), page["closed"])
    opening = {row["name"].split(" ")[0].lower(): row["opening"] for row in block_rows(page["blocks"])}
    assert page["months"][0] == date(2026, 8, 1)
    for stock, plus in (("inventory", "supply"), ("backlog", "bookings")):
        before = np.concatenate([[opening[stock]], blocks[stock][:-1]])
        assert (before + blocks[plus] - blocks["shipments"] == blocks[stock]).all()
    assert blocks["inventory"][2] == 60  # ALPHA and BETA, 30 each, at the last closed month's end
    assert blocks["backlog"][2] == 7
    assert blocks["shipments"][:3].tolist() == [60, 55, 70]


def test_all_families_stand_under_their_group(cast: Cast, cycle: Cycle) -> None:
    page = families_page(cycle)
    assert [group["name"] for group in page["groups"]] == ["Bicycles", "Spares"]
    assert [[f["code"] for f in group["families"]] for group in page["groups"]] == [["BIKES"], ["PARTS"]]
    bikes = page["groups"][0]["families"][0]
    assert bikes["late"] == pytest.approx(sum(g.units for g in Gap.objects.all()))
    assert bikes["first_late"] == date(2027, 1, 1)
    assert bikes["in_time"] == pytest.approx(1 - bikes["late"] / bikes["demand"])


def test_without_stock_the_inventory_block_is_left_out(cast: Cast) -> None:
    Inventory.objects.all().delete()
    cycle = cycle_signed()
    supply_plan_build(cycle=cycle, at=AT)
    page = family_page(cycle, "PARTS")
    names = [block["name"] for block in page["blocks"]]
    assert names == [
        "Bookings",
        "Shipments",
        "Backlog at month end",
        "Supply",
    ]
    assert page["chart"] is None


def test_unknown_names_are_refused_in_words(cast: Cast, cycle: Cycle) -> None:
    with pytest.raises(Refused, match="There is no family NOPE"):
        family_page(cycle, "NOPE")
    with pytest.raises(Refused, match="There is no resource NOPE"):
        resource_named("NOPE")


# --- Before there is a plan -------------------------------------------------------


def test_before_the_plan_the_live_number_is_shown_and_what_it_waits_for(cast: Cast) -> None:
    cycle = cycle_opened()
    assert live_demand(cycle) is None
    assert waits_for(cycle).step == "data_close"
    demand_planned(cycle, peaks=PEAK)
    page = review_page(cycle, cast.supply_planner, AT, TODAY)
    assert page["planned"] is False
    assert page["used"][0]["peak"] == pytest.approx(270 / 150)
    assert page["charts"]


# --- The review -------------------------------------------------------------------


def test_the_review_says_what_waits_and_who_may(cast: Cast, cycle: Cycle) -> None:
    page = review_page(cycle, cast.supply_planner, AT, TODAY)
    gap = Gap.objects.get()
    assert page["message"].startswith("1 gap worth EUR ")
    assert page["message"].endswith("the first at Welding in Jan 2027.")
    assert (page["can_plan"], page["can_sign"], page["open_gaps"]) == (True, False, 1)
    assert review_page(cycle, cast.coo, AT, TODAY)["can_sign"]
    rep = review_page(cycle, cast.rep, AT, TODAY)
    assert not any(rep[may] for may in ("can_plan", "can_sign", "can_return", "money_open"))
    gap_option_choose(gap=gap, kind=GapOptionKind.OUTSOURCE, person=cast.supply_planner, at=LATER)
    assert review_page(cycle, cast.rep, AT, TODAY)["message"] == (
        "Everything the demand plan asks for ships in its month."
    )


def test_late_supply_orders_are_listed_oldest_first(cast: Cast, cycle: Cycle) -> None:
    for code, due_on in (
        ("A", date(2026, 10, 30)),
        ("B", date(2026, 10, 2)),
        ("C", date(2026, 11, 5)),
        ("D", TODAY),
        ("E", date(2026, 12, 1)),
    ):
        SupplyOrder.objects.create(code=code, product=cast.products["BETA"], kind="purchase", qty=5, due_on=due_on)
    found = late_orders(cycle, TODAY)
    assert [(row["order"].code, row["days"]) for row in found["rows"]] == [("B", 40), ("A", 12)]
    assert (found["total"], found["more"], found["since"]) == (2, 0, 1)


def test_products_that_wait_for_supply_are_named_with_their_date(cast: Cast) -> None:
    cast.products["GAMMA"].make_or_buy, cast.products["GAMMA"].lead_time_days = "buy", 45
    cast.products["GAMMA"].save()
    Inventory.objects.filter(product__code="GAMMA").update(on_hand=10, safety_stock=0)
    cycle = cycle_signed()
    supply_plan_build(cycle=cycle, at=AT)
    answer = answer_of(cycle)
    assert answer is not None
    months = [date(2026, 11, 1), *[date(2026, 12, 1)] * 23]
    (row,) = short_of_supply(answer, months)
    assert (row["name"], row["units"], row["month"], row["by"]) == ("Gamma", 50, date(2026, 11, 1), date(2026, 12, 1))


# --- Notes ------------------------------------------------------------------------


def said(cycle: Cycle, at: object = AT) -> str:
    return " ".join(note.text for note in notes_of(cycle, None, at))  # type: ignore[arg-type]


def test_fresh_data_needs_no_note(cast: Cast, cycle: Cycle) -> None:
    assert said(cycle) == ""


def test_old_stock_says_its_age_and_who_brings_a_newer_one(cast: Cast, cycle: Cycle) -> None:
    Inventory.objects.update(as_of=date(2026, 9, 30))
    age = (AT.date() - date(2026, 9, 30)).days
    assert f"Stock is as of 30 Sep 2026, {age} days ago" in said(cycle)
    assert "It is kept by Sam Supply, who can import a newer inventory.csv" in said(cycle)


def test_old_capacity_names_its_keeper(cast: Cast, cycle: Cycle) -> None:
    RowChange.objects.create(table="supply_resource", key="WELD", after={}, at=AT - timedelta(days=45))
    assert "last looked at 45 days ago. It is kept by Sam Supply" in said(cycle)
    RowChange.objects.create(table="supply_capacityexception", key="WELD 2027-01", after={}, at=AT)
    assert said(cycle) == ""


def test_missing_and_old_data_are_said(cast: Cast, cycle: Cycle) -> None:
    Inventory.objects.update(as_of=date(2026, 8, 31))
    assert "Stock is as of 31 Aug 2026" in said(cycle)
    Inventory.objects.all().delete()
    BillOfResource.objects.all().delete()
    assert "No stock is known before November 2026" in said(cycle)
    assert "No resource has hours per unit" in said(cycle)
    Gap.objects.all().delete()
    Resource.objects.all().delete()
    assert "No resource is set up" in said(cycle)


# --- A resource -------------------------------------------------------------------


def test_a_resource_shows_every_month_and_its_exceptions(cast: Cast) -> None:
    CapacityException.objects.create(resource=cast.resource, month=date(2026, 12, 1), regular=75, overtime=0)
    cycle = cycle_signed(peaks=PEAK)
    supply_plan_build(cycle=cycle, at=AT)
    page = resource_page(cycle, cast.resource, cast.supply_planner)
    assert len(page["months"]) == 24
    december = page["months"][1]
    assert (december["regular"], december["differs"], december["asked"]) == (75, True, 90)
    assert december["used"] == pytest.approx(90 / 75)
    assert page["months"][2]["gap"] is not None
    assert page["families"] == [{"name": "Bikes", "hours": pytest.approx(24 * 90 + 180), "share": 1}]
    assert page["may_edit"]
    assert not resource_page(cycle, cast.resource, cast.rep)["may_edit"]


# --- News -------------------------------------------------------------------------


def test_a_rep_reads_what_is_committed_to_the_own_customers(cast: Cast, cycle: Cycle) -> None:
    page = news(cast.rep, TODAY)
    assert {fact.customer for fact in page["facts"]} == {"North Stores", "South Stores"}
    first = page["facts"][0]
    assert (first.product, first.month, first.asked) == ("Alpha", date(2027, 1, 1), 40)
    assert 0 < first.confirmed < 40
    assert first.rest_by is not None
    assert first.rest_by > first.month
    assert [f.value for f in page["facts"]] == sorted((f.value for f in page["facts"]), reverse=True)
    assert (page["is_current"], page["own"], page["more"]) == (True, True, 0)


@pytest.mark.parametrize(
    ("asked", "confirmed", "shown"), [(26.4, 25.6, 25), (40.0, 27.0, 27), (0.6, 0.0, 0), (26.4, 26.1, 26)]
)
def test_never_as_many_are_confirmed_as_asked_where_some_come_later(asked: float, confirmed: float, shown: int) -> None:
    assert Due(date(2026, 11, 1), asked, confirmed, None).shown == shown


def test_a_manager_reads_the_teams_and_everybody_else_every_customer(cast: Cast, cycle: Cycle) -> None:
    assert {f.customer for f in news(cast.manager, TODAY)["facts"]} == {"North Stores", "South Stores", "East Stores"}
    page = news(cast.finance, TODAY)
    assert page["facts"] == []
    assert {c.customer for c in page["customers"]} == {"North Stores", "South Stores", "East Stores"}
    one = news(cast.finance, TODAY, "EAST")
    assert {f.customer for f in one["facts"]} == {"East Stores"}
    assert one["customer_name"] == "East Stores"


def test_all_together_the_facts_are_the_gaps_units(cast: Cast, cycle: Cycle) -> None:
    """In the month of the gap; a customer's units are those of all the months ahead."""
    facts = news(cast.manager, TODAY, most=100)["facts"]
    gap = Gap.objects.get()
    late = sum(due.late for fact in facts for due in fact.months if due.month == gap.month)
    assert late == pytest.approx(gap.units, abs=0.01)
    customers = news(cast.finance, TODAY, most=100)["customers"]
    assert sum(one.units for one in customers) == pytest.approx(sum(fact.units for fact in facts))
    assert by_customer([]) == []


def test_three_facts_at_most_and_the_rest_counted(cast: Cast) -> None:
    small = {"ALPHA": 40.0, "BETA": 30.0, "GAMMA": 20.0, "DELTA": 2.0}
    BillOfResource.objects.create(family=cast.families["PARTS"], resource=cast.resource, hours_per_unit=1)
    cycle = cycle_signed(small)
    supply_plan_build(cycle=cycle, at=AT)
    page = news(cast.manager, TODAY)
    assert len(page["facts"]) == 3
    assert page["more"] > 0


def test_no_news_when_everything_is_committed(cast: Cast) -> None:
    cycle = cycle_signed()
    supply_plan_build(cycle=cycle, at=AT)
    page = news(cast.rep, TODAY)
    assert (page["facts"], page["customers"]) == ([], [])
    assert page["source"] is not None


def test_before_this_months_plan_the_published_one_speaks(cast: Cast) -> None:
    old = cycle_opened(month=date(2026, 10, 1))
    demand_planned(old, peaks={("ALPHA", 3): 40.0})
    supply_plan_build(cycle=old, at=AT)
    Cycle.objects.filter(pk=old.pk).update(state=CycleState.PUBLISHED)
    cycle_opened()
    page = news(cast.rep, TODAY)
    assert (page["source"].cycle, page["is_current"]) == (old, False)
    assert page["facts"][0].month == date(2027, 1, 1)


def test_without_any_plan_there_is_no_source(cast: Cast) -> None:
    assert news(cast.rep, TODAY)["source"] is None


def test_the_sheet_stands_against_last_month_s_plan(cast: Cast) -> None:
    """October planned a fifth less of everything: the variance says so in every month both plans know."""
    before = past_cycle(date(2026, 10, 1))
    cycle = cycle_signed()
    supply_plan_build(cycle=cycle, at=AT)
    assert [row["name"] for row in family_page(cycle, "BIKES")["blocks"][0]["rows"]] == ["Actual", "New plan"]
    for answer in SupplyAnswer.objects.filter(cycle=cycle):
        answer.pk, answer.cycle = None, before
        answer.demand = [0.8 * value for value in answer.demand]
        answer.save()
    page = family_page(cycle, "BIKES")
    bookings = {row["name"]: [cell["value"] for cell in row["cells"]] for row in page["blocks"][0]["rows"]}
    old, new, variance = (np.array(bookings[name][3:], dtype=float) for name in ("Old plan", "New plan", "Variance"))
    assert (new[:-1] - old[:-1] == variance[:-1]).all()
    assert np.abs(old[:-1] - 0.8 * new[:-1]).max() <= 1
    assert np.isnan([old[-1], variance[-1]]).all()
    assert bookings["Old plan"][:2] == [None, None]
    assert bookings["Actual"][2] - bookings["Old plan"][2] == bookings["Variance"][2]
    assert {len(block["rows"]) for block in page["blocks"]} == {4}
