"""What the forms of this floor send."""

from collections.abc import Mapping
from typing import Any

from cycles.typed import figure, month_read
from jobs.errors import Invalid
from kpis.measures.words import Measure
from masterdata.selectors import people

MOST = 1e12


def target_read(given: Mapping[str, str], measure: Measure) -> dict[str, Any]:
    """Value (per cent as typed, empty ends the target), first month and owner of a target."""
    owner = people().filter(user__username=given.get("owner", "")).first()
    if owner is None:
        raise Invalid("Owner: choose the person who answers for this target.")
    return {"value": _value(given.get("value", ""), measure), "since": month_read(given.get("since")), "owner": owner}


def _value(typed: str, measure: Measure) -> float | None:
    if not typed.strip():
        return None
    number = figure(typed)
    if not abs(number) < MOST:
        raise Invalid(
            f"Target: {typed.strip()[:40]!r} is not a number. Type one such as 95, or leave it empty to end it."
        )
    return number / 100 if measure.unit == "%" else number
