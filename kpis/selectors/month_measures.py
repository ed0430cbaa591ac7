"""The measures of one closed month, computed from its facts; stored once, when the month has closed."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from cycles.periods import add_months, month_bounds, months_between
from demand.models import Booking, ForecastVersion, OrderLine, Shipment, VersionState
from demand.selectors.outlook import budget_revenue
from demand.selectors.versions import version_plan
from kpis.measures import money, service, supply
from kpis.measures.measured import Measured
from kpis.models import Quality
from supply.models import BillOfResource, Inventory, Resource

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
FORWARD_MONTHS, FORWARD_DAYS = 3, 91
HOLDING_RATE = 0.18 / 12  # of the stock's cost, a month


@dataclass(frozen=True)
class Facts:
    """What several months share: every order line with its deliveries joined."""

    orders: pd.DataFrame


def facts_read() -> Facts:
    rows = OrderLine.objects.values_list(*ORDER_FIELDS)
    frame = pd.DataFrame.from_records(rows, columns=list(ORDER_FIELDS.values()))
    if frame.empty:
        return Facts(frame)
    frame["shipped_qty"] = frame["shipped_qty"].fillna(0.0)
    frame["price"] = (frame["revenue"] / frame["qty"].where(frame["qty"] != 0)).fillna(0.0)
    return Facts(service.whole_lines(frame))


def month_measures(month: date, facts: Facts) -> dict[str, Measured]:
    """Code -> measure for one closed month; a measure without input is left out, never guessed."""
    first, end = month_bounds(month)
    as_of = end - timedelta(days=1)
    found = _orders(facts.orders, first, as_of) | _sales(month) | _quality(month) | _stock(month, as_of)
    return found | _capacity(month)


def _orders(orders: pd.DataFrame, first: date, as_of: date) -> dict[str, Measured]:
    if orders.empty:
        return {}
    requested, promised = pd.to_datetime(orders["requested_on"]), orders["promised_on"]
    low, high = pd.Timestamp(first), pd.Timestamp(as_of)
    due = orders[(requested >= low) & (requested <= high)]
    promised_due = orders[(promised >= low) & (promised <= high)]
    known = orders[pd.to_datetime(orders["ordered_on"]) <= high]
    if due.empty:
        return {}
    done = orders[(orders["completed_on"] >= low) & (orders["completed_on"] <= high)]
    against = (due["requested_on"], due["completed_on"])
    return {
        "otif_request": service.otif(*against, due["qty"], due["shipped_qty"], as_of=as_of),
        "otif_promise": service.otif(
            promised_due["promised_on"],
            promised_due["completed_on"],
            promised_due["qty"],
            promised_due["shipped_qty"],
            as_of=as_of,
        ),
        "unit_fill_rate": service.unit_fill_rate(due["qty"], due["first_qty"]),
        "line_fill": service.line_fill(due["qty"], due["first_qty"]),
        "delay_median": service.delay_median(*against, as_of=as_of),
        "delay_p90": service.delay_p90(*against, as_of=as_of),
        "order_cycle_time": service.order_cycle_time(done["ordered_on"], done["completed_on"]),
        **_past_due(known, as_of),
    }


def _past_due(orders: pd.DataFrame, as_of: date) -> dict[str, Measured]:
    """The backlog past due as it stood on the day: what was completed later was still open then."""
    completed = orders["completed_on"].mask(orders["completed_on"] > pd.Timestamp(as_of))
    price = (orders["open_value"] / orders["open_qty"].where(orders["open_qty"] > 0)).fillna(0.0)
    return {
        "past_due_units": service.past_due(orders["requested_on"], completed, orders["qty"], as_of=as_of),
        "past_due_money": service.past_due(orders["requested_on"], completed, orders["qty"] * price, as_of=as_of),
    }


def _sales(month: date) -> dict[str, Measured]:
    cost = Coalesce(F("product__unit_cost"), 0.0)
    booked = Booking.objects.filter(month=month).aggregate(
        units=Sum("qty"), money=Sum("revenue"), cost=Sum(F("qty") * cost)
    )
    if booked["units"] is None:
        return {}
    units, sold, spent = (float(booked[key]) for key in ("units", "money", "cost"))
    found = {
        "units_sold": Measured(units, 1),
        "revenue": Measured(sold, 1),
        "cost_of_sales": Measured(spent, 1),
        "margin": Measured(sold - spent, 1),
        "margin_share": Measured((sold - spent) / sold if sold > 0 else float("nan"), 1, sold - spent, sold),
    }
    budget = float(budget_revenue(month, 1)[0])
    if not np.isnan(budget):
        found["gap_to_budget"] = Measured(sold - budget, 1)
    return found


def _quality(month: date) -> dict[str, Measured]:
    rows = Quality.objects.filter(month=month)
    shipped = Shipment.objects.filter(month=month).aggregate(total=Sum("qty"))["total"]
    if not rows.exists():
        return {}
    sums = rows.aggregate(back=Sum("returned_qty"), told=Sum("complaints"))
    found = {"satisfaction": service.satisfaction([row.satisfaction or np.nan for row in rows])}
    if shipped:
        found["return_rate"] = service.return_rate([sums["back"]], [shipped])
        found["complaint_rate"] = service.return_rate([sums["told"]], [shipped])
    return found


def _stock(month: date, as_of: date) -> dict[str, Measured]:
    rows = Inventory.objects.filter(as_of=as_of).select_related("product")
    if not rows:
        return {}
    on_hand = np.array([row.on_hand for row in rows])
    cost = np.array([row.product.unit_cost or 0.0 for row in rows])
    safety = np.array([row.safety_stock for row in rows])
    found = {
        "holding_cost": Measured(money.holding_cost(on_hand, cost, HOLDING_RATE), len(rows)),
        "inventory_turns": _turns(month),
        "below_safety": supply.below_safety_share(on_hand, safety),
    }
    ahead = _forward_demand(add_months(month, 1))
    if ahead is not None:
        found["days_of_supply"] = supply.days_of_supply(on_hand.sum(), ahead, FORWARD_DAYS)
    return found


def _forward_demand(month: date) -> float | None:
    """Units that the cycle of `month` expected for its first three months; None where no such cycle is known."""
    version = ForecastVersion.objects.filter(cycle__month=month, state=VersionState.CURRENT).order_by("-id").first()
    return float(version_plan(version).quantity[:, :FORWARD_MONTHS].sum()) if version else None


def _turns(month: date) -> Measured:
    """Twelve months' cost of sales over the average of the month ends known since a year ago."""
    months = [add_months(month, i - 11) for i in range(12)]
    cost = F("qty") * Coalesce(F("product__unit_cost"), 0.0)
    spent = dict(Booking.objects.filter(month__in=months).values_list("month").annotate(Sum(cost)))
    stock = Inventory.objects.filter(as_of__gte=months[0] - timedelta(days=1), as_of__lt=add_months(month, 1))
    worth = F("on_hand") * Coalesce(F("product__unit_cost"), 0.0)
    ends = list(stock.values_list("as_of").annotate(n=Sum(worth)).values_list("n", flat=True))
    return supply.inventory_turns([spent.get(m, 0.0) for m in months], ends)


