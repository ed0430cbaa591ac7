"""What happened and what others said: long rows by month, written in bulk by imports."""

from django.db import models
from django.db.models import Q

from masterdata.models import Customer, Family, Person, Product


def month_first(name: str, field: str = "month") -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__day": 1}), name=name)


def finite(name: str, *fields: str) -> models.CheckConstraint:
    """NaN compares as greater than every number in PostgreSQL, so an upper bound keeps it and infinity out."""
    condition = Q()
    for field in fields:
        condition &= Q(**{f"{field}__gt": -1e12, f"{field}__lt": 1e12})
    return models.CheckConstraint(condition=condition, name=name)


class Booking(models.Model):
    """Actual demand of a closed month; returns are negative."""

    month = models.DateField()
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    qty = models.FloatField()
    revenue = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "customer", "product"], name="booking_once"),
            month_first("booking_month_first"),
            finite("booking_finite", "qty", "revenue"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class Shipment(models.Model):
    """What left the house in a month; customer may be unknown."""

    month = models.DateField()
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="+")
    qty = models.FloatField()
    revenue = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month", "product", "customer"], name="shipment_once", nulls_distinct=False
            ),
            month_first("shipment_month_first"),
            finite("shipment_finite", "qty", "revenue"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class OrderLine(models.Model):
    """A line of an order; not shipped yet = the backlog, and what a rep is asked to call."""

    code = models.CharField(max_length=60, unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    qty = models.FloatField()
    revenue = models.FloatField(default=0)
    ordered_on = models.DateField()
    requested_on = models.DateField(null=True, blank=True)
    promised_on = models.DateField(null=True, blank=True)
    shipped_on = models.DateField(null=True, blank=True)
    shipped_qty = models.FloatField(null=True, blank=True)
    pushes = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [finite("order_line_finite", "qty", "revenue")]
        indexes = [models.Index(fields=["customer"], condition=Q(shipped_on=None), name="order_line_open")]

    def __str__(self) -> str:
        return self.code


class Opportunity(models.Model):
    """A quote or deal that may become an order."""

    code = models.CharField(max_length=60, unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, models.PROTECT, null=True, blank=True, related_name="+")
    family = models.ForeignKey(Family, models.PROTECT, null=True, blank=True, related_name="+")
    qty = models.FloatField(default=0)
    value = models.FloatField(default=0)
    probability = models.FloatField(default=0)
    stage = models.CharField(max_length=30, blank=True)
    expected_month = models.DateField()
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    created_on = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            month_first("opportunity_month_first", "expected_month"),
            models.CheckConstraint(condition=Q(probability__gte=0, probability__lte=1), name="opportunity_probability"),
            finite("opportunity_finite", "qty", "value"),
        ]

    def __str__(self) -> str:
        return self.code


class Budget(models.Model):
    """The annual plan in money, by rep or by family."""

    month = models.DateField()
    rep = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    family = models.ForeignKey(Family, models.PROTECT, null=True, blank=True, related_name="+")
    revenue = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "rep", "family"], name="budget_once", nulls_distinct=False),
            month_first("budget_month_first"),
            finite("budget_finite", "revenue"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class SalesInput(models.Model):
    """An absolute quantity a rep entered in an earlier cycle, before this portal existed."""

    cycle = models.DateField()
    rep = models.ForeignKey(Person, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    month = models.DateField()
    qty = models.FloatField()
    reason = models.CharField(max_length=30, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "customer", "product", "month"], name="sales_input_once"),
            month_first("sales_input_month_first"),
            models.CheckConstraint(condition=Q(qty__gte=0, qty__lt=1e12), name="sales_input_finite"),
        ]

    def __str__(self) -> str:
        return f"{self.cycle:%Y-%m} {self.month:%Y-%m}"


class PastSubmission(models.Model):
    """Whether a rep took part in an earlier cycle."""

    cycle = models.DateField()
    rep = models.ForeignKey(Person, models.PROTECT, related_name="+")
    answered_on = models.DateField(null=True, blank=True)
    how = models.CharField(max_length=10)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cycle", "rep"], name="past_submission_once")]

    def __str__(self) -> str:
        return f"{self.cycle:%Y-%m} {self.how}"


class PastCall(models.Model):
    """What a rep said of an order line or opportunity (by its code) in an earlier cycle."""

    cycle = models.DateField()
    rep = models.ForeignKey(Person, models.PROTECT, related_name="+")
    order = models.CharField(max_length=60)
    month = models.DateField()
    call = models.CharField(max_length=10)
    slips_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "order"], name="past_call_once"),
            month_first("past_call_month_first"),
        ]

    def __str__(self) -> str:
        return f"{self.cycle:%Y-%m} {self.order}: {self.call}"
