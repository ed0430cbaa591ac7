"""Capacity, stock and open orders as sheets to type in, with who changed what and why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from django.db.models import Max

from cycles.models import Cycle, CycleState
from cycles.periods import month_range
from demand.models import CycleLine, Stage
from demand.selectors.versions import version_current
from masterdata.models import Person, Product, RowChange
from masterdata.roles import Role
from supply.inputs import DAY, Figure, Inputs, Key, days
from supply.models import CapacityException, Inventory, Resource, SupplyOrder
from supply.policy import supply_signed
from supply.selectors.inputs_changed import TABLES, plan_outdated

HISTORY: Final = 12
NOT_TYPED: Final = "as imported"
PARTS: Final = ("regular", "overtime")
MOVED: Final = {"qty": "still to come", DAY: "comes in on", "on_hand": "on hand", "safety_stock": "safety stock"}
REASONS: Final = (
    "Holidays or shutdown",
    "Another shift",
    "Machine or tool",
    "Staff",
    "Counted anew",
    "Supplier's word",
    "New target",
    "Corrected mistake",
)
WORDS: Final = {
    Inputs.CAPACITY: ("Capacity", "hours", "the standard"),
    Inputs.STOCK: ("Stock and safety stock", "units", "what was imported"),
    Inputs.ORDERS: ("Open supply orders", "units", "what was imported"),
}


@dataclass
class InputRow:
    """One row: its code, what people call it, and its cells; the reason is the last one given for it."""

    row: str
    name: str
    note: str
    decimals: int
    cells: list[Figure] = field(default_factory=list)
    reason: str = ""

    @property
    def shown_reason(self) -> str:
        return self.reason if any(cell.changed for cell in self.cells) else ""

    @property
    def reason_missing(self) -> bool:
        return not self.reason and any(cell.changed for cell in self.cells)


@dataclass
class InputSheet:
    """Rows and named columns. `keys` gives the text that RowChange knows a cell by."""

    kind: Inputs
    columns: list[tuple[str, str]]
    rows: list[InputRow]

    @property
    def figures(self) -> dict[Key, Figure]:
        return {(cell.row, cell.column): cell for row in self.rows for cell in row.cells}


def input_sheet(cycle: Cycle, kind: Inputs) -> InputSheet:
    """One sheet as it stands, reasons included."""
    makers: dict[Inputs, Callable[[Cycle, dict[Key, float]], InputSheet]] = {
        Inputs.CAPACITY: _capacity,
        Inputs.STOCK: _stock,
        Inputs.ORDERS: _orders,
    }
    typed = typed_since_import(kind)
    sheet = makers[kind](cycle, _bases(typed))
    known = {row_of(change) for change in typed}
    reasons = {row_of(change): reason for change in typed if (reason := (change.after or {}).get("reason"))}
    for row in sheet.rows:
        imported = row.row not in known and any(cell.changed for cell in row.cells)
        row.reason = reasons.get(row.row, NOT_TYPED if imported else "")
    return sheet


def missing_reasons(cycle: Cycle) -> list[str]:
    """The rows of all sheets that people changed without saying why."""
    sheets = [input_sheet(cycle, kind) for kind in Inputs]
    return [f"{row.name} ({row.note})" for sheet in sheets for row in sheet.rows if row.reason_missing]


def typed_since_import(kind: Inputs) -> list[RowChange]:
    """What people changed in the cells of a sheet since its table was last imported, the oldest first."""
    changes = RowChange.objects.filter(table=TABLES[kind])
    imported = changes.filter(run__isnull=False).aggregate(last=Max("pk"))["last"] or 0
    rows = changes.filter(run=None, pk__gt=imported, after__has_key="row").order_by("pk").select_related("by__user")
    return list(rows)


def row_of(change: RowChange) -> str:
    """The row of the sheet that a typed change belongs to."""
    return str((change.after or {})["row"])


def inputs_page(cycle: Cycle, kind: Inputs, person: Person) -> dict[str, Any]:
    """Everything the page of a sheet shows."""
    sheet = input_sheet(cycle, kind)
    title, unit, against = WORDS[kind]
    changes = RowChange.objects.filter(table=TABLES[kind], run=None).select_related("by__user").order_by("-id")
    given = [row.reason for row in sheet.rows if row.reason not in ("", *REASONS)]
    signed = supply_signed(cycle)
    return {
        "cycle": cycle,
        "kind": kind,
        "sheet": sheet,
        "title": title,
        "unit": unit,
        "against": against,
        "tabs": [(one.value, words[0]) for one, words in WORDS.items()],
        "reasons": REASONS,
        "other_reasons": list(dict.fromkeys(given)),
        "as_of": stock_day(cycle) if kind is Inputs.STOCK else None,
        "history": [history_line(change) for change in changes[:HISTORY]],
        "may_edit": person.role == Role.SUPPLY_PLANNER and cycle.state == CycleState.OPEN,
        "signed": signed,
        "planned": version_current(cycle, Stage.SUPPLY_PLAN) is not None,
        "outdated": plan_outdated(cycle),
    }


def history_line(change: RowChange) -> dict[str, Any]:
    """A change in words: what was what before and after."""
    after = {name: value for name, value in (change.after or {}).items() if name not in ("reason", "row")}
    before = change.before or {}
    moved = [
        (MOVED.get(name, name), _day(before.get(name)), _day(value), name == DAY)
        for name, value in after.items()
        if before.get(name) != value
    ]
    return {"change": change, "moved": moved, "reason": (change.after or {}).get("reason", "")}


def _day(value: object) -> object:
    """A recorded date as one; numbers as they are."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def stock_day(cycle: Cycle) -> date:
    """The day of the opening stock: the newest before the cycle's month, else the day before it."""
    found = Inventory.objects.filter(as_of__lt=cycle.month).aggregate(at=Max("as_of"))["at"]
    return found or cycle.month - timedelta(days=1)


