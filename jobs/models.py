"""Work that outlives a request: jobs with parts, messages to people, heartbeats of processes."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class WorkState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


ACTIVE_STATES = (WorkState.QUEUED, WorkState.RUNNING)


class Job(models.Model):
    """One piece of long work, unique among the active ones by (kind, key)."""

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    label = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=WorkState.choices, default=WorkState.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    error = models.TextField(blank=True)
    result = models.JSONField(default=dict, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"], condition=Q(state__in=ACTIVE_STATES), name="job_active_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE_STATES


class JobPart(models.Model):
    """A chunk of a job that any worker claims; claimable when every part numbered below `needs` is done."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    needs = models.PositiveIntegerField(default=0)
    label = models.CharField(max_length=200, blank=True)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=WorkState.choices, default=WorkState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    available_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["job_id", "number"]
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="job_part_number")]
        indexes = [models.Index(fields=["job", "number"], condition=~Q(state="done"), name="job_part_open")]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.number}"

    @property
    def waits_because(self) -> str:
        """In a line why the last try failed, while the next one is still to come."""
        lines = self.error.strip().splitlines()
        return lines[-1] if lines and self.state == WorkState.QUEUED else ""


class MessageState(models.TextChoices):
    DUE = "due", "Due"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    CANCELLED = "cancelled", "Not needed any more"
    FAILED = "failed", "Could not be sent"


class Message(models.Model):
    """A mail to one person, once per `key` (cycle, step, person and kind), whatever fails or runs twice."""

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=40)
    cycle = models.CharField(max_length=7, blank=True)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="messages")
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    calendar = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=MessageState.choices, default=MessageState.DUE)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["due_at"], condition=Q(state__in=["due", "sending"]), name="message_open")]

    def __str__(self) -> str:
        return self.key


class Heartbeat(models.Model):
    """When a process last said that it lives."""

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class MovedClock(models.Model):
    """The time that the portal believes it is; read only where the settings allow a moved clock."""

    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.at.isoformat()


class Webhook(models.Model):
    """An address outside that is told of events; its secret follows from `salt` and the portal's own."""

    url = models.URLField(max_length=400)
    events = models.JSONField(default=list)
    salt = models.CharField(max_length=40)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """One event for one webhook, once per `key`, whatever fails or runs twice."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    key = models.CharField(max_length=120)
    event = models.CharField(max_length=40)
    body = models.JSONField()
    state = models.CharField(max_length=10, choices=MessageState.choices, default=MessageState.DUE)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    answered = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["webhook", "key"], name="delivery_once")]
        indexes = [models.Index(fields=["due_at"], condition=Q(state__in=["due", "sending"]), name="delivery_open")]

    def __str__(self) -> str:
        return f"{self.key} {self.state}"


class ScheduledPull(models.Model):
    """A file, or the files of a folder, fetched and loaded again and again in its owner's name."""

    class Every(models.TextChoices):
        HOUR = "hour", "Every hour"
        DAY = "day", "Every day"
        WEEK = "week", "Every week"

    address = models.CharField(max_length=400)
    file = models.CharField(max_length=60, blank=True)
    every = models.CharField(max_length=10, choices=Every.choices, default=Every.DAY)
    next_at = models.DateTimeField()
    active = models.BooleanField(default=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    content_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.address


class PullOutcome(models.Model):
    """What one fetching came to, once per moment it was due, whatever runs twice."""

    pull = models.ForeignKey(ScheduledPull, models.CASCADE, related_name="outcomes")
    due_at = models.DateTimeField()
    at = models.DateTimeField()
    ok = models.BooleanField()
    message = models.CharField(max_length=500)
    errors = models.JSONField(default=list)
    error_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["pull", "due_at"], name="pull_outcome_once")]

    def __str__(self) -> str:
        return f"{self.pull} {self.due_at:%Y-%m-%d %H:%M}"
