"""Typing over capacity, stock and open orders: what is saved, recorded, refused, and what becomes of the plan."""

import json
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from cycles.models import Cycle
from demand.models import Stage
from demand.selectors.versions import version_current
from jobs.errors import Invalid, NotYours, Refused
from jobs.models import MovedClock
from masterdata.models import ImportRun, Person, RowChange
from supply.inputs import DAY, Figure, InputEdit, Inputs, conflicts, day_of, days, faults, same, written
from supply.models import CapacityException, Gap, Inventory, Resource, SupplyAnswer, SupplyOrder
from supply.selectors.inputs import input_sheet, missing_reasons
from supply.selectors.inputs_changed import plan_outdated
from supply.services.gaps import gaps_take_recommended
from supply.services.inputs import inputs_save, supply_plan_again
from supply.services.planning import supply_plan_build
from supply.services.signing import supply_sign
from tests.cast import Cast, small_company
from tests.supply.demand_plans import AT, LATER, cycle_signed

pytestmark = pytest.mark.django_db
MAR = date(2027, 3, 1)
MOST_QUERIES = 40


@pytest.fixture
def cast() -> Cast:
    MovedClock.objects.create(at=LATER)
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    cycle = cycle_signed(peaks={("ALPHA", 2): 40.0})
    supply_plan_build(cycle=cycle, at=AT)
    return cycle


def save(cast: Cast, cycle: Cycle, kind: Inputs, *edits: InputEdit, by: Person | None = None) -> dict[str, object]:
    return inputs_save(
        cycle=cycle, kind=kind, person=by or cast.supply_planner, edits=list(edits), at=LATER, token=uuid4()
    )


def capacity(cast: Cast, part: str, month: str, value: float | None, **more: object) -> InputEdit:
    return InputEdit(f"{cast.resource.pk}:{part}", month, value, **more)  # type: ignore[arg-type]


def cell(cycle: Cycle, kind: Inputs, row: str, column: str) -> Figure:
    return input_sheet(cycle, kind).figures[row, column]


# --- What is stored ---------------------------------------------------------------


def test_a_typed_month_becomes_an_exception_and_the_other_part_keeps_its_standard(cast: Cast, cycle: Cycle) -> None:
    save(cast, cycle, Inputs.CAPACITY, capacity(cast, "regular", "2027-03", 55.0, reason="Another shift"))
    row = CapacityException.objects.get()
    assert (row.month, row.regular, row.overtime) == (MAR, 55.0, cast.resource.overtime_capacity)
    change = RowChange.objects.get(table="supply_capacityexception")
    assert (change.by, change.at, change.key) == (cast.supply_planner, LATER, f"{cast.resource.code} 2027-03")
    assert change.before == {"regular": cast.resource.regular_capacity}
    assert change.after == {"regular": 55.0, "reason": "Another shift", "row": f"{cast.resource.pk}:regular"}


def test_nothing_typed_goes_back_to_the_standard_and_takes_the_exception_away(cast: Cast, cycle: Cycle) -> None:
    save(cast, cycle, Inputs.CAPACITY, capacity(cast, "regular", "2027-03", 55.0))
    answer = save(cast, cycle, Inputs.CAPACITY, capacity(cast, "regular", "2027-03", None, seen=55.0))
    assert not CapacityException.objects.exists()
    assert answer["saved"] == [
        {"line": f"{cast.resource.pk}:regular", "month": "2027-03", "value": cast.resource.regular_capacity}
    ]


def test_stock_is_typed_over_and_goes_back_to_what_was_imported(cast: Cast, cycle: Cycle) -> None:
    product = cast.products["ALPHA"]
    stock = Inventory.objects.filter(product=product).latest("as_of")
    row = str(product.pk)
    save(cast, cycle, Inputs.STOCK, InputEdit(row, "on_hand", 7.0), InputEdit(row, "safety_stock", 3.0))
    save(cast, cycle, Inputs.STOCK, InputEdit(row, "on_hand", 9.0, seen=7.0))
    found = Inventory.objects.get(pk=stock.pk)
    assert (found.on_hand, found.safety_stock) == (9.0, 3.0)
    assert cell(cycle, Inputs.STOCK, row, "on_hand").base == stock.on_hand
    save(cast, cycle, Inputs.STOCK, InputEdit(row, "on_hand", None, seen=9.0))
    assert Inventory.objects.get(pk=stock.pk).on_hand == stock.on_hand


