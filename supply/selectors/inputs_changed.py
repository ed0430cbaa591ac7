"""Whether the figures of a supply plan have changed since it was made."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Max

from cycles.models import Cycle
from demand.models import Stage
from demand.selectors.versions import version_current
from masterdata.models import RowChange
from supply.inputs import Inputs
from supply.models import CapacityException, Inventory, Resource, SupplyOrder

TABLES: Final = {
    Inputs.CAPACITY: CapacityException._meta.db_table,
    Inputs.STOCK: Inventory._meta.db_table,
    Inputs.ORDERS: SupplyOrder._meta.db_table,
}
GROUND: Final = (*TABLES.values(), Resource._meta.db_table)


@dataclass(frozen=True)
class Outdated:
    """How many figures changed since the plan was made, the last of them when and by whom."""

    figures: int
    at: datetime
    by: str

    @property
    def text(self) -> str:
        count = "1 figure" if self.figures == 1 else f"{self.figures:,} figures"
        whose = f", the last by {self.by}" if self.by else ""
        return f"{count} of capacity, stock or open orders changed since this supply plan was made{whose}."


def stock_changes() -> list[tuple[date, datetime]]:
    """The days whose stock people typed over, each with the last time they did."""
    rows = RowChange.objects.filter(table=TABLES[Inputs.STOCK], run=None, after__has_key="row")
    by_key = rows.values_list("key").annotate(Max("at"))
    return [(date.fromisoformat(key.rpartition(" ")[2]), at) for key, at in by_key]


def plan_outdated(cycle: Cycle) -> Outdated | None:
    """None when nothing has changed since, or nothing is planned. A replayed plan keeps to what was known then."""
    version = version_current(cycle, Stage.SUPPLY_PLAN)
    if version is None or cycle.simulated:
        return None
    changes = RowChange.objects.filter(table__in=GROUND, at__gt=version.made_at)
    last = changes.select_related("by__user").order_by("-pk").first()
    if last is None:
        return None
    return Outdated(changes.values("table", "key").distinct().count(), last.at, last.by.name if last.by else "")
