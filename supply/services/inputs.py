"""Saving what is typed into the sheets of capacity, stock and open orders; and planning again with it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from cycles.models import Cycle, CycleState
from cycles.periods import parse_month
from demand.models import ForecastVersion, SaveToken
from demand.services.entries import answer_stored
from jobs.errors import Invalid, Refused
from masterdata.models import Person, Product, RowChange
from supply.allocation import Rule
from supply.inputs import DAY, Figure, InputEdit, Inputs, Written, conflicts, day_of, faults, written
from supply.models import CapacityException, Inventory, Resource, SupplyOrder
from supply.policy import check_capacity_editor, check_planner
from supply.selectors.inputs import NOT_TYPED, InputSheet, input_sheet, last_by, missing_reasons, stock_day
from supply.selectors.inputs_changed import TABLES
from supply.services.planning import supply_plan_build
from supply.wording import list_text

NAMED = 5
Rows = Mapping[int, list[Written]]


@dataclass(frozen=True)
class _Save:
    cycle: Cycle
    kind: Inputs
    person: Person
    at: datetime


@transaction.atomic
def inputs_save(
    *, cycle: Cycle, kind: Inputs, person: Person, edits: Sequence[InputEdit], at: datetime, token: UUID
) -> dict[str, Any]:
    """Save a batch of typed figures, all or nothing, each on record with who, when and why.

    A repeated token gets the stored answer. Refused with both values where a figure is not what its editor saw.
    """
    check_capacity_editor(person)
    if (stored := answer_stored(person, token)) is not None:
        return stored
    _check_open(cycle)
    _lock(kind, edits)
    sheet = input_sheet(cycle, kind)
    _check(sheet, edits)
    reasons = {row.row: row.reason for row in sheet.rows if row.reason != NOT_TYPED}
    _write(_Save(cycle, kind, person, at), written(edits, sheet.figures, reasons))
    answer = {"saved": [_saved(edit, sheet) for edit in edits], "at": at.isoformat()}
    SaveToken.objects.create(person=person, token=token, answer=answer, at=at)
    return answer


def _check_open(cycle: Cycle) -> None:
    if cycle.state != CycleState.OPEN:
        raise Refused("cycle_ended", f"The cycle {cycle.code} has ended; its figures stay as they are.")


def _lock(kind: Inputs, edits: Sequence[InputEdit]) -> None:
    """Two people who type into the same rows take turns; whoever comes second sees the first one's numbers."""
    model = {Inputs.CAPACITY: Resource, Inputs.STOCK: Product, Inputs.ORDERS: SupplyOrder}[kind]
    heads = {edit.row.partition(":")[0] for edit in edits}
    keys = [int(head) for head in heads if head.isascii() and head.isdigit() and len(head) < 18]
    list(model._default_manager.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))


def _check(sheet: InputSheet, edits: Sequence[InputEdit]) -> None:
    known = sheet.figures
    errors = faults(edits, known)
    if errors:
        raise Invalid(str(errors[0]["detail"]), errors=errors)
    found = conflicts(edits, known)
    if found:
        by = last_by(sheet.kind, [edit.row for edit, _ in found])
        raise Refused(
            "conflict",
            f"{len(found)} of these figures changed since you saw them. Choose which to keep; nothing was saved.",
            conflicts=[
                {
                    "line": edit.row,
                    "month": edit.column,
                    "yours": edit.value,
                    "theirs": cell.value,
                    "by": by.get(edit.row, "a file"),
                }
                for edit, cell in found
            ],
        )


def _saved(edit: InputEdit, sheet: InputSheet) -> dict[str, Any]:
    value = sheet.figures[edit.key].base if edit.value is None else edit.value
    return {"line": edit.row, "month": edit.column, "value": value}


def _write(save: _Save, cells: Sequence[Written]) -> None:
    """A few statements however many rows are typed into."""
    by_row: dict[int, list[Written]] = defaultdict(list)
    for cell in cells:
        by_row[int(cell.figure.row.partition(":")[0])].append(cell)
    store = {Inputs.CAPACITY: _store_capacity, Inputs.STOCK: _store_stock, Inputs.ORDERS: _store_orders}[save.kind]
    RowChange.objects.bulk_create([_change(save, key, cell) for key, cell in store(save, by_row)])


