"""Making the supply plan: what is committed, kept, shared and recorded."""

from datetime import date, timedelta

import numpy as np
import pytest

from cycles.models import Cycle
from cycles.selectors import milestones_reached
from cycles.services import milestone_withdraw
from cycles.steps import Milestone
from demand.models import ForecastVersion, OrderLine, Stage, VersionState
from demand.selectors.lines import cycle_lines
from demand.selectors.versions import version_current, version_plan
from jobs.errors import Refused
from jobs.models import Job, WorkState
from masterdata.models import Product
from supply.allocation import Rule
from supply.models import BillOfResource, CapacityException, Gap, Inventory, Resource, SupplyAnswer, SupplyOrder
from supply.selectors.answers import answer_of
from supply.selectors.facts import STOCK_UNKNOWN
from supply.services.due import due
from supply.services.planning import (
    KIND,
    NOT_SIGNED,
    supply_answer_for_replay,
    supply_plan_build,
    supply_plan_part,
    supply_plan_stale,
)
from tests.cast import Cast, small_company
from tests.supply.demand_plans import AT, LATER, cycle_opened, cycle_signed, demand_planned

pytestmark = pytest.mark.django_db
# Welding has 150 hours a month and 30 overtime; three customers of ALPHA at 40 each ask for 240 in January.
PEAK = {("ALPHA", 2): 40.0}


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return cycle_signed(peaks=PEAK)


def of(cycle: Cycle, code: str) -> SupplyAnswer:
    return SupplyAnswer.objects.get(cycle=cycle, product__code=code)


# --- What is committed ------------------------------------------------------------


def test_everything_ships_in_its_month_when_there_is_capacity(cast: Cast) -> None:
    cycle = cycle_signed()
    supply_plan_build(cycle=cycle, at=AT)
    answer = answer_of(cycle)
    assert answer is not None
    np.testing.assert_allclose(answer.committed, answer.demand)
    assert not Gap.objects.exists()


def test_a_peak_is_late_and_is_made_up_as_soon_as_there_are_hours(cast: Cast, cycle: Cycle) -> None:
    supply_plan_build(cycle=cycle, at=AT)
    alpha = of(cycle, "ALPHA")
    assert alpha.demand[2] == 120
    assert alpha.committed[2] < 120
    assert sum(alpha.committed[:6]) == pytest.approx(sum(alpha.demand[:6]))
    assert alpha.binding[2] == "WELD"
    assert alpha.backlog[2] > 0


def test_stock_and_backlog_identities_hold_in_every_month(cast: Cast, cycle: Cycle) -> None:
    OrderLine.objects.create(
        code="O-1",
        customer=cast.customers["NORTH"],
        product=cast.products["ALPHA"],
        qty=7,
        ordered_on=date(2026, 10, 20),
    )
    supply_plan_build(cycle=cycle, at=AT)
    answer = answer_of(cycle)
    assert answer is not None
    assert answer.opening_stock is not None
    before = np.column_stack([answer.opening_stock, answer.inventory[:, :-1]])
    np.testing.assert_allclose(before + answer.supply - answer.shipments, answer.inventory, atol=1e-6)
    owed = np.column_stack([answer.opening_backlog, answer.backlog[:, :-1]])
    np.testing.assert_allclose(owed + answer.demand - answer.shipments, answer.backlog, atol=1e-6)
    assert answer.opening_backlog[answer.products["code"] == "ALPHA"].tolist() == [7.0]


def test_the_shares_of_the_lines_add_up_to_the_commitment_of_their_product(cast: Cast, cycle: Cycle) -> None:
    for rule in Rule:
        version = supply_plan_build(cycle=cycle, at=AT, rule=rule)
        shared = version_plan(version)
        products = cycle_lines(cycle, lines=shared.lines)["product"].to_numpy()
        for row in SupplyAnswer.objects.select_related("product"):
            np.testing.assert_allclose(
                shared.quantity[products == row.product.code].sum(axis=0), row.committed, atol=1e-6
            )
        asked = version_plan(version_current(cycle, Stage.DEMAND_PLAN), shared.lines)
        assert (np.cumsum(shared.quantity, axis=1) <= np.cumsum(asked.quantity, axis=1) + 1e-6).all()


def test_the_largest_customer_comes_first_by_that_rule_and_the_rule_stays(cast: Cast, cycle: Cycle) -> None:
    version = supply_plan_build(cycle=cycle, at=AT, rule=Rule.PRIORITY)
    shared = version_plan(version, np.array(sorted(cast.line("ALPHA", c).pk for c in ("NORTH", "EAST", "SOUTH"))))
    by_line = dict(zip(shared.lines.tolist(), shared.quantity[:, 2], strict=True))
    assert by_line[cast.line("ALPHA", "NORTH").pk] == pytest.approx(40)
    assert by_line[cast.line("ALPHA", "SOUTH").pk] < 40
    assert supply_plan_build(cycle=cycle, at=LATER).rule == Rule.PRIORITY


