"""Publishing stopped at each of its writes and started again ends in exactly one current revision.

A trigger in the database holds the real worker at one write until the test has killed it, cut its connection, or
killed the broker.
"""

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from cycles.models import Cycle, CycleState
from cycles.selectors import milestones_reached
from cycles.steps import Milestone
from demand.models import ForecastLine, ForecastVersion, Stage
from jobs.models import Heartbeat, Job, JobPart, Message, MessageState, MovedClock, WorkState
from meetings.selectors.people import participants
from meetings.services.publishing import forecast_verify
from sop_portal.celery import app
from sop_portal.embedded import valkey_server
from sop_portal.server_process import Server, server_account, temporary_folder
from tests.cast import Cast, small_company
from tests.meetings.journey import APPROVED, approved
from tests.processes import Process, beat_process, worker_process

LOCK = 7_270_001
PATIENCE = 120.0
LATER = timedelta(minutes=10)  # longer than a lease and the longest pause between attempts
HELD = "FROM pg_stat_activity WHERE wait_event = 'advisory' AND application_name LIKE '%worker%'"
HOLD = f"""
CREATE OR REPLACE FUNCTION hold_here() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'jobs_jobpart' THEN
    IF NOT EXISTS (SELECT FROM jobs_job WHERE id = NEW.job_id AND kind = 'publish') THEN RETURN NEW; END IF;
  END IF;
  IF current_setting('application_name') LIKE '%worker%' THEN
    PERFORM pg_advisory_lock_shared({LOCK});
    PERFORM pg_advisory_unlock_shared({LOCK});
  END IF;
  RETURN NEW;
END $$
"""
# In the order in which publishing writes; the last one comes after its own transaction.
WRITES = {
    "the claim": "BEFORE UPDATE ON jobs_jobpart FOR EACH ROW",
    "the version": "BEFORE INSERT ON demand_forecastversion FOR EACH ROW",
    "its numbers": "AFTER INSERT ON demand_forecastline FOR EACH ROW",
    "the milestone": "AFTER INSERT ON cycles_milestonereached FOR EACH ROW",
    "the end of the cycle": "AFTER UPDATE ON cycles_cycle FOR EACH ROW",
    "the mails": "AFTER INSERT ON jobs_message FOR EACH ROW",
    "the end of the job": "BEFORE UPDATE ON jobs_job FOR EACH ROW WHEN (NEW.state = 'done' AND NEW.kind = 'publish')",
}
TABLES = {write: when.split(" ON ")[1].split()[0] for write, when in WRITES.items()}
pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


@dataclass
class Background:
    """The worker, started again when it was killed."""

    environment: dict[str, str]
    folder: Path
    ticks: bool = False
    worker: Process | None = None
    beat: Process | None = None
    starts: int = 0
    missed: int = 0

    def see_to_it(self) -> None:
        """A worker lives, as the supervisor sees to it."""
        if self.worker is not None and self.worker.is_alive():
            return
        self.starts += 1
        self.worker = worker_process(self.environment, self.folder / f"worker-{self.starts}.log")
        self.worker.start()
        self.worker.wait_until("ready.")
        if self.ticks:
            self.beat = beat_process(self.environment, self.folder / "beat.log", every=0.5)
            self.beat.start()

    def still_the_first(self) -> bool:
        return self.starts == 1 and self.worker is not None and self.worker.is_alive()

    def kill_worker(self) -> None:
        for process in (self.beat, self.worker):
            if process is not None:
                process.kill()

    def misses_the_broker(self) -> bool:
        """The worker has lost its connection once more."""
        lost = self.worker.output().count("Connection to broker lost") if self.worker else 0
        is_new = lost > self.missed
        self.missed = lost
        return is_new


@dataclass
class Broker:
    """A broker of the test's own, which remembers nothing."""

    server: Server

    def start(self) -> None:
        self.server.start()
        self.server.wait_ready()

    def kill(self) -> None:
        process = self.server.process
        assert process is not None
        process.kill()
        process.wait()


@pytest.fixture
def background(test_environment: dict[str, str], broker: None, tmp_path: Path) -> Iterator[Background]:
    background = Background(test_environment, tmp_path)
    yield background
    background.kill_worker()


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    account = server_account()
    temporary = temporary_folder(account)
    (tmp_path / "logs").mkdir()
    broker = Broker(valkey_server(tmp_path, temporary, account, durable=False))
    broker.start()
    yield broker
    broker.server.stop()
    shutil.rmtree(temporary)


@pytest.fixture
def background_with_broker(
    test_environment: dict[str, str], own_broker: Broker, tmp_path: Path
) -> Iterator[Background]:
    address = Path(own_broker.server.command[own_broker.server.command.index("--unixsocket") + 1])
    environment = test_environment | {"REDIS_URL": f"unix://{address}?db=0"}
    background = Background(environment, tmp_path, ticks=True)
    yield background
    background.kill_worker()


