"""What the kpis floor has to do by itself: measure what has closed, and tell those who entered numbers."""

from datetime import datetime, timedelta

from jobs.models import ACTIVE_STATES, Job, WorkState
from kpis.selectors.plan_totals import totals_missing
from kpis.services.audit import audit_due, audit_queue
from kpis.services.cards import cards_due, cards_queue
from kpis.services.plan_totals import plan_totals_take
from kpis.services.snapshots import KIND, snapshots_key, snapshots_queue

AGAIN_AFTER = timedelta(hours=1)


def due(*, at: datetime) -> None:
    """Queue the measures of closed months that are missing, unless they are being taken or a replay is under way.

    The totals of a company forecast are stored at once, with one statement.

    The monthly cards follow when a month has closed, and once a night the portal checks itself. After a job that
    failed for good it waits, so that the same fault is not told every half minute.
    """
    busy = Job.objects.filter(kind__in=[KIND, "replay"], state__in=ACTIVE_STATES)
    failed = Job.objects.filter(
        kind=KIND, key=snapshots_key(), state=WorkState.FAILED, finished_at__gt=at - AGAIN_AFTER
    )
    if not busy.exists() and not failed.exists():
        snapshots_queue(at=at)
    for version in totals_missing():
        plan_totals_take(version=version)
    if not busy.exists() and cards_due():
        cards_queue(at=at)
    if audit_due(at):
        audit_queue(at=at)
