"""The input looked through for what is missing, late or odd; a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from cycles.models import Cycle
from cycles.periods import add_months, month_range
from cycles.selectors import current_cycle
from demand.models import Booking, Budget, CycleLine, Line, OrderLine, Shipment
from kpis.data_quality import Finding, Kind, found, in_order, thin_months
from kpis.models import Quality
from masterdata.models import Company, Customer, ExchangeRate, Person, Product
from masterdata.roles import Role
from masterdata.selectors import company, people
from supply.models import BillOfResource, Inventory, Receipt, Resource

OLD_ORDER: Final = timedelta(days=90)
USUAL_MONTHS: Final = 6
FAR_FROM_PRICE: Final = 0.5


@dataclass(frozen=True)
class Told:
    """A finding with the people who look after it."""

    finding: Finding
    owners: str


def data_quality(*, today: date) -> dict[str, Any]:
    """Everything the page shows."""
    cycle = current_cycle()
    closed = add_months(cycle.month, -1) if cycle else company().last_closed_month
    holders: dict[str, list[str]] = defaultdict(list)
    for person in people():
        holders[person.role].append(person.name)
    findings = in_order([*_master_data(), *_supply(), *_months(cycle, closed), *_odd(cycle, closed, today)])
    told = [Told(one, ", ".join(holders[one.role]) or Role(one.role).label) for one in findings]
    return {"kinds": [(kind, [t for t in told if t.finding.kind is kind]) for kind in Kind], "closed": closed}


# --- Missing ------------------------------------------------------------------------------


def _planned() -> QuerySet[Product]:
    """Products that somebody forecasts and that have not ended."""
    last = company().last_closed_month or date.min
    living = Product.objects.filter(Q(phase_out_month=None) | Q(phase_out_month__gt=last))
    return living.filter(Exists(Line.objects.filter(product=OuterRef("pk"))))


def _itself_or_a_part_of_it() -> Q:
    """Rows of a planning product or of a product that is planned as it."""
    return Q(product=OuterRef("pk")) | Q(product__plan_as=OuterRef("pk"))


def _names(rows: QuerySet[Any], field: str = "name") -> list[str]:
    return [str(name) for name in rows.values_list(field, flat=True)]


def _master_data() -> Iterator[Finding | None]:
    rate = ExchangeRate.objects.filter(
        currency=OuterRef("currency"), month__lte=company().last_closed_month or date.max
    )
    own = Company.objects.filter(currency=OuterRef("currency"))
    products = list(_planned().annotate(rated=Exists(rate) | Exists(own) | Q(currency="")))
    yield found(
        Kind.MISSING, "Products without a price", [product.name for product in products if product.price is None],
        effect="Their forecast is worth nothing in money.", file="products", column="price", role=Role.FINANCE,
    )  # fmt: skip
    yield found(
        Kind.MISSING, "Products without a unit cost",
        [product.name for product in products if product.unit_cost is None],
        effect="Their margin is told too high.", file="products", column="unit_cost", role=Role.FINANCE,
    )  # fmt: skip
    yield found(
        Kind.MISSING, "Products priced in a currency without a rate",
        [f"{product.name} ({product.currency})" for product in products if not product.rated],
        effect="Their forecast is worth nothing in money and their margin is not known.", file="exchange_rates",
        column="rate", role=Role.FINANCE,
    )  # fmt: skip
    customers = Customer.objects.filter(Exists(Line.objects.filter(customer=OuterRef("pk"))))
    yield found(
        Kind.MISSING, "Customers without an owner", _names(customers.filter(owner=None)),
        effect="Nobody is asked for their forecast.", file="customers", column="owner", role=Role.SOP_LEADER,
    )  # fmt: skip
    yield found(
        Kind.MISSING, "Customers without a region", _names(customers.filter(region=None)),
        effect="They are in no region's numbers.", file="customers", column="region", role=Role.SOP_LEADER,
    )  # fmt: skip
    silent = Person.objects.filter(user__is_active=True, user__email="").exclude(role=Role.API_CLIENT)
    yield found(
        Kind.MISSING, "People without an e-mail address", [person.name for person in silent.select_related("user")],
        effect="They are not reminded and get no minutes.", file="people", column="email", role=Role.SOP_LEADER,
    )  # fmt: skip


def _supply() -> Iterator[Finding | None]:
    routed = BillOfResource.objects.filter(_itself_or_a_part_of_it() | Q(family=OuterRef("family")))
    made = _planned().filter(make_or_buy=Product.Source.MAKE)
    yield found(
        Kind.MISSING, "Made products without hours on any resource", _names(made.exclude(Exists(routed))),
        effect="They take no capacity in the plan.", file="bill_of_resources", column="hours_per_unit",
        role=Role.SUPPLY_PLANNER,
    )  # fmt: skip
    empty = Resource.objects.filter(regular_capacity=0, overtime_capacity=0)
    yield found(
        Kind.MISSING, "Resources without capacity", _names(empty),
        effect="Nothing that needs them can be planned.", file="resources", column="regular_capacity",
        role=Role.SUPPLY_PLANNER,
    )  # fmt: skip
    newest = Inventory.objects.order_by("-as_of").values_list("as_of", flat=True).first()
    counted = Inventory.objects.filter(_itself_or_a_part_of_it(), as_of=newest or date.min)
    yield found(
        Kind.MISSING, "Products without stock at the last count", _names(_planned().exclude(Exists(counted))),
        effect="Their stock counts as none.", file="inventory", column="on_hand", role=Role.SUPPLY_PLANNER,
    )  # fmt: skip


# --- Late ---------------------------------------------------------------------------------


def _months(cycle: Cycle | None, closed: date | None) -> Iterator[Finding | None]:
    """Files whose newest month is before the month that should have closed."""
    if closed is None:
        return
    end = add_months(closed, 1) - timedelta(days=1)
    for file, what, rows, field, due, role in (
        ("bookings", "Bookings", Booking.objects, "month", closed, Role.SOP_LEADER),
        ("shipments", "Shipments", Shipment.objects, "month", closed, Role.SUPPLY_PLANNER),
        ("receipts", "Receipts", Receipt.objects, "month", closed, Role.SUPPLY_PLANNER),
        ("inventory", "Stock", Inventory.objects, "as_of", end, Role.SUPPLY_PLANNER),
        ("quality", "Returns and complaints", Quality.objects, "month", closed, Role.SUPPLY_PLANNER),
    ):
        newest = rows.order_by(f"-{field}").values_list(field, flat=True).first()
        if newest is None or newest < due:
            have = f"ends with {newest:%B %Y}" if newest else "has never been loaded"
            yield found(
                Kind.LATE, f"{what} of {closed:%B %Y}", [have],
                effect="What is measured from them stands still.", file=file, role=role,
            )  # fmt: skip
    if cycle is not None:
        year = month_range(cycle.month, 12)
        planned = set(Budget.objects.filter(month__in=year).values_list("month", flat=True))
        yield found(
            Kind.LATE, "Months ahead without a budget", [f"{month:%Y-%m}" for month in year if month not in planned],
            effect="The gap to budget cannot be told.", file="budget", column="month", role=Role.FINANCE,
        )  # fmt: skip


# --- Odd ----------------------------------------------------------------------------------


def _odd(cycle: Cycle | None, closed: date | None, today: date) -> Iterator[Finding | None]:
    old = OrderLine.objects.filter(shipped_on=None, requested_on__lt=today - OLD_ORDER)
    yield found(
        Kind.ODD, "Open order lines more than 90 days past their date", _names(old, "code"),
        effect="They count as backlog; close them if nobody waits.", file="order_lines", column="shipped_on",
        role=Role.SUPPLY_PLANNER,
    )  # fmt: skip
    if closed is None:
        return
    yield from _odd_bookings(closed)
    if cycle is not None:
        treated = CycleLine.objects.filter(cycle=cycle).exclude(treated=[]).order_by("pk")
        pairs = treated.values_list("line__customer__name", "line__product__name")
        yield found(
            Kind.ODD, "Lines with months that the baseline did not take as they came",
            [f"{customer}: {product}" for customer, product in pairs],
            effect="Look once whether they were real; why this number shows each.", file="bookings", column="qty",
            role=Role.DEMAND_PLANNER,
        )  # fmt: skip


def _odd_bookings(closed: date) -> Iterator[Finding | None]:
    rows = Booking.objects.filter(month=closed)
    returned = rows.filter(qty__lt=0).values_list("customer__name", "product__name")
    yield found(
        Kind.ODD, f"More returned than booked in {closed:%B %Y}", [f"{who}: {what}" for who, what in returned],
        effect="Returns lower the month they are booked in.", file="bookings", column="qty", role=Role.DEMAND_PLANNER,
    )  # fmt: skip
    ended = rows.filter(qty__gt=0, product__phase_out_month__lt=closed).values_list("product__name", flat=True)
    yield found(
        Kind.ODD, f"Products booked in {closed:%B %Y} after their last month", sorted(set(ended)),
        effect="They sell but are not forecast.", file="products", column="phase_out_month", role=Role.DEMAND_PLANNER,
    )  # fmt: skip
    priced = rows.filter(qty__gt=0, product__price__gt=0).values("product__name", price=F("product__price"))
    far = [
        row["product__name"]
        for row in priced.annotate(units=Sum("qty"), money=Sum("revenue"))
        if abs(row["money"] / row["units"] / row["price"] - 1) > FAR_FROM_PRICE
    ]
    yield found(
        Kind.ODD, f"Products sold in {closed:%B %Y} at less than half or more than one and a half of their price", far,
        effect="Their forecast in money may be far off.", file="products", column="price", role=Role.FINANCE,
    )  # fmt: skip
    before = month_range(add_months(closed, -USUAL_MONTHS), USUAL_MONTHS)
    totals: dict[str, dict[date, float]] = defaultdict(dict)
    sums = Booking.objects.filter(month__in=[*before, closed]).values_list("product__family__name", "month")
    for family, month, units in sums.annotate(Sum("qty")):
        totals[family][month] = units
    yield found(
        Kind.ODD, f"Families with under a fifth of their usual bookings in {closed:%B %Y}",
        thin_months(totals, closed, before),
        effect="Part of the month may not have come in.", file="bookings", column="qty", role=Role.SOP_LEADER,
    )  # fmt: skip
