"""The parts a measure is told of: their names, and the customers behind them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from demand.models import CycleLine
from kpis.cuts import CUSTOMER, FAMILY, GROUP, LEVELS, OF_CUSTOMERS, PRIVATE_OF_CUSTOMERS, REGION, REP
from masterdata.models import Customer, Family, Person, Region
from masterdata.roles import COST_ROLES

COMPANY = "company"
Names = dict[tuple[str, str], str]


def part_names(*levels: str) -> Names:
    """(level, key) -> the name of a part; the company's too."""
    names = {(COMPANY, ""): "the company"}
    for level in levels:
        names |= {(level, str(key)): name for key, name in _names(level)}
    return names


def _names(level: str) -> Sequence[tuple[Any, str]]:
    if level == GROUP:
        return [(group, group) for group in Family.objects.exclude(group="").values_list("group", flat=True)]
    if level == REP:
        return [(person.pk, person.name) for person in Person.objects.select_related("user")]
    models: dict[str, Any] = {FAMILY: Family, REGION: Region, CUSTOMER: Customer}
    return list(models[level].objects.values_list("code", "name"))


def is_private(code: str, level: str, person: Person) -> bool:
    """Whether a measure of this level is kept from this person: margin below family level."""
    return code in PRIVATE_OF_CUSTOMERS and level in OF_CUSTOMERS and person.role not in COST_ROLES


def rows_of_part(rows: QuerySet[Any], level: str, key: str, month: date) -> QuerySet[Any]:
    """Rows with a product and, below the families, a customer: those of one part."""
    if level == CUSTOMER:
        return rows.filter(Q(customer__code=key, customer__plan_as=None) | Q(customer__plan_as__code=key))
    if level == REP:
        return rows.filter(customer__in=_customers_of(int(key), month))
    field = {FAMILY: "product__family__code", GROUP: "product__family__group", REGION: "customer__region__code"}
    return rows.filter(**{field[level]: key}) if level in field else rows


def _customers_of(person: int, month: date) -> list[int]:
    """Those held in the cycle of the month, else now: the rule of `kpis.selectors.month_parts`."""
    lines = CycleLine.objects.filter(cycle__month=month).exclude(owner=None)
    held = dict(lines.values_list("line__customer_id", "owner_id").distinct())
    customers = Customer.objects.annotate(
        planned=Coalesce("plan_as_id", "pk"), holder=Coalesce("plan_as__owner_id", "owner_id")
    )
    return [
        pk
        for pk, planned, holder in customers.values_list("pk", "planned", "holder")
        if held.get(planned, holder) == person
    ]


def part_read(given: str) -> tuple[str, str]:
    """(level, key) of "family:BIKES"; the company for anything else."""
    level, _, key = given.partition(":")
    return (level, key) if level in LEVELS and key else (COMPANY, "")
