"""The facts that the measures of closed months stand on, read once for a run of months."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from django.db import connection
from django.db.models import Count, F, Sum
from django.db.models.functions import Coalesce

from cycles.periods import add_months
from demand.models import Booking, Budget, OrderLine, Shipment
from kpis.measures import service
from kpis.models import Quality
from kpis.selectors.supply_kept import kept_frame
from masterdata.models import Product
from masterdata.selectors.rates import Rates, in_company_currency, rates_read
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
SUMS = ["units", "money", "cost", "n"]
SOLD = ["month", "product", *SUMS]
SOLD_TO = ["month", "customer", *SUMS]
STOCK = ["as_of", "product", "currency", "on_hand", "safety", "cost"]
BUDGET = ["month", "rep", "family", "money"]
QUALITY = ["month", "family", "returned", "complaints", "satisfaction"]
SHIPPED = ["month", "product", "units"]
# the newest finished stage of each cycle: what was expected of its first three months
EXPECTED = """
WITH newest AS (
  SELECT DISTINCT ON (c.month) c.month, v.id
  FROM demand_forecastversion v JOIN cycles_cycle c ON c.id = v.cycle_id
  WHERE v.state = 'current' AND c.month BETWEEN %s AND %s ORDER BY c.month, v.id DESC
)
SELECT n.month, p.family_id, sum(cell)
FROM newest n JOIN demand_forecastline f ON f.version_id = n.id JOIN demand_line l ON l.id = f.line_id
JOIN masterdata_product p ON p.id = l.product_id CROSS JOIN LATERAL unnest(f.quantity[1:3]) cell
GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Facts:
    """Everything of a run of months.

    `orders` are whole lines, `deliveries` the parts they came in. `sold` is (month, product) and begins a year before
    the first month, so that a year's cost can be told; `sold_to` is (month, customer). `budget` is in rows of a rep or
    of a family, `expected` (units of the three months that follow) by month and family; `hours` is what a unit of a
    product takes over all resources, `regular` their hours a month together. Costs are in company currency, NaN where a
    rate is missing. Products, customers and people are primary keys, families of `quality` codes, elsewhere keys.
    """

    orders: pd.DataFrame
    deliveries: pd.DataFrame
    sold: pd.DataFrame
    sold_to: pd.DataFrame
    shipped: pd.DataFrame
    quality: pd.DataFrame
    kept: pd.DataFrame
    stock: pd.DataFrame
    budget: pd.DataFrame
    expected: pd.DataFrame
    hours: dict[int, float]
    regular: dict[date, float]
    resources: int
    family_of: dict[int, int]


def facts_read(months: Sequence[date]) -> Facts:
    """The facts of consecutive closed months, in a fixed number of queries."""
    first, end = months[0], add_months(months[-1], 1)
    year_before = add_months(first, -12)
    deliveries, rates, products = _deliveries(end), rates_read(), list(Product.objects.all())
    regular, resources = _regular(months)
    return Facts(
        orders=deliveries if deliveries.empty else service.whole_lines(deliveries),
        deliveries=deliveries,
        sold=_sold("product_id", SOLD, year_before, end, rates),
        sold_to=_sold("customer_id", SOLD_TO, first, end, rates),
        shipped=_shipped(first, end),
        quality=_quality(first, end),
        kept=kept_frame(months[-1], len(months)),
        stock=_stock(year_before, end, rates),
        budget=_budget(first, end),
        expected=_expected(add_months(first, 1), end),
        hours=_hours(products),
        regular=regular,
        resources=resources,
        family_of={product.pk: product.family_id for product in products},
    )


def _deliveries(end: date) -> pd.DataFrame:
    rows = OrderLine.objects.filter(ordered_on__lt=end).values_list(*ORDER_FIELDS)
    frame = pd.DataFrame.from_records(rows, columns=list(ORDER_FIELDS.values()))
    for column in ("ordered_on", "requested_on", "promised_on", "shipped_on"):
        frame[column] = pd.to_datetime(frame[column])
    frame["shipped_qty"] = frame["shipped_qty"].astype(float).fillna(0.0)
    return frame


