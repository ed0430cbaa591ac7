"""What the kpis floor has to do by itself: measure what has closed."""

from datetime import datetime

from jobs.models import ACTIVE_STATES, Job
from kpis.services.snapshots import KIND, snapshots_queue


def due(*, at: datetime) -> None:
    """Queue the measures of closed months that are missing, unless they are being taken or a replay is under way."""
    busy = Job.objects.filter(kind__in=[KIND, "replay"], state__in=ACTIVE_STATES).exists()
    if not busy:
        snapshots_queue(at=at)
