"""Who and what: the company, its people, products, customers, and the record of every change to them."""

from datetime import time

from django.conf import settings
from django.db import models
from django.db.models import Q

from masterdata.roles import SALES_ROLES, Role


class Company(models.Model):
    """The one company this portal plans for."""

    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3, default="USD")
    fiscal_year_start_month = models.PositiveSmallIntegerField(default=1)
    country = models.CharField(max_length=2, default="US")
    timezone = models.CharField(max_length=60, default="UTC")
    horizon_months = models.PositiveSmallIntegerField(default=24)
    last_closed_month = models.DateField(null=True, blank=True)
    months_shifted = models.IntegerField(default=0)
    is_demonstration = models.BooleanField(default=False)
    quiet_since = models.TimeField(default=time(19))
    quiet_until = models.TimeField(default=time(7))
    weekend_mails = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="company_single"),
            models.CheckConstraint(condition=Q(horizon_months__gte=18, horizon_months__lte=24), name="company_horizon"),
            models.CheckConstraint(
                condition=Q(fiscal_year_start_month__gte=1, fiscal_year_start_month__lte=12),
                name="company_fiscal_start",
            ),
            models.CheckConstraint(
                condition=Q(last_closed_month=None) | Q(last_closed_month__day=1), name="company_month_first"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """A user's place in the company."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="person")
    role = models.CharField(max_length=20, choices=Role.choices)
    department = models.CharField(max_length=60, blank=True)
    reports_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="reports")
    deputy = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="deputises_for")
    timezone = models.CharField(max_length=60, blank=True)
    country = models.CharField(max_length=2, blank=True)
    site = models.CharField(max_length=20, blank=True, db_default="")

    class Meta:
        ordering = ["user__username"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.user.first_name or self.user.username

    @property
    def username(self) -> str:
        return self.user.username


class Absence(models.Model):
    """Days on which a person is away, the first and the last included, and who enters for them meanwhile."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="absences")
    first_day = models.DateField()
    last_day = models.DateField()
    substitute = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="stands_in")
    entered_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ["first_day", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=models.F("first_day")), name="absence_order"),
            models.CheckConstraint(
                condition=Q(substitute=None) | ~Q(substitute=models.F("person")), name="absence_not_oneself"
            ),
        ]
        indexes = [models.Index(fields=["last_day", "first_day"], name="absence_days")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.first_day} {self.last_day}"

    @property
    def leaves_lines(self) -> bool:
        """Whether numbers wait for this person: only then does it matter who enters."""
        return self.person.role in SALES_ROLES

    @property
    def words(self) -> str:
        """`away until 12 Dec, Jae Pak enters`."""
        until = f"away until {self.last_day:%-d %b}"
        return f"{until}, {self.substitute.name} enters" if self.substitute else until


class MailChoice(models.Model):
    """Which of the mails that may be switched off a person wants, and when; without a row: all, in the company's hours.

    Empty quiet hours are the company's.
    """

    person = models.OneToOneField(Person, models.CASCADE, related_name="mail_choice")
    digest = models.BooleanField(default=True)
    card = models.BooleanField(default=True)
    minutes = models.BooleanField(default=True)
    quiet_since = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    weekend_mails = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.person_id}: digest {self.digest}, card {self.card}, minutes {self.minutes}"


class Coded(models.Model):
    """Something with a code, which is a string (leading zeros survive), and a name."""

    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=160)

    class Meta:
        abstract = True
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Family(Coded):
    group = models.CharField(max_length=60, blank=True)


class Region(Coded):
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")


