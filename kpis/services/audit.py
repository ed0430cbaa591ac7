"""The nightly check of the portal by itself: sums, contents, the record of changes, stuck rows."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from cycles.models import CycleState
from jobs.models import Job
from jobs.services.work import PartSpec, job_queue
from kpis.selectors.audit import cycles_checked, record_faults, stuck_faults, total_faults
from masterdata.selectors import company
from meetings.selectors.audit import KIND
from meetings.services.publishing import forecast_verify
from supply.wording import count_text

NIGHT = time(2)


def audit_due(at: datetime) -> bool:
    """It is past two in the morning where the company is, and this day's check was not queued."""
    local = at.astimezone(ZoneInfo(company().timezone))
    return local.time() >= NIGHT and not Job.objects.filter(kind=KIND, key=f"{local:%Y-%m-%d}").exists()


def audit_queue(*, at: datetime) -> Job:
    """Queue the check of the company's day."""
    key = f"{at.astimezone(ZoneInfo(company().timezone)):%Y-%m-%d}"
    return job_queue(kind=KIND, key=key, label=f"Nightly check of {key}", parts=[PartSpec("Nightly check")], at=at)


def audit_part(*, job: int, payload: dict[str, Any], at: datetime) -> str:
    """Check, keep what was found with the job, and say it in a line; findings are a result, not a failure."""
    cycles = cycles_checked()
    published = [cycle for cycle in cycles if cycle.state == CycleState.PUBLISHED]
    faults = record_faults(cycles) + total_faults(cycles) + stuck_faults(at)
    for cycle in published:
        stored, rebuilt = forecast_verify(cycle=cycle)
        if stored != rebuilt:
            faults.append(f"{cycle.code}: the published forecast is not what its stored inputs give.")
    Job.objects.filter(pk=job).update(result={"faults": faults})
    if faults:
        return f"{count_text(len(faults), 'finding', 'findings')}: {faults[0]}"
    return (
        f"All as stored: {count_text(len(published), 'forecast', 'forecasts')}, the record of changes, no stuck work."
    )
