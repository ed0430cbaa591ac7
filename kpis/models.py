"""What was measured: quality facts, and snapshots of measures taken when a month closes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from cycles.models import Cycle
from demand.models.facts import finite, month_first
from demand.models.versions import ForecastVersion, Stage
from masterdata.models import Family, Person


class Quality(models.Model):
    month = models.DateField()
    family = models.ForeignKey(Family, models.PROTECT, related_name="+")
    returned_qty = models.FloatField(default=0)
    complaints = models.PositiveIntegerField(default=0)
    satisfaction = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "family"], name="quality_once"),
            month_first("quality_month_first"),
            finite("quality_finite", "returned_qty"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class Snapshot(models.Model):
    """A measure of a closed month at a level; `n` counts the cells behind it, an empty value means n/a."""

    measure = models.CharField(max_length=40)
    month = models.DateField()
    level = models.CharField(max_length=12)
    key = models.CharField(max_length=60, blank=True)
    value = models.FloatField(null=True)
    numerator = models.FloatField(null=True)
    denominator = models.FloatField(null=True)
    n = models.PositiveIntegerField(default=0)
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["measure", "month", "level", "key"], name="snapshot_once"),
            month_first("snapshot_month_first"),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.month:%Y-%m} {self.key}"


class Target(models.Model):
    """What a measure of the company or of a part is to reach from a month on, and who answers for it.

    Rows are only added: of those that hold in a month the one set last counts, and an empty value ends the target.
    """

    measure = models.CharField(max_length=40)
    level = models.CharField(max_length=12)
    key = models.CharField(max_length=60, blank=True)
    value = models.FloatField(null=True)
    since = models.DateField()
    owner = models.ForeignKey(Person, models.PROTECT, related_name="+")
    set_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            month_first("target_month_first", "since"),
            models.CheckConstraint(
                condition=models.Q(value=None) | models.Q(value__gt=-1e15, value__lt=1e15), name="target_finite"
            ),
        ]
        indexes = [models.Index(fields=["measure", "level", "key", "since"], name="target_of")]

    def __str__(self) -> str:
        return f"{self.measure} {self.key} {self.since:%Y-%m}"


class PlanTotal(models.Model):
    """A finished version added up by family, month by month from its start; money in company currency."""

    version = models.ForeignKey(ForecastVersion, models.CASCADE, related_name="+")
    family = models.ForeignKey(Family, models.PROTECT, related_name="+")
    units = ArrayField(models.FloatField())
    revenue = ArrayField(models.FloatField())
    margin = ArrayField(models.FloatField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "family"], name="plan_total_once")]

    def __str__(self) -> str:
        return f"{self.version_id}/{self.family_id}"


class StageAccuracy(models.Model):
    """Errors of one cycle's stage for one closed month at line or family level, kept as sums so that they pool."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="+")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    month = models.DateField()
    level = models.CharField(max_length=12)
    key = models.CharField(max_length=60, blank=True)
    absolute_error = models.FloatField()
    signed_error = models.FloatField()
    actual = models.FloatField()
    n = models.PositiveIntegerField()
    # of the stage's version that was measured: a corrected forecast is measured again
    revision = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "stage", "month", "level", "key"], name="stage_accuracy_once"),
            month_first("stage_accuracy_month_first"),
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.stage} {self.month:%Y-%m}"


class ChangedAccuracy(models.Model):
    """Errors of one cycle's stage for one closed month over the cells that people changed, as sums so that they pool.

    `by` is what the cells are grouped by ('' = all together) and `key` the group; `owners` are those whose lines they
    were, so that a group of too few people can be kept from telling of them.
    """

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="+")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    month = models.DateField()
    level = models.CharField(max_length=12)
    by = models.CharField(max_length=12, blank=True)
    key = models.CharField(max_length=60, blank=True)
    absolute_error = models.FloatField()
    signed_error = models.FloatField()
    actual = models.FloatField()
    n = models.PositiveIntegerField()
    owners = ArrayField(models.BigIntegerField(), default=list, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "stage", "month", "level", "by", "key"], name="changed_accuracy_once"
            ),
            month_first("changed_accuracy_month_first"),
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.stage} {self.month:%Y-%m} {self.by} {self.key}"
