"""What people know beside the number: calls on orders, comments and questions, assumptions."""

from django.db import models
from django.db.models import Q

from cycles.models import Cycle
from demand.models.facts import Opportunity, OrderLine, month_first
from demand.models.versions import Line
from masterdata.models import Family, Person


class Call(models.TextChoices):
    FIRM = "firm", "Firm"
    LIKELY = "likely", "Likely"
    EVEN = "even", "Even"
    DOUBTFUL = "doubtful", "Doubtful"
    LOST = "lost", "Lost"
    SLIPS = "slips", "Slips to"


class OrderCall(models.Model):
    """A rep's call on an open order line, an opportunity or a line past its usual interval; the newest one counts.

    `month` is the month the subject stood in when it was called: what the call is scored by, whatever becomes of
    the order's dates later. Who calls in the place of an owner who is away (`on_behalf_of`) is scored by it.
    """

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="+")
    order_line = models.ForeignKey(OrderLine, models.CASCADE, null=True, blank=True, related_name="calls")
    opportunity = models.ForeignKey(Opportunity, models.CASCADE, null=True, blank=True, related_name="calls")
    line = models.ForeignKey(Line, models.CASCADE, null=True, blank=True, related_name="calls")
    month = models.DateField()
    call = models.CharField(max_length=10, choices=Call.choices)
    slips_to = models.DateField(null=True, blank=True)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(order_line__isnull=False, opportunity=None, line=None)
                | Q(order_line=None, opportunity__isnull=False, line=None)
                | Q(order_line=None, opportunity=None, line__isnull=False),
                name="order_call_one_subject",
            ),
            month_first("order_call_month_first"),
            models.CheckConstraint(
                condition=Q(call=Call.SLIPS, slips_to__isnull=False) | (~Q(call=Call.SLIPS) & Q(slips_to=None)),
                name="order_call_slip_month",
            ),
        ]

    def __str__(self) -> str:
        return self.call


class Comment(models.Model):
    """What was said about a line (and month); a question stays open until it is answered."""

    class Kind(models.TextChoices):
        NOTE = "note", "Note"
        QUESTION = "question", "Question"
        ANSWER = "answer", "Answer"

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="comments")
    line = models.ForeignKey(Line, models.PROTECT, null=True, blank=True, related_name="comments")
    month = models.DateField(null=True, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.NOTE)
    text = models.TextField()
    to = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    answers = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="replies")
    answered_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:60]


class SaidTo(models.Model):
    """Somebody a note or answer is put to, by name or by @mention: seen on a page, or told in one digest mail."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="said_to")
    person = models.ForeignKey(Person, models.CASCADE, related_name="said_to")
    seen_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["comment", "person"], name="said_to_once")]
        indexes = [models.Index(fields=["person"], condition=Q(seen_at=None, told_at=None), name="said_to_waiting")]

    def __str__(self) -> str:
        return f"{self.comment_id} to {self.person_id}"


class Assumption(models.Model):
    """What the plan rests on, with who watches it and when it is checked; of a line, a family or everything."""

    class State(models.TextChoices):
        HOLDS = "holds", "Holds"
        BROKEN = "broken", "Did not hold"
        DROPPED = "dropped", "No longer needed"

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="assumptions")
    text = models.TextField()
    family = models.ForeignKey(Family, models.SET_NULL, null=True, blank=True, related_name="+")
    line = models.ForeignKey(Line, models.SET_NULL, null=True, blank=True, related_name="+")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="+")
    check_on = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.HOLDS)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["check_on", "id"]

    def __str__(self) -> str:
        return self.text[:60]


class AssumptionCheck(models.Model):
    """One look at an assumption: what was found, and when it is looked at next."""

    assumption = models.ForeignKey(Assumption, models.CASCADE, related_name="checks")
    state = models.CharField(max_length=10, choices=Assumption.State.choices)
    note = models.TextField(blank=True)
    check_on = models.DateField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.assumption_id} {self.state}"
