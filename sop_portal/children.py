"""The portal's own processes: web, worker and beat, watched and started again."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from sop_portal.server_process import Server, die_with_parent

PROJECT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
WEB = (
    "gunicorn sop_portal.wsgi --workers 2 --worker-class gthread --threads 32 --timeout 120 --graceful-timeout 5"
    " --keep-alive 5 --max-requests 50000 --max-requests-jitter 5000 --no-control-socket --preload --log-level warning"
)
WORKER = (
    "celery -A sop_portal worker --pool prefork --concurrency 2 --loglevel INFO"
    " --without-gossip --without-mingle --max-tasks-per-child 200"
)
BEAT = "celery -A sop_portal beat --loglevel INFO"
LONGEST_PAUSE = 30.0  # seconds between two starts of a child that keeps dying
BEHIND = 10  # niceness of the worker: where processors are short, saves and pages come before builds and imports
STEADY_AFTER = 60.0  # seconds after which a child counts as running well


def warn(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def exit_status(returned: int) -> int:
    """As a shell gives it: 128 and the signal's number for a killed process."""
    return 128 - returned if returned < 0 else returned


@dataclass
class Child:
    """A process of the portal's own: web, worker or beat."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    nice: int = 0
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    pause: float = 0.0
    due: float = 0.0
    seen: int = 0

    def start(self) -> None:
        self.began = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=PROJECT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=self.born,
            )

    def born(self) -> None:
        """In the new process, before its program: end with the parent, and give way."""
        die_with_parent(signal.SIGTERM)()
        if self.nice:
            os.nice(self.nice)
            with contextlib.suppress(OSError):  # Linux may weigh whole sessions against each other
                Path("/proc/self/autogroup").write_text(str(self.nice))

    def signal(self, number: int) -> None:
        """To the whole process group, forked workers included."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def has_members(self) -> bool:
        """Whether any process of the group is left."""
        if self.process is None:
            return False
        self.process.poll()
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def new_errors(self) -> list[str]:
        """Lines since the last look that tell of an error."""
        size = self.log.stat().st_size if self.log.exists() else 0
        if size <= self.seen:
            return []
        with self.log.open("rb") as file:
            file.seek(self.seen)
            text = file.read(min(size - self.seen, 200_000)).decode(errors="replace")
        self.seen = size
        return [line for line in text.splitlines() if " ERROR " in line or " CRITICAL " in line]


def stop_children(children: list[Child], patience: float = 10.0) -> None:
    """Ask all to finish, wait for them together, then end what is left of their groups."""
    for child in children:
        if child.process is not None and child.process.poll() is None:
            child.process.terminate()
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and any(child.has_members() for child in children):
        time.sleep(0.05)
    for child in children:
        child.signal(signal.SIGKILL)
        if child.process is not None:
            child.process.wait()


def portal_children(state: Path, environment: dict[str, str], port: int) -> list[Child]:
    (state / "beat").mkdir(exist_ok=True)
    commands = {
        "web": [*WEB.split(), "--bind", f"{HOST}:{port}"],
        "worker": WORKER.split(),
        "beat": [*BEAT.split(), "--schedule", str(state / "beat" / "schedule"), "--pidfile", ""],
    }
    return [
        Child(
            name,
            [sys.executable, "-m", *command],
            environment | {"PORTAL_ROLE": name},
            state / "logs" / f"{name}.log",
            nice=BEHIND if name == "worker" else 0,
        )
        for name, command in commands.items()
    ]


def restart_server(server: Server) -> None:
    if server.process is None or server.process.poll() is None:
        return
    warn(f"{server.name} stopped ({server.process.returncode}); starting it again. Log: {server.log}")
    time.sleep(1)
    server.start()


def restart_child(child: Child) -> None:
    """Start a dead child again, each time a little later while it keeps dying."""
    if child.process is None or child.process.poll() is None:
        return
    now = time.monotonic()
    if not child.due:
        steady = now - child.began > STEADY_AFTER
        child.pause = 1.0 if steady or not child.pause else min(child.pause * 2, LONGEST_PAUSE)
        child.due = now + child.pause
        child.signal(signal.SIGKILL)  # what it forked must not go on beside the new one
        code = exit_status(child.process.returncode)
        warn(f"{child.name} stopped (exit {code}); starting it again in {child.pause:.0f} s. Log: {child.log}")
    if now >= child.due:
        child.due = 0.0
        child.start()
