"""Lines, and the versions of their forecast: one row per line and version, the horizon as an array."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from cycles.models import Cycle
from masterdata.models import Customer, Family, Person, Product, Region


class Stage(models.TextChoices):
    """The stages of a cycle's forecast, each starting from the one before."""

    NAIVE = "naive", "Seasonal naive"
    BASELINE = "baseline", "Baseline"
    SALES = "sales", "Sales number"
    TEAM = "team", "Team number"
    EVENTS = "events", "Marketing events"
    DEMAND_PLAN = "demand_plan", "Demand plan"
    SUPPLY_PLAN = "supply_plan", "Supply plan"
    COMPANY_FORECAST = "company_forecast", "Company forecast"


class Line(models.Model):
    """One planning product for one planning customer: the unit of forecasting."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="lines")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="lines")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "product"], name="line_once")]

    def __str__(self) -> str:
        return f"{self.customer_id}/{self.product_id}"


class CycleLine(models.Model):
    """A line as it was in a cycle: owner, region, family, price and cost. A handover never moves history."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="lines")
    line = models.ForeignKey(Line, models.PROTECT, related_name="+")
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    region = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+")
    family = models.ForeignKey(Family, models.PROTECT, related_name="+")
    price = models.FloatField(default=0)
    unit_cost = models.FloatField(default=0)
    method = models.CharField(max_length=200, blank=True)
    backtest_wape = models.FloatField(null=True)
    # How far the baseline may miss: {"steps": [6], "growth": [months]}, see demand/intervals.py.
    landing = models.JSONField(default=dict)
    # Months the baseline did not take as they came: [{"month", "was", "taken", "why"}]; taken empty = left out.
    treated = models.JSONField(default=list)
    flags = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cycle", "line"], name="cycle_line_once")]
        indexes = [models.Index(fields=["cycle", "owner"], name="cycle_line_owner")]

    def __str__(self) -> str:
        return f"{self.cycle_id}/{self.line_id}"


class VersionState(models.TextChoices):
    BUILDING = "building", "Being built"
    CURRENT = "current", "Current"
    SUPERSEDED = "superseded", "Replaced"


class ForecastVersion(models.Model):
    """A complete forecast of one stage over all lines and months, immutable once current."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="versions")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    revision = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=VersionState.choices, default=VersionState.BUILDING)
    start = models.DateField()
    months = models.PositiveSmallIntegerField()
    rule = models.CharField(max_length=60, blank=True)
    note = models.TextField(blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    made_from = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "stage", "revision"], name="version_revision_once"),
            models.UniqueConstraint(
                fields=["cycle", "stage"], condition=Q(state=VersionState.CURRENT), name="version_one_current"
            ),
            models.CheckConstraint(condition=Q(start__day=1), name="version_month_first"),
            models.CheckConstraint(condition=Q(months__gte=18, months__lte=24), name="version_months"),
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.stage} r{self.revision}"


class ForecastLine(models.Model):
    """The quantities of one line in one version, month by month from the version's start.

    The migration adds what the ORM cannot say: no null, negative, NaN or infinite element, the right length.
    """

    version = models.ForeignKey(ForecastVersion, models.CASCADE, related_name="rows")
    line = models.ForeignKey(Line, models.PROTECT, related_name="+")
    quantity = ArrayField(models.FloatField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "line"], name="forecast_line_once")]

    def __str__(self) -> str:
        return f"{self.version_id}/{self.line_id}"
