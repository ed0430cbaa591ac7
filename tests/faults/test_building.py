"""Builds and queued work while workers, broker and backends are killed: done once, equal, nothing left of the dead."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from tests.faults.gate import Gate, gate
from tests.faults.stack import Stack, child_processes

pytestmark = [pytest.mark.slow, pytest.mark.worker]
Seen = Callable[[str, str, str], None]
LATER = timedelta(minutes=6)  # longer than a lease, and than the longest pause between two attempts
ENQUEUE = """
from sop_portal.clock import now
from cycles.models import Cycle
from demand.services.baseline import baseline_queue
print({baseline_queue(cycle=Cycle.objects.get(), at=now()).pk for _ in range(3)})
"""
# What a worker writes for a build, beside its parts: it is held at a write, so that every fault hits it in its midst.
WRITTEN = ("demand_forecastversion", "demand_forecastline", "demand_cycleline")
# The writes of one build, in order: a chunk's claim, two versions with their numbers, how each line was forecast, the
# chunk's end; then the same for putting it together.
WRITES = 14
QUEUE = """
from sop_portal.clock import now
from jobs.services.work import PartSpec, job_queue
from sop_portal.tick import tick
tick(at=now())  # what is due by itself is queued now: no later tick wakes a worker for that
for n in range({count}):
    job_queue(kind="cards", key=f"{tag}-{{n}}", label="Monthly cards", parts=[PartSpec("cards")], at=now())