def _capacity(cycle: Cycle, _: dict[Key, float]) -> InputSheet:
    months = month_range(cycle.month, cycle.horizon)
    kept = CapacityException.objects.filter(month__gte=months[0], month__lte=months[-1])
    by_cell = {(row.resource_id, row.month): row for row in kept}
    rows = []
    for resource in Resource.objects.order_by("code"):
        for part in PARTS:
            row = InputRow(f"{resource.pk}:{part}", f"{resource.name} {resource.code}", part, 0)
            standard = getattr(resource, f"{part}_capacity")
            for month in months:
                other = by_cell.get((resource.pk, month))
                value = standard if other is None else getattr(other, part)
                row.cells.append(Figure(row.row, f"{month:%Y-%m}", value, standard))
            rows.append(row)
    return InputSheet(Inputs.CAPACITY, [(f"{month:%Y-%m}", f"{month:%b %y}") for month in months], rows)


def _stock(cycle: Cycle, base: dict[Key, float]) -> InputSheet:
    columns = [("on_hand", "On hand"), ("safety_stock", "Safety stock")]
    found = {row.product_id: row for row in Inventory.objects.filter(as_of=stock_day(cycle))}
    planned = CycleLine.objects.filter(cycle=cycle).values_list("line__product_id", flat=True)
    # the stock of a planning product is that of its items
    items_of = set(Product.objects.filter(pk__in=found).exclude(plan_as=None).values_list("plan_as", flat=True))
    wanted = set(found) | (set(planned) - items_of)
    products = Product.objects.filter(pk__in=wanted).select_related("family").order_by("family__name", "name")
    rows = []
    for product in products:
        row = InputRow(str(product.pk), product.name, f"{product.code}, {product.family.name}", 0)
        for column, _ in columns:
            value = getattr(found.get(product.pk), column, 0.0)
            row.cells.append(Figure(row.row, column, value, base.get((row.row, column), value)))
        rows.append(row)
    return InputSheet(Inputs.STOCK, columns, rows)


def _orders(cycle: Cycle, base: dict[Key, float]) -> InputSheet:
    rows = []
    for order in SupplyOrder.objects.select_related("product").order_by("due_on", "code"):
        row = InputRow(str(order.pk), order.product.name, f"{order.code}, {order.get_kind_display().lower()}", 0)
        for column, value in (("qty", order.qty), (DAY, days(order.due_on))):
            row.cells.append(Figure(row.row, column, value, base.get((row.row, column), value)))
        rows.append(row)
    return InputSheet(Inputs.ORDERS, [("qty", "Still to come"), (DAY, "Comes in on")], rows)


def _bases(typed: Sequence[RowChange]) -> dict[Key, float]:
    """What stood in the cells that people changed, before they did."""
    found: dict[Key, float] = {}
    for change in typed:
        for column, value in (change.before or {}).items():
            known = days(date.fromisoformat(value)) if column == DAY else value
            found.setdefault((row_of(change), column), known)
    return found


def last_by(kind: Inputs, rows: Sequence[str]) -> dict[str, str]:
    """Who changed each of these rows last."""
    wanted = set(rows)
    return {
        row_of(change): change.by.name for change in typed_since_import(kind) if change.by and row_of(change) in wanted
    }