def test_a_new_import_is_what_a_cell_goes_back_to(cast: Cast, cycle: Cycle) -> None:
    row = str(cast.products["ALPHA"].pk)
    save(cast, cycle, Inputs.STOCK, InputEdit(row, "on_hand", 7.0))
    run = ImportRun.objects.create(source="inventory.csv", content_hash="1", at=LATER)
    RowChange.objects.create(run=run, table="supply_inventory", key="any", at=LATER)
    assert cell(cycle, Inputs.STOCK, row, "on_hand").base == 7.0


def test_without_stock_the_first_typed_number_begins_one(cast: Cast, cycle: Cycle) -> None:
    Inventory.objects.all().delete()
    save(cast, cycle, Inputs.STOCK, InputEdit(str(cast.products["BETA"].pk), "on_hand", 12.0))
    assert list(Inventory.objects.values_list("as_of", "on_hand")) == [(date(2026, 10, 31), 12.0)]


def test_an_order_that_does_not_come_any_more_is_out_of_the_plan(cast: Cast, cycle: Cycle) -> None:
    order = SupplyOrder.objects.create(
        code="PO-1", product=cast.products["GAMMA"], kind="purchase", qty=500, due_on=cycle.month
    )
    supply_plan_again(cycle=cycle, person=cast.supply_planner, at=LATER)
    before = SupplyAnswer.objects.get(cycle=cycle, product=order.product).supply[0]
    save(cast, cycle, Inputs.ORDERS, InputEdit(str(order.pk), "qty", 0.0, reason="Supplier's word"))
    supply_plan_again(cycle=cycle, person=cast.supply_planner, at=LATER + timedelta(hours=1))
    assert before >= 500
    assert SupplyAnswer.objects.get(cycle=cycle, product=order.product).supply[0] <= before - 400


def ordered(cast: Cast, due_on: date) -> SupplyOrder:
    return SupplyOrder.objects.create(
        code="PO-1", product=cast.products["GAMMA"], kind="purchase", qty=500, due_on=due_on
    )


def test_an_order_that_comes_on_another_day_is_planned_in_its_month(cast: Cast, cycle: Cycle) -> None:
    order = ordered(cast, cycle.month)
    supply_plan_again(cycle=cycle, person=cast.supply_planner, at=LATER)
    before = SupplyAnswer.objects.get(cycle=cycle, product=order.product).supply
    day = date(2027, 1, 15)
    edit = InputEdit(str(order.pk), DAY, days(day), days(cycle.month), "Supplier's word")
    save(cast, cycle, Inputs.ORDERS, edit)
    order.refresh_from_db()
    assert (order.due_on, order.qty) == (day, 500)
    change = RowChange.objects.latest("pk")
    assert (change.before, change.after) == (
        {"due_on": "2026-11-01"},
        {"due_on": "2027-01-15", "reason": "Supplier's word", "row": str(order.pk)},
    )
    held = cell(cycle, Inputs.ORDERS, str(order.pk), DAY)
    assert (held.day, held.base, held.changed) == (day, days(cycle.month), True)
    supply_plan_again(cycle=cycle, person=cast.supply_planner, at=LATER + timedelta(hours=1))
    after = SupplyAnswer.objects.get(cycle=cycle, product=order.product).supply
    assert (after[0] < before[0], after[2] > before[2]) == (True, True)
    save(cast, cycle, Inputs.ORDERS, InputEdit(str(order.pk), DAY, None, days(day)))
    order.refresh_from_db()
    assert order.due_on == cycle.month


