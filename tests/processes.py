"""Real processes of the portal for tests: web and Celery worker, each killable."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from sop_portal.children import WEB

PROJECT = Path(__file__).resolve().parent.parent
READY_WITHIN = 240.0


def free_port() -> int:
    """One that outgoing connections are not given (those begin at 32768), so it is free again after a restart."""
    while True:
        port = random.SystemRandom().randrange(15_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def http_status(url: str) -> int:
    """The answer's status; 0 when nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@dataclass
class Process:
    """A child in a process group of its own, with its output in a file."""

    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=PROJECT,
                env=os.environ | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        assert self.process is not None, "not started"
        return self.process.pid

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def kill(self) -> None:
        """As the machine would: the whole group at once, no chance to tidy up."""
        if self.process is not None:
            self._signal(signal.SIGKILL)
            self.process.wait()

    def stop(self, patience: float = 15.0) -> None:
        if self.process is None:
            return
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(patience)
        self.kill()

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return

    def wait_until(self, ready: str) -> None:
        """Until the line `ready` stands in the output."""
        deadline = time.monotonic() + READY_WITHIN
        while ready not in self.output():
            assert self.is_alive(), f"it ended before {ready!r}:\n{self.output()[-3000:]}"
            assert time.monotonic() < deadline, f"no {ready!r} in:\n{self.output()[-3000:]}"
            time.sleep(0.05)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@dataclass
class Web(Process):
    """gunicorn as in production, on a free port."""

    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_answer(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while not http_status(f"{self.url}/healthz/live"):
            assert self.is_alive(), f"the web process ended:\n{self.output()[-3000:]}"
            assert time.monotonic() < deadline, f"the web process does not answer:\n{self.output()[-3000:]}"
            time.sleep(0.05)


def web_process(environment: dict[str, str], log: Path, workers: int = 1) -> Web:
    """Not started yet: `with web_process(…) as web: web.wait_answer()`.

    As `./portal run` starts it, save that no worker is replaced after many requests: that closes connections, and is
    not to happen in the midst of another fault.
    """
    web = Web([], environment | {"PORTAL_ROLE": "web"}, log)
    options = f"--bind 127.0.0.1:{web.port} --workers {workers} --max-requests 0"
    web.command = [sys.executable, "-m", *WEB.split(), *options.split()]
    return web


def worker_process(environment: dict[str, str], log: Path, concurrency: int = 1) -> Process:
    """A real prefork worker; `wait_until("ready.")` once started."""
    options = f"worker --pool prefork --concurrency {concurrency} --loglevel INFO --without-gossip --without-mingle"
    command = [sys.executable, "-m", "celery", "-A", "sop_portal", *options.split()]
    return Process(command, environment | {"PORTAL_ROLE": "worker"}, log)


def beat_process(environment: dict[str, str], log: Path, every: float) -> Process:
    """A real beat that asks for a tick every so many seconds."""
    options = ["beat", "--loglevel", "INFO", "--schedule", str(log.with_suffix(".schedule")), "--pidfile", ""]
    command = [sys.executable, "-m", "celery", "-A", "sop_portal", *options]
    return Process(command, environment | {"PORTAL_ROLE": "beat", "PORTAL_TICK_SECONDS": str(every)}, log)


def manage(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """A management command in a process of its own, its output captured."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
