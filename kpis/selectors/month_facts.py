"""The facts that the measures of closed months stand on, read once for a run of months."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from django.db import connection
from django.db.models import Count, F, Sum
from django.db.models.functions import Coalesce

from cycles.periods import add_months
from demand.models import Booking, OrderLine, Shipment
from demand.selectors.outlook import budget_revenue
from kpis.measures import service
from kpis.models import Quality
from kpis.selectors.supply_kept import kept_frame
from masterdata.models import Product
from supply.models import BillOfResource, CapacityException, Inventory, Resource

ORDER_FIELDS = {
    "customer_id": "customer",
    "product_id": "product",
    "qty": "qty",
    "revenue": "revenue",
    "ordered_on": "ordered_on",
    "requested_on": "requested_on",
    "promised_on": "promised_on",
    "shipped_on": "shipped_on",
    "shipped_qty": "shipped_qty",
}
SOLD = ["month", "product", "region", "units", "money", "cost", "n"]
STOCK = ["as_of", "product", "on_hand", "safety", "cost"]
QUALITY = ["month", "family", "returned", "complaints", "satisfaction"]
SHIPPED = ["month", "product", "units"]
# the newest finished stage of each cycle: what was expected of its first three months
EXPECTED = """
SELECT DISTINCT ON (c.month) c.month,
       (SELECT sum(cell) FROM demand_forecastline f, unnest(f.quantity[1:3]) cell WHERE f.version_id = v.id)
FROM demand_forecastversion v JOIN cycles_cycle c ON c.id = v.cycle_id
WHERE v.state = 'current' AND c.month BETWEEN %s AND %s ORDER BY c.month, v.id DESC
"""


@dataclass(frozen=True)
class Facts:
    """Everything of a run of months.

    `orders` are whole lines, `deliveries` the parts they came in. `sold` is (month, product, region) and begins a year
    before the first month, so that a year's cost can be told. `budget` and `expected` (units of the three months that
    follow) are by month; `hours` is what a unit of a product takes over all resources, `regular` their hours a month
    together. Products are primary keys, families and regions codes.
    """

    orders: pd.DataFrame
    deliveries: pd.DataFrame
    sold: pd.DataFrame
    shipped: pd.DataFrame
    quality: pd.DataFrame
    kept: pd.DataFrame
    stock: pd.DataFrame
    budget: dict[date, float]
    expected: dict[date, float]
    hours: dict[int, float]
    regular: dict[date, float]
    resources: int


def facts_read(months: Sequence[date]) -> Facts:
    """The facts of consecutive closed months, in a fixed number of queries."""
    first, end = months[0], add_months(months[-1], 1)
    year_before = add_months(first, -12)
    budget = budget_revenue(first, len(months))
    deliveries = _deliveries(end)
    return Facts(
        orders=deliveries if deliveries.empty else service.whole_lines(deliveries),
        deliveries=deliveries,
        sold=_sold(year_before, end),
        shipped=_shipped(first, end),
        quality=_quality(first, end),
        kept=kept_frame(months[-1], len(months)),
        stock=_stock(year_before, end),
        budget={m: float(value) for m, value in zip(months, budget, strict=True) if not np.isnan(value)},
        expected=_expected(add_months(first, 1), end),
        hours=_hours(),
        regular=_regular(months),
        resources=Resource.objects.count(),
    )


def _deliveries(end: date) -> pd.DataFrame:
    rows = OrderLine.objects.filter(ordered_on__lt=end).values_list(*ORDER_FIELDS)
    frame = pd.DataFrame.from_records(rows, columns=list(ORDER_FIELDS.values()))
    for column in ("ordered_on", "requested_on", "promised_on", "shipped_on"):
        frame[column] = pd.to_datetime(frame[column])
    frame["shipped_qty"] = frame["shipped_qty"].astype(float).fillna(0.0)
    return frame


def _sold(first: date, end: date) -> pd.DataFrame:
    cost = F("qty") * Coalesce(F("product__unit_cost"), 0.0)
    booked = Booking.objects.filter(month__gte=first, month__lt=end)
    rows = booked.values_list("month", "product_id", "customer__region__code")
    sums = rows.annotate(units=Sum("qty"), money=Sum("revenue"), cost=Sum(cost), n=Count("id"))
    return pd.DataFrame.from_records(sums, columns=SOLD)


def _shipped(first: date, end: date) -> pd.DataFrame:
    rows = Shipment.objects.filter(month__gte=first, month__lt=end).values_list("month", "product_id")
    return pd.DataFrame.from_records(rows.annotate(units=Sum("qty")), columns=SHIPPED)


def _quality(first: date, end: date) -> pd.DataFrame:
    rows = Quality.objects.filter(month__gte=first, month__lt=end)
    return pd.DataFrame.from_records(
        rows.values_list("month", "family__code", "returned_qty", "complaints", "satisfaction"), columns=QUALITY
    ).astype({"satisfaction": float})


def _stock(first: date, end: date) -> pd.DataFrame:
    rows = Inventory.objects.filter(as_of__gte=first - timedelta(days=1), as_of__lt=end)
    cost = Coalesce(F("product__unit_cost"), 0.0)
    return pd.DataFrame.from_records(
        rows.order_by("as_of", "pk").values_list("as_of", "product_id", "on_hand", "safety_stock", cost), columns=STOCK
    )


def _expected(first: date, last: date) -> dict[date, float]:
    with connection.cursor() as cursor:
        cursor.execute(EXPECTED, [first, last])
        return {month: float(units) for month, units in cursor.fetchall() if units is not None}


def _hours() -> dict[int, float]:
    """Hours one unit takes over all resources; a product's row beats its planning product's, and that its family's.

    A family's hours count for what is made; a bought product has only rows of its own.
    """
    by_product: dict[tuple[int, int], float] = {}
    by_family: dict[tuple[int, int], float] = {}
    for row in BillOfResource.objects.all():
        if row.product_id is not None:
            by_product[row.product_id, row.resource_id] = row.hours_per_unit
        elif row.family_id is not None:
            by_family[row.family_id, row.resource_id] = row.hours_per_unit
    resources = {resource for _, resource in (*by_product, *by_family)}
    return {
        product.pk: sum(_hours_of(product, resource, by_product, by_family) for resource in resources)
        for product in Product.objects.all()
    }


def _hours_of(
    product: Product,
    resource: int,
    by_product: dict[tuple[int, int], float],
    by_family: dict[tuple[int, int], float],
) -> float:
    for item in (product.pk, product.plan_as_id):
        if item is not None and (item, resource) in by_product:
            return by_product[item, resource]
    made = product.make_or_buy == Product.Source.MAKE
    return by_family.get((product.family_id, resource), 0.0) if made else 0.0


def _regular(months: Sequence[date]) -> dict[date, float]:
    standard = dict(Resource.objects.values_list("pk", "regular_capacity"))
    special = {
        (row.resource_id, row.month): row.regular for row in CapacityException.objects.filter(month__in=list(months))
    }
    return {
        month: float(sum(special.get((resource, month), hours) for resource, hours in standard.items()))
        for month in months
    }


def months_with_bookings(last: date, most: int = 25) -> list[date]:
    """Closed months that have bookings, of the last `most` months, oldest first."""
    rows = Booking.objects.filter(month__gt=add_months(last, -most), month__lte=last)
    return list(rows.order_by("month").values_list("month", flat=True).distinct())
