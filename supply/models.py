"""What operations has and can do: resources, capacity, stock, open supply, and its answer to the demand plan."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from cycles.models import Cycle
from demand.models import ForecastVersion
from demand.models.facts import finite, month_first
from masterdata.models import Coded, Family, Person, Product


class Resource(Coded):
    """A bottleneck work centre or supplier with a monthly capacity."""

    unit = models.CharField(max_length=20, default="hour")
    regular_capacity = models.FloatField(default=0)
    overtime_capacity = models.FloatField(default=0)
    regular_cost = models.FloatField(default=0)
    overtime_cost = models.FloatField(default=0)

    class Meta(Coded.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(regular_capacity__gte=0, regular_capacity__lt=1e12)
                & Q(overtime_capacity__gte=0, overtime_capacity__lt=1e12),
                name="resource_capacity",
            ),
            finite("resource_cost", "regular_cost", "overtime_cost"),
        ]


class CapacityException(models.Model):
    """A month in which a resource has another capacity than its standard one."""

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="exceptions")
    month = models.DateField()
    regular = models.FloatField()
    overtime = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resource", "month"], name="capacity_once"),
            month_first("capacity_month_first"),
            models.CheckConstraint(
                condition=Q(regular__gte=0, regular__lt=1e12, overtime__gte=0, overtime__lt=1e12),
                name="capacity_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource_id} {self.month:%Y-%m}"


class BillOfResource(models.Model):
    """Hours of a resource that one unit of a family or product takes; product beats family."""

    family = models.ForeignKey(Family, models.CASCADE, null=True, blank=True, related_name="+")
    product = models.ForeignKey(Product, models.CASCADE, null=True, blank=True, related_name="+")
    resource = models.ForeignKey(Resource, models.CASCADE, related_name="bill")
    hours_per_unit = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["family", "product", "resource"], name="bill_once", nulls_distinct=False),
            models.CheckConstraint(condition=Q(hours_per_unit__gte=0, hours_per_unit__lt=1e6), name="bill_hours"),
        ]

    def __str__(self) -> str:
        return f"{self.resource_id}"


class Inventory(models.Model):
    """Stock at a month's end; the newest is the opening stock of the plan."""

    as_of = models.DateField()
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    on_hand = models.FloatField()
    safety_stock = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["as_of", "product"], name="inventory_once"),
            finite("inventory_finite", "on_hand", "safety_stock"),
        ]

    def __str__(self) -> str:
        return f"{self.as_of}"


class Receipt(models.Model):
    """Production and purchase received in a month: supply's actual."""

    month = models.DateField()
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    qty = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "product"], name="receipt_once"),
            month_first("receipt_month_first"),
            finite("receipt_finite", "qty"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class SupplyOrder(models.Model):
    """An open production or purchase order."""

    code = models.CharField(max_length=60, unique=True)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=[("production", "Production"), ("purchase", "Purchase")])
    qty = models.FloatField()
    due_on = models.DateField()

    class Meta:
        constraints = [finite("supply_order_finite", "qty")]

    def __str__(self) -> str:
        return self.code


class SupplyAnswer(models.Model):
    """Operations' answer of a cycle per product, month by month, complete enough to be read alone.

    `committed` is what ships of the demand plan, `shipments` also serves the backlog at the start; of `supply` units
    are `bought` ready by a scenario and use no hours (empty = none);
    `binding` names per month the resource (or LEAD_TIME) that keeps units from shipping. `opening_stock`
    is empty when stock was not known: then only capacity counted. `safety_stock` is what should be left at a month's
    end, on average where it follows months of cover.
    """

    LEAD_TIME = "lead time"

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="supply_answers")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    demand = ArrayField(models.FloatField(), default=list)
    committed = ArrayField(models.FloatField())
    shipments = ArrayField(models.FloatField(), default=list)
    supply = ArrayField(models.FloatField())
    bought = ArrayField(models.FloatField(), default=list)
    inventory = ArrayField(models.FloatField())
    backlog = ArrayField(models.FloatField())
    binding = ArrayField(models.CharField(max_length=60, blank=True), default=list)
    opening_stock = models.FloatField(null=True, blank=True)
    opening_backlog = models.FloatField(default=0)
    safety_stock = models.FloatField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cycle", "product"], name="supply_answer_once")]

    def __str__(self) -> str:
        return f"{self.cycle_id}/{self.product_id}"


class GapOptionKind(models.TextChoices):
    DO_NOTHING = "do_nothing", "Do nothing"
    OVERTIME = "overtime", "Overtime"
    PREBUILD = "prebuild", "Build ahead"
    OUTSOURCE = "outsource", "Outsource"
    DELAY = "delay", "Deliver later"


class Gap(models.Model):
    """A month in which a resource cannot carry what the demand plan asks, with the option chosen for it."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CHOSEN = "chosen", "Option chosen"
        ESCALATED = "escalated", "Sent to pre-S&OP"

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="gaps")
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="+")
    month = models.DateField()
    hours = models.FloatField()
    units = models.FloatField(default=0)
    value = models.FloatField(default=0)
    families = models.JSONField(default=list)
    customers = models.JSONField(default=list)
    options = models.JSONField(default=list)
    chosen = models.CharField(max_length=12, choices=GapOptionKind.choices, blank=True)
    extra_hours = models.FloatField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    note = models.TextField(blank=True)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-value", "month"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "resource", "month"], name="gap_once"),
            month_first("gap_month_first"),
            finite("gap_finite", "hours", "units", "value", "extra_hours"),
        ]

    def __str__(self) -> str:
        return f"{self.resource_id} {self.month:%Y-%m}"


class Scenario(models.Model):
    """What if: changes of the ground of a cycle's supply plan, and the plan they lead to in figures.

    `changes` are differences as `supply.scenarios.stored` writes them; `result` is empty until it is worked out.
    `ground` says what it was worked out from besides the demand version, so that a result out of date is known.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Being worked out"
        DONE = "done", "Worked out"
        FAILED = "failed", "Could not be worked out"

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="scenarios")
    name = models.CharField(max_length=80)
    changes = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    result = models.JSONField(default=dict, blank=True)
    problem = models.TextField(blank=True)
    demand_version = models.ForeignKey(ForecastVersion, models.SET_NULL, null=True, blank=True, related_name="+")
    ground = models.CharField(max_length=64, blank=True)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()
    worked_at = models.DateTimeField(null=True, blank=True)
    chosen_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    chosen_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "name"], name="scenario_named_once"),
            models.UniqueConstraint(fields=["cycle"], condition=Q(chosen_at__isnull=False), name="scenario_one_chosen"),
        ]

    def __str__(self) -> str:
        return self.name


class Reserved(models.Model):
    """What a person's input made operations commit to the person's customers in a supply plan; may be negative."""

    version = models.ForeignKey(ForecastVersion, models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    units = models.FloatField()
    value = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "person"], name="reserved_once"),
            finite("reserved_finite", "units", "value"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}/{self.person_id}"


class SupplyReturn(models.Model):
    """Why operations cannot sign the demand plan as it is; told to the S&OP leader, who may reopen the review."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="supply_returns")
    reason = models.TextField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.reason[:60]
