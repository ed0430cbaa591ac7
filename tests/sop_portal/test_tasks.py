"""What a worker takes up, and what it leaves to others."""

from datetime import UTC, datetime

import pytest

from jobs.models import Job, JobPart, WorkState
from jobs.services.work import PartSpec, job_queue, part_claim
from sop_portal.tasks import run_work
from tests.cast import small_company

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def queue(kind: str) -> Job:
    return job_queue(kind=kind, key="1", label=kind, parts=[PartSpec("all of it")], at=AT)


def test_an_older_worker_leaves_a_kind_of_job_it_does_not_know() -> None:
    """It stays as it was, first in the queue, while what stands behind it is done."""
    small_company()
    unknown, known = queue("of_the_next_version"), queue("cards")
    run_work()
    unknown.refresh_from_db()
    known.refresh_from_db()
    assert (unknown.state, unknown.error) == (WorkState.QUEUED, "")
    assert JobPart.objects.get(job=unknown).attempts == 0
    assert known.state == WorkState.DONE
    newer = part_claim(at=AT, kinds={"of_the_next_version"})
    assert newer is not None
    assert newer.job == unknown
