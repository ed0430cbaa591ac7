"""Commands run for the portal: Django's own, with this terminal's input and output."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from sop_portal.children import PROJECT, exit_status
from sop_portal.server_process import STOP_SIGNALS, die_with_parent


class Stopped(BaseException):
    """The person (or the system) asked everything to stop."""


def state_folder() -> Path:
    return Path(os.environ.get("PORTAL_DATA") or PROJECT / ".portal").absolute()


def attend(command: list[str], environment: dict[str, str], *, patience: float = 15) -> int:
    """Run a child in this terminal. Ctrl-C is the child's; asked to stop otherwise, we end it."""
    process = subprocess.Popen(command, env=environment, preexec_fn=die_with_parent(signal.SIGTERM))
    with interrupts_go_to(process):
        return wait_or_end(process, patience)


def work(command: list[str], environment: dict[str, str]) -> int:
    """Run a child that Ctrl-C does not reach; asked to stop, we end it."""
    process = subprocess.Popen(
        command, env=environment, start_new_session=True, preexec_fn=die_with_parent(signal.SIGTERM)
    )
    return wait_or_end(process, patience=15)


def wait_or_end(process: subprocess.Popen[bytes], patience: float) -> int:
    try:
        return exit_status(process.wait())
    except BaseException:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
        process.kill()
        process.wait()
        raise


@contextlib.contextmanager
def interrupts_go_to(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """A terminal's Ctrl-C reaches the child by itself; one sent only to us is passed on."""

    def pass_on(number: int, frame: FrameType | None) -> None:
        if not sys.stdin.isatty():
            process.send_signal(number)

    before = signal.signal(signal.SIGINT, pass_on)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def manage(environment: dict[str, str], *arguments: str) -> int:
    """Run a management command as a child, with this terminal's input and output."""
    return attend([sys.executable, str(PROJECT / "manage.py"), *arguments], environment)


@contextlib.contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Turn Ctrl-C, SIGTERM and a closed terminal into Stopped, once."""

    def stop(number: int, frame: FrameType | None) -> None:
        for each in STOP_SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped

    for each in STOP_SIGNALS:
        # nohup ignores the hang-up for us; a shell's background job must still take Ctrl-C.
        if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN:
            signal.signal(each, stop)
    yield
