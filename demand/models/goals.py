"""A goal a team sets itself for one cycle: everybody who joined has sent the forecast by a day."""

from django.db import models

from cycles.models import Cycle
from masterdata.models import Person


class TeamGoal(models.Model):
    """What a manager proposes to the people who report directly to them; it ends with the cycle."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="+")
    manager = models.ForeignKey(Person, models.CASCADE, related_name="+")
    due_on = models.DateField()
    proposed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cycle", "manager"], name="team_goal_once")]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.manager_id} {self.due_on}"


class GoalAnswer(models.Model):
    """Whether somebody joins a goal. Without a row they have not been heard, and are not in it."""

    goal = models.ForeignKey(TeamGoal, models.CASCADE, related_name="answers")
    person = models.ForeignKey(Person, models.CASCADE, related_name="goal_answers")
    joins = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["goal", "person"], name="goal_answer_once")]

    def __str__(self) -> str:
        return f"{self.goal_id} {self.person_id} {self.joins}"