def _change(save: _Save, key: str, cell: Written) -> RowChange:
    """`row` and the name of the figure say which cell of the sheet it was."""
    figure = cell.figure
    name = figure.row.partition(":")[2] or figure.column
    return RowChange(
        table=TABLES[save.kind],
        key=key,
        before={name: _recorded(figure, figure.value)},
        after={name: _recorded(figure, cell.value), "reason": cell.reason, "row": figure.row},
        by=save.person,
        at=save.at,
    )


def _recorded(figure: Figure, value: float) -> float | str:
    """What the record keeps: a number, or a date that can be read."""
    return day_of(value).isoformat() if figure.column == DAY else value


def _store_capacity(save: _Save, by_row: Rows) -> list[tuple[str, Written]]:
    """Every month on its own: the same as the standard takes the exception away."""
    resources = Resource.objects.in_bulk(list(by_row))
    found = {(row.resource_id, row.month): row for row in CapacityException.objects.filter(resource__in=resources)}
    touched: dict[tuple[int, date], CapacityException] = {}
    said = []
    for pk, cells in by_row.items():
        resource = resources[pk]
        for cell in cells:
            month = parse_month(cell.figure.column)
            row = found.get((pk, month)) or CapacityException(resource=resource, month=month, **_standard(resource))
            found[pk, month] = touched[pk, month] = row
            setattr(row, cell.figure.row.partition(":")[2], cell.value)
            said.append((f"{resource.code} {cell.figure.column}", cell))
    _store_exceptions(touched.values(), resources)
    return said


def _standard(resource: Resource) -> dict[str, float]:
    return {"regular": resource.regular_capacity, "overtime": resource.overtime_capacity}


def _store_exceptions(rows: Iterable[CapacityException], resources: Mapping[int, Resource]) -> None:
    kept: list[CapacityException] = []
    gone: list[CapacityException] = []
    for row in rows:
        same_as_usual = {"regular": row.regular, "overtime": row.overtime} == _standard(resources[row.resource_id])
        (gone if same_as_usual else kept).append(row)
    CapacityException.objects.filter(pk__in=[row.pk for row in gone if row.pk is not None]).delete()
    CapacityException.objects.bulk_create(
        kept,
        update_conflicts=True,
        unique_fields=["resource", "month"],
        update_fields=["regular", "overtime"],
    )


def _store_stock(save: _Save, by_row: Rows) -> list[tuple[str, Written]]:
    day, products = stock_day(save.cycle), Product.objects.in_bulk(list(by_row))
    found = {row.product_id: row for row in Inventory.objects.filter(as_of=day, product__in=products)}
    rows, said = [], []
    for pk, cells in by_row.items():
        row = found.get(pk) or Inventory(as_of=day, product=products[pk], on_hand=0.0)
        for cell in cells:
            setattr(row, cell.figure.column, cell.value)
            said.append((f"{products[pk].code} {day:%Y-%m-%d}", cell))
        rows.append(row)
    Inventory.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["as_of", "product"],
        update_fields=["on_hand", "safety_stock"],
    )
    return said


def _store_orders(save: _Save, by_row: Rows) -> list[tuple[str, Written]]:
    orders = SupplyOrder.objects.in_bulk(list(by_row))
    for pk, cells in by_row.items():
        for cell in cells:
            if cell.figure.column == DAY:
                orders[pk].due_on = day_of(cell.value)
            else:
                orders[pk].qty = cell.value
    SupplyOrder.objects.bulk_update(orders.values(), ["qty", "due_on"])
    return [(orders[pk].code, cell) for pk, cells in by_row.items() for cell in cells]


@transaction.atomic
def supply_plan_again(*, cycle: Cycle, person: Person, at: datetime, rule: Rule | None = None) -> ForecastVersion:
    """Plan again with the figures as they are now; refused while a change of them has no reason."""
    check_planner(person, "Making the supply plan")
    missing = missing_reasons(cycle)
    if missing:
        raise Refused(
            "reasons_missing",
            f"Say why these figures changed: {list_text(missing, NAMED)}. Then work the plan out again.",
        )
    return supply_plan_build(cycle=cycle, at=at, by=person, rule=rule)
