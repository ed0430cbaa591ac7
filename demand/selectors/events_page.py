"""Marketing's page: the timeline by family, the next events with what they add, overlaps, last year's again."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from cycles.models import Cycle
from cycles.periods import add_months, month_range, months_between
from demand.event_shapes import shape_words
from demand.models import Event, EventKind, EventShape, Stage
from demand.selectors.event_advice import events_standing, overlaps
from demand.selectors.events import Copies, events_to_copy
from demand.selectors.lines import cycle_lines
from demand.selectors.versions import events_applied, stage_plan, version_current
from masterdata.models import Customer, Family, Person, Product, Region
from masterdata.roles import Role

TIMELINE_MONTHS = 18
BEHIND = 6
Touching = dict[int, list[Event]]


@dataclass(frozen=True)
class Bar:
    """One event on the timeline; `start` counts from 1, `span` in months."""

    event: Event
    start: int
    span: int
    is_done: bool
    overlaps: list[Event]


@dataclass(frozen=True)
class EventsPage:
    cycle: Cycle
    months: list[Any]
    rows: list[tuple[str, list[Bar]]]
    coming: list[dict[str, Any]]
    choices: dict[str, list[Any]]
    kinds: Any
    shapes: Any
    ahead: list[date]
    may_write: bool
    copies: Copies


def events_page(cycle: Cycle, person: Person) -> EventsPage:
    start = add_months(cycle.month, -BEHIND)
    events = events_standing()
    touching = overlaps(events)
    return EventsPage(
        cycle=cycle,
        months=month_range(start, TIMELINE_MONTHS),
        rows=_rows(events, cycle, touching),
        coming=_coming(cycle, events, touching),
        choices=_choices(),
        kinds=EventKind,
        shapes=EventShape,
        ahead=month_range(cycle.month, cycle.horizon),
        may_write=person.role == Role.MARKETING,
        copies=events_to_copy(cycle),
    )


def _scope_name(event: Event) -> str:
    family = event.family or (event.product.family if event.product else None)
    return family.name if family else "All families"


def _rows(events: list[Event], cycle: Cycle, touching: Touching) -> list[tuple[str, list[Bar]]]:
    start, rows = add_months(cycle.month, -BEHIND), defaultdict(list)
    for event in events:
        first = max(months_between(start, event.from_month), 0)
        last = min(months_between(start, event.to_month), TIMELINE_MONTHS - 1)
        if first <= last:
            done = event.to_month < cycle.month
            rows[_scope_name(event)].append(
                Bar(event, first + 1, last - first + 1, done, [] if done else touching[event.pk])
            )
    return sorted(rows.items())


def _coming(cycle: Cycle, events: list[Event], touching: Touching) -> list[dict[str, Any]]:
    """The events ahead with what they add to the plan, in units and money, over the horizon."""
    added: dict[str, tuple[float, float, str]] = {}
    if version_current(cycle, Stage.BASELINE) is not None:
        team = stage_plan(cycle, Stage.TEAM)
        price = cycle_lines(cycle, lines=team.lines)["price"]
        _, effects = events_applied(cycle, team)
        for code, part in effects.groupby("event"):
            units = part["added"]
            notes = [note for note in part["note"] if note]
            money = float((units * part["line"].map(price)).sum())
            added[str(code)] = (float(units.sum()), money, str(notes[0]) if notes else "")
    ahead = sorted((e for e in events if _reaches(e, cycle)), key=lambda e: (e.from_month, e.code))
    return [{"event": e, "added": added.get(e.code), "overlaps": touching[e.pk], "shape": _shape(e)} for e in ahead]


def _reaches(event: Event, cycle: Cycle) -> bool:
    """Whether an event still moves numbers: a dip does so in the month after it."""
    dips = event.shape == EventShape.DIP
    return event.to_month >= (add_months(cycle.month, -1) if dips else cycle.month)


def _shape(event: Event) -> str:
    return shape_words(event.shape, event.from_month, event.to_month)


def _choices() -> dict[str, list[Any]]:
    return {
        "families": list(Family.objects.filter(products__lines__isnull=False).distinct()),
        "products": list(Product.objects.filter(plan_as=None, lines__isnull=False).distinct().order_by("name")),
        "customers": list(Customer.objects.filter(plan_as=None, lines__isnull=False).distinct().order_by("name")),
        "regions": list(Region.objects.order_by("name")),
    }
