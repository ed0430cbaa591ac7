"""A planner says that a product's month was out of stock, or was not."""

from datetime import date, datetime

from django.db import transaction

from cycles.models import Cycle
from demand.models import Line, StockOut
from demand.policy import check_role
from demand.selectors.history import history_start
from jobs.errors import Invalid
from masterdata.models import Person
from masterdata.roles import Role
from masterdata.services.people import change_record


@transaction.atomic
def stock_out_say(*, cycle: Cycle, person: Person, line: Line, month: date, sold_out: bool, at: datetime) -> StockOut:
    """Write down what is said of the line's product in a closed month; it counts from the next baseline on."""
    check_role(person, Role.DEMAND_PLANNER, what="Marking months that were out of stock")
    start = history_start(cycle.month)
    if not start <= month < cycle.month:
        raise Invalid(f"Choose a closed month, from {start:%b %Y} to the month before {cycle.month:%b %Y}.")
    before = StockOut.objects.select_for_update().filter(product=line.product, month=month).first()
    said, _ = StockOut.objects.update_or_create(
        product=line.product, month=month, defaults={"sold_out": sold_out, "by": person, "at": at}
    )
    told = {"sold_out": before.sold_out} if before else {}
    change_record(
        "demand_stockout", f"{line.product.code} {month:%Y-%m}", told, {"sold_out": sold_out}, by=person, at=at
    )
    return said
