"""Who may do what around meetings; everybody who takes part may read everything."""

from cycles.models import Cycle
from cycles.selectors import milestones_reached
from cycles.steps import Milestone
from jobs.errors import NotYours, Refused
from masterdata.models import Person
from meetings.models import Action, Decision
from meetings.selectors.rights import Deciders, closes, leads, raises_briefs, takes_part


def check_leads(person: Person, what: str) -> None:
    if not leads(person):
        raise NotYours(f"{what} is for the S&OP leader; you can read everything here.")


def check_takes_part(person: Person, what: str) -> None:
    if not takes_part(person):
        raise NotYours(f"{what} is for those who take part in the cycle.")


def check_raises_briefs(person: Person) -> None:
    if not raises_briefs(person):
        raise NotYours("Decision briefs are written by managers, planners, Finance, Marketing and the S&OP leader.")


def check_closes(person: Person, action: Action) -> None:
    if not closes(person, action):
        raise NotYours(f"{action.code} is closed by {action.owner.name}, by who raised it, or by the S&OP leader.")


def deciding_for(person: Person, decision: Decision) -> Person | None:
    """None when the person decides in their own right, else the one they stand in for; refused for others."""
    may = Deciders().of(decision)
    if person.pk in {one.pk for one in may}:
        return None
    stood_in_for = next((one for one in may if one.deputy_id == person.pk), None)
    if stood_in_for is None:
        raise NotYours(f"{decision.code} is decided by {decision.decider.name}; you can read it and see the result.")
    return stood_in_for


def check_plan_open(cycle: Cycle) -> None:
    """A decision may change the numbers until the CEO has approved them."""
    if Milestone.CEO_APPROVED in milestones_reached(cycle):
        raise Refused(
            "approved",
            f"The CEO has approved {cycle.code}. A decision that changes the plan belongs to the next cycle, "
            "or the CEO returns this one first.",
        )
