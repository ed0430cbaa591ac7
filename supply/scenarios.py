"""What if: a scenario is a list of changes, kept as differences and never as copies."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from cycles.periods import format_month, parse_month
from supply.change import Change
from supply.changes import Capacity, Demand, Down, Outsource, Overtime, Prebuild, Promotion, Shift, Units
from supply.ground import Ground

KINDS: Final[dict[str, type[Change]]] = {
    cls.kind: cls for cls in (Overtime, Shift, Outsource, Units, Prebuild, Promotion, Demand, Down, Capacity)
}


def changed(ground: Ground, start: date, changes: Sequence[Change]) -> Ground:
    """The ground with all changes applied, one after the other. ValueError names what reaches nothing."""
    for change in changes:
        ground = change.apply(ground, start)
    return ground


def stored(change: Change) -> dict[str, Any]:
    """A change as JSON: its kind, months as `YYYY-MM`, and what differs."""
    kept = asdict(change) | {"first": format_month(change.first), "last": format_month(change.last)}
    return {"kind": change.kind} | kept


def read(given: Mapping[str, Any]) -> Change:
    """A change from JSON. ValueError names what is missing or wrong."""
    cls = KINDS.get(str(given.get("kind")))
    if cls is None:
        raise ValueError(f"A change is one of {', '.join(KINDS)}, not {given.get('kind')!r}.")
    rest = {name: value for name, value in given.items() if name not in ("kind", "first", "last")}
    try:
        change = cls(first=parse_month(str(given["first"])), last=parse_month(str(given["last"])), **rest)
    except (KeyError, TypeError) as error:
        raise ValueError(f"A change of the kind {cls.kind} lacks or has too much: {error}.") from None
    for fault in change.faults():
        raise ValueError(f"{change.label}: {fault}")
    return change
