"""What a plan starts from: capacity, hours per unit, stock, open supply and the backlog."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from django.db.models import Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from cycles.models import Cycle
from cycles.periods import add_months, months_between
from demand.matrices import Matrix
from demand.models import OrderLine
from supply.capacity import CapacityException as MonthException
from supply.capacity import capacity_by_month, hours_matrix
from supply.change import Change
from supply.models import BillOfResource, CapacityException, Inventory, Resource, Scenario, SupplyOrder
from supply.scenarios import read
from supply.wording import list_text

STOCK_UNKNOWN = "capacity only: stock unknown"
NO_HOURS = "No resource has hours per unit, so nothing limits what is made. Import bill_of_resources.csv."
OF_THE_PAST = (
    "Open supply orders of that time are not known, so lead times are left out and all overtime counts as available."
)


@dataclass(frozen=True)
class Capacity:
    """Resources (rows of `resources`, in order of code) with (resources, products) hours per unit and
    (resources, months) hours a month; and what the scenario changes that the cycle is planned by."""

    resources: pd.DataFrame
    hours: Matrix
    regular: Matrix
    overtime: Matrix
    adopted: tuple[Change, ...] = ()

    @property
    def codes(self) -> list[str]:
        return list(self.resources["code"])

    def row_of(self, resource_id: int) -> int:
        return int(self.resources.index.get_loc(resource_id))


@dataclass(frozen=True)
class Stock:
    """Per product: stock (None = unknown), safety stock (none for what is made to order), what customers wait
    for; and open orders by month."""

    opening: Matrix | None
    safety: Matrix
    backlog: Matrix
    receipts: Matrix
    open_production: Matrix
    as_of: date | None
    notes: tuple[str, ...] = ()
    waiting: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"customer": [], "row": [], "qty": []}))


def capacity_of(cycle: Cycle, products: pd.DataFrame) -> Capacity:
    """Capacity over the cycle's horizon. A family's hours count for what is made; a bought product is limited
    only by a row of its own."""
    rows = Resource.objects.order_by("code").values()
    resources = pd.DataFrame.from_records(rows, columns=[f.attname for f in Resource._meta.concrete_fields])
    resources = resources.set_index("id")
    regular, overtime = capacity_by_month(
        resources["regular_capacity"], resources["overtime_capacity"], cycle.horizon, _exceptions(cycle, resources)
    )
    return Capacity(resources, _hours(products, resources), regular, overtime, adopted_changes(cycle))


def adopted_changes(cycle: Cycle) -> tuple[Change, ...]:
    """What the chosen scenario of a cycle changes; nothing when none is chosen."""
    chosen = Scenario.objects.filter(cycle=cycle, chosen_at__isnull=False).values_list("changes", flat=True).first()
    return tuple(read(change) for change in chosen or ())


def _exceptions(cycle: Cycle, resources: pd.DataFrame) -> list[MonthException]:
    end = add_months(cycle.month, cycle.horizon)
    rows = CapacityException.objects.filter(month__gte=cycle.month, month__lt=end)
    return [
        MonthException(
            int(resources.index.get_loc(row.resource_id)),
            months_between(cycle.month, row.month),
            row.regular,
            row.overtime,
        )
        for row in rows
    ]


def _hours(products: pd.DataFrame, resources: pd.DataFrame) -> Matrix:
    rows = BillOfResource.objects.values_list(
        "family__code", Coalesce("product__plan_as__code", "product__code"), "resource__code", "hours_per_unit"
    )
    by_family, by_item = {}, {}
    for family, product, resource, hours in rows:
        if product is not None:
            by_item[product, resource] = hours
        elif family is not None:
            by_family[family, resource] = hours
    families = products["family"].where(products["made"], "")
    return hours_matrix(list(products["code"]), list(families), list(resources["code"]), by_family, by_item)


def stock_of(cycle: Cycle, products: pd.DataFrame) -> Stock:
    """Stock as of the newest month end before the cycle's month, orders open then, customers waiting then."""
    as_of = Inventory.objects.filter(as_of__lt=cycle.month).aggregate(at=Max("as_of"))["at"]
    opening, safety = _inventory(products, as_of)
    waiting = _waiting(cycle, products)
    backlog = np.bincount(waiting["row"], waiting["qty"], minlength=len(products)).astype(float)
    notes = [] if as_of else [STOCK_UNKNOWN]
    orders = [] if cycle.simulated else open_orders()
    if cycle.simulated and as_of:
        notes.append(OF_THE_PAST)
    if opening is not None and (opening < 0).any():
        notes.append(_negative(products, opening))
    return Stock(
        opening=None if opening is None else np.maximum(opening, 0.0),
        safety=np.maximum(safety, 0.0) * products["storable"].to_numpy(dtype=bool),
        backlog=np.maximum(backlog, 0.0),
        receipts=_due(cycle, products, orders, "purchase"),
        open_production=_due(cycle, products, orders, "production"),
        as_of=as_of,
        notes=tuple(notes),
        waiting=waiting,
    )


