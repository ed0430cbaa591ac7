"""Who may do what around meetings; everybody who takes part may read everything."""

from cycles.models import Cycle
from cycles.selectors import milestones_reached
from cycles.steps import Milestone
from jobs.errors import NotYours, Refused
from masterdata.models import Person
from masterdata.roles import PLANNER_ROLES, Role
from masterdata.selectors import ceo
from meetings.models import Action, Decision, MeetingKind
from meetings.selectors.people import heads

OUTSIDE = frozenset({Role.API_CLIENT, Role.ADMIN})
BRIEF_ROLES = PLANNER_ROLES | {
    Role.SOP_LEADER,
    Role.SALES_MANAGER,
    Role.MARKETING,
    Role.FINANCE,
    Role.EXECUTIVE,
}


def leads(person: Person) -> bool:
    """Whether this person runs the cadence."""
    return person.role == Role.SOP_LEADER


def check_leads(person: Person, what: str) -> None:
    if not leads(person):
        raise NotYours(f"{what} is for the S&OP leader; you can read everything here.")


def check_takes_part(person: Person, what: str) -> None:
    if person.role in OUTSIDE:
        raise NotYours(f"{what} is for those who take part in the cycle.")


def raises_briefs(person: Person) -> bool:
    return person.role in BRIEF_ROLES


def check_raises_briefs(person: Person) -> None:
    if not raises_briefs(person):
        raise NotYours("Decision briefs are written by managers, planners, Finance, Marketing and the S&OP leader.")


def closes(person: Person, action: Action) -> bool:
    """An action is closed by its owner, by whoever raised it, or by the S&OP leader."""
    return leads(person) or person.pk in (action.owner_id, action.raised_by_id)


def deciders(decision: Decision) -> list[Person]:
    """Who may decide: the named decider, the CEO, and at pre-S&OP the head of any department."""
    found = [decision.decider, ceo()]
    if decision.forum == MeetingKind.PRE_SOP:
        found += heads()
    return list({person.pk: person for person in found if person}.values())


def deciding_for(person: Person, decision: Decision) -> Person | None:
    """None when the person decides in their own right, else the one they stand in for; refused for others."""
    may = deciders(decision)
    if person.pk in {one.pk for one in may}:
        return None
    stood_in_for = next((one for one in may if one.deputy_id == person.pk), None)
    if stood_in_for is None:
        raise NotYours(f"{decision.code} is decided by {decision.decider.name}; you can read it and see the result.")
    return stood_in_for


def decides(person: Person, decision: Decision) -> bool:
    try:
        deciding_for(person, decision)
    except NotYours:
        return False
    return True


def check_plan_open(cycle: Cycle) -> None:
    """A decision may change the numbers until the CEO has approved them."""
    if Milestone.CEO_APPROVED in milestones_reached(cycle):
        raise Refused(
            "approved",
            f"The CEO has approved {cycle.code}. A decision that changes the plan belongs to the next cycle, "
            "or the CEO returns this one first.",
        )