def test_bought_products_are_not_limited_by_a_familys_hours(cast: Cast) -> None:
    Product.objects.filter(code="ALPHA").update(make_or_buy="buy")
    cycle = cycle_signed(peaks=PEAK)
    supply_plan_build(cycle=cycle, at=AT)
    assert of(cycle, "ALPHA").committed == of(cycle, "ALPHA").demand


def test_a_suppliers_own_row_limits_a_bought_product(cast: Cast) -> None:
    supplier = Resource.objects.create(code="SUPPLIER", name="Supplier", regular_capacity=50)
    BillOfResource.objects.create(product=cast.products["ALPHA"], resource=supplier, hours_per_unit=1)
    Product.objects.filter(code="ALPHA").update(make_or_buy="buy")
    cycle = cycle_signed(peaks=PEAK)
    supply_plan_build(cycle=cycle, at=AT)
    assert of(cycle, "ALPHA").binding[2] == "SUPPLIER"


def test_a_products_row_beats_its_familys(cast: Cast) -> None:
    BillOfResource.objects.create(product=cast.products["ALPHA"], resource=cast.resource, hours_per_unit=0.5)
    cycle = cycle_signed(peaks=PEAK)
    supply_plan_build(cycle=cycle, at=AT)
    assert of(cycle, "ALPHA").committed == of(cycle, "ALPHA").demand


def test_a_month_with_less_capacity_is_felt(cast: Cast) -> None:
    CapacityException.objects.create(resource=cast.resource, month=date(2027, 3, 1), regular=20, overtime=0)
    cycle = cycle_signed()
    supply_plan_build(cycle=cycle, at=AT)
    assert of(cycle, "ALPHA").binding[4] == "WELD"
    assert [(gap.resource.code, gap.month) for gap in Gap.objects.all()] == [("WELD", date(2027, 3, 1))]


def test_open_orders_arrive_and_late_ones_count_for_the_first_month(cast: Cast) -> None:
    Product.objects.filter(code="GAMMA").update(make_or_buy="buy", lead_time_days=65)
    Inventory.objects.filter(product__code="GAMMA").update(on_hand=0, safety_stock=0)
    for code, qty, due_on in (("P-1", 60, date(2026, 10, 1)), ("P-2", 45, date(2026, 12, 20))):
        SupplyOrder.objects.create(code=code, product=cast.products["GAMMA"], kind="purchase", qty=qty, due_on=due_on)
    cycle = cycle_signed()
    supply_plan_build(cycle=cycle, at=AT)
    gamma = of(cycle, "GAMMA")
    assert gamma.demand[0] == 60
    assert gamma.committed[:2] == pytest.approx([60, 45])
    assert gamma.supply[:2] == pytest.approx([60, 45])
    assert gamma.binding[1] == SupplyAnswer.LEAD_TIME
    assert sum(gamma.committed[:3]) == pytest.approx(180)


def test_negative_stock_counts_as_none_and_says_so(cast: Cast) -> None:
    Inventory.objects.filter(product__code="BETA").update(on_hand=-12)
    cycle = cycle_signed()
    version = supply_plan_build(cycle=cycle, at=AT)
    assert of(cycle, "BETA").opening_stock == 0
    assert "Negative stock counts as none: Beta" in version.note


def test_without_resources_hours_or_stock_the_plan_is_still_made(cast: Cast) -> None:
    Inventory.objects.all().delete()
    BillOfResource.objects.all().delete()
    Resource.objects.all().delete()
    cycle = cycle_signed(peaks=PEAK)
    version = supply_plan_build(cycle=cycle, at=AT)
    assert STOCK_UNKNOWN in version.note
    assert of(cycle, "ALPHA").committed == of(cycle, "ALPHA").demand
    assert of(cycle, "ALPHA").opening_stock is None


# --- When and how often -----------------------------------------------------------


def test_building_again_is_harmless(cast: Cast, cycle: Cycle) -> None:
    first = version_plan(supply_plan_build(cycle=cycle, at=AT))
    gaps = list(Gap.objects.values_list("pk", "units", "value"))
    second = version_plan(supply_plan_build(cycle=cycle, at=LATER))
    np.testing.assert_allclose(second.quantity, first.quantity)
    assert list(Gap.objects.values_list("pk", "units", "value")) == gaps
    versions = ForecastVersion.objects.filter(cycle=cycle, stage=Stage.SUPPLY_PLAN)
    assert sorted(versions.values_list("revision", "state")) == [
        (1, VersionState.SUPERSEDED),
        (2, VersionState.CURRENT),
    ]
    assert SupplyAnswer.objects.filter(cycle=cycle).count() == 4


