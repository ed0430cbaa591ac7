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
from sop_portal.server_process import STOP_SIGNALS, Refused, die_with_parent


class Stopped(BaseException):
    """The person (or the system) asked everything to stop."""


def state_folder() -> Path:
    return Path(os.environ.get("PORTAL_DATA") or PROJECT / ".portal").absolute()


def attend(command: list[str], environment: dict[str, str], ask: int = signal.SIGTERM, patience: float = 15) -> int:
    """Run a child that shares this terminal; when we are stopped it is asked to end, then made to."""
    process = subprocess.Popen(command, env=environment, preexec_fn=die_with_parent(signal.SIGTERM))
    try:
        return exit_status(process.wait())
    except BaseException:
        process.send_signal(ask)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
        process.kill()
        process.wait()
        raise


def manage(environment: dict[str, str], *arguments: str) -> int:
    """Run a management command as a child, with this terminal's input and output."""
    return attend([sys.executable, str(PROJECT / "manage.py"), *arguments], environment)


def known_commands(environment: dict[str, str]) -> set[str]:
    code = "from django.core.management import get_commands; print(*get_commands())"
    environment = environment | {"DJANGO_SETTINGS_MODULE": "sop_portal.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Refused(f"The portal's settings are refused:\n{done.stderr.strip().splitlines()[-1]}")
    return set(done.stdout.split())


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