def stock_unknown(products: pd.DataFrame, months: int) -> Stock:
    """No stock and no orders, for questions about hours only."""
    nothing, by_month = np.zeros(len(products)), np.zeros((len(products), months))
    return Stock(None, nothing, nothing, by_month, by_month, None)


def _inventory(products: pd.DataFrame, as_of: date | None) -> tuple[Matrix | None, Matrix]:
    if as_of is None:
        return None, np.zeros(len(products))
    totals = (
        Inventory.objects.filter(as_of=as_of)
        .values_list(Coalesce("product__plan_as", "product"))
        .annotate(Sum("on_hand"), Sum("safety_stock"))
    )
    values = np.zeros((len(products), 2))
    for product, on_hand, safety in totals:
        if product in products.index:
            values[products.index.get_loc(product)] = on_hand, safety
    return values[:, 0], values[:, 1]


def _negative(products: pd.DataFrame, opening: Matrix) -> str:
    names = list_text(products["name"].to_numpy()[opening < 0].tolist())
    return f"Negative stock counts as none: {names}. Correct it in inventory.csv."


def orders_waiting(cycle: Cycle) -> QuerySet[OrderLine]:
    """Order lines that customers were waiting for when the cycle's month began."""
    return OrderLine.objects.filter(Q(shipped_on=None) | Q(shipped_on__gte=cycle.month), ordered_on__lt=cycle.month)


def _waiting(cycle: Cycle, products: pd.DataFrame) -> pd.DataFrame:
    """Units customers waited for when the cycle's month began: customer, row of the product, qty."""
    totals = (
        orders_waiting(cycle)
        .values_list(Coalesce("customer__plan_as", "customer"), Coalesce("product__plan_as", "product"))
        .annotate(Sum("qty"))
    )
    frame = pd.DataFrame.from_records(list(totals), columns=["customer", "product", "qty"])
    frame = frame[frame["product"].isin(products.index)]
    return frame.assign(
        row=products.index.get_indexer(frame["product"]).astype(np.int64), qty=frame["qty"].astype(float)
    )


def open_orders() -> list[tuple[str, int, float, date]]:
    """(kind, planning product, quantity, due) of every open production and purchase order."""
    return list(SupplyOrder.objects.values_list("kind", Coalesce("product__plan_as", "product"), "qty", "due_on"))


def _due(cycle: Cycle, products: pd.DataFrame, orders: Iterable[tuple[str, int, float, date]], wanted: str) -> Matrix:
    """(products, months) units due; what is late counts for the first month."""
    due = np.zeros((len(products), cycle.horizon))
    for kind, product, qty, due_on in orders:
        month = max(months_between(cycle.month, due_on), 0)
        if kind == wanted and product in products.index and month < cycle.horizon:
            due[products.index.get_loc(product), month] += max(qty, 0.0)
    return due
