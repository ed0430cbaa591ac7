"""Marketing's page: the timeline by family, the next events, what similar ones brought, overlaps."""

from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import Any

from cycles.models import Cycle
from cycles.periods import add_months, month_range, months_between
from demand.models import Event, EventKind, Stage
from demand.selectors.lines import cycle_lines
from demand.selectors.versions import events_applied, stage_plan, version_current
from masterdata.models import Customer, Family, Person, Product, Region
from masterdata.roles import Role

TIMELINE_MONTHS = 18
BEHIND = 6
SIMILAR = 3


@dataclass(frozen=True)
class Bar:
    """One event on the timeline; `start` counts from 1, `span` in months."""

    event: Event
    start: int
    span: int
    is_done: bool
    overlaps: bool


@dataclass(frozen=True)
class EventsPage:
    cycle: Cycle
    months: list[Any]
    rows: list[tuple[str, list[Bar]]]
    coming: list[dict[str, Any]]
    choices: dict[str, list[Any]]
    kinds: Any
    similar: str
    similar_uplift: float | None
    may_write: bool
    copyable: int


def events_page(cycle: Cycle, person: Person) -> EventsPage:
    start = add_months(cycle.month, -BEHIND)
    scope = ("family", "product__family", "customer", "region", "entered_by__user")
    events = list(Event.objects.filter(cancelled_on=None).select_related(*scope))
    similar, uplift = similar_uplifts(events, cycle)
    return EventsPage(
        cycle=cycle,
        months=month_range(start, TIMELINE_MONTHS),
        rows=_rows(events, cycle),
        coming=_coming(cycle, events),
        choices=_choices(),
        kinds=EventKind,
        similar=similar,
        similar_uplift=uplift,
        may_write=person.role == Role.MARKETING,
        copyable=sum(1 for e in events if add_months(cycle.month, -12) <= e.from_month < cycle.month),
    )


def _scope_name(event: Event) -> str:
    family = event.family or (event.product.family if event.product else None)
    return family.name if family else "All families"


def overlapping(event: Event, others: list[Event]) -> bool:
    """Another event of the same family, or of all, in the same months."""
    return any(
        other.pk != event.pk
        and other.from_month <= event.to_month
        and event.from_month <= other.to_month
        and (_scope_name(other) == _scope_name(event) or "All families" in (_scope_name(other), _scope_name(event)))
        for other in others
    )


def _rows(events: list[Event], cycle: Cycle) -> list[tuple[str, list[Bar]]]:
    start, rows = add_months(cycle.month, -BEHIND), defaultdict(list)
    for event in events:
        first = max(months_between(start, event.from_month), 0)
        last = min(months_between(start, event.to_month), TIMELINE_MONTHS - 1)
        if first <= last:
            done = event.to_month < cycle.month
            rows[_scope_name(event)].append(
                Bar(event, first + 1, last - first + 1, done, not done and overlapping(event, events))
            )
    return sorted(rows.items())


def _coming(cycle: Cycle, events: list[Event]) -> list[dict[str, Any]]:
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
    ahead = sorted((e for e in events if e.to_month >= cycle.month), key=lambda e: (e.from_month, e.code))
    return [{"event": e, "added": added.get(e.code), "overlaps": overlapping(e, events)} for e in ahead]


def similar_uplifts(events: list[Event], cycle: Cycle) -> tuple[str, float | None]:
    """The latest past promotions in words, and the median of their uplifts."""
    past = [
        e for e in events if e.to_month < cycle.month and e.kind == EventKind.PROMOTION and e.uplift_pct is not None
    ]
    past = sorted(past, key=lambda e: e.from_month)[-SIMILAR:]
    if not past:
        return "", None
    middle = median(e.uplift_pct or 0.0 for e in past)
    listed = ", ".join(f"{e.uplift_pct:+.0f}" for e in past)
    return f"The last promotions brought {listed} %, median {middle:.0f}.".replace("-", "−"), middle


def _choices() -> dict[str, list[Any]]:
    return {
        "families": list(Family.objects.filter(products__lines__isnull=False).distinct()),
        "products": list(Product.objects.filter(plan_as=None, lines__isnull=False).distinct().order_by("name")),
        "customers": list(Customer.objects.filter(plan_as=None, lines__isnull=False).distinct().order_by("name")),
        "regions": list(Region.objects.order_by("name")),
    }
