"""The portal's own processes as `./portal run` starts them, on the benchmark's database, with the bare views beside."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings

from sop_portal.children import HOST, PROJECT, Child, portal_children, stop_children
from sop_portal.load.crowd import Seen, Task
from sop_portal.postgres import ROLE, RUNNING_ROLE
from sop_portal.preparation import role_exists
from sop_portal.rights import role_restrict
from sop_portal.server_process import Refused, tail

WSGI, WITH_BARE = "sop_portal.wsgi", "sop_portal.load.bare"
ANSWERS_WITHIN = 120.0
UNLIMITED = 10_000_000  # requests of a key in a minute: the limit itself is not what is measured
KILOBYTE = 1024


@dataclass
class Stack:
    """Web, worker and beat, and what they hold."""

    url: str
    cookie: str
    children: dict[str, Child]

    def crowd(self, task: Task) -> Seen:
        """What a crowd in a process of its own has seen."""
        done = subprocess.run(
            [sys.executable, "-m", "sop_portal.load.crowd"],
            input=json.dumps(asdict(task)),
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Refused(f"The crowd could not work: {done.stderr[-2000:]}")
        return Seen(**json.loads(done.stdout))

    def memory(self, name: str, kind: str = "VmRSS") -> float:
        """Megabytes that a child and those it started hold (VmRSS; RssFile of it: files), or held at most (VmHWM)."""
        process = self.children[name].process
        return 0.0 if process is None else sum(_held(pid, kind) for pid in _family(process.pid)) / KILOBYTE


def _family(pid: int) -> list[int]:
    """A process and everything it started."""
    try:
        started = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(found for child in started for found in _family(int(child)))]


def _held(pid: int, kind: str) -> int:
    """Kilobytes; nothing of a process that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{kind}:")), 0)


@contextmanager
def running_stack() -> Iterator[Stack]:
    """Answering when the body begins, gone when it ends."""
    url = os.environ["DATABASE_URL"]
    if role_exists(RUNNING_ROLE):
        role_restrict(RUNNING_ROLE)
        url = url.replace(f"//{ROLE}@", f"//{RUNNING_ROLE}@", 1)
    port = _free_port()
    environment = os.environ | {"DATABASE_URL": url, "PORTAL_API_PER_MINUTE": str(UNLIMITED)}
    children = portal_children(settings.STATE_DIR, environment, port)
    web = children[0]
    web.command = [WITH_BARE if part == WSGI else part for part in web.command]
    try:
        for child in children:
            child.start()
        stack = Stack(f"http://{HOST}:{port}", settings.SESSION_COOKIE_NAME, {child.name: child for child in children})
        _wait_answer(stack, web)
        yield stack
    finally:
        stop_children(children)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_answer(stack: Stack, web: Child) -> None:
    deadline = time.monotonic() + ANSWERS_WITHIN
    while not _answers(f"{stack.url}/healthz/live"):
        if web.process is None or web.process.poll() is not None or time.monotonic() > deadline:
            raise Refused(f"The web process does not answer:\n{tail(web.log)}")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
