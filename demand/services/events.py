"""Marketing's events: entered with five facts, changed or cancelled until demand is signed."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from cycles.models import Cycle, CycleState
from cycles.periods import parse_month
from cycles.selectors import step_of
from cycles.steps import Step, StepState
from demand.models import Event, EventKind, EventShape, Stage
from demand.policy import check_role
from demand.selectors.event_advice import ended_before
from demand.selectors.events import events_to_copy
from demand.selectors.versions import version_current
from demand.services.flagging import flags_set
from jobs.errors import Invalid, Refused
from masterdata.models import Customer, Family, Person, Product, Region
from masterdata.roles import Role

LARGEST_UPLIFT = 500.0
LONGEST_NAME = 160


@dataclass(frozen=True)
class EventEntry:
    """What the form gives: codes as text, months as YYYY-MM, uplift and confidence in per cent."""

    name: str
    kind: str
    product: str = ""
    family: str = ""
    customer: str = ""
    region: str = ""
    first: str = ""
    last: str = ""
    uplift: float | None = None
    confidence: float | None = None
    shape: str = ""


@transaction.atomic
def event_save(*, cycle: Cycle, person: Person, entry: EventEntry, at: datetime, pk: int | None = None) -> Event:
    """Enter an event, or change one; every fault is said at once. Reps see it as a flag on their lines."""
    facts = entry_check(person=person, entry=entry)
    event = _found(pk) if pk is not None else Event(code=_next_code(), entered_on=at.date(), entered_by=person)
    for name, value in facts.items():
        setattr(event, name, value)
    event.save()
    _flags_follow(cycle)
    return event


def entry_check(*, person: Person, entry: EventEntry) -> dict[str, object]:
    """The facts of an event that can be entered; every fault is said at once."""
    check_role(person, Role.MARKETING, what="Entering events")
    facts, faults = _facts(entry)
    faults += _ended(facts.get("product"), facts.get("from_month"))
    if faults:
        raise Invalid(" ".join(str(fault["detail"]) for fault in faults), errors=faults)
    return facts


@transaction.atomic
def event_cancel(*, cycle: Cycle, person: Person, pk: int, at: datetime) -> Event:
    """An event that does not take place; its record stays."""
    check_role(person, Role.MARKETING, what="Cancelling events")
    event = _found(pk)
    event.cancelled_on = at.date()
    event.save(update_fields=["cancelled_on"])
    _flags_follow(cycle)
    return event


@transaction.atomic
def events_copy_last_year(*, cycle: Cycle, person: Person, at: datetime) -> list[Event]:
    """Enter the events of the last twelve months again, a year later; those that stand already are left out."""
    check_role(person, Role.MARKETING, what="Copying events")
    made = []
    for event, first, last in events_to_copy(cycle).rows:
        event.pk, event.code, event.from_month, event.to_month = None, _next_code(), first, last
        event.entered_on, event.entered_by = at.date(), person
        event.save(force_insert=True)
        made.append(event)
    if made:
        _flags_follow(cycle)
    return made


def _flags_follow(cycle: Cycle) -> None:
    """While numbers are entered a rep sees at once which lines an event touches."""
    entering = step_of(cycle, Step.SALES_FORECAST).state in (StepState.PENDING.value, StepState.OPEN.value)
    if cycle.state == CycleState.OPEN and entering and version_current(cycle, Stage.BASELINE) is not None:
        flags_set(cycle=cycle)


def _found(pk: int) -> Event:
    event = Event.objects.select_for_update().filter(pk=pk, cancelled_on=None).first()
    if event is None:
        raise Refused("no_event", "There is no such event any more.", status=404)
    return event


def _next_code() -> str:
    number = Event.objects.count() + 1
    while Event.objects.filter(code=f"EV-{number:03d}").exists():
        number += 1
    return f"EV-{number:03d}"


def _facts(entry: EventEntry) -> tuple[dict[str, object], list[dict[str, object]]]:
    faults: list[dict[str, object]] = []
    facts: dict[str, object] = {"name": entry.name, "kind": entry.kind}
    if not entry.name:
        faults.append({"field": "name", "detail": "Say what is planned."})
    if len(entry.name) > LONGEST_NAME:
        faults.append({"field": "name", "detail": f"Say it in at most {LONGEST_NAME} characters."})
    if entry.kind not in EventKind.values:
        faults.append({"field": "kind", "detail": "Choose what kind of event it is."})
    facts["shape"] = entry.shape or EventShape.FLAT
    if facts["shape"] not in EventShape.values:
        faults.append({"field": "shape", "detail": "Choose how the uplift spreads over the months."})
    if facts["shape"] == EventShape.DIP and entry.kind == EventKind.LOSS:
        faults.append({"field": "shape", "detail": "Lost business has no dip after it. Choose another shape."})
    scope = (("product", Product), ("family", Family), ("customer", Customer), ("region", Region))
    for name, model in scope:
        code = getattr(entry, name)
        facts[name] = model.objects.filter(code=code).first() if code else None
        if code and facts[name] is None:
            faults.append({"field": name, "detail": f"There is no {name} {code!r}."})
    return facts | _months(entry, faults) | _numbers(entry, faults), faults


def _months(entry: EventEntry, faults: list[dict[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for field, name in (("first", "from_month"), ("last", "to_month")):
        try:
            found[name] = parse_month(getattr(entry, field))
        except ValueError as error:
            faults.append({"field": field, "detail": str(error)})
    if len(found) == 2 and found["to_month"] < found["from_month"]:  # type: ignore[operator]
        faults.append({"field": "last", "detail": "The last month lies before the first."})
    return found


def _numbers(entry: EventEntry, faults: list[dict[str, object]]) -> dict[str, object]:
    if entry.uplift is None or not -100 <= entry.uplift <= LARGEST_UPLIFT:
        faults.append({"field": "uplift", "detail": f"Give the uplift in per cent, from −100 to {LARGEST_UPLIFT:g}."})
    if entry.confidence is None or not 0 <= entry.confidence <= 100:
        faults.append({"field": "confidence", "detail": "Give the confidence in per cent, from 0 to 100."})
        return {}
    return {"uplift_pct": entry.uplift, "confidence": entry.confidence / 100}


def _ended(product: object, first: object) -> list[dict[str, object]]:
    if not isinstance(product, Product) or not isinstance(first, date):
        return []
    ended, _ = ended_before(product, first)
    return [{"field": "product", "detail": ended}] if ended else []
