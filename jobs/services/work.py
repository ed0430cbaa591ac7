"""Queueing, claiming and finishing work: every state is a row, the broker only says "wake up"."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Case, Exists, OuterRef, Q, When

from jobs.errors import Refused
from jobs.models import ACTIVE_STATES, Heartbeat, Job, JobPart, WorkState

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=180)
MAX_ATTEMPTS = 5
LONGEST_PAUSE = timedelta(minutes=5)
# SQLSTATEs of a server that goes away; a connection that broke without a word has none.
SERVER_GONE = ("57P01", "57P02", "57P03")
WORK_TASK = "sop_portal.work"


@dataclass(frozen=True)
class PartSpec:
    """A part to queue; it becomes claimable when every part numbered below `needs` is done."""

    label: str
    payload: dict[str, Any] = field(default_factory=dict)
    needs: int = 0


@transaction.atomic
def job_queue(*, kind: str, key: str, label: str, parts: Sequence[PartSpec], at: datetime, owner: Any = None) -> Job:
    """Queue a job, or return the active one with the same kind and key; workers are poked on commit."""
    job, created = Job.objects.get_or_create(
        kind=kind,
        key=key,
        state__in=ACTIVE_STATES,
        defaults={"label": label, "total": len(parts), "created_at": at, "owner": owner, "state": WorkState.QUEUED},
    )
    if created:
        JobPart.objects.bulk_create(
            JobPart(job=job, number=n, needs=part.needs, label=part.label[:200], payload=part.payload, available_at=at)
            for n, part in enumerate(parts)
        )
    transaction.on_commit(poke)
    return job


def poke() -> None:
    """Tell a worker to look; never blocks or fails the caller, since the tick covers a lost poke."""
    try:
        current_app.send_task(WORK_TASK, retry=False, ignore_result=True, expires=60)
    except Exception:
        log.warning("The broker did not take a wake-up; the next tick finds the work.", exc_info=True)


def part_claim(
    *, at: datetime, job: Job | None = None, kinds: Collection[str] | None = None, aside: Collection[str] = ()
) -> JobPart | None:
    """Take the next claimable part (of `job`, of `kinds`) for `LEASE`; two workers never get the same attempt.

    Kinds that stand `aside` come after all others and one part at a time: a process is left for what somebody waits
    for. (Two workers that look in the same moment may still take two.)
    """
    waiting_for = JobPart.objects.filter(job=OuterRef("job"), number__lt=OuterRef("needs")).exclude(
        state=WorkState.DONE
    )
    free = Q(state=WorkState.QUEUED, available_at__lte=at) | Q(state=WorkState.RUNNING, lease_until__lt=at)
    free &= Q(job=job) if job is not None else Q()
    free &= Q(job__kind__in=list(kinds)) if kinds is not None else Q()
    is_aside = Q(job__kind__in=[*aside, ""])
    under_way = JobPart.objects.filter(
        is_aside, state=WorkState.RUNNING, lease_until__gte=at, job__state__in=ACTIVE_STATES
    )
    free &= ~is_aside | Q(~Exists(under_way))
    with transaction.atomic():
        part = (
            JobPart.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(free, ~Exists(waiting_for), job__state__in=ACTIVE_STATES)
            .order_by(Case(When(is_aside, then=1), default=0), "job_id", "number")
            .first()
        )
        if part is None:
            return None
        part.state, part.lease_until, part.attempts = WorkState.RUNNING, at + LEASE, part.attempts + 1
        part.save(update_fields=["state", "lease_until", "attempts"])
        Job.objects.filter(pk=part.job_id).update(state=WorkState.RUNNING, message=part.label)
        Job.objects.filter(pk=part.job_id, started_at=None).update(started_at=at)
    return part


@transaction.atomic
def part_finish(*, part: JobPart, at: datetime, message: str = "", result: dict[str, Any] | None = None) -> bool:
    """Mark this attempt done and, with the last part, its job; False when another attempt took over."""
    job = Job.objects.select_for_update().get(pk=part.job_id)
    mine = JobPart.objects.filter(pk=part.pk, attempts=part.attempts, state=WorkState.RUNNING)
    if not mine.update(state=WorkState.DONE, lease_until=None, error=""):
        return False
    job.done = job.parts.filter(state=WorkState.DONE).count()
    job.message = message or part.label
    job.result = job.result | (result or {})
    if job.done == job.total:
        job.state, job.finished_at = WorkState.DONE, at
    job.save(update_fields=["done", "message", "result", "state", "finished_at"])
    return True


@transaction.atomic
def part_fail(*, part: JobPart, at: datetime, error: str, lost: bool = False) -> None:
    """Put the part back with a growing pause; after `MAX_ATTEMPTS` the job has failed and says why.

    With `lost` the database went away under it: that is not the work's fault, so it is never the last attempt.
    """
    job = Job.objects.select_for_update().get(pk=part.job_id)
    mine = JobPart.objects.filter(pk=part.pk, attempts=part.attempts, state=WorkState.RUNNING)
    last = part.attempts >= MAX_ATTEMPTS and not lost
    state = WorkState.FAILED if last else WorkState.QUEUED
    again = at + min(timedelta(seconds=5 * 2 ** min(part.attempts, 10)), LONGEST_PAUSE)
    if mine.update(state=state, error=error, lease_until=None, available_at=again) and last:
        job.state, job.error, job.finished_at = WorkState.FAILED, error, at
        job.save(update_fields=["state", "error", "finished_at"])


def connection_lost(error: BaseException) -> bool:
    """Whether the database went away, as when it is restarted, rather than refused what was asked of it."""
    if isinstance(error, InterfaceError):
        return True
    state = getattr(error.__cause__, "pgcode", None) or ""
    return isinstance(error, OperationalError) and (not state or state.startswith("08") or state in SERVER_GONE)


@transaction.atomic
def job_retry(*, job: Job, at: datetime) -> Job:
    """Give the failed parts of a failed job a fresh start."""
    job = Job.objects.select_for_update().get(pk=job.pk)
    if job.state != WorkState.FAILED:
        raise Refused("job_not_failed", "Only a job that has failed can be tried again.")
    if Job.objects.filter(kind=job.kind, key=job.key, state__in=ACTIVE_STATES).exists():
        raise Refused("job_active", "The same work is already running; wait for it to finish.")
    job.parts.filter(state=WorkState.FAILED).update(state=WorkState.QUEUED, attempts=0, available_at=at)
    job.state, job.error, job.finished_at = WorkState.QUEUED, "", None
    job.save(update_fields=["state", "error", "finished_at"])
    transaction.on_commit(poke)
    return job


def heartbeat_write(*, name: str, at: datetime) -> None:
    """Say that a process lives; two workers may say so at the same moment."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=at)], update_conflicts=True, unique_fields=["name"], update_fields=["at"]
    )
