"""The one place that reads a clock; everything below the door is told the time."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from jobs.models import MovedClock
from masterdata.selectors import company


def now() -> datetime:
    """The current time; a moved clock counts only where the settings allow it (tests)."""
    if settings.PORTAL_MOVED_CLOCK:
        moved = MovedClock.objects.first()
        if moved:
            return moved.at
    return timezone.now()


def today() -> date:
    """The current day in the company's time zone."""
    return now().astimezone(ZoneInfo(company().timezone)).date()
