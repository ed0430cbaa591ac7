"""What an owner's closed months say of changes like the one being typed."""

from django.db import models

from cycles.models import Cycle
from masterdata.models import Person


class OwnPast(models.Model):
    """The hints of one owner in one cycle, worked out beforehand; private to the owner.

    `small` is empty or says how often small changes helped; `increases` says by planning customer (code) what large
    increases came to. `basis` names the facts it was made from.
    """

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="+")
    owner = models.ForeignKey(Person, models.CASCADE, related_name="+")
    small = models.JSONField(default=dict)
    increases = models.JSONField(default=dict)
    basis = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cycle", "owner"], name="own_past_once")]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.owner_id}"
