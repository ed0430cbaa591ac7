"""What the nightly check asks of the database: is everything as it was stored, and is nothing stuck?"""

from datetime import datetime, timedelta

from django.db import connection

from cycles.models import Cycle, CycleState
from demand.models import ForecastVersion, VersionState
from demand.selectors.seals import record_check
from jobs.models import ACTIVE_STATES, Job, JobPart, Message, MessageState, WorkState
from kpis.selectors.plan_totals import ADDED_UP, IN_FORCE, STORED
from supply.wording import count_text

PUBLISHED_CHECKED = 3
STUCK_AFTER = timedelta(hours=1)
TOLERANCE = 1e-6  # of a total: sums of floats in another order
# Families whose stored totals are not what the stored lines add up to.
DIFFERENT_TOTALS = f"""
SELECT count(*) FROM ({STORED}) s(family, units, revenue, margin)
FULL JOIN ({ADDED_UP}) a(family, units, revenue, margin) USING (family)
WHERE s.family IS NULL OR a.family IS NULL OR EXISTS (
  SELECT 1 FROM unnest(s.units || s.revenue || s.margin, a.units || a.revenue || a.margin) t(kept, now)
  WHERE abs(kept - now) > %s * (1 + abs(now)))
"""


def cycles_checked() -> list[Cycle]:
    """The open cycle and the latest published ones."""
    published = Cycle.objects.filter(state=CycleState.PUBLISHED, simulated=False).order_by("-month")
    return [*Cycle.objects.filter(state=CycleState.OPEN), *published[:PUBLISHED_CHECKED]]


def record_faults(cycles: list[Cycle]) -> list[str]:
    """Sealed blocks of changes that are not what was sealed."""
    return [fault for cycle in cycles for fault in record_check(cycle).faults]


def total_faults(cycles: list[Cycle]) -> list[str]:
    """Company forecasts whose stored totals are not the sums of their lines."""
    versions = ForecastVersion.objects.filter(cycle__in=cycles, **IN_FORCE).select_related("cycle")
    return [
        f"{version.cycle.code}: the stored totals of {count_text(count, 'family', 'families')} are not the sums of"
        " their lines."
        for version in versions
        if (count := _different_totals(version))
    ]


def _different_totals(version: ForecastVersion) -> int:
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENT_TOTALS, [version.pk, version.cycle_id, version.pk, TOLERANCE])
        return int(cursor.fetchone()[0])


def stuck_faults(at: datetime) -> list[str]:
    """Work and mails that should have ended long ago, and builds that nobody is building."""
    ago = at - STUCK_AFTER
    building = ForecastVersion.objects.filter(state=VersionState.BUILDING, note__startswith="job ", made_at__lt=ago)
    at_work = {f"job {pk}" for pk in Job.objects.filter(state__in=ACTIVE_STATES).values_list("pk", flat=True)}
    counts = {
        "part of a job is held by nobody": JobPart.objects.filter(state=WorkState.RUNNING, lease_until__lt=ago).count(),
        "mail is held by nobody": Message.objects.filter(state=MessageState.SENDING, lease_until__lt=ago).count(),
        "mail is overdue": Message.objects.filter(state=MessageState.DUE, due_at__lt=ago).count(),
        "version is left half built": building.exclude(note__in=at_work).count(),
    }
    return [f"{count} x: a {what}." for what, count in counts.items() if count]
