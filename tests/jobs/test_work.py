"""Jobs: queued once, claimed by one, finished by the last part, failed after five tries."""

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.db import OperationalError, connection

from jobs.errors import Refused
from jobs.models import Job, JobPart, WorkState
from jobs.services.work import (
    LEASE,
    LONGEST_PAUSE,
    MAX_ATTEMPTS,
    PartSpec,
    connection_lost,
    job_queue,
    job_retry,
    part_claim,
    part_fail,
    part_finish,
)

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def queue(parts: int = 2, key: str = "2026-11", **more: int) -> Job:
    specs = [PartSpec(f"part {n}", {"n": n}) for n in range(parts)]
    return job_queue(kind="baseline", key=key, label="Baseline", parts=specs, at=AT, **more)


def test_queueing_twice_gives_the_same_job() -> None:
    assert queue() == queue()
    assert Job.objects.get().parts.count() == 2


def test_a_finished_job_can_be_queued_again() -> None:
    first = queue(parts=1)
    part_finish(part=part_claim(at=AT), at=AT)
    assert queue(parts=1) != first


def test_the_last_part_finishes_the_job() -> None:
    job = queue()
    first, second = part_claim(at=AT), part_claim(at=AT)
    assert part_claim(at=AT) is None
    assert part_finish(part=first, at=AT, message="one", result={"a": 1})
    job.refresh_from_db()
    assert (job.state, job.done, job.message) == (WorkState.RUNNING, 1, "one")
    assert part_finish(part=second, at=AT, result={"b": 2})
    job.refresh_from_db()
    assert (job.state, job.done, job.result, job.finished_at) == (WorkState.DONE, 2, {"a": 1, "b": 2}, AT)


def test_a_part_waits_for_those_it_needs() -> None:
    job_queue(kind="k", key="1", label="l", parts=[PartSpec("a"), PartSpec("b"), PartSpec("c", needs=2)], at=AT)
    first, second = part_claim(at=AT), part_claim(at=AT)
    part_finish(part=first, at=AT)
    assert part_claim(at=AT) is None
    part_finish(part=second, at=AT)
    assert part_claim(at=AT).label == "c"


def test_what_stands_aside_leaves_a_worker_to_what_somebody_waits_for() -> None:
    aside = {"aside": ("measures",)}
    parts = [PartSpec("first"), PartSpec("second")]
    job_queue(kind="measures", key="1", label="Measures", parts=parts, at=AT)
    assert part_claim(at=AT, **aside).label == "first"
    assert part_claim(at=AT, **aside) is None
    queue(parts=1)
    assert part_claim(at=AT, **aside).label == "part 0"
    queue(parts=1, key="2026-12")
    later = AT + LEASE + timedelta(seconds=1)
    assert [part_claim(at=later, **aside).job.kind for _ in range(3)] == ["baseline", "baseline", "measures"]
    assert part_claim(at=later, **aside) is None
    job_queue(kind="measures", key="2", label="Measures", parts=[PartSpec("third")], at=AT)
    assert part_claim(at=later, **aside) is None
    Job.objects.filter(kind="measures", key="1").update(state=WorkState.FAILED)
    assert part_claim(at=later, **aside).label == "third"


def test_a_part_of_a_killed_worker_is_taken_over_and_its_late_answer_ignored() -> None:
    job = queue(parts=1)
    lost = part_claim(at=AT)
    assert part_claim(at=AT + LEASE) is None
    again = part_claim(at=AT + LEASE + timedelta(seconds=1))
    assert (again.pk, again.attempts) == (lost.pk, 2)
    assert not part_finish(part=lost, at=AT)
    job.refresh_from_db()
    assert job.state == WorkState.RUNNING
    assert part_finish(part=again, at=AT)


def test_a_failing_part_is_tried_five_times_with_pauses_and_can_be_tried_again() -> None:
    job, at = queue(parts=1), AT
    for attempt in range(1, MAX_ATTEMPTS + 1):
        part = part_claim(at=at)
        assert part.attempts == attempt
        part_fail(part=part, at=at, error=f"try {attempt}")
        assert part_claim(at=at) is None
        at += timedelta(hours=1)
    job.refresh_from_db()
    assert (job.state, job.error) == (WorkState.FAILED, "try 5")
    job_retry(job=job, at=at)
    assert part_claim(at=at).attempts == 1


def test_only_a_failed_job_is_tried_again() -> None:
    with pytest.raises(Refused, match="has failed"):
        job_retry(job=queue(), at=AT)


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_get_the_same_part() -> None:
    queue(parts=20)
    claimed: list[int] = []

    def work() -> None:
        while part := part_claim(at=AT):
            claimed.append(part.pk)
        connection.close()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 20
    assert set(claimed) == set(JobPart.objects.values_list("pk", flat=True))


def test_a_database_that_goes_away_is_never_the_last_attempt() -> None:
    job, at = queue(parts=1), AT
    for _ in range(3 * MAX_ATTEMPTS):
        part = part_claim(at=at)
        assert part is not None
        part_fail(part=part, at=at, error="gone", lost=True)
        at += LONGEST_PAUSE
    job.refresh_from_db()
    assert (job.state, job.parts.get().attempts) == (WorkState.RUNNING, 3 * MAX_ATTEMPTS)
    part_fail(part=part_claim(at=at), at=at, error="a fault of its own")
    job.refresh_from_db()
    assert job.state == WorkState.FAILED


def fault_of(*statements: str) -> BaseException:
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    except OperationalError as error:
        return error
    finally:
        connection.close()
    raise AssertionError("the database found no fault")


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_told_from_a_query_that_takes_too_long() -> None:
    assert connection_lost(fault_of("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert not connection_lost(fault_of("SET statement_timeout = 1", "SELECT pg_sleep(10)"))
    assert not connection_lost(ValueError("a fault of its own"))
