"""Which rule makes the proposal, and what it said about each line it corrected."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from cycles.models import Cycle
from demand.models.versions import ForecastVersion, Line
from masterdata.models import Person


class RuleChoice(models.Model):
    """The demand planner's choice from a cycle on: one rule for every lag, lag 0 first."""

    cycle = models.OneToOneField(Cycle, models.CASCADE, related_name="rule_choice")
    rules = ArrayField(models.CharField(max_length=20))
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.cycle_id} {', '.join(dict.fromkeys(self.rules))}"


class ProposalNote(models.Model):
    """Why a proposal corrected a line: `told` for everybody, `own` for the owner and the managers above only."""

    version = models.ForeignKey(ForecastVersion, models.CASCADE, related_name="notes")
    line = models.ForeignKey(Line, models.PROTECT, related_name="+")
    told = models.TextField(blank=True)
    own = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "line"], name="proposal_note_once")]

    def __str__(self) -> str:
        return self.told[:60]
