"""What Celery runs: the tick, and work until there is none."""

import logging
import traceback
from time import monotonic, sleep

from celery import shared_task
from django.db import connection

from jobs.errors import Refused
from jobs.models import Job, JobPart, WorkState
from jobs.services.messages import messages_batch_send
from jobs.services.webhooks import deliveries_due_send
from jobs.services.work import connection_lost, heartbeat_write, part_claim, part_fail, part_finish, poke
from sop_portal.clock import now
from sop_portal.tick import tick
from sop_portal.work import ASIDE, HANDLERS, part_run

log = logging.getLogger(__name__)
PATIENCE_SECONDS = 240.0
WAIT_SECONDS = 0.5


@shared_task(name="sop_portal.tick")
def run_tick() -> None:
    """Find what is due, then help to do it."""
    tick(at=now())
    send_until_done()
    deliveries_due_send(at=now())
    work_until_done()


@shared_task(name="sop_portal.work")
def run_work() -> None:
    """Somebody has queued work."""
    work_until_done()
    send_until_done()
    deliveries_due_send(at=now())


def work_until_done() -> int:
    """Claim and do parts until none is left; after `PATIENCE_SECONDS` hand over to a fresh task.

    A kind of job that is not known here is left to a worker of a newer version. What the finished jobs make possible is
    looked for once for all of them, when no part is left.
    """
    start, done, ended = monotonic(), 0, False
    heartbeat_write(name="worker", at=now())
    while True:
        if part := part_claim(at=now(), kinds=HANDLERS, aside=ASIDE):
            ended |= part_do(part)
            done += 1
            heartbeat_write(name="worker", at=now())
        elif ended:
            ended = False
            tick(at=now())
        else:
            return done
        if monotonic() - start > PATIENCE_SECONDS:
            poke()
            return done


def send_until_done() -> None:
    """Send what is due, each batch claimed at its own moment; a slow mail server hands over to a fresh task."""
    start = monotonic()
    while messages_batch_send(at=now())[0]:
        if monotonic() - start > PATIENCE_SECONDS:
            poke()
            break


def part_do(part: JobPart) -> bool:
    """Do a claimed part; what goes wrong is written down and tried again later. True when its job has ended."""
    try:
        message = part_run(kind=part.job.kind, job=part.job_id, payload=part.payload, at=now())
    except Exception as failure:
        log.exception("Part %s failed.", part)
        connection.close_if_unusable_or_obsolete()
        part_fail(part=part, at=now(), error=traceback.format_exc()[-4000:], lost=connection_lost(failure))
        return False
    part_finish(part=part, at=now(), message=message)
    return Job.objects.filter(pk=part.job_id, state=WorkState.DONE).exists()


def job_do(*, job: Job) -> Job:
    """Do a job's parts here and now beside whatever workers do, and wait until it has ended."""
    while job.is_active:
        part = part_claim(at=now(), job=job)
        if part is None:
            sleep(WAIT_SECONDS)
        elif part_do(part):
            tick(at=now())
        job.refresh_from_db()
    if job.state == WorkState.FAILED:
        raise Refused("job_failed", f"{job.label} failed: {job.error.strip().splitlines()[-1]}")
    return job
