"""What marketing plans to do, and what it should bring."""

from django.db import models
from django.db.models import F, Q

from demand.models.facts import month_first
from masterdata.models import Customer, Family, Person, Product, Region


class EventKind(models.TextChoices):
    PROMOTION = "promotion", "Promotion"
    PRICE = "price", "Price change"
    LAUNCH = "launch", "Launch"
    LISTING = "listing", "New listing"
    LOSS = "loss", "Lost business"


class EventShape(models.TextChoices):
    """How an event spreads over its months: the words of `demand.event_effects.month_weights`."""

    FLAT = "flat", "Every month alike"
    FRONT = "front", "Most at first"
    DIP = "dip", "A dip after it"


class Event(models.Model):
    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=12, choices=EventKind.choices)
    family = models.ForeignKey(Family, models.PROTECT, null=True, blank=True, related_name="+")
    product = models.ForeignKey(Product, models.PROTECT, null=True, blank=True, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="+")
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+")
    from_month = models.DateField()
    to_month = models.DateField()
    uplift_pct = models.FloatField(null=True, blank=True)
    uplift_qty = models.FloatField(null=True, blank=True)
    # A default of the database too: imports write rows set-based and name only the columns of their file.
    shape = models.CharField(
        max_length=6, choices=EventShape.choices, default=EventShape.FLAT, db_default=EventShape.FLAT
    )
    confidence = models.FloatField(default=1)
    entered_on = models.DateField()
    entered_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    cancelled_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["from_month", "code"]
        constraints = [
            month_first("event_from_first", "from_month"),
            month_first("event_to_first", "to_month"),
            models.CheckConstraint(condition=Q(to_month__gte=F("from_month")), name="event_months_order"),
            models.CheckConstraint(condition=Q(confidence__gte=0, confidence__lte=1), name="event_confidence"),
            models.CheckConstraint(
                condition=Q(uplift_pct=None) | Q(uplift_pct__gte=-100, uplift_pct__lte=1000), name="event_uplift"
            ),
        ]

    def __str__(self) -> str:
        return self.name
