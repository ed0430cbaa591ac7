"""Team goals: for the manager who proposed one, and for each of the people it was proposed to."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from cycles.models import Contribution, Cycle, CycleState
from cycles.selectors import step_of
from cycles.steps import Step, StepState
from demand.goals import Standing, standing
from demand.models import GoalAnswer, TeamGoal
from masterdata.models import Person
from masterdata.selectors import company
from masterdata.selectors.absences import company_day


@dataclass(frozen=True)
class GoalSeen:
    """A goal as one person sees it: `joins` is None while a member has not answered, and for the manager."""

    goal: TeamGoal
    standing: Standing
    joins: bool | None = None
    members: int = 0


def goal_members(cycle: Cycle, manager: Person) -> QuerySet[Contribution]:
    """What is expected of the people a manager's goal is for: those who report directly to them."""
    rows = Contribution.objects.filter(cycle=cycle, step=Step.SALES_FORECAST.value)
    return rows.filter(person__person__reports_to=manager)


def goal_days(cycle: Cycle, today: date) -> list[date]:
    """The days a goal may name: from today to the deadline; none once entry is closed."""
    step = step_of(cycle, Step.SALES_FORECAST)
    if step.state != StepState.OPEN.value:
        return []
    return [today + timedelta(days=n) for n in range((company_day(step.due_at) - today).days + 1)]


def goal_of_manager(cycle: Cycle, manager: Person, today: date) -> GoalSeen | None:
    """The goal a manager has proposed, with how many it is for."""
    goal = TeamGoal.objects.filter(cycle=cycle, manager=manager, cycle__state=CycleState.OPEN).first()
    return _seen(goal, today, members=goal_members(cycle, manager).count()) if goal else None


def goal_of_member(cycle: Cycle, person: Person, today: date) -> GoalSeen | None:
    """The goal that is proposed to a person; the count only for those who joined."""
    if person.reports_to_id is None:
        return None
    rows = TeamGoal.objects.filter(cycle=cycle, manager=person.reports_to_id, cycle__state=CycleState.OPEN)
    goal = rows.select_related("manager__user").first()
    if goal is None or not Contribution.objects.filter(_expected(goal), person=person.user_id).exists():
        return None
    answer = GoalAnswer.objects.filter(goal=goal, person=person).first()
    return _seen(goal, today, joins=answer.joins if answer else None)


def _seen(goal: TeamGoal, today: date, joins: bool | None = None, members: int = 0) -> GoalSeen:
    joined = Contribution.objects.filter(
        _expected(goal),
        person__person__reports_to=goal.manager_id,
        person__person__goal_answers__goal=goal,
        person__person__goal_answers__joins=True,
    )
    zone = ZoneInfo(company().timezone)
    days = [at.astimezone(zone).date() if at else None for at in joined.values_list("answered_at", flat=True)]
    return GoalSeen(goal, standing(days, goal.due_on, today), joins, members)


def _expected(goal: TeamGoal) -> Q:
    return Q(cycle=goal.cycle_id, step=Step.SALES_FORECAST.value)