@pytest.mark.parametrize("value", [-1.0, 36_525.0, 12.5])
def test_a_day_that_is_none_is_refused(cast: Cast, cycle: Cycle, value: float) -> None:
    order = ordered(cast, cycle.month)
    with pytest.raises(Invalid, match="Type a date from 2000 to 2099"):
        save(cast, cycle, Inputs.ORDERS, InputEdit(str(order.pk), DAY, value))
    order.refresh_from_db()
    assert order.due_on == cycle.month


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_day_is_a_number_and_back(day: date) -> None:
    assert day_of(days(day)) == day
    assert not same(days(day), days(day + timedelta(days=1)))


# --- Reasons ----------------------------------------------------------------------


def test_a_reason_given_later_is_recorded_and_counts_for_its_row(cast: Cast, cycle: Cycle) -> None:
    save(cast, cycle, Inputs.CAPACITY, capacity(cast, "overtime", "2027-03", 1.0))
    assert missing_reasons(cycle) == [f"{cast.resource.name} {cast.resource.code} (overtime)"]
    save(cast, cycle, Inputs.CAPACITY, capacity(cast, "overtime", "2027-03", 1.0, seen=1.0, reason="Staff"))
    assert missing_reasons(cycle) == []
    save(cast, cycle, Inputs.CAPACITY, capacity(cast, "overtime", "2027-04", 2.0))
    assert RowChange.objects.order_by("-pk")[0].after["reason"] == "Staff"


def test_a_change_without_a_reason_stops_the_plan_and_is_named(cast: Cast, cycle: Cycle) -> None:
    save(cast, cycle, Inputs.CAPACITY, capacity(cast, "regular", "2027-03", 55.0))
    with pytest.raises(Refused, match=rf"{cast.resource.name} {cast.resource.code} \(regular\)") as refusal:
        supply_plan_again(cycle=cycle, person=cast.supply_planner, at=LATER)
    assert refusal.value.code == "reasons_missing"


def test_what_came_with_a_file_needs_no_reason(cast: Cast, cycle: Cycle) -> None:
    CapacityException.objects.create(resource=cast.resource, month=MAR, regular=1.0, overtime=0.0)
    assert missing_reasons(cycle) == []


# --- What is refused --------------------------------------------------------------


def test_somebody_else_s_number_is_a_conflict_with_both_values(cast: Cast, cycle: Cycle) -> None:
    save(cast, cycle, Inputs.CAPACITY, capacity(cast, "regular", "2027-03", 55.0))
    with pytest.raises(Refused) as refusal:
        save(
            cast,
            cycle,
            Inputs.CAPACITY,
            capacity(cast, "regular", "2027-03", 60.0, seen=cast.resource.regular_capacity),
            capacity(cast, "regular", "2027-04", 61.0, seen=cast.resource.regular_capacity),
        )
    assert refusal.value.extra["conflicts"] == [
        {
            "line": f"{cast.resource.pk}:regular",
            "month": "2027-03",
            "yours": 60.0,
            "theirs": 55.0,
            "by": cast.supply_planner.name,
        }
    ]
    assert CapacityException.objects.get().regular == 55.0


def test_a_repeated_token_gets_the_same_answer_and_writes_once(cast: Cast, cycle: Cycle) -> None:
    token, edit = uuid4(), capacity(cast, "regular", "2027-03", 55.0)
    given = {"cycle": cycle, "kind": Inputs.CAPACITY, "person": cast.supply_planner, "edits": [edit], "at": LATER}
    assert inputs_save(**given, token=token) == inputs_save(**given, token=token)
    assert RowChange.objects.count() == 1


@pytest.mark.parametrize("who", ["oscar", "dora", "rita", "adam", "lena"])
def test_only_the_supply_planner_types(cast: Cast, cycle: Cycle, who: str) -> None:
    with pytest.raises(NotYours, match="kept by the supply planner"):
        save(cast, cycle, Inputs.CAPACITY, capacity(cast, "regular", "2027-03", 5.0), by=cast.people[who])


