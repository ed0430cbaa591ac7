"""Supply on the demonstration company: the facts its data were made to have, and a whole plan."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from django.db.models import Sum
from django.db.models.functions import Coalesce

from cycles.models import Cycle
from cycles.periods import add_months, month_range, months_between
from cycles.services import cycle_open
from cycles.steps import Step
from demand.matrices import Matrix, Plan
from demand.models import Booking, Shipment, Stage
from demand.selectors.history import history
from demand.selectors.lines import cycle_lines
from demand.selectors.versions import cycle_line_ids, version_plan
from demand.services.versions import cycle_lines_freeze, version_store
from supply.as_commitment import priced
from supply.capacity import load_hours
from supply.cheapest_plan import cheapest_plan
from supply.ground import problem_of
from supply.models import Gap, Inventory, Receipt
from supply.selectors.answers import answer_of
from supply.selectors.facts import capacity_of
from supply.selectors.family_page import families_page, family_page
from supply.selectors.products import supply_products
from supply.selectors.scenario_results import rules_on
from supply.selectors.sheet import CLOSED_MONTHS
from supply.selectors.start import scenario_start
from supply.services.planning import supply_plan_build
from tests.supply.sheets import block_rows

FIRST, MONTHS = date(2017, 7, 1), 35
AT = datetime(2020, 6, 12, 9, tzinfo=UTC)
JUNE = date(2020, 6, 1)
pytestmark = pytest.mark.slow


def opened() -> Cycle:
    times = {
        step: (datetime(2020, 6, 1 + 2 * i, tzinfo=UTC), datetime(2020, 6, 2 + 2 * i, tzinfo=UTC))
        for i, step in enumerate(Step)
    }
    cycle = cycle_open(month=JUNE, times=times, horizon=24, at=AT)
    cycle_lines_freeze(cycle=cycle)
    return cycle


def booked(products: pd.DataFrame) -> Matrix:
    """Units booked per planning product over all closed months."""
    quantity = np.zeros((len(products), MONTHS))
    totals = Booking.objects.values_list("month", Coalesce("product__plan_as", "product")).annotate(Sum("qty"))
    for month, product, qty in totals:
        quantity[products.index.get_loc(product), months_between(FIRST, month)] += qty
    return quantity


def test_bookings_overload_exactly_eight_cells(demo_company: object) -> None:
    cycle = opened()
    products = supply_products(cycle)
    capacity = capacity_of(cycle, products)
    load = load_hours(capacity.hours, booked(products))
    limit = (capacity.regular + capacity.overtime)[:, :1]
    months = month_range(FIRST, MONTHS)
    over = {(capacity.codes[r], months[m]) for r, m in np.argwhere(load > limit)}
    assert over == {
        (code, month) for code in ("WC20", "WC30", "WC50", "WC60") for month in (date(2019, 8, 1), date(2019, 9, 1))
    }


def test_the_load_is_the_sum_of_bookings_times_their_hours(demo_company: object) -> None:
    """Added up row by row of the bookings, apart from the matrices the plan works with."""
    products = supply_products(opened())
    capacity = capacity_of(Cycle.objects.get(month=JUNE), products)
    per_unit = {
        (code, int(product)): capacity.hours[r, p]
        for r, code in enumerate(capacity.codes)
        for p, product in enumerate(products.index)
    }
    asked = np.zeros((len(capacity.codes), MONTHS))
    rows = Booking.objects.values_list("month", Coalesce("product__plan_as", "product"), "qty")
    for month, product, qty in rows:
        for r, code in enumerate(capacity.codes):
            asked[r, months_between(FIRST, month)] += qty * per_unit[code, product]
    np.testing.assert_allclose(load_hours(capacity.hours, booked(products)), asked, rtol=1e-12)


def test_stock_is_stock_before_and_receipts_less_shipments(demo_company: object) -> None:
    stock = {(row.as_of.replace(day=1), row.product_id): row.on_hand for row in Inventory.objects.all()}
    came = {(row.month, row.product_id): row.qty for row in Receipt.objects.all()}
    shipped: dict[tuple[date, int], float] = {}
    for month, product, qty in Shipment.objects.values_list("month", "product").annotate(Sum("qty")):
        shipped[month, product] = qty
    first = min(month for month, _ in stock)
    checked = 0
    for (month, product), on_hand in stock.items():
        if month == first:
            continue
        before = stock.get((add_months(month, -1), product), 0.0)
        assert on_hand == before + came.get((month, product), 0.0) - shipped.get((month, product), 0.0)
        checked += 1
    assert checked > 1_000


@pytest.fixture
def planned(demo_company: object) -> Cycle:
    """A plan on last year's bookings, month for month, twice."""
    cycle = opened()
    lines = cycle_line_ids(cycle)
    year = np.maximum(history(lines, start=add_months(JUNE, -12), before=JUNE).quantity, 0.0)
    plan = Plan(lines, cycle.month, np.concatenate([year, year], axis=1))
    version_store(cycle=cycle, stage=Stage.DEMAND_PLAN, plan=plan, at=AT)
    supply_plan_build(cycle=cycle, at=AT)
    return cycle


