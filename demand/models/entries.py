"""What people put on top of a stage: their own layer, and the record of every change."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from cycles.models import Cycle
from demand.models.versions import Line, Stage
from masterdata.models import Person


class Reason(models.TextChoices):
    """Why a number was changed; the keys 1 to 9 in this order."""

    CUSTOMER_TOLD = "customer_told", "Customer told me"
    ORDER_CONFIRMED = "order_confirmed", "Order or quote confirmed"
    ORDER_DELAYED = "order_delayed", "Order likely delayed"
    PROMOTION = "promotion", "Promotion or event"
    PRICE_CHANGE = "price_change", "Price change"
    NEW_LISTING = "new_listing", "New listing or customer"
    LOST_BUSINESS = "lost_business", "Lost business or competitor"
    CUSTOMER_STOCK = "customer_stock", "Customer stock change"
    OTHER = "other", "Other"


class Origin(models.TextChoices):
    SCREEN = "screen", "Entered"
    FILE = "file", "File"
    API = "api", "API"
    RULE = "rule", "Rule"
    DECISION = "decision", "Decision"
    REPLAY = "replay", "Simulated"


class LayerLine(models.Model):
    """One owner's numbers for a line on top of the stage before; an empty element keeps what was there.

    `locked` are the months whose number may not change until they are unlocked.
    """

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="layers")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    line = models.ForeignKey(Line, models.PROTECT, related_name="+")
    quantity = ArrayField(models.FloatField(null=True))
    reason = models.CharField(max_length=30, choices=Reason.choices, blank=True)
    note = models.TextField(blank=True)
    locked = ArrayField(models.DateField(), default=list, blank=True)
    locked_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    changed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cycle", "stage", "line"], name="layer_line_once")]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.stage} {self.line_id}"


class Change(models.Model):
    """One change of one cell; append-only (a trigger refuses update and delete)."""

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="changes")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    line = models.ForeignKey(Line, models.PROTECT, related_name="+")
    month = models.DateField()
    before = models.FloatField()
    after = models.FloatField()
    reason = models.CharField(max_length=30, choices=Reason.choices, blank=True)
    comment = models.TextField(blank=True)
    origin = models.CharField(max_length=10, choices=Origin.choices)
    decision = models.CharField(max_length=20, blank=True)
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["cycle", "line"], name="change_cell")]

    def __str__(self) -> str:
        return f"{self.line_id} {self.month:%Y-%m} {self.before} -> {self.after}"


class SaveToken(models.Model):
    """The answer given to a batch of edits, so that a retry gets the same one."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    token = models.UUIDField()
    answer = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "token"], name="save_token_once")]

    def __str__(self) -> str:
        return str(self.token)


class TeamReview(models.Model):
    """That a manager has accepted a rep's numbers of a cycle."""

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="+")
    rep = models.ForeignKey(Person, models.CASCADE, related_name="+")
    manager = models.ForeignKey(Person, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cycle", "rep"], name="team_review_once")]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.rep_id}"
