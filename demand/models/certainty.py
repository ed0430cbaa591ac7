"""How sure the owner is of a line."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from cycles.models import Cycle
from demand.models.versions import Line, Stage
from masterdata.models import Person


class Certainty(models.Model):
    """By month the firm part of the owner's number and the upside beside it; an empty element says nothing."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="+")
    stage = models.CharField(max_length=20, choices=Stage.choices, default=Stage.SALES)
    line = models.ForeignKey(Line, models.PROTECT, related_name="+")
    firm = ArrayField(models.FloatField(null=True))
    upside = ArrayField(models.FloatField(null=True))
    changed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cycle", "stage", "line"], name="certainty_once")]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.stage} {self.line_id}"
