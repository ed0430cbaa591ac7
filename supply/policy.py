"""Who may write what in supply, and until when; everybody who takes part may read."""

from cycles.models import Cycle, CycleState
from cycles.selectors import milestones_reached
from cycles.steps import Milestone
from jobs.errors import NotYours, Refused
from masterdata.models import Person
from masterdata.roles import Role
from masterdata.selectors import head_of

OPERATIONS = "Operations"
HEAD = "head of Operations"


def may_plan(person: Person) -> bool:
    """The supply planner prepares; the head of Operations may do the same."""
    if person.role == Role.SUPPLY_PLANNER:
        return True
    head = head_of(OPERATIONS)
    return head is not None and person.pk == head.pk


def may_sign(person: Person) -> bool:
    head = head_of(OPERATIONS)
    return head is not None and person.pk in (head.pk, head.deputy_id)


def check_planner(person: Person, what: str) -> None:
    if not may_plan(person):
        raise NotYours(f"{what} is for the supply planner. You can read everything here.")


def check_capacity_editor(person: Person) -> None:
    if person.role != Role.SUPPLY_PLANNER:
        raise NotYours("Capacity is kept by the supply planner. You can read it here.")


def supply_signed(cycle: Cycle) -> bool:
    return Milestone.SUPPLY_SIGNED in milestones_reached(cycle)


def demand_signed(cycle: Cycle) -> bool:
    return Milestone.DEMAND_SIGNED in milestones_reached(cycle)


def check_supply_open(cycle: Cycle) -> None:
    """The supply plan can change until supply is signed; afterwards only a decision changes it."""
    if cycle.state != CycleState.OPEN:
        raise Refused("cycle_ended", f"The cycle {cycle.code} has ended; its supply plan stays as it is.")
    if supply_signed(cycle):
        raise Refused(
            "supply_signed",
            f"Supply of {cycle.code} is signed. A decision at pre-S&OP can still change it, or the S&OP leader "
            "reopens the supply review.",
        )
