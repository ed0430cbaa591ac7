"""What a reader of the supply pages must know about the data behind them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Max

from cycles.models import Cycle, CycleState
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
    return age_notes(cycle, at) + said


def age_notes(cycle: Cycle, at: datetime) -> list[Note]:
    """What is missing or old among the data behind every supply page, with its age and who keeps it."""
    found = [_capacity(at), _hours(), _stock(cycle, at)]
    return [Note(text) for text in found if text]


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
    age = at.date() - as_of
    behind = as_of < add_months(cycle.month, -1)
    if not behind and (age <= FRESH or cycle.state != CycleState.OPEN):
        return ""
    older = " and older than last month's end" if behind else ""
    return (
        f"Stock is as of {as_of:%d %b %Y}, {age.days} days ago{older}. It is kept by {_keepers()}, "
        "who can import a newer inventory.csv or type it over."
    )


def _keepers() -> str:
    planners: list[Person] = list(people().filter(role=Role.SUPPLY_PLANNER))
    return list_text([person.name for person in planners]) or "a supply planner"
