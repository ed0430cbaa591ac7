"""The cycle a page speaks of."""

from cycles.models import Cycle
from cycles.periods import parse_month
from cycles.selectors import current_cycle, cycle_of
from jobs.errors import Invalid, Refused


def cycle_now() -> Cycle:
    """The open cycle, else the newest real one; refused in words when there is none at all."""
    cycle = current_cycle()
    if cycle is None:
        raise Refused("no_cycle", "No cycle has been opened yet. The S&OP leader opens the first one.", status=404)
    return cycle


def cycle_named(code: str) -> Cycle:
    """The cycle of a month such as `2026-11`; the current one for an empty code."""
    if not code:
        return cycle_now()
    try:
        return cycle_of(parse_month(code))
    except ValueError as error:
        raise Invalid(str(error)) from None
