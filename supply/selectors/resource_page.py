"""One resource: month by month what is asked, what there is, what was agreed, and how capacity changed."""

from typing import Any, Final

import numpy as np

from cycles.models import Cycle
from demand.models import Stage
from demand.selectors.versions import version_current
from jobs.errors import Refused
from masterdata.models import Person, RowChange
from masterdata.roles import Role
from supply.models import CapacityException, Gap, Resource
from supply.policy import may_plan, supply_signed
from supply.selectors.answers import answer_of
from supply.selectors.causes import overload_causes
from supply.selectors.gaps import gap_rows, gaps_of
from supply.selectors.inputs import history_line
from supply.selectors.inputs_changed import plan_outdated
from supply.selectors.load import Load, load_chart, load_of, utilisation_rows
from supply.selectors.preview import live_demand

HISTORY: Final = 12


def resource_named(code: str) -> Resource:
    resource = Resource.objects.filter(code=code).first()
    if resource is None:
        raise Refused("no_resource", f"There is no resource {code}.", status=404)
    return resource


def resource_page(cycle: Cycle, resource: Resource, person: Person) -> dict[str, Any]:
    """Everything the page of a resource shows."""
    gaps = gaps_of(cycle)
    load = _load(cycle, gaps)
    own = [gap for gap in gaps if gap.resource_id == resource.pk]
    page = {
        "cycle": cycle,
        "resource": resource,
        "standard": {"regular": f"{resource.regular_capacity:.12g}", "overtime": f"{resource.overtime_capacity:.12g}"},
        "gaps": gap_rows(own, person),
        "history": [history_line(change) for change in _changes(resource)],
        "outdated": plan_outdated(cycle),
        "can_plan": may_plan(person),
        "may_edit": person.role == Role.SUPPLY_PLANNER,
        "signed": supply_signed(cycle),
    }
    if load is None:
        return page | {"months": [], "chart": None, "families": []}
    row = next(row for row in utilisation_rows(load) if row["code"] == resource.code)
    return page | {
        "months": _months(load, row["row"], own),
        "chart": load_chart(load, row, len(load.months), width=1180),
        "families": _families(load, row["row"]),
        "causes": overload_causes(cycle, load, row["row"]),
    }


def _changes(resource: Resource) -> list[RowChange]:
    rows = RowChange.objects.filter(table=CapacityException._meta.db_table, key__startswith=f"{resource.code} ")
    return list(rows.select_related("by__user").order_by("-id")[:HISTORY])


def _load(cycle: Cycle, gaps: list[Gap]) -> Load | None:
    answer = answer_of(cycle) if version_current(cycle, Stage.SUPPLY_PLAN) is not None else None
    if answer is not None:
        return load_of(cycle, answer.products, answer.demand, answer.with_hours, gaps)
    live = live_demand(cycle)
    return None if live is None else load_of(cycle, live.products, live.demand, None, gaps)


def _months(load: Load, r: int, gaps: list[Gap]) -> list[dict[str, Any]]:
    by_month = {gap.month: gap for gap in gaps}
    used, capacity = load.used[r], load.capacity
    standard = capacity.resources.iloc[r]
    return [
        {
            "month": month,
            "asked": float(load.asked[r, m]),
            "planned": None if load.planned is None else float(load.planned[r, m]),
            "regular": float(capacity.regular[r, m]),
            "overtime": float(capacity.overtime[r, m]),
            "agreed": float(load.released[r, m] - capacity.regular[r, m]),
            "used": None if np.isnan(used[m]) else float(used[m]),
            "over": bool(used[m] > 1),
            "differs": (capacity.regular[r, m], capacity.overtime[r, m])
            != (standard["regular_capacity"], standard["overtime_capacity"]),
            "gap": by_month.get(month),
        }
        for m, month in enumerate(load.months)
    ]


def _families(load: Load, r: int) -> list[dict[str, Any]]:
    """Which families load the resource over the horizon, the largest first."""
    hours = {name: sum(values) for name, values in load.by_family(r).items()}
    total = sum(hours.values())
    rows = [{"name": name, "hours": value, "share": value / total} for name, value in hours.items() if total]
    return sorted(rows, key=lambda row: -row["hours"])
