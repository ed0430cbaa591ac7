"""Publishing the company forecast: once per cycle, in one transaction, provable from its inputs."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from cycles.models import Cycle, CycleState, MilestoneReached
from cycles.selectors import milestones_reached
from cycles.services import cycle_advance, cycle_end, cycle_lock_exclusive, milestone_reach
from cycles.steps import Milestone
from demand.models import ForecastVersion, Origin, Stage
from demand.selectors.lines import lines_forget
from demand.selectors.stored import stored_forget
from demand.selectors.versions import version_current, version_plan
from demand.services.changes import changes_copy
from demand.services.seals import changes_seal
from demand.services.versions import version_store
from jobs.errors import Refused
from jobs.models import Job, WorkState
from jobs.services.work import PartSpec, job_queue
from meetings.selectors.company_forecast import BuiltForecast, forecast_build, forecast_hash
from meetings.services.digests import publication_queue

KIND = "publish"
RULE = "decisions, commitment, whole units v1"


@transaction.atomic
def publish_queue(*, cycle: Cycle, at: datetime, owner: Any = None) -> Job:
    """Queue the publishing of an approved cycle; queueing it again returns the job that waits."""
    _check_approved(cycle)
    part = PartSpec(f"Publish the company forecast of {cycle.code}", {"cycle": cycle.pk})
    return job_queue(
        kind=KIND, key=cycle.code, label=f"Company forecast of {cycle.code}", parts=[part], at=at, owner=owner
    )


def publish_due(cycle: Cycle) -> bool:
    """Approved and not published, and no attempt since the approval has failed for good."""
    reached = milestones_reached(cycle)
    if Milestone.CEO_APPROVED not in reached or Milestone.PUBLISHED in reached:
        return False
    approved = MilestoneReached.objects.get(cycle=cycle, kind=Milestone.CEO_APPROVED.value, withdrawn_at=None)
    failed = Job.objects.filter(kind=KIND, key=cycle.code, state=WorkState.FAILED, created_at__gte=approved.at)
    return not failed.exists()


def publish_part(*, job: int, payload: dict[str, Any], at: datetime) -> str:
    """The one part of the job; when an earlier attempt got through, there is nothing left to do."""
    cycle = Cycle.objects.get(pk=payload["cycle"])
    version = version_current(cycle, Stage.COMPANY_FORECAST) or forecast_publish(cycle=cycle, at=at)
    return f"Company forecast {cycle.code} revision {version.revision}, content {version.content_hash[:12]}"


@transaction.atomic
def forecast_publish(*, cycle: Cycle, at: datetime, replayed: bool = False) -> ForecastVersion:
    """Build, store and publish the company forecast, end the cycle and tell everybody.

    Refused when it is published already, or not approved. `replayed` publishes a simulated cycle, silently.
    """
    cycle_lock_exclusive(cycle)
    cycle.refresh_from_db()
    _check_publishable(cycle, replayed)
    built = forecast_build(cycle)
    version = version_store(
        cycle=cycle,
        stage=Stage.COMPANY_FORECAST,
        plan=built.forecast,
        at=at,
        rule=RULE,
        made_from=built.made_from,
        content_hash=built.content_hash,
    )
    decided_changes_record(cycle, built, at)
    changes_seal(cycle=cycle, at=at)
    if not replayed:
        milestone_reach(cycle=cycle, kind=Milestone.PUBLISHED, at=at, note=built.content_hash)
        cycle_advance(cycle=cycle, at=at)
    cycle_end(cycle=cycle, state=CycleState.PUBLISHED, at=at)
    if not replayed:
        publication_queue(cycle=cycle, built=built, at=at)
    return version


def _check_publishable(cycle: Cycle, replayed: bool) -> None:
    version = version_current(cycle, Stage.COMPANY_FORECAST)
    if version is not None:
        raise Refused(
            "already_published",
            f"The company forecast of {cycle.code} was published on {version.made_at:%Y-%m-%d %H:%M} UTC "
            f"(revision {version.revision}) and stays as it is.",
        )
    if replayed and not cycle.simulated:
        raise Refused("not_simulated", f"{cycle.code} is a real cycle: it is published after the CEO's approval.")
    if not replayed:
        _check_approved(cycle)


def _check_approved(cycle: Cycle) -> None:
    if cycle.simulated or Milestone.CEO_APPROVED not in milestones_reached(cycle):
        raise Refused(
            "not_approved", f"The company forecast of {cycle.code} is published once the CEO has approved it."
        )


def decided_changes_record(cycle: Cycle, built: BuiltForecast, at: datetime, corrections: Collection[int] = ()) -> None:
    """Write down what decisions changed, cell by cell; of corrections only those named (decision ids)."""
    for change in built.changes:
        if change.decision.corrects != bool(corrections) or (corrections and change.decision.pk not in corrections):
            continue
        changes_copy(
            cycle=cycle,
            stage=Stage.COMPANY_FORECAST,
            lines=built.demand.lines,
            before=change.before,
            after=change.after,
            comment=f"{change.decision.question} {change.option.label}",
            origin=Origin.DECISION,
            decision=change.decision.code,
            by=change.decision.decided_by,
            at=at,
        )


def forecast_verify(*, cycle: Cycle) -> tuple[str, str]:
    """(stored hash, hash of the forecast rebuilt from its stored inputs); equal when nothing was touched.

    The stored numbers themselves must give the stored hash too; where they do not, that hash is returned instead.
    Nothing this process has read before counts.
    """
    stored_forget()
    lines_forget()
    version = version_current(cycle, Stage.COMPANY_FORECAST)
    if version is None:
        raise Refused("not_published", f"The cycle {cycle.code} has no published company forecast.", status=404)
    built = forecast_build(cycle)
    kept = forecast_hash(version_plan(version, built.demand.lines), built.frame)
    return version.content_hash, built.content_hash if kept == version.content_hash else kept
