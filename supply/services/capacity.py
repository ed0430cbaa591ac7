"""Keeping capacity: a month that differs from the standard, with the reason on record."""

import math
from datetime import date, datetime
from typing import Any

from django.db import transaction

from cycles.models import Cycle, CycleState
from demand.models import Stage
from demand.selectors.versions import version_current
from jobs.errors import Invalid
from masterdata.models import Person, RowChange
from supply.models import CapacityException, Resource
from supply.policy import check_capacity_editor, supply_signed
from supply.services.planning import supply_plan_build

TABLE = "supply_capacityexception"
MOST = 1e9


@transaction.atomic
def capacity_set(
    *, resource: Resource, month: date, regular: float, overtime: float, reason: str, person: Person, at: datetime
) -> CapacityException:
    """Give one month of a resource another capacity; the same as the standard takes the exception away again."""
    check_capacity_editor(person)
    reason = reason.strip()
    _check(resource, month, regular, overtime, reason)
    row = CapacityException.objects.select_for_update().filter(resource=resource, month=month).first()
    before = None if row is None else _facts(row)
    row = row or CapacityException(resource=resource, month=month)
    row.regular, row.overtime = regular, overtime
    standard = (regular, overtime) == (resource.regular_capacity, resource.overtime_capacity)
    if not standard:
        row.save()
    elif row.pk is not None:
        row.delete()
    RowChange.objects.create(
        table=TABLE,
        key=f"{resource.code} {month:%Y-%m}",
        before=before,
        after=_facts(row) | {"reason": reason},
        by=person,
        at=at,
    )
    return row


def _facts(row: CapacityException) -> dict[str, Any]:
    return {"regular": row.regular, "overtime": row.overtime}


def _check(resource: Resource, month: date, regular: float, overtime: float, reason: str) -> None:
    if month.day != 1:
        raise Invalid("Capacity is kept by month.")
    for name, hours in (("Regular", regular), ("Overtime", overtime)):
        if not (math.isfinite(hours) and 0 <= hours < MOST):
            raise Invalid(f"{name} capacity of {resource.name} has to be a number from 0 to {MOST:,.0f}.")
    if not reason:
        raise Invalid("Say why this month differs, for example a holiday shutdown or a second shift.")


@transaction.atomic
def capacity_change(
    *,
    cycle: Cycle,
    resource: Resource,
    month: date,
    regular: float,
    overtime: float,
    reason: str,
    person: Person,
    at: datetime,
) -> bool:
    """Keep the capacity of a month and plan again with it; True when there was a plan that could still change."""
    capacity_set(
        resource=resource, month=month, regular=regular, overtime=overtime, reason=reason, person=person, at=at
    )
    planned = version_current(cycle, Stage.SUPPLY_PLAN) is not None
    if not planned or cycle.state != CycleState.OPEN or supply_signed(cycle):
        return False
    supply_plan_build(cycle=cycle, at=at, by=person)
    return True
