"""The cycle a page speaks of."""

from cycles.models import Cycle
from cycles.periods import parse_month
from cycles.selectors import current_cycle, cycle_of
from jobs.errors import Invalid, Refused


def cycle_now(known: Cycle | None = None) -> Cycle:
    """The open cycle (`known` where the door has read it), else the newest real one; refused when there is none."""
    cycle = known or current_cycle()
    if cycle is None:
        raise Refused("no_cycle", "No cycle has been opened yet. The S&OP leader opens the first one.", status=404)
    return cycle


def cycle_named(code: str, known: Cycle | None = None) -> Cycle:
    """The cycle of a month such as `2026-11`; the current one for an empty code, as `cycle_now` finds it."""
    if not code:
        return cycle_now(known)
    try:
        return cycle_of(parse_month(code))
    except ValueError as error:
        raise Invalid(str(error)) from None