def _capacity(month: date) -> dict[str, Measured]:
    """Hours that the month's bookings needed against regular capacity; product beats family."""
    resources = list(Resource.objects.order_by("pk"))
    rows = Booking.objects.filter(month=month).values_list("product_id", "product__plan_as_id", "product__family_id")
    if not resources or not rows.exists():
        return {}
    by_product, by_family = _hours()
    load = np.zeros(len(resources))
    for product, plan_as, family, qty in rows.annotate(n=Sum("qty")):
        for i, resource in enumerate(resources):
            own = by_product.get((product, resource.pk), by_product.get((plan_as, resource.pk)))
            load[i] += qty * (own if own is not None else by_family.get((family, resource.pk), 0.0))
    regular = [resource.regular_capacity for resource in resources]
    return {"capacity_utilisation": supply.capacity_utilisation(load.sum(), sum(regular))}


def _hours() -> tuple[dict[tuple[int | None, int], float], dict[tuple[int | None, int], float]]:
    by_product: dict[tuple[int | None, int], float] = {}
    by_family: dict[tuple[int | None, int], float] = {}
    for row in BillOfResource.objects.all():
        (by_product if row.product_id else by_family)[row.product_id or row.family_id, row.resource_id] = (
            row.hours_per_unit
        )
    return by_product, by_family


def months_with_bookings(last: date, most: int = 25) -> list[date]:
    """Closed months that have bookings, the last `most` of them, oldest first."""
    first = Booking.objects.order_by("month").values_list("month", flat=True).first()
    if first is None:
        return []
    count = min(months_between(first, last) + 1, most)
    return [add_months(last, i - count + 1) for i in range(count)]