@pytest.mark.parametrize(
    ("row", "column", "value"), [("0:regular", "2027-03", 1.0), ("x", "", 1.0), ("", "on_hand", 1.0)]
)
def test_a_figure_that_does_not_exist_is_said(cast: Cast, cycle: Cycle, row: str, column: str, value: float) -> None:
    with pytest.raises(Invalid, match="no such figure"):
        save(cast, cycle, Inputs.CAPACITY, InputEdit(row, column, value))


def test_a_negative_number_is_refused_with_its_cell(cast: Cast, cycle: Cycle) -> None:
    with pytest.raises(Invalid) as refusal:
        save(cast, cycle, Inputs.CAPACITY, capacity(cast, "regular", "2027-03", -1.0))
    assert refusal.value.extra["errors"][0]["month"] == "2027-03"  # type: ignore[index]


# --- The plan ---------------------------------------------------------------------


def test_a_typed_figure_makes_the_plan_out_of_date_until_it_is_worked_out_again(cast: Cast, cycle: Cycle) -> None:
    assert plan_outdated(cycle) is None
    save(cast, cycle, Inputs.CAPACITY, capacity(cast, "regular", "2027-03", 55.0, reason="Another shift"))
    found = plan_outdated(cycle)
    assert found is not None
    assert found.text == (
        f"1 figure of capacity, stock or open orders changed since this supply plan was made, "
        f"the last by {cast.supply_planner.name}."
    )
    supply_plan_again(cycle=cycle, person=cast.supply_planner, at=LATER)
    assert plan_outdated(cycle) is None


def test_a_plan_out_of_date_is_not_signed(cast: Cast, cycle: Cycle) -> None:
    gaps_take_recommended(cycle=cycle, person=cast.supply_planner, at=AT)
    Gap.objects.filter(cycle=cycle).update(state=Gap.State.ESCALATED)
    save(cast, cycle, Inputs.CAPACITY, capacity(cast, "regular", "2027-03", 55.0, reason="Staff"))
    with pytest.raises(Refused, match="Work the plan out again") as refusal:
        supply_sign(cycle=cycle, person=cast.coo, at=LATER)
    assert refusal.value.code == "plan_stale"


# --- The page ---------------------------------------------------------------------


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def test_the_page_shows_every_resource_twice_and_saves(cast: Cast, cycle: Cycle) -> None:
    client, row = client_of(cast.supply_planner), f"{cast.resource.pk}:regular"
    page = client.get("/supply/inputs/capacity/").content.decode()
    assert f'data-line="{row}"' in page
    assert page.count('data-m="2027-03"') == 2
    edit = {"line": row, "month": "2027-03", "value": 41, "seen": cast.resource.regular_capacity, "reason": "Staff"}
    sent = json.dumps({"token": str(uuid4()), "edits": [edit]})
    answer = client.post("/supply/inputs/capacity/save/", sent, content_type="application/json")
    assert answer.json()["saved"] == [{"line": row, "month": "2027-03", "value": 41.0}]
    page = " ".join(client.get("/supply/inputs/capacity/").content.decode().split())
    assert "1 figure of capacity, stock or open orders changed since this supply plan was made" in page
    assert "regular 41" in page


@pytest.mark.parametrize("sheet", list(Inputs))
def test_everybody_reads_the_sheets_and_only_the_planner_types(cast: Cast, cycle: Cycle, sheet: str) -> None:
    SupplyOrder.objects.create(code="PO-1", product=cast.products["GAMMA"], kind="purchase", qty=5, due_on=MAR)
    for who, types in (("sam", True), ("oscar", False), ("rita", False), ("adam", False)):
        page = client_of(cast.people[who]).get(f"/supply/inputs/{sheet}/").content.decode()
        assert ('role="grid"' in page) is types, who


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"token": "x", "edits": []}', '{"edits": [1]}'])
def test_what_cannot_be_read_is_refused(cast: Cast, cycle: Cycle, body: str) -> None:
    client = client_of(cast.supply_planner)
    answer = client.post("/supply/inputs/stock/save/", body, content_type="application/json")
    assert answer.status_code == 422


