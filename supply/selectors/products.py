"""The planning products of a cycle, with what supply has to know about each."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
from django.db.models import Min
from numpy.typing import NDArray

from cycles.models import Cycle
from cycles.periods import months_between
from demand.matrices import Lines, Matrix, Plan
from demand.models import CycleLine
from masterdata.models import Product

COLUMNS = {
    "line__product_id": "product_id",
    "line__product__code": "code",
    "line__product__name": "name",
    "line__product__make_or_buy": "make_or_buy",
    "line__product__make_to": "make_to",
    "line__product__lead_time_days": "lead_time_days",
    "line__product__lot": "lots",
    "line__product__lot_multiple": "multiples",
    "line__product__frozen_months": "frozen_months",
    "line__product__priority": "priority",
    "line__product__service_target": "service",
    "line__product__cover_months": "cover",
    "family__code": "family",
    "family__name": "family_name",
    "family__group": "group",
    "price": "price",
    "unit_cost": "unit_cost",
}


def supply_products(cycle: Cycle) -> pd.DataFrame:
    """The products a cycle plans, indexed by product id in ascending order.

    Columns: code, name, family, family_name, group, price and unit_cost in company currency, priority (1 = first, NaN
    = none), made, storable, lead_months (first month in which newly ordered supply arrives), frozen_months (in which
    supply is what is on order; as many as the lead time takes where nothing is said), lots and multiples (units; 0 =
    any quantity), service (share of units that shall ship in time) and cover (months of demand held instead of safety
    stock; NaN = nothing is said, and none is held of what is made to order).
    """
    lines = CycleLine.objects.filter(cycle=cycle)
    first = lines.order_by().values("line__product_id").annotate(first=Min("line_id")).values("first")
    rows = lines.filter(line_id__in=first).order_by("line__product_id").values_list(*COLUMNS)
    frame = pd.DataFrame.from_records(rows, columns=list(COLUMNS.values())).set_index("product_id")
    frame["made"] = frame["make_or_buy"] == Product.Source.MAKE
    frame["storable"] = frame["make_to"] != Product.MakeTo.ORDER
    days = frame["lead_time_days"].astype(float).fillna(0).astype(int)
    frame["lead_months"] = [lead_months(cycle.month, number) for number in days.tolist()]
    frame["frozen_months"] = frame["frozen_months"].astype(float).fillna(frame["lead_months"]).astype(int)
    for name in ("lots", "multiples"):
        units = frame[name].astype(float).fillna(0.0)
        frame[name] = units.where((units > 1) & frame["storable"], 0.0)
    frame["service"] = frame["service"].astype(float) / 100
    frame["cover"] = frame["cover"].astype(float).where(frame["storable"])
    return frame.drop(columns=["make_or_buy", "make_to", "lead_time_days"])


def lead_months(month: date, days: int) -> int:
    """Months until what is ordered on the first day of a month arrives."""
    return months_between(month, month + timedelta(days=days))


def product_index(products: pd.DataFrame, product_ids: Lines) -> NDArray[np.int64]:
    """The row of `products` for each product id; all of them must be there."""
    return np.searchsorted(products.index.to_numpy(dtype=np.int64), product_ids)


def by_product(plan: Plan, line_products: NDArray[np.int64], products: int) -> Matrix:
    """(products, months) units of a plan; `line_products` is the product row of every line of the plan."""
    total = np.zeros((products, plan.months))
    np.add.at(total, line_products, plan.quantity)
    return total
