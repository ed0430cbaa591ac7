"""The whole portal on servers of its own, each of which can be killed, held and started again."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg2

from sop_portal.embedded import Servers
from sop_portal.postgres import RUNNING_ROLE
from sop_portal.server_process import Server
from tests.faults.console import Console
from tests.processes import PROJECT, Process, Web, beat_process, http_status, web_process, worker_process

# How long anything may take on a slow machine before a test gives up; no promise is measured by it.
PATIENCE = 240.0


def child_processes(pid: int) -> list[int]:
    """The processes that this one has started and that live."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(number) for number in found.stdout.split()]


def any_lives(pids: list[int]) -> bool:
    """Whether one of these still runs; what has ended and only waits to be fetched does not."""
    wanted = ",".join(str(pid) for pid in pids)
    found = subprocess.run(["ps", "-o", "stat=", "-p", wanted], capture_output=True, text=True, check=False)
    return any(not state.startswith("Z") for state in found.stdout.split())


@dataclass
class Stack:
    """PostgreSQL, Valkey, web and (where asked for) workers, with the crowded company in the database."""

    servers: Servers
    folder: Path
    owner: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    company: dict[str, Any] = field(default_factory=dict)
    web: Web | None = None
    console: Console | None = None
    workers: list[Process] = field(default_factory=list)
    beats: list[Process] = field(default_factory=list)
    started: int = 0

    def start(self) -> None:
        """Filled as the owner of the tables; what runs afterwards uses the account with fewer rights."""
        self.owner = self.servers.environment() | {
            "PORTAL_TESTING": "1",
            "DJANGO_SETTINGS_MODULE": "sop_portal.settings",
            "PORTAL_LOG": "WARNING",
            "SECRET_KEY": "x" * 50,  # two processes that start side by side would both make one
        }
        self.environment = self.owner | {"DATABASE_URL": self.servers.running_database_url()}
        self.console = Console(self.environment, self.folder / "console.log")
        self.web = web_process(self.environment, self.folder / "web.log", workers=2)
        self.console.start()
        self.web.start()  # both load the portal while the company is made
        command = [sys.executable, "-m", "tests.faults.company", RUNNING_ROLE]
        done = subprocess.run(
            command, cwd=PROJECT, env=os.environ | self.owner, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        self.company = json.loads(done.stdout.splitlines()[-1])
        self.web.wait_answer()

    # --- web ---
    @property
    def url(self) -> str:
        assert self.web is not None, "no web process"
        return self.web.url

    def kill_web_worker(self) -> bool:
        """One of gunicorn's workers, at once; its master starts another. False when there is none just now."""
        assert self.web is not None, "no web process"
        workers = child_processes(self.web.pid)
        with suppress(ProcessLookupError):  # it ended by itself in between
            for worker in workers[:1]:
                os.kill(worker, signal.SIGKILL)
        return bool(workers)

    def restart_web(self) -> float:
        """Everything of the web killed and started again on the same port; returns seconds to the first answer."""
        assert self.web is not None, "no web process"
        self.web.kill()
        began = time.monotonic()
        self.web.start()
        while http_status(f"{self.url}/healthz/ready") != 200:
            assert time.monotonic() - began < PATIENCE, self.web.output()[-3000:]
            time.sleep(0.05)
        return time.monotonic() - began

    # --- servers ---
    @property
    def valkey(self) -> Server:
        return self._server("Valkey")

    @property
    def postgres(self) -> Server:
        return self._server("PostgreSQL")

    def _server(self, name: str) -> Server:
        return next(server for server in self.servers.children if server.name == name)

    def signal_server(self, server: Server, number: int) -> list[int]:
        """To the server and every process it has started; returns which these were."""
        assert server.process is not None, f"{server.name} is not started"
        everything = [server.process.pid, *child_processes(server.process.pid)]
        for pid in everything:
            with suppress(ProcessLookupError):  # it ended by itself in between
                os.kill(pid, number)
        return everything

    def kill_server(self, server: Server) -> None:
        """All of it at once, and gone: what lives on holds its memory, and none can start beside it."""
        assert server.process is not None, f"{server.name} is not started"
        server.process.send_signal(signal.SIGSTOP)  # it starts no further process unseen
        killed = self.signal_server(server, signal.SIGKILL)
        server.process.wait()
        self.wait(lambda: not any_lives(killed), f"{server.name} and all it has started are gone")

    def restart_server(self, server: Server) -> float:
        """Started again; returns seconds until it is ready."""
        began = time.monotonic()
        server.start()
        server.wait_ready()
        return time.monotonic() - began

    # --- workers ---
    def start_worker(self) -> Process:
        return self.start_workers(1)[0]

    def start_workers(self, count: int) -> list[Process]:
        """Side by side; returns them once all are ready."""
        started = []
        for _ in range(count):
            self.started += 1
            worker = worker_process(self.environment, self.folder / f"worker-{self.started}.log")
            worker.start()
            started.append(worker)
        self.workers += started
        for worker in started:
            worker.wait_until("ready.")
        return started

    def start_beat(self, every: float = 3.0) -> Process:
        """A wish for a tick is dropped when it waited nearly as long as `every`: below what a tick takes, all are."""
        self.started += 1
        beat = beat_process(self.environment, self.folder / f"beat-{self.started}.log", every)
        beat.start()
        self.beats.append(beat)
        return beat

    def stop_workers(self) -> None:
        """And the beats."""
        for process in (*self.workers, *self.beats):
            process.kill()
        self.workers.clear()
        self.beats.clear()

    # --- looking ---
    def rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What the database holds, asked past the portal."""
        url = self.servers.database_url
        with closing(psycopg2.connect(url, connect_timeout=60)) as line, line, line.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def one(self, statement: str, *parameters: object) -> Any:
        return self.rows(statement, *parameters)[0][0]

    def cut_connections(self, role: str = "web") -> int:
        """Every connection of the web (or of the workers) to the database; returns how many."""
        cut = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            f" WHERE datname = 'sop_portal' AND application_name = 'sop_portal {role}'"
        )
        with closing(self._as_superuser("postgres")) as connection, connection.cursor() as cursor:
            cursor.execute(cut)
            return int(cursor.fetchone()[0])

    @contextmanager
    def table_held(self, table: str) -> Iterator[None]:
        """Nobody reads this table meanwhile."""
        with closing(self._as_superuser("sop_portal")) as connection, connection.cursor() as cursor:
            cursor.execute(f"BEGIN; LOCK TABLE {table}")
            yield

    def sessions(self, role: str, state: str = "true") -> int:
        """How many connections processes of this role have to the database, in that state."""
        found = f"SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sop_portal {role}' AND {state}"
        with closing(self._as_superuser("postgres")) as connection, connection.cursor() as cursor:
            cursor.execute(found)
            return int(cursor.fetchone()[0])

    def superuser(self, *statements: str, database: str = "postgres") -> None:
        """Each statement by itself, with all rights over the server."""
        with closing(self._as_superuser(database)) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def _as_superuser(self, database: str) -> Any:
        socket = str(self.servers.temporary)
        connection = psycopg2.connect(host=socket, user="postgres", dbname=database, connect_timeout=60)
        connection.autocommit = True
        return connection

    def move_clock(self, by: timedelta) -> None:
        self.rows("UPDATE jobs_movedclock SET at = at + %s", by)

    def move_clock_to(self, moment: str, *parameters: object) -> None:
        """Forward to just after the moment that this query finds, never beyond: a deadline far off stays far off."""
        reached = f"greatest(at, ({moment}) + interval '1 second')"
        self.rows(f"UPDATE jobs_movedclock SET at = {reached}", *parameters)

    def run(self, program: str) -> str:
        """A few lines of Python in a process of the portal; what they print last."""
        assert self.console is not None, "no console"
        return self.console.run(program)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A management command by the account that runs the portal."""
        assert self.console is not None, "no console"
        return self.console.manage(*arguments)

    def wait(self, reached: Callable[[], bool], what: str, patience: float = PATIENCE) -> float:
        """Until it is so; returns the seconds it took."""
        began = time.monotonic()
        while not reached():
            logs = "\n".join(worker.output()[-1500:] for worker in (*self.workers, *self.beats))
            assert time.monotonic() - began < patience, f"not reached: {what}\n{logs}"
            time.sleep(0.05)
        return time.monotonic() - began

    def forget_work(self) -> None:
        """What is queued or half built, which the next test would take for its own."""
        building = "FROM demand_forecastversion WHERE state = 'building'"
        self.rows("UPDATE jobs_job SET state = 'failed' WHERE state IN ('queued', 'running')")
        self.rows(f"DELETE FROM demand_forecastline WHERE version_id IN (SELECT id {building})")
        self.rows(f"DELETE {building}")

    def mend(self) -> None:
        """Whatever a test has left: no background, every server up and going, so that the next test has its own try."""
        self.stop_workers()
        for server in (self.valkey, self.postgres):
            assert server.process is not None, f"{server.name} is not started"
            if server.process.poll() is None:
                self.signal_server(server, signal.SIGCONT)
            else:
                self.restart_server(server)
        assert self.web is not None, "no web process"
        if not self.web.is_alive():
            self.restart_web()

    def stop(self) -> None:
        self.stop_workers()
        if self.web is not None:
            self.web.kill()
        if self.console is not None:
            self.console.stop()


@contextmanager
def running_stack() -> Iterator[Stack]:
    """On durable servers, in a folder that is gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="sop-faults-", ignore_cleanup_errors=True) as folder,
        Servers(Path(folder), durable=True, database_url="", redis_url="") as servers,
    ):
        stack = Stack(servers, Path(folder))
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()
