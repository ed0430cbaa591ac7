"""Management commands and lines of Python without waiting for the portal to be loaded each time.

Run as a program (`python -m tests.faults.console`) it loads the portal once and runs what it is asked for in a fork of
itself, which has its own connections and leaves nothing behind.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import django
from django.core.management import ManagementUtility, call_command

PROJECT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Console:
    """`console.manage("verify", "2026-11")`, `console.run("print(2 + 3)")`: as a process of the portal would."""

    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.console"],
                cwd=PROJECT,
                env=os.environ | self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def run(self, program: str) -> str:
        """What the lines print last."""
        done = self._ask(program=program)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._ask(arguments=arguments)

    def _ask(self, **wish: Any) -> subprocess.CompletedProcess[str]:
        process = self.process
        assert process is not None, "the console is not started"
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(wish) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        assert answer, f"the console has ended:\n{self.log.read_text()[-3000:]}"
        return subprocess.CompletedProcess([], **json.loads(answer))

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()


def serve() -> None:
    """Answers each line of wishes with a line: status, output and errors."""
    for line in sys.stdin:
        wish = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if child == 0:
                _as_child((out, err), partial(_do, **wish))
            _, status = os.waitpid(child, 0)
            answer = {"returncode": os.waitstatus_to_exitcode(status), "stdout": _read(out), "stderr": _read(err)}
        print(json.dumps(answer), flush=True)


def _as_child(said: Iterable[IO[bytes]], work: Callable[[], None]) -> None:
    """Does the work, its output into these files, and ends this process."""
    for number, file in enumerate(said, start=1):
        os.dup2(file.fileno(), number)
    sys.stdin = io.StringIO()
    status = 0
    try:
        work()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _do(program: str = "", arguments: list[str] | None = None) -> None:
    if arguments:
        ManagementUtility(["manage.py", *arguments]).execute()
    else:
        exec(program, {})


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


if __name__ == "__main__":
    django.setup()
    call_command("check", stdout=io.StringIO())  # loads every page and service, so that no fork has to
    serve()
