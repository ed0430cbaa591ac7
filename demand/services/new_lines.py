"""Starting a line that does not exist yet: a product a customer has never bought."""

from datetime import datetime

import numpy as np
from django.db import transaction

from cycles.models import Cycle
from cycles.periods import add_months
from demand.matrices import Plan
from demand.models import CycleLine, Line, Stage
from demand.policy import acts_for, check_sales_open
from demand.selectors.versions import version_current
from demand.services.versions import forecast_lines_copy
from jobs.errors import Invalid, Refused
from masterdata.models import Customer, ExchangeRate, Person, Product


@transaction.atomic
def line_start(*, cycle: Cycle, person: Person, customer: str, product: str, at: datetime) -> Line:
    """Start the line of an own customer and a product (codes) in a cycle, with a baseline of zero.

    Who is named while the owner is away starts it in the owner's place; it says who did. A line that exists but is
    not in the cycle is taken in; one that is already there is refused.
    """
    buyer, item = _customer(customer), _product(product, cycle)
    stead = acts_for(person, buyer.owner, at, what="Starting a line", does="starts a line")
    check_sales_open(cycle, [])
    line, _ = Line.objects.get_or_create(customer=buyer, product=item)
    rate = _rate(item, cycle)
    _, created = CycleLine.objects.get_or_create(
        cycle=cycle,
        line=line,
        defaults={
            "owner": buyer.owner,
            "region_id": buyer.region_id,
            "family_id": item.family_id,
            "price": (item.price or 0) * rate,
            "unit_cost": (item.unit_cost or 0) * rate,
            "method": "new line",
            "flags": [{"code": "new", "text": "new line", "why": _started(person, stead, at)}],
        },
    )
    if not created:
        whose = "the" if stead else "your"
        raise Refused("line_exists", f"{buyer.name} already has a line for {item.name}; it is on {whose} sheet.")
    _into_baseline(cycle, line, at)
    return line


def _started(person: Person, stead: Person | None, at: datetime) -> str:
    who = f"{person.name} started this line for {stead.name}" if stead else "You started this line"
    return f"{who} on {at:%-d %B}."


def _into_baseline(cycle: Cycle, line: Line, at: datetime) -> None:
    """Zeros for the new line in the finished naive and baseline versions, so that every later stage has it.

    Their time moves on, because processes keep a version's numbers by it.
    """
    nothing = Plan(np.array([line.pk], dtype=np.int64), cycle.month, np.zeros((1, cycle.horizon)))
    for stage in (Stage.NAIVE, Stage.BASELINE):
        version = version_current(cycle, stage)
        if version is not None:
            forecast_lines_copy(version, nothing)
            version.made_at = at
            version.save(update_fields=["made_at"])


def _customer(code: str) -> Customer:
    found = Customer.objects.select_related("owner__user").filter(code=code).first()
    if found is None:
        raise Invalid(f"There is no customer {code!r}. Choose one from the list.")
    if found.plan_as_id is not None:
        found = Customer.objects.select_related("owner__user").get(pk=found.plan_as_id)
    return found


def _product(code: str, cycle: Cycle) -> Product:
    found = Product.objects.select_related("plan_as").filter(code=code).first()
    if found is None:
        raise Invalid(f"There is no product {code!r}. Choose one from the list.")
    found = found.plan_as or found
    if found.phase_out_month and found.phase_out_month < cycle.month:
        raise Invalid(f"{found.name} ended in {found.phase_out_month:%B %Y}. Choose its successor.")
    if found.launch_month and found.launch_month >= add_months(cycle.month, cycle.horizon):
        raise Invalid(f"{found.name} starts in {found.launch_month:%B %Y}, after this cycle's months.")
    return found


def _rate(product: Product, cycle: Cycle) -> float:
    rates = ExchangeRate.objects.filter(currency=product.currency, month__lte=cycle.month)
    return rates.order_by("-month").values_list("rate", flat=True).first() or 1.0