def test_the_milestone_is_reached_only_on_signed_demand(cast: Cast, cycle: Cycle) -> None:
    milestone_withdraw(cycle=cycle, kinds=[Milestone.DEMAND_SIGNED], at=AT, why="test")
    version = supply_plan_build(cycle=cycle, at=AT)
    assert NOT_SIGNED in version.note
    assert Milestone.SUPPLY_PLANNED not in milestones_reached(cycle)


def test_it_says_what_it_was_made_from(cast: Cast, cycle: Cycle) -> None:
    version = supply_plan_build(cycle=cycle, at=AT, by=cast.supply_planner)
    assert version.made_from == version_current(cycle, Stage.DEMAND_PLAN)
    assert version.made_by == cast.supply_planner
    assert Milestone.SUPPLY_PLANNED in milestones_reached(cycle)


def test_without_a_demand_plan_it_is_refused_in_words(cast: Cast) -> None:
    with pytest.raises(Refused, match="has no demand plan yet"):
        supply_plan_build(cycle=cycle_opened(), at=AT)
    assert not SupplyAnswer.objects.exists()


def test_due_queues_it_once_and_the_handler_does_it(cast: Cast, cycle: Cycle) -> None:
    due(at=AT)
    due(at=AT + timedelta(seconds=30))
    job = Job.objects.get(kind=KIND)
    part = job.parts.get()
    said = supply_plan_part(job=job.pk, payload=part.payload, at=AT)
    assert said == "Supply plan of 2026-11, shared by the rule fair_share"
    assert not supply_plan_stale(cycle)
    Job.objects.all().delete()
    due(at=LATER)
    assert not Job.objects.filter(kind=KIND).exists()


def test_a_newer_demand_plan_makes_it_due_again(cast: Cast, cycle: Cycle) -> None:
    supply_plan_build(cycle=cycle, at=AT)
    demand_planned(cycle, at=LATER)
    assert supply_plan_stale(cycle)
    due(at=LATER)
    assert Job.objects.filter(kind=KIND).count() == 1


def test_a_failed_plan_is_not_tried_for_ever(cast: Cast, cycle: Cycle) -> None:
    due(at=LATER)
    Job.objects.update(state=WorkState.FAILED)
    due(at=LATER + timedelta(minutes=1))
    assert Job.objects.count() == 1


def test_nothing_is_due_before_demand_is_signed(cast: Cast) -> None:
    demand_planned(cycle_opened())
    due(at=AT)
    assert not Job.objects.exists()


# --- Replays of the past ----------------------------------------------------------


def replayed(cast: Cast, month: date) -> tuple[Cycle, ForecastVersion]:
    cycle = cycle_opened(month=month, simulated=True)
    demand_planned(cycle, peaks=PEAK)
    return cycle, supply_answer_for_replay(cycle=cycle, at=AT)


def test_a_replay_without_stock_of_that_time_counts_capacity_only(cast: Cast) -> None:
    cycle, version = replayed(cast, date(2026, 9, 1))
    assert version.note == STOCK_UNKNOWN
    assert of(cycle, "ALPHA").opening_stock is None
    # regular and overtime: 180 hours make 90 bikes, 15 of them BETA
    assert of(cycle, "ALPHA").committed[2] + of(cycle, "BETA").committed[2] == pytest.approx(90)
    assert not Gap.objects.exists()
    assert not milestones_reached(cycle)


def test_a_replay_sees_no_fact_of_its_own_month_or_later(cast: Cast) -> None:
    Inventory.objects.create(as_of=date(2026, 8, 31), product=cast.products["ALPHA"], on_hand=50)
    Inventory.objects.create(as_of=date(2026, 9, 30), product=cast.products["ALPHA"], on_hand=999)
    SupplyOrder.objects.create(
        code="P-1", product=cast.products["ALPHA"], kind="production", qty=500, due_on=date(2026, 9, 15)
    )
    common = {"customer": cast.customers["NORTH"], "product": cast.products["ALPHA"], "qty": 3}
    OrderLine.objects.create(code="O-1", ordered_on=date(2026, 8, 30), shipped_on=date(2026, 9, 4), **common)
    OrderLine.objects.create(code="O-2", ordered_on=date(2026, 9, 2), **common)
    cycle, version = replayed(cast, date(2026, 9, 1))
    alpha = of(cycle, "ALPHA")
    assert (alpha.opening_stock, alpha.opening_backlog) == (50, 3)
    assert alpha.supply[0] < 100
    assert "supply orders of that time are not known" in version.note


def test_a_real_cycle_is_not_replayed(cast: Cast, cycle: Cycle) -> None:
    with pytest.raises(ValueError, match="not simulated"):
        supply_answer_for_replay(cycle=cycle, at=AT)
