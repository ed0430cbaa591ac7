"""`./portal test`: pytest on servers that are thrown away; all tests run as two halves side by side."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sop_portal.children import PROJECT, exit_status
from sop_portal.commands import attend, state_folder
from sop_portal.embedded import throw_away_servers
from sop_portal.server_process import die_with_parent

PAGES = ("tests/sop_portal", "tests/browser")  # about half of the time of all tests
# What is run at full length when its switch stands alone.
AT_LENGTH = {"--faults": "tests/faults", "--attack": "tests/attack"}
STOPPING_SECONDS = 60


def places(arguments: Sequence[str]) -> list[str]:
    """Where the tests are that a switch runs at full length, when no place is named.

    >>> places(["--faults", "-q"]), places(["--faults", "tests/year"]), places(["-q"])
    (['tests/faults'], [], [])
    """
    named = any(not one.startswith("-") for one in arguments)
    return [] if named else [AT_LENGTH[one] for one in arguments if one in AT_LENGTH]


def run_tests(arguments: list[str]) -> int:
    """Those named, or all of them; returns pytest's exit status."""
    if arguments or (os.cpu_count() or 1) < 2:
        return run_pytest([*places(arguments), *arguments])
    with beside(*PAGES) as pages:
        print(f"The tests in {' and '.join(PAGES)} run beside these and are told afterwards.", flush=True)
        rooms = run_pytest(["tests", *[f"--ignore={folder}" for folder in PAGES]])
        return pages() or rooms


def run_pytest(arguments: list[str]) -> int:
    with throw_away_servers() as servers:
        environment = dict(os.environ) | servers.environment() | {"PORTAL_TESTING": "1"}
        environment["PORTAL_TOOLS"] = str(tools_folder())
        os.chdir(PROJECT)
        return attend([sys.executable, "-m", "pytest", *arguments], environment, patience=STOPPING_SECONDS)


@contextmanager
def beside(*paths: str) -> Iterator[Callable[[], int]]:
    """Those tests on servers of their own; yields a call that waits, tells what they said, and gives the status."""
    command = [sys.executable, "-m", "sop_portal.supervisor", "test", *paths]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, preexec_fn=die_with_parent(signal.SIGTERM))

        def told() -> int:
            status = exit_status(process.wait())
            said.seek(0)
            sys.stdout.buffer.write(said.read())
            sys.stdout.flush()
            return status

        try:
            yield told
        finally:
            process.terminate()
            process.wait()


def tools_folder() -> Path:
    """Where tests keep what outlives a run: the browser and the screenshots."""
    return state_folder() if os.environ.get("PORTAL_DATA") else PROJECT / ".portal-test"
