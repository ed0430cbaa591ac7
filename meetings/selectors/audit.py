"""The nightly check as those who lead the process read it; `kpis.services.audit` carries it out."""

from typing import Final

from jobs.models import Job, WorkState

KIND: Final = "audit"


def audit_last() -> Job | None:
    """The latest nightly check that has ended."""
    return Job.objects.filter(kind=KIND, state__in=[WorkState.DONE, WorkState.FAILED]).order_by("-id").first()


def audit_found() -> Job | None:
    """The latest nightly check, when it failed or found something."""
    last = audit_last()
    return last if last is not None and (last.state == WorkState.FAILED or last.result.get("faults")) else None
