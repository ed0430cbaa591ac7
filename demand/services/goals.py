"""Team goals: a manager proposes or withdraws one, and everybody decides alone whether to join."""

from datetime import date, datetime

from django.db import transaction

from cycles.models import Cycle
from demand.goals import LEAST
from demand.models import GoalAnswer, TeamGoal
from demand.policy import check_role, entry_open
from demand.selectors.goals import goal_days, goal_members
from jobs.errors import Invalid, NotYours, Refused
from masterdata.models import Person
from masterdata.roles import Role
from masterdata.selectors.absences import company_day


@transaction.atomic
def goal_propose(*, cycle: Cycle, manager: Person, due_on: date, at: datetime) -> TeamGoal:
    """Propose that everybody is in by a day. Nobody is in it before they join; nobody is sent anything."""
    check_role(manager, Role.SALES_MANAGER, what="Proposing a team goal")
    _check_open(cycle)
    days = goal_days(cycle, company_day(at))
    if due_on not in days:
        raise Invalid(f"Choose a day from {days[0]:%-d %b} to the deadline on {days[-1]:%-d %b}.")
    members = goal_members(cycle, manager).count()
    if members < LEAST:
        raise Refused(
            "team_too_small",
            f"A team goal needs at least {LEAST} people who report to you and are asked for a forecast; "
            f"here {'is' if members == 1 else 'are'} {members}. With fewer, a count would tell who is missing.",
        )
    goal, made = TeamGoal.objects.get_or_create(
        cycle=cycle, manager=manager, defaults={"due_on": due_on, "proposed_at": at}
    )
    if not made:
        raise Refused("goal_proposed", "You have proposed a goal for this cycle. Withdraw it to propose another.")
    return goal


@transaction.atomic
def goal_withdraw(*, cycle: Cycle, manager: Person) -> bool:
    """Take a goal back with everybody's answers; False when there was none."""
    check_role(manager, Role.SALES_MANAGER, what="Withdrawing a team goal")
    deleted, _ = TeamGoal.objects.filter(cycle=cycle, manager=manager).delete()
    return bool(deleted)


@transaction.atomic
def goal_answer(*, goal: TeamGoal, person: Person, joins: bool, at: datetime) -> GoalAnswer:
    """Join a goal, leave it or stay out of it; each as often as one likes while entry is open."""
    _check_open(goal.cycle)
    if not goal_members(goal.cycle, goal.manager).filter(person=person.user_id).exists():
        raise NotYours(f"This goal is for the people who report to {goal.manager.name}.")
    answer, _ = GoalAnswer.objects.update_or_create(goal=goal, person=person, defaults={"joins": joins, "at": at})
    return answer


def _check_open(cycle: Cycle) -> None:
    if not entry_open(cycle):
        raise Refused("entry_closed", f"Sales entry of {cycle.code} is not open, so its goals stay as they are.")