class Product(Coded):
    """A product; `plan_as` is the planning product it is forecast under (empty = itself)."""

    class Source(models.TextChoices):
        MAKE = "make", "Made"
        BUY = "buy", "Bought"

    class MakeTo(models.TextChoices):
        STOCK = "stock", "To stock"
        ORDER = "order", "To order"

    family = models.ForeignKey(Family, models.PROTECT, related_name="products")
    uom = models.CharField(max_length=10, default="EA")
    decimals = models.PositiveSmallIntegerField(default=0)
    price = models.FloatField(null=True, blank=True)
    unit_cost = models.FloatField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    make_or_buy = models.CharField(max_length=4, choices=Source.choices, default=Source.MAKE)
    make_to = models.CharField(max_length=5, choices=MakeTo.choices, default=MakeTo.STOCK)
    launch_month = models.DateField(null=True, blank=True)
    phase_out_month = models.DateField(null=True, blank=True)
    like_product = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    like_share = models.FloatField(null=True, blank=True)
    plan_as = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="details")
    lead_time_days = models.PositiveIntegerField(null=True, blank=True)
    lot = models.FloatField(null=True, blank=True)
    lot_multiple = models.FloatField(null=True, blank=True)
    frozen_months = models.PositiveSmallIntegerField(null=True, blank=True)
    priority = models.PositiveSmallIntegerField(null=True, blank=True)
    service_target = models.FloatField(null=True, blank=True)
    cover_months = models.FloatField(null=True, blank=True)

    class Meta(Coded.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(price=None) | Q(price__gte=0, price__lt=1e12), name="product_price"),
            models.CheckConstraint(
                condition=Q(unit_cost=None) | Q(unit_cost__gte=0, unit_cost__lt=1e12), name="product_cost"
            ),
        ]


class Customer(Coded):
    """A customer; `plan_as` is the planning customer it is forecast under (empty = itself). `priority` is the class
    in which it is served, 1 = first (empty = by what it bought)."""

    region = models.ForeignKey(Region, models.SET_NULL, null=True, blank=True, related_name="customers")
    segment = models.CharField(max_length=60, blank=True)
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="customers")
    owner_from = models.DateField(null=True, blank=True)
    plan_as = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="details")
    priority = models.PositiveSmallIntegerField(null=True, blank=True)


class ExchangeRate(models.Model):
    """Units of company currency for one unit of `currency` in a month."""

    month = models.DateField()
    currency = models.CharField(max_length=3)
    rate = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "currency"], name="exchange_rate_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="exchange_rate_month_first"),
            models.CheckConstraint(condition=Q(rate__gt=0, rate__lt=1e12), name="exchange_rate_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.month:%Y-%m}"


class ImportRun(models.Model):
    """One import of a folder or files: what came in, by whom, with which result per file."""

    source = models.CharField(max_length=200)
    content_hash = models.CharField(max_length=64)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    files = models.JSONField(default=dict)
    rows = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    undoes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="undone_by")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.source} {self.at:%Y-%m-%d %H:%M}"

    @property
    def new(self) -> int:
        return sum(counts["new"] for counts in self.files.values())

    @property
    def changed(self) -> int:
        return sum(counts["changed"] for counts in self.files.values())

    @property
    def written(self) -> int:
        return self.new + self.changed


class FileHabit(models.Model):
    """How the files of one kind were written the last time: which of their columns is which, and their signs."""

    file = models.CharField(max_length=60, unique=True)
    columns = models.JSONField(default=dict)
    decimal = models.CharField(max_length=1, blank=True)
    dates = models.CharField(max_length=3, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.file


class RowChange(models.Model):
    """What a row was before and after a change; append-only, written set-based by imports and by services."""

    id = models.BigAutoField(primary_key=True)
    # Written in the transaction that writes the run; checking it again for each of 100,000 rows costs a second.
    run = models.ForeignKey(
        ImportRun, models.CASCADE, null=True, blank=True, related_name="changes", db_constraint=False
    )
    table = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.table} {self.key}"


class ApiKey(models.Model):
    """A key of a program: only its hash is stored, scopes limit it, it expires and can be revoked."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"


class ApiKeyUse(models.Model):
    """How often a key was used in its latest minute; the table is not logged, so that counting costs no disk write."""

    key = models.OneToOneField(ApiKey, models.CASCADE, primary_key=True, related_name="use")
    minute = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.key_id} {self.minute:%H:%M}: {self.count}"
