"""When, and who is expected to do what: cycles, their steps, answers, milestones and sign-offs."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from cycles.steps import Milestone, Step, StepState

STEP_CHOICES = [(step.value, step.label) for step in Step]


class CycleState(models.TextChoices):
    OPEN = "open", "Open"
    PUBLISHED = "published", "Published"
    NOT_PUBLISHED = "not_published", "Not published"


class Cycle(models.Model):
    """One month's run. Exactly one real cycle is open at a time; a simulated one is a replay of the past."""

    month = models.DateField(unique=True)
    state = models.CharField(max_length=15, choices=CycleState.choices, default=CycleState.OPEN)
    simulated = models.BooleanField(default=False)
    horizon = models.PositiveSmallIntegerField(default=24)
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-month"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state=CycleState.OPEN, simulated=False), name="cycle_one_open"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="cycle_month_first"),
            models.CheckConstraint(condition=Q(horizon__gte=18, horizon__lte=24), name="cycle_horizon"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        return f"{self.month:%Y-%m}"


class CycleStep(models.Model):
    """A step of a cycle: when it is to open and close, what became of it."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="steps")
    step = models.CharField(max_length=20, choices=STEP_CHOICES)
    opens_at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in StepState], default=StepState.PENDING.value
    )
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["opens_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "step"], name="cycle_step_once"),
            models.CheckConstraint(condition=Q(due_at__gt=models.F("opens_at")), name="cycle_step_order"),
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.step}"

    @property
    def kind(self) -> Step:
        return Step(self.step)


class StepEvent(models.Model):
    """What happened to a step and why; append-only."""

    step = models.ForeignKey(CycleStep, models.CASCADE, related_name="events")
    action = models.CharField(max_length=20)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.action} {self.at:%Y-%m-%d %H:%M}"


class MilestoneReached(models.Model):
    """A fact that a step waits for (baseline built, demand signed ...); marked by the floor that did it.

    A withdrawn milestone stays as a record; the current ones have `withdrawn_at` empty, one per kind.
    """

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="milestones")
    kind = models.CharField(max_length=20, choices=[(m.value, m.label) for m in Milestone])
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    note = models.TextField(blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_why = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "kind"], condition=Q(withdrawn_at=None), name="milestone_current_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d}"


class How(models.TextChoices):
    CHANGED = "changed", "Changed"
    ALL_FINE = "all_fine", "All fine"
    AUTO = "auto", "Accepted, not reviewed"
    ABSENT = "absent", "Did not take part"


class Contribution(models.Model):
    """That a person is expected to answer in a step, and whether and how it happened.

    `answered_by` is who answered for them; empty when they did it themselves. `barrier` is what was in the way, and
    `barrier_asked_at` when they said so or skipped the question: it is asked once.
    """

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="contributions")
    step = models.CharField(max_length=20, choices=STEP_CHOICES)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="contributions")
    value = models.FloatField(default=0)
    answered_at = models.DateTimeField(null=True, blank=True)
    how = models.CharField(max_length=10, choices=How.choices, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    active_seconds = models.FloatField(null=True, blank=True)
    nudged_at = models.DateTimeField(null=True, blank=True)
    barrier = models.CharField(max_length=20, blank=True)
    barrier_asked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cycle", "step", "person"], name="contribution_once")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.step} {self.how}"


class SiteCalendar(models.Model):
    """A place of the company with holidays of its own: `country` is ISO 3166, with a region where wanted (`DE-BY`)."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    country = models.CharField(max_length=10)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CalendarException(models.Model):
    """A day on which a site, or without one the company, does not work besides the public holidays."""

    day = models.DateField()
    name = models.CharField(max_length=80)
    site = models.ForeignKey(SiteCalendar, models.CASCADE, null=True, blank=True, related_name="days")

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(fields=["site", "day"], nulls_distinct=False, name="calendar_day_once"),
        ]

    def __str__(self) -> str:
        return self.name
