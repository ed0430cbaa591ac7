"""What calls on orders are worth, by family and never by person: for the demand planner."""

from dataclasses import dataclass

from demand.accuracy import none_if_na
from demand.call_outcomes import CallCase, brier_by
from demand.selectors.call_cases import call_cases
from kpis.selectors.accuracy import closed_before
from masterdata.models import Person
from masterdata.roles import Role


@dataclass(frozen=True)
class FamilyCalls:
    """The calls of one family whose month has closed; `brier` is None under five. `simulated`: some were replayed."""

    family: str
    n: int
    brier: float | None
    simulated: bool


def calls_by_family(viewer: Person) -> list[FamilyCalls] | None:
    """Brier score of the calls by family; None for anybody but the demand planner."""
    if viewer.role != Role.DEMAND_PLANNER:
        return None
    until = closed_before()
    if until is None:
        return []
    cases = call_cases()
    found = brier_by(cases, _family, until=until)
    replayed = {_family(case) for case in cases if case.simulated}
    return [
        FamilyCalls(family, score.n, none_if_na(score.value), family in replayed) for family, score in found.items()
    ]


def _family(case: CallCase) -> str:
    return case.family or "No family"
