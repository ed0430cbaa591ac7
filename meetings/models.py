"""What was talked about and decided, and who does what until when."""

from django.db import models
from django.db.models import Q

from cycles.models import Cycle
from masterdata.models import Family, Person


class MeetingKind(models.TextChoices):
    DEMAND_REVIEW = "demand_review", "Demand review"
    SUPPLY_REVIEW = "supply_review", "Supply review"
    PRE_SOP = "pre_sop", "Pre-S&OP"
    EXECUTIVE = "executive_sop", "Executive S&OP"


class Meeting(models.Model):
    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        CANCELLED = "cancelled", "Cancelled"

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="meetings")
    kind = models.CharField(max_length=20, choices=MeetingKind.choices)
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField(default=60)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    agenda = models.JSONField(default=list)
    pack = models.JSONField(default=dict)
    pack_frozen_at = models.DateTimeField(null=True, blank=True)
    notes = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    minutes_text = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # What the last invitation said: sequence, start, minutes, whether cancelled. Empty before the first one.
    invitation = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["starts_at"]
        constraints = [models.UniqueConstraint(fields=["cycle", "kind"], name="meeting_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.cycle_id}"


class PaperFile(models.Model):
    """A PDF of a meeting's pack or minutes; `version` is what it was made from, `costs` whether it shows them."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="paper_files")
    what = models.CharField(max_length=10)
    version = models.CharField(max_length=40)
    costs = models.BooleanField()
    content = models.BinaryField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meeting", "what", "version", "costs"], name="paper_file_once")]

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.what} {self.version}"


class Attendance(models.Model):
    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="attendance")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    present = models.BooleanField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meeting", "person"], name="attendance_once")]

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.person_id}"


class CalendarFeed(models.Model):
    """The number in a person's calendar address; the next one makes the address before it useless."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="calendar_feed")
    number = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.person_id} {self.number}"


class Decision(models.Model):
    """A question with two or three options (do nothing is one), decided by one person, kept with its effect."""

    class State(models.TextChoices):
        OPEN = "open", "To decide"
        DECIDED = "decided", "Decided"
        DEFERRED = "deferred", "Deferred"

    code = models.CharField(max_length=20, unique=True)
    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="decisions")
    forum = models.CharField(max_length=20, choices=MeetingKind.choices)
    question = models.TextField()
    recommendation = models.CharField(max_length=20, blank=True)
    decider = models.ForeignKey(Person, models.PROTECT, related_name="+")
    decide_by = models.DateField()
    raised_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    chosen = models.CharField(max_length=20, blank=True)
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    on_behalf_of = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    deferred_to = models.DateField(null=True, blank=True)
    reason = models.TextField(blank=True)
    # Decided in a meeting without a quorum: it holds once a later meeting or the CEO confirms it.
    proposed = models.BooleanField(default=False)
    gap = models.BigIntegerField(null=True, blank=True)
    # Whether it changes a published company forecast, and the revision that came of it.
    corrects = models.BooleanField(default=False)
    revision = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="decided") | Q(chosen__gt="", decided_by__isnull=False), name="decision_has_choice"
            )
        ]

    def __str__(self) -> str:
        return self.code


class DecisionOption(models.Model):
    """One way to go: its effects for the reader, and what it does to the plan.

    `plan_effect` is {"scope": "all|family|product|customer|region", "code": "", "from": "YYYY-MM",
    "to": "YYYY-MM", "pct": number} or {"gap_option": kind} or {"scenario": number} or empty (no effect on the numbers).
    """

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="options")
    key = models.CharField(max_length=20)
    label = models.CharField(max_length=160)
    do_nothing = models.BooleanField(default=False)
    units = models.FloatField(null=True, blank=True)
    revenue = models.FloatField(null=True, blank=True)
    margin = models.FloatField(null=True, blank=True)
    service = models.FloatField(null=True, blank=True)
    capacity_hours = models.FloatField(null=True, blank=True)
    inventory = models.FloatField(null=True, blank=True)
    cost = models.FloatField(null=True, blank=True)
    text = models.TextField(blank=True)
    plan_effect = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["decision", "key"], name="decision_option_once")]

    def __str__(self) -> str:
        return self.label


