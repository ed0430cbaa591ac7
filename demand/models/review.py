"""What the planner chose in the demand review, kept so that every choice can be shown and taken back."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from cycles.models import Cycle
from demand.models.versions import Line
from masterdata.models import Person


class Source(models.TextChoices):
    """What a line's plan can be made equal to."""

    PROPOSAL = "proposal", "Proposal"
    SALES = "sales", "Sales with events"
    BASELINE = "baseline", "Baseline"
    HALF = "half", "Half-way"
    TYPED = "typed", "Typed"


class Settlement(models.Model):
    """One choice over one line or many; `rule` has the bulk rule in words, empty when it was made by hand."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="settlements")
    source = models.CharField(max_length=10, choices=Source.choices)
    rule = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["cycle", "by"], condition=models.Q(undone_at=None), name="settlement_standing")]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.source}"


class SettledLine(models.Model):
    """A line of a choice with the planner's layer as it was before; `before` is None where there was none."""

    settlement = models.ForeignKey(Settlement, models.CASCADE, related_name="lines")
    line = models.ForeignKey(Line, models.PROTECT, related_name="+")
    before = ArrayField(models.FloatField(null=True), null=True)
    before_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    before_at = models.DateTimeField(null=True)
    before_note = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["settlement", "line"], name="settled_line_once")]

    def __str__(self) -> str:
        return f"{self.settlement_id}/{self.line_id}"
