"""What a reader of the supply pages must know about the data behind them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Max

from cycles.models import Cycle
from cycles.periods import add_months
from demand.models import ForecastVersion
from masterdata.models import Person, RowChange
from masterdata.roles import Role
from masterdata.selectors import people
from supply.models import BillOfResource, CapacityException, Inventory, Resource
from supply.selectors.facts import NO_HOURS
from supply.wording import list_text

FRESH: Final = timedelta(days=30)
TABLES: Final = (Resource._meta.db_table, CapacityException._meta.db_table)


@dataclass(frozen=True)
class Note:
    """A sentence, and whether it is a warning."""

    text: str
    warns: bool = True


def notes_of(cycle: Cycle, version: ForecastVersion | None, at: datetime) -> list[Note]:
    """The oldest and most serious doubts first: capacity, hours, stock, and what the plan itself says."""
    lines = version.note.splitlines() if version else []
    said = [Note(line, not line.startswith(("Prepared", "Planned"))) for line in lines]
    found = [_capacity(at), _hours(), _stock(cycle, at)]
    return [Note(text) for text in found if text] + said


def _capacity(at: datetime) -> str:
    if not Resource.objects.exists():
        return f"No resource is set up, so nothing limits the plan. {_keepers()} can import resources.csv."
    newest = RowChange.objects.filter(table__in=TABLES).aggregate(at=Max("at"))["at"]
    if newest is None or at - newest <= FRESH:
        return ""
    return f"Capacity was last looked at {(at - newest).days} days ago. It is kept by {_keepers()}."


def _hours() -> str:
    return "" if BillOfResource.objects.exists() else NO_HOURS


def _stock(cycle: Cycle, at: datetime) -> str:
    as_of: date | None = Inventory.objects.filter(as_of__lt=cycle.month).aggregate(at=Max("as_of"))["at"]
    if as_of is None:
        return f"No stock is known before {cycle.month:%B %Y}, so only capacity counts. {_keepers()} can import it."
    if as_of < add_months(cycle.month, -1):
        age = (at.date() - as_of).days
        return (
            f"Stock is as of {as_of:%d %b %Y}, {age} days ago and older than last month's end. "
            f"{_keepers()} can import a newer inventory.csv."
        )
    return ""


def _keepers() -> str:
    planners: list[Person] = list(people().filter(role=Role.SUPPLY_PLANNER))
    return list_text([person.name for person in planners]) or "a supply planner"