class DecisionOutcome(models.Model):
    """What a decision promised for the months closed so far, and what came, both against the plan without it.

    `months` of `of_months` are closed; revenue and margin at the plan's prices and costs.
    """

    decision = models.OneToOneField(Decision, models.CASCADE, related_name="outcome")
    through = models.DateField()
    months = models.PositiveSmallIntegerField()
    of_months = models.PositiveSmallIntegerField()
    promised = models.JSONField(default=dict)
    came = models.JSONField(default=dict)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.decision_id} {self.through:%Y-%m}"


class Action(models.Model):
    """What somebody promised to do until when; comes back on every agenda until it is closed."""

    class Source(models.TextChoices):
        BY_HAND = "", "Written by hand"
        REVIEW = "we_review", "WE review"
        BARRIER = "barrier", "A barrier"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        DROPPED = "dropped", "Dropped"

    code = models.CharField(max_length=20, unique=True)
    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="actions")
    meeting = models.ForeignKey(Meeting, models.SET_NULL, null=True, blank=True, related_name="actions")
    text = models.TextField()
    owner = models.ForeignKey(Person, models.PROTECT, related_name="actions")
    due_on = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    source = models.CharField(max_length=10, choices=Source.choices, blank=True)
    raised_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.TextField(blank=True)

    class Meta:
        ordering = ["due_on", "id"]

    def __str__(self) -> str:
        return self.code


class ActionComment(models.Model):
    """What somebody said about an action while it was open."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="comments")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    text = models.TextField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:60]


class BarrierRemedy(models.Model):
    """What was done about a barrier of a department; with an action where somebody has to do it still."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="+")
    department = models.CharField(max_length=60, blank=True)
    barrier = models.CharField(max_length=20, blank=True)
    text = models.TextField()
    action = models.ForeignKey(Action, models.SET_NULL, null=True, blank=True, related_name="+")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.department} {self.barrier}"


class RiskOpportunity(models.Model):
    """Something that may come and is not in the plan, with probability and value."""

    class Kind(models.TextChoices):
        RISK = "risk", "Risk"
        OPPORTUNITY = "opportunity", "Opportunity"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CAME = "came", "Came true"
        GONE = "gone", "Did not come"

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="risks")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    text = models.TextField()
    family = models.ForeignKey(Family, models.SET_NULL, null=True, blank=True, related_name="+")
    units = models.FloatField(null=True, blank=True)
    value = models.FloatField()
    probability = models.FloatField()
    month = models.DateField()
    owner = models.ForeignKey(Person, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    check_on = models.DateField(null=True, blank=True)
    reviewed_in = models.ForeignKey(Cycle, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-value"]
        constraints = [
            models.CheckConstraint(condition=Q(probability__gte=0, probability__lte=1), name="risk_probability"),
            models.CheckConstraint(condition=Q(value__gte=0, value__lt=1e15), name="risk_value"),
            models.CheckConstraint(condition=Q(units=None) | Q(units__gte=0, units__lt=1e12), name="risk_units"),
            models.CheckConstraint(condition=Q(month__day=1), name="risk_month_first"),
        ]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def weighted(self) -> float:
        """What it would bring times its probability; negative for a risk."""
        sign = -1.0 if self.kind == self.Kind.RISK else 1.0
        return sign * self.value * self.probability


class RiskReview(models.Model):
    """What a risk or opportunity weighed when it was raised, looked at again or settled; nothing of it is lost."""

    risk = models.ForeignKey(RiskOpportunity, models.CASCADE, related_name="reviews")
    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=RiskOpportunity.State.choices)
    value = models.FloatField()
    probability = models.FloatField()
    check_on = models.DateField(null=True, blank=True)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.risk_id} {self.value:.0f} x {self.probability:.2f}"