"""
# Baseline rows that one version has and another has not, or has otherwise.
DIFFERENT = """
SELECT count(*) FROM (SELECT * FROM demand_forecastline WHERE version_id = %s) a
FULL JOIN (SELECT * FROM demand_forecastline WHERE version_id = %s) b USING (line_id)
WHERE a.quantity IS DISTINCT FROM b.quantity
"""
STAGES = ("naive", "baseline")


@pytest.fixture
def held(background: Stack) -> Iterator[Gate]:
    with gate(background, "worker", WRITTEN, job="baseline") as held:
        yield held


def current(stack: Stack, stage: str) -> list[int]:
    found = "SELECT id FROM demand_forecastversion WHERE stage = %s AND state = 'current'"
    return [pk for (pk,) in stack.rows(found, stage)]


def assert_one_build(stack: Stack, job: int, before: dict[str, int]) -> None:
    """One current version a stage, new, equal to the one before row by row, and nothing of dead attempts."""
    assert stack.one("SELECT count(*) FROM jobs_job WHERE kind = 'baseline' AND id >= %s", job) == 1
    assert stack.one("SELECT count(*) FROM demand_forecastversion WHERE state = 'building'") == 0
    for stage in STAGES:
        (now,) = current(stack, stage)
        assert now != before[stage]
        assert stack.one(DIFFERENT, before[stage], now) == 0
        made = "SELECT count(*) FROM demand_forecastversion WHERE stage = %s AND note = %s"
        assert stack.one(made, stage, f"job {job}") == 1


def job_state(stack: Stack, job: int) -> str:
    return str(stack.one("SELECT state FROM jobs_job WHERE id = %s", job))


def enqueue(stack: Stack) -> int:
    """The same build asked for three times is one job."""
    (job,) = eval(stack.run(ENQUEUE))
    return int(job)


def kill_worker(stack: Stack) -> None:
    for worker in stack.workers[:1]:
        worker.kill()
        stack.workers.remove(worker)
    stack.wait(lambda: stack.sessions("worker") == 0, "the database has noticed it")
    stack.start_worker()


def kill_broker(stack: Stack) -> None:
    stack.kill_server(stack.valkey)
    time.sleep(0.2)
    stack.restart_server(stack.valkey)


def cut_backends(stack: Stack) -> None:
    stack.cut_connections("worker")


FAULTS: dict[str, Callable[[Stack], None]] = {
    "the worker": kill_worker,
    "the broker": kill_broker,
    "the backends": cut_backends,
}
# The write to begin with: numbers stored but their part not ended, in the midst of the numbers, in the midst of
# making them the current ones.
FIRST = {"the worker": 7, "the broker": 4, "the backends": 12}


@pytest.mark.parametrize("victim", FAULTS)
def test_f6_a_build_is_cut_down_again_and_again(held: Gate, victim: str, whole: bool, seen: Seen) -> None:
    """Each time at another of its writes."""
    stack, dice = held.stack, random.Random(f"6 {victim}")
    writes = [FIRST[victim], *dice.sample(range(1, WRITES + 1), 5 if whole else 0)]
    stack.start_worker()
    stack.start_beat()
    for write in writes:
        before = {stage: current(stack, stage)[0] for stage in STAGES}
        held.hold(write)
        job = enqueue(stack)
        held.wait_held()
        FAULTS[victim](stack)
        held.open()
        assert [len(current(stack, stage)) for stage in STAGES] == [1, 1]
        stack.move_clock(LATER)
        stack.wait(lambda job=job: _ended(stack, job), "the build has ended")
        assert job_state(stack, job) == "done"
        assert_one_build(stack, job, before)
    seen(
        "F6",
        f"{victim} killed under a build, asked for 3 times",
        f"{len(writes)} builds, each hit, one each, all equal",
    )


def _ended(stack: Stack, job: int) -> bool:
    """Attempts that fail wait for the clock; it is moved to the next one until the job has ended."""
    if job_state(stack, job) in ("done", "failed"):
        return True
    waiting = "SELECT min(available_at) FROM jobs_jobpart, jobs_movedclock WHERE job_id = %s AND available_at > at"
    stack.move_clock_to(waiting, job)
    return False


def test_f6_a_worker_that_stood_still_writes_nothing_late(held: Gate, seen: Seen) -> None:
    """It stands still before its first number is written; another one does the part; then it goes on."""
    stack = held.stack
    before = {stage: current(stack, stage)[0] for stage in STAGES}
    held.hold(1)
    first = stack.start_worker()
    job = enqueue(stack)
    held.wait_held()
    with stack.table_held("demand_booking"):  # so that it does not get beyond reading, however fast it is
        held.open()
        stack.wait(lambda: stack.sessions("worker", "wait_event_type = 'Lock'") > 0, "it reads the bookings")
        everything = [first.pid, *child_processes(first.pid)]
        for pid in everything:
            os.kill(pid, signal.SIGSTOP)
    stack.move_clock(LATER)
    stack.start_worker()
    stack.start_beat()
    stack.wait(lambda: _ended(stack, job), "the second worker has built")
    told = len(first.output())
    for pid in everything:
        os.kill(pid, signal.SIGCONT)
    stack.wait(lambda: " succeeded in " in first.output()[told:], "the first one has come to its end")
    assert job_state(stack, job) == "done"
    assert_one_build(stack, job, before)
    seen("F6", "a worker stood still beyond its lease, then went on", "one build, nothing written late")


def test_f7_the_broker_comes_back_empty_under_a_build(held: Gate, seen: Seen) -> None:
    """A worker that loses the broker goes on with its part: no lease runs out, there is no second attempt."""
    stack = held.stack
    worker = stack.start_worker()
    stack.start_beat()
    before = {stage: current(stack, stage)[0] for stage in STAGES}
    held.hold(4)
    job = enqueue(stack)
    held.wait_held()
    _empty_broker(stack)
    stack.wait(lambda: "Connection to broker lost" in worker.output(), "the worker has missed the broker")
    held.open()
    stack.wait(lambda: job_state(stack, job) in ("done", "failed"), "the build has ended")
    assert_one_build(stack, job, before)
    assert stack.one("SELECT max(attempts) FROM jobs_jobpart WHERE job_id = %s", job) == 1
    seen("F7", "broker restarted empty under a build", "one build, equal, by the worker that held it, in one attempt")


def test_f7_the_broker_forgets_what_is_queued(background: Stack, whole: bool, seen: Seen) -> None:
    """Nobody works yet; the wake-ups are in the broker, and are gone. The ticks find the rows."""
    stack, tag = background, f"f7-{time.monotonic_ns()}"
    count, every = (50, 5.0) if whole else (5, 2.0)
    stack.run(QUEUE.format(count=count, tag=tag))
    _empty_broker(stack)
    stack.start_worker()
    undone = "SELECT count(*) FROM jobs_job WHERE key LIKE %s AND state <> 'done'"
    assert stack.one(undone, f"{tag}%") == count
    stack.start_beat(every)
    seconds = stack.wait(lambda: stack.one(undone, f"{tag}%") == 0, "all are done")
    attempts = "SELECT max(attempts) FROM jobs_jobpart p JOIN jobs_job j ON j.id = job_id WHERE key LIKE %s"
    assert stack.one(attempts, f"{tag}%") == 1
    seen(
        "F7",
        f"broker forgot {count} queued jobs",
        f"all done {seconds:.1f} s after beat started, a tick every {every:.0f} s",
    )


def _empty_broker(stack: Stack) -> None:
    """Killed, its append-only file gone, started again."""
    stack.kill_server(stack.valkey)
    for file in (stack.servers.state / "valkey").rglob("*"):
        if file.is_file():
            file.unlink()
    stack.restart_server(stack.valkey)