def test_an_unknown_sheet_is_not_there(cast: Cast, cycle: Cycle) -> None:
    assert client_of(cast.supply_planner).get("/supply/inputs/people/").status_code == 404


@pytest.mark.parametrize("sheet", list(Inputs))
def test_a_sheet_takes_few_queries_however_long_it_is(
    cast: Cast, cycle: Cycle, django_assert_max_num_queries: object, sheet: str
) -> None:
    client = client_of(cast.supply_planner)
    for i in range(30):
        SupplyOrder.objects.create(code=f"PO-{i}", product=cast.products["GAMMA"], kind="purchase", qty=5, due_on=MAR)
    with django_assert_max_num_queries(MOST_QUERIES):  # type: ignore[operator]
        client.get(f"/supply/inputs/{sheet}/")


# --- The rules, on generated sheets -------------------------------------------------

CELLS = st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1e6), st.floats(0, 1e6)), max_size=8)
TYPED = st.lists(st.tuples(st.integers(0, 9), st.none() | st.floats(-10, 2e9), st.none() | st.floats(0, 1e6)))


@given(CELLS, TYPED)
def test_every_edit_is_a_fault_a_conflict_or_as_it_stood(cells: list, typed: list) -> None:  # type: ignore[type-arg]
    known = {(f"r{row}", str(i)): Figure(f"r{row}", str(i), value, base) for i, (row, value, base) in enumerate(cells)}
    keys = [*known, ("none", "none")]
    edits = [InputEdit(*keys[at % len(keys)], value, seen) for at, value, seen in typed]
    wrong = faults(edits, known)
    named = {(fault["line"], fault["month"]) for fault in wrong}
    good = [edit for edit in edits if edit.key not in named]
    assert all(edit.key in known and (edit.value is None or 0 <= edit.value < 1e9) for edit in good)
    assert all(edit.seen is not None and edit.seen != cell.value for edit, cell in conflicts(good, known))
    for change in written(good, known, {}):
        assert change.value != change.figure.value


def test_the_plan_is_made_of_the_typed_capacity(cast: Cast, cycle: Cycle) -> None:
    """The gap of January is gone once its hours are there."""
    assert Gap.objects.filter(cycle=cycle).count() == 1
    save(cast, cycle, Inputs.CAPACITY, capacity(cast, "regular", "2027-01", 900.0, reason="Another shift"))
    supply_plan_again(cycle=cycle, person=cast.supply_planner, at=LATER)
    assert not Gap.objects.filter(cycle=cycle).exists()
    version = version_current(cycle, Stage.SUPPLY_PLAN)
    assert version is not None
    assert version.made_by == cast.supply_planner


@pytest.mark.parametrize("kind", list(Inputs))
def test_a_save_takes_as_many_statements_for_one_row_as_for_many(cast: Cast, cycle: Cycle, kind: Inputs) -> None:
    for i in range(12):
        Resource.objects.create(code=f"R{i}", name=f"Resource {i}", regular_capacity=100.0)
        SupplyOrder.objects.create(code=f"PO-{i}", product=cast.products["GAMMA"], kind="purchase", qty=5, due_on=MAR)
    rows = [figure for figure in input_sheet(cycle, kind).figures.values() if figure.column != "2026-11"]
    per_row = {figure.row.partition(":")[0]: figure for figure in rows}
    edits = [InputEdit(figure.row, figure.column, figure.value + 7) for figure in per_row.values()]
    counts = []
    for some in (edits[:1], edits[1:]):
        with CaptureQueriesContext(connection) as asked:
            save(cast, cycle, kind, *some)
        counts.append(len(asked))
    assert len(edits) >= 4
    assert counts[1] <= counts[0] + 1
    now = input_sheet(cycle, kind).figures
    assert [now[edit.key].value for edit in edits] == pytest.approx([edit.value for edit in edits])
    save(cast, cycle, kind, *[InputEdit(edit.row, edit.column, edit.value + 1) for edit in edits[:2]])
    assert input_sheet(cycle, kind).figures[edits[0].key].value == pytest.approx(edits[0].value + 1)
