"""The lines behind a measure of a month: orders, bookings or stock of one family, region or the whole company."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import pandas as pd
from django.db.models import Sum

from cycles.periods import month_bounds
from demand.models import Booking, OrderLine
from kpis.cuts import OF_CUSTOMERS
from kpis.measures.catalogue import CATALOGUE
from kpis.measures.deliveries import delivery_states
from kpis.measures.words import Family
from kpis.selectors.parts import rows_of_part
from supply.models import Inventory

ROWS: Final = 60
STOCK: Final = frozenset({"below_safety", "days_of_supply", "inventory_turns", "holding_cost"})
SOLD: Final = frozenset({Family.SALES, Family.PROFIT})
ORDER_COLUMNS: Final = {
    "code": "order",
    "customer__name": "customer",
    "product__name": "product",
    "qty": "qty",
    "requested_on": "requested_on",
    "promised_on": "promised_on",
    "shipped_on": "shipped_on",
    "shipped_qty": "shipped_qty",
}


@dataclass(frozen=True)
class Lines:
    """`kind` is orders, sold or stock; `rows` are those of one page, from `start` on, of `count`."""

    kind: str
    rows: list[dict[str, Any]]
    count: int
    start: int = 0

    @property
    def first(self) -> int:
        return self.start + 1

    @property
    def last(self) -> int:
        return self.start + len(self.rows)

    @property
    def following(self) -> int | None:
        """Where the next page starts; None on the last."""
        return self.last if self.last < self.count else None


def lines_kind(code: str) -> str:
    """What stands behind a measure: orders, sold, stock, or nothing."""
    family = CATALOGUE[code].family
    if code in STOCK:
        return "stock"
    if family in (Family.SERVICE, Family.TIME) and code not in ("plan_attainment", "plan_performance"):
        return "orders"
    return "sold" if family in SOLD or code == "cost_of_sales" else ""


def measure_lines(code: str, month: date, level: str, key: str, start: int = 0) -> Lines | None:
    """A page of the lines of one part, the worst or the largest first; None where a measure has none."""
    kind = lines_kind(code)
    if not kind or (kind == "stock" and level in OF_CUSTOMERS):
        return None
    return {"orders": _orders, "sold": _sold, "stock": _stock}[kind](month, level, key, start)


def _orders(month: date, level: str, key: str, start: int) -> Lines:
    first, end = month_bounds(month)
    due = OrderLine.objects.filter(requested_on__gte=first, requested_on__lt=end)
    found = rows_of_part(due, level, key, month).order_by("code").values_list(*ORDER_COLUMNS)
    frame = pd.DataFrame.from_records(found, columns=list(ORDER_COLUMNS.values()))
    told = delivery_states(frame, as_of=end - timedelta(days=1))[start : start + ROWS]
    return Lines("orders", told.astype(object).where(told.notna(), None).to_dict("records"), len(frame), start)


def _sold(month: date, level: str, key: str, start: int) -> Lines:
    booked = rows_of_part(Booking.objects.filter(month=month), level, key, month)
    sums = booked.values("customer__name", "product__name").annotate(units=Sum("qty"), money=Sum("revenue"))
    rows = [
        {"customer": row["customer__name"], "product": row["product__name"]} | {k: row[k] for k in ("units", "money")}
        for row in sums.order_by("-money", "customer__name", "product__name")[start : start + ROWS]
    ]
    return Lines("sold", rows, sums.count(), start)


def _stock(month: date, level: str, key: str, start: int) -> Lines:
    end = month_bounds(month)[1] - timedelta(days=1)
    kept = rows_of_part(Inventory.objects.filter(as_of=end), level, key, month)
    rows = kept.order_by("product__name", "pk").values("product__name", "on_hand", "safety_stock")
    found = [{"product": r["product__name"], "on_hand": r["on_hand"], "safety": r["safety_stock"]} for r in rows]
    found.sort(key=lambda row: (row["on_hand"] - row["safety"], row["product"]))
    return Lines("stock", found[start : start + ROWS], len(found), start)