@contextlib.contextmanager
def held_at(write: str) -> Iterator[None]:
    """Whoever of the worker comes to this write waits there."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD)
        cursor.execute(f"CREATE TRIGGER hold_here {WRITES[write]} EXECUTE FUNCTION hold_here()")
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
            cursor.execute(f"DROP TRIGGER hold_here ON {TABLES[write]}")


def is_held() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {HELD}")
        return bool(cursor.fetchone()[0])


def cut_connection() -> None:
    """As when the database server is restarted, or a firewall drops the connection."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_terminate_backend(pid, 10000) {HELD}")
        assert cursor.fetchall() == [(True,)]


def wait_for(what: Callable[[], bool], background: Background) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        log = background.worker.output()[-3000:] if background.worker else ""
        assert time.monotonic() < deadline, f"{log}\n{list(Job.objects.values('kind', 'state', 'error'))}"
        time.sleep(0.05)


def come_to(what: Callable[[], bool], background: Background, move_on: Callable[[], object]) -> None:
    """As time goes by: on to the next moment whenever a tick has looked at this one."""

    def happened() -> bool:
        if Heartbeat.objects.filter(name="tick", at=MovedClock.objects.get().at).exists():
            move_on()
        return what()

    move_on()
    wait_for(happened, background)


def clock_on() -> None:
    """Beyond every lease and pause."""
    clock = MovedClock.objects.get()
    clock.at += LATER
    clock.save()


def later() -> None:
    """The next tick, after every lease and pause."""
    clock_on()
    app.send_task("sop_portal.tick")


def published(cycle: Cycle) -> int:
    return ForecastVersion.objects.filter(cycle=cycle, stage=Stage.COMPANY_FORECAST).count()


def approve(cast: Cast) -> Cycle:
    MovedClock.objects.create(at=APPROVED)
    return approved(cast)


def test_one_revision_wherever_the_worker_is_killed(background: Background) -> None:
    cycle = approve(small_company())
    for write in WRITES:
        with held_at(write):
            background.see_to_it()
            later()
            wait_for(is_held, background)
            assert published(cycle) == (1 if write == "the end of the job" else 0), write
            background.kill_worker()
    background.see_to_it()
    come_to(ended, background, later)
    one_revision(cycle)


def test_one_revision_wherever_the_database_connection_is_cut(background: Background) -> None:
    """More cuts than a job has attempts: a lost connection is not the work's fault."""
    cycle = approve(small_company())
    for write in WRITES:
        with held_at(write):
            if not background.starts:  # the approval has left a wake-up: a worker would publish before it is held
                background.see_to_it()
            come_to(is_held, background, later)
            assert published(cycle) == (1 if write == "the end of the job" else 0), write
            cut_connection()
    come_to(ended, background, later)
    assert background.still_the_first()
    one_revision(cycle)


@pytest.mark.parametrize("write", [next(iter(WRITES)), list(WRITES)[-1]])
def test_one_revision_when_the_broker_is_killed(
    background_with_broker: Background, own_broker: Broker, write: str
) -> None:
    """The approval finds no broker, so nobody is woken; then it dies under the publishing, which goes on without it."""
    background = background_with_broker
    background.see_to_it()
    own_broker.kill()
    wait_for(background.misses_the_broker, background)
    cycle = approve(small_company())
    with held_at(write):
        own_broker.start()
        come_to(is_held, background, clock_on)
        background.misses_the_broker()  # what it missed before is not the loss that is waited for
        own_broker.kill()
        wait_for(background.misses_the_broker, background)
        assert published(cycle) == (1 if write == "the end of the job" else 0)
    wait_for(lambda: Job.objects.filter(kind="publish", state=WorkState.DONE).exists(), background)
    own_broker.start()
    come_to(ended, background, clock_on)
    assert background.still_the_first()
    assert JobPart.objects.get(job__kind="publish").attempts == 1
    one_revision(cycle)


def ended() -> bool:
    """The job and all its mails are done."""
    unsent = Message.objects.filter(state__in=[MessageState.DUE, MessageState.SENDING])
    return Job.objects.filter(kind="publish", state=WorkState.DONE).exists() and not unsent.exists()


def one_revision(cycle: Cycle) -> None:
    version = ForecastVersion.objects.get(cycle=cycle, stage=Stage.COMPANY_FORECAST)
    assert (version.revision, version.state) == (1, "current")
    assert ForecastLine.objects.filter(version=version).count() == cycle.lines.count()
    stored, rebuilt = forecast_verify(cycle=cycle)
    assert stored == rebuilt == version.content_hash
    cycle.refresh_from_db()
    assert cycle.state == CycleState.PUBLISHED
    assert Milestone.PUBLISHED in milestones_reached(cycle)
    assert JobPart.objects.filter(job__kind="publish").count() == 1
    told = Message.objects.filter(kind="published", state=MessageState.SENT)
    assert set(told.values_list("recipient", flat=True)) == {person.user_id for person in participants()}
    assert told.count() == len(participants())
