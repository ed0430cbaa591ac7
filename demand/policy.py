"""Who may write what in demand; everybody who takes part may read."""

from collections.abc import Collection
from datetime import datetime

from cycles.models import Cycle, CycleState
from cycles.selectors import milestones_reached, step_of
from cycles.steps import Milestone, Step, StepState
from demand.models import Comment, Stage
from demand.selectors.people import managers_above
from jobs.errors import NotYours, Refused
from masterdata.models import Person
from masterdata.roles import SALES_ROLES, Role
from masterdata.selectors.absences import company_day, stands_in


def entry_open(cycle: Cycle) -> bool:
    return step_of(cycle, Step.SALES_FORECAST).state == StepState.OPEN.value


def demand_signed(cycle: Cycle) -> bool:
    return Milestone.DEMAND_SIGNED in milestones_reached(cycle)


def check_sales_open(cycle: Cycle, lines: list[int]) -> None:
    """Sales entry is open, or these lines were returned with a question and demand is not signed yet.

    An answer does not close the line again: the rep may still put the number right.
    """
    if entry_open(cycle):
        return
    if lines and not demand_signed(cycle):
        asked = Comment.objects.filter(cycle=cycle, kind=Comment.Kind.QUESTION, line_id__in=lines).values_list(
            "line_id", flat=True
        )
        if set(lines) <= set(asked):
            return
    raise Refused("entry_closed", _closed_sentence(cycle))


def _closed_sentence(cycle: Cycle) -> str:
    row = step_of(cycle, Step.SALES_FORECAST)
    if row.state == StepState.PENDING.value:
        return f"Sales entry of {cycle.code} has not opened yet. It opens when the baseline is built."
    return (
        f"Sales entry of {cycle.code} is closed. What you saved stands. To change more, write a note on the line "
        "or ask the S&OP leader to reopen the step."
    )


def check_demand_open(cycle: Cycle) -> None:
    """Team numbers and the demand plan can change until demand is signed."""
    if demand_signed(cycle):
        raise Refused(
            "demand_signed", f"Demand of {cycle.code} is signed. Reopen the demand review to change the plan."
        )


def may_mark_stock_outs(person: Person, cycle: Cycle) -> bool:
    """The demand planner says which months were out of stock, while a cycle is open that can use it."""
    return person.role == Role.DEMAND_PLANNER and cycle.state == CycleState.OPEN


def may_write_line(
    person: Person,
    stage: Stage,
    owner_id: int | None,
    owner_name: str,
    managers: set[int],
    stands_in_for: Collection[int] = (),
) -> None:
    """Raise NotYours unless this person may write this stage of a line owned by `owner_id`.

    `managers` are the people above the owner, at any level; `stands_in_for` those who are away today and have named
    this person to enter for them.
    """
    owns = person.role in SALES_ROLES and person.pk == owner_id
    if stage == Stage.SALES and not owns and owner_id not in stands_in_for:
        raise NotYours(f"This line belongs to {owner_name or 'nobody'}; you can read it and leave a note.")
    if stage == Stage.TEAM and not (person.role == Role.SALES_MANAGER and person.pk in managers | {owner_id}):
        raise NotYours(f"Only the manager of {owner_name or 'this line'} can adjust the team number.")
    if stage == Stage.DEMAND_PLAN and person.role != Role.DEMAND_PLANNER:
        raise NotYours("Only a demand planner can change the demand plan.")


def check_answers_for(by: Person, person: Person, at: datetime) -> None:
    """Raise NotYours unless somebody may send and take back a person's forecast: that person, or who stands in."""
    if by.pk != person.pk and stands_in(by, person, company_day(at)) is None:
        raise NotYours(f"Only {person.name}, or who is named while {person.name} is away, sends this forecast.")


def acts_for(by: Person, owner: Person | None, at: datetime, *, what: str, does: str) -> Person | None:
    """Whose place somebody takes in what only the owner of a customer does; None when it is their own.

    NotYours unless they are the owner and in Sales, or named while the owner is away. "Calling an order" (`what`) is
    for Sales; only the owner "calls its orders" (`does`).
    """
    if owner is not None and by.pk != owner.pk and stands_in(by, owner, company_day(at)) is not None:
        return owner
    check_role(by, *SALES_ROLES, what=what)
    if owner is None:
        raise NotYours(f"This customer belongs to nobody; only the owner {does}.")
    if by.pk != owner.pk:
        named = f"only the owner, or who is named while {owner.name} is away, {does}"
        raise NotYours(f"This customer belongs to {owner.name}; {named}.")
    return None


def check_role(person: Person, *roles: Role, what: str) -> None:
    if person.role not in roles:
        raise NotYours(f"{what} is for: {', '.join(Role(role).label for role in roles)}.")


def may_ask(person: Person, owner: Person | None) -> bool:
    """Whether a person may send a line of this owner back with a question: a manager above, or a demand planner."""
    if owner is None:
        return False
    return person.role == Role.DEMAND_PLANNER or person.pk in managers_above(owner)


def may_see_record(viewer: Person, owner: Person) -> bool:
    """How a person's own input did is seen by its owner, the manager, and sales managers further up only."""
    if viewer.pk in (owner.pk, owner.reports_to_id):
        return True
    return viewer.role == Role.SALES_MANAGER and viewer.pk in managers_above(owner)