def test_the_plan_balances_and_is_shared_to_the_last_unit(planned: Cycle) -> None:
    answer = answer_of(planned)
    assert answer is not None
    assert answer.opening_stock is not None
    before = np.column_stack([answer.opening_stock, answer.inventory[:, :-1]])
    np.testing.assert_allclose(before + answer.supply - answer.shipments, answer.inventory, atol=1e-6)
    owed = np.column_stack([answer.opening_backlog, answer.backlog[:, :-1]])
    np.testing.assert_allclose(owed + answer.demand - answer.shipments, answer.backlog, atol=1e-6)
    assert answer.opening_backlog.sum() == 2_560
    shared = version_plan(planned.versions.get(stage=Stage.SUPPLY_PLAN, state="current"))
    product = cycle_lines(planned, lines=shared.lines)["product_id"].to_numpy()
    total = np.stack([shared.quantity[product == p].sum(axis=0) for p in answer.products.index])
    np.testing.assert_allclose(total, answer.committed, atol=1e-6)


def test_the_summer_peak_comes_back_as_gaps(planned: Cycle) -> None:
    found = {(gap.resource.code, gap.month) for gap in Gap.objects.select_related("resource")}
    assert found
    assert {month.month for _, month in found} <= {8, 9, 10, 11, 12}
    assert {code for code, _ in found} <= {"WC20", "WC30", "WC50", "WC60"}


def test_the_sheet_of_closed_months_is_the_stock_that_was_recorded(planned: Cycle) -> None:
    page = family_page(planned, "MOUNTAIN-BIKES")
    rows = {row["name"].split(" ")[0]: row for row in block_rows(page["blocks"])}
    recorded = [
        Inventory.objects.filter(
            as_of__gte=month, as_of__lt=add_months(month, 1), product__family__code="MOUNTAIN-BIKES"
        ).aggregate(total=Sum("on_hand"))["total"]
        for month in page["months"][:CLOSED_MONTHS]
    ]
    assert [cell["value"] for cell in rows["Inventory"]["cells"][:CLOSED_MONTHS]] == recorded


def test_the_cheapest_plan_of_the_whole_company_balances_and_beats_the_rules(planned: Cycle) -> None:
    start = scenario_start(planned, [])
    problem = problem_of(start.ground)
    made = cheapest_plan(problem)
    by_rules = priced(rules_on(start.ground), problem, bound=made.cost)
    assert made.cost <= by_rules.cost
    assert 0 <= by_rules.gap <= 1
    stock = np.column_stack([start.ground.stock, made.inventory[:, :-1]])
    np.testing.assert_allclose(
        stock + start.ground.receipts + made.production + made.bought - made.shipments.sum(axis=0),
        made.inventory,
        atol=1e-4,
    )
    assert (made.load <= start.ground.released + 1e-4).all()
    short = {start.ground.resources[r] for r, _ in np.argwhere(made.hour_value > 1)}
    assert short <= {"WC20", "WC30", "WC50", "WC60"}
    assert "WC20" in short


def test_every_family_sheet_adds_up_as_shown(planned: Cycle) -> None:
    for group in families_page(planned)["groups"]:
        rows = {row["name"].split(" ")[0]: row for row in block_rows(group["blocks"])}
        values = {name: np.array([cell["value"] for cell in row["cells"]]) for name, row in rows.items()}
        for stock, plus in (("Inventory", "Supply"), ("Backlog", "Bookings")):
            before = np.concatenate([[rows[stock]["opening"]], values[stock][:-1]])
            assert (before + values[plus] - values["Shipments"] == values[stock]).all(), group["name"]
            assert (values[stock] >= 0).all()