def _sold(by: str, columns: list[str], first: date, end: date, rates: Rates) -> pd.DataFrame:
    """Sums per month and `by`; the cost of a month at its rate, unknown where a product's currency has none."""
    booked = Booking.objects.filter(month__gte=first, month__lt=end)
    cost = F("qty") * Coalesce(F("product__unit_cost"), 0.0)
    rows = booked.values_list("month", by, "product__currency")
    sums = rows.annotate(units=Sum("qty"), money=Sum("revenue"), cost=Sum(cost), n=Count("id"))
    frame = pd.DataFrame.from_records(sums, columns=[*columns[:2], "currency", *SUMS])
    frame["cost"] = in_company_currency(frame["cost"], frame["currency"], frame["month"], rates)
    return add_up(frame, columns[:2])


def add_up(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Sums per `by`; a sum with an unknown part is unknown, never smaller."""
    unknown = frame["cost"].isna().groupby([frame[name] for name in by], sort=False).any()
    sums = frame.groupby(by, sort=False)[SUMS].sum()
    return sums.assign(cost=sums["cost"].mask(unknown)).reset_index()


def _shipped(first: date, end: date) -> pd.DataFrame:
    rows = Shipment.objects.filter(month__gte=first, month__lt=end).values_list("month", "product_id")
    return pd.DataFrame.from_records(rows.annotate(units=Sum("qty")), columns=SHIPPED)


def _quality(first: date, end: date) -> pd.DataFrame:
    rows = Quality.objects.filter(month__gte=first, month__lt=end)
    return pd.DataFrame.from_records(
        rows.values_list("month", "family__code", "returned_qty", "complaints", "satisfaction"), columns=QUALITY
    ).astype({"satisfaction": float})


def _stock(first: date, end: date, rates: Rates) -> pd.DataFrame:
    rows = Inventory.objects.filter(as_of__gte=first - timedelta(days=1), as_of__lt=end)
    cost = Coalesce(F("product__unit_cost"), 0.0)
    values = rows.order_by("as_of", "pk").values_list(
        "as_of", "product_id", "product__currency", "on_hand", "safety_stock", cost
    )
    frame = pd.DataFrame.from_records(values, columns=STOCK)
    months = frame["as_of"].map(lambda day: day.replace(day=1))
    return frame.assign(cost=in_company_currency(frame["cost"], frame["currency"], months, rates))


def _budget(first: date, end: date) -> pd.DataFrame:
    rows = Budget.objects.filter(month__gte=first, month__lt=end)
    return pd.DataFrame.from_records(rows.values_list("month", "rep_id", "family_id", "revenue"), columns=BUDGET)


def _expected(first: date, last: date) -> pd.DataFrame:
    with connection.cursor() as cursor:
        cursor.execute(EXPECTED, [first, last])
        return pd.DataFrame.from_records(cursor.fetchall(), columns=["month", "family", "units"])


def _hours(products: list[Product]) -> dict[int, float]:
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
        for product in products
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


def _regular(months: Sequence[date]) -> tuple[dict[date, float], int]:
    """(regular hours of all resources together by month, how many resources there are)"""
    standard = dict(Resource.objects.values_list("pk", "regular_capacity"))
    special = {
        (row.resource_id, row.month): row.regular for row in CapacityException.objects.filter(month__in=list(months))
    }
    together = {
        month: float(sum(special.get((resource, month), hours) for resource, hours in standard.items()))
        for month in months
    }
    return together, len(standard)


def months_with_bookings(last: date, most: int = 25) -> list[date]:
    """Closed months that have bookings, of the last `most` months, oldest first."""
    rows = Booking.objects.filter(month__gt=add_months(last, -most), month__lte=last)
    return list(rows.order_by("month").values_list("month", flat=True).distinct())
