"""The closed blocks of the record of changes."""

from django.db import models

from cycles.models import Cycle


class ChangeSeal(models.Model):
    """A block of a cycle's changes up to an id, its digest, and the head of the chain after it; append-only."""

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="seals")
    number = models.PositiveIntegerField()
    last_change = models.BigIntegerField()
    changes = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    head = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        ordering = ["cycle_id", "number"]
        constraints = [models.UniqueConstraint(fields=["cycle", "number"], name="change_seal_once")]

    def __str__(self) -> str:
        return f"{self.cycle_id} block {self.number} {self.head[:12]}"
