"""What people send to supply, read and checked for form; meaning is checked by the services."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.http import QueryDict

from cycles.typed import month_read, words
from jobs.errors import Invalid
from supply.allocation import Rule
from supply.models import GapOptionKind


@dataclass(frozen=True)
class CapacityEntry:
    """Capacity of one month as somebody typed it."""

    month: date
    regular: float
    overtime: float
    reason: str


def capacity_read(given: QueryDict) -> CapacityEntry:
    """Invalid names the field that is not a number."""
    return CapacityEntry(
        month=month_read(given.get("month")),
        regular=_hours(given, "regular", "Regular capacity"),
        overtime=_hours(given, "overtime", "Overtime"),
        reason=words(given.get("reason")),
    )


def _hours(given: Mapping[str, str], name: str, label: str) -> float:
    text = words(given.get(name)).replace(",", "").replace(" ", "")
    if not text:
        raise Invalid(f"{label} is empty. Type the hours of the month, 0 for none.")
    try:
        return float(text)
    except ValueError:
        raise Invalid(f"{label}: “{text[:20]}” is not a number. Type the hours, for example 4680.") from None


def option_read(given: QueryDict) -> GapOptionKind:
    kind = given.get("kind", "")
    if kind not in GapOptionKind.values:
        raise Invalid(f"Choose one of: {', '.join(GapOptionKind.labels)}.")
    return GapOptionKind(kind)


def rule_read(given: QueryDict) -> Rule | None:
    """None keeps the rule of the plan before."""
    rule = given.get("rule", "")
    if not rule:
        return None
    if rule not in list(Rule):
        raise Invalid(f"Choose one of the rules: {', '.join(Rule)}.")
    return Rule(rule)
