"""Handing customers over while a cycle runs: the lines of sales entry move too, the numbers on them stay."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Count

from cycles.models import Contribution, Cycle
from cycles.selectors import open_cycle
from cycles.services import contributions_release, cycle_lock_exclusive
from cycles.steps import Step
from demand.models import CycleLine
from demand.policy import entry_open
from demand.selectors.lines import living_lines
from demand.services.submissions import submissions_expect
from jobs.errors import Refused
from masterdata.models import Customer, Person
from masterdata.services.people import change_record, customers_hand_over


@dataclass(frozen=True)
class HandedOver:
    """How many customers changed hands, and how many lines of the running cycle went with them."""

    customers: int
    lines: int


@transaction.atomic
def customers_hand_over_now(
    *, customers: Collection[int], to: Person, on: date, today: date, by: Person, at: datetime
) -> HandedOver:
    """Hand customers over and move their lines in the running cycle; refused unless sales entry is open.

    Numbers keep the name of who entered them. The new owner is expected to answer for the lines; who has none left
    is not asked any more.
    """
    cycle = open_cycle()
    if cycle is not None:
        cycle_lock_exclusive(cycle)
    if cycle is None or not entry_open(cycle):
        raise Refused(
            "entry_closed",
            "Sales entry is not open, so the running cycle keeps its owners. Hand over for the next cycle instead.",
        )
    count = customers_hand_over(customers=customers, to=to, on=on, today=today, by=by, at=at)
    lines = _lines_move(cycle, customers, to, by, at)
    submissions_expect(cycle=cycle)
    _release(cycle)
    return HandedOver(count, lines)


def _lines_move(cycle: Cycle, customers: Collection[int], to: Person, by: Person, at: datetime) -> int:
    """Move the lines, one record per customer and owner they had."""
    rows = CycleLine.objects.filter(cycle=cycle, line__customer__in=list(customers)).exclude(owner=to)
    before = list(rows.values_list("line__customer", "owner").annotate(Count("pk")).order_by("line__customer", "owner"))
    codes = dict(Customer.objects.filter(pk__in=list(customers)).values_list("pk", "code"))
    moved = rows.update(owner=to)
    for customer, owner, lines in before:
        key = f"{cycle.code} {codes[customer]}"
        was, now = {"owner_id": owner, "lines": None}, {"owner_id": to.pk, "lines": lines}
        change_record(CycleLine._meta.db_table, key, was, now, by=by, at=at)
    return moved


def _release(cycle: Cycle) -> None:
    """Nobody waits for those who have no living line left."""
    owners = {int(owner) for owner in living_lines(cycle)["rep_id"].dropna().unique()}
    expected = Contribution.objects.filter(cycle=cycle, step=Step.SALES_FORECAST.value)
    idle = expected.exclude(person__person__in=owners).values_list("person_id", flat=True)
    contributions_release(cycle=cycle, step=Step.SALES_FORECAST, users=list(idle))
