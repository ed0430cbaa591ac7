"""A server process on one machine: whose account it runs as, how it starts, ends and is found ready.

Root cannot run PostgreSQL, so for root the servers run as `nobody`.
"""

import contextlib
import ctypes
import importlib.util
import os
import pwd
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOCKET_LIMIT = 100  # the kernel refuses socket paths over 107 bytes
READY_WITHIN = 300.0  # seconds; recovery after a crash may take a while
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class Refused(Exception):
    """Why a server cannot start, and what to do about it."""


@dataclass(frozen=True)
class Account:
    """The system account the servers run as."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        return self.uid != os.geteuid()

    def arguments(self) -> dict[str, Any]:
        if not self.is_other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        if self.is_other:
            os.chown(path, self.uid, self.gid)


def server_account() -> Account:
    """The caller's own account, or nobody's when the caller is root."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        raise Refused(
            "PostgreSQL does not run as root and there is no account 'nobody' to run it as. "
            "Start as an ordinary user, or set DATABASE_URL."
        ) from error
    return Account(nobody.pw_uid, nobody.pw_gid)


def _allowed(path: Path, account: Account, bits: tuple[int, int, int]) -> bool:
    status = path.stat()
    owner, group, other = bits
    if status.st_uid == account.uid:
        return bool(status.st_mode & owner)
    if status.st_gid == account.gid:
        return bool(status.st_mode & group)
    return bool(status.st_mode & other)


def reachable(path: Path, account: Account) -> bool:
    """Whether the account may read `path`, going by the permission bits of it and its parents."""
    if not account.is_other:
        return True
    path = path.resolve()
    through = (stat.S_IXUSR, stat.S_IXGRP, stat.S_IXOTH)
    read = (stat.S_IRUSR, stat.S_IRGRP, stat.S_IROTH)
    return _allowed(path, account, read) and all(_allowed(parent, account, through) for parent in path.parents)


def package_folder(name: str, variable: str) -> Path:
    """Where an installed package lies, without importing it."""
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise Refused(
            f"This machine has no embedded server of the package {name} "
            f"(there is none for Windows or Linux on ARM). Set {variable} to a server of your own."
        )
    return Path(next(iter(found.submodule_search_locations)))


def temporary_folder(account: Account) -> Path:
    """A new short folder for sockets (and copied binaries) that only the account can enter."""
    for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        place = Path(parent)
        if len(str(place)) + 40 < SOCKET_LIMIT and os.access(place, os.W_OK) and reachable(place, account):
            folder = Path(tempfile.mkdtemp(prefix="sop-", dir=place))
            account.give(folder)
            return folder
    raise Refused("No temporary folder can be written. Set TMPDIR to a short path that is writable.")


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Stopping must not itself be stopped half-way: a second Ctrl-C waits."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def die_with_parent(number: int) -> Callable[[], None]:
    """For a child: get this signal when the parent is killed (Linux only)."""
    if not sys.platform.startswith("linux"):
        return lambda: None
    libc = ctypes.CDLL(None, use_errno=True)

    def ask() -> None:
        libc.prctl(1, number, 0, 0, 0)  # PR_SET_PDEATHSIG

    return ask


@dataclass
class Server:
    """One server process: how it is started, told to stop, and asked whether it is ready."""

    name: str
    command: list[str]
    folder: Path
    log: Path
    account: Account
    stop_signals: tuple[int, ...]
    ready: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        # The folder is entered before the account changes, so its parents may be closed to it.
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                umask=0o077,
                env=ENVIRONMENT,
                preexec_fn=die_with_parent(self.stop_signals[0]),
                **self.account.arguments(),
            )

    def wait_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while not self.ready():
            if self.process is None or self.process.poll() is not None:
                raise Refused(f"{self.name} did not start. The last lines of {self.log}:\n{tail(self.log)}")
            if time.monotonic() > deadline:
                raise Refused(f"{self.name} did not get ready within {READY_WITHIN:.0f} s; see {self.log}.")
            time.sleep(0.05)

    def stop(self, patience: float = 20.0) -> None:
        if self.process is None:
            return
        for number in (*self.stop_signals, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)
            try:
                self.process.wait(patience)
                break
            except subprocess.TimeoutExpired:
                continue
        self.process = None


def tail(path: Path, lines: int = 12) -> str:
    """The last lines of a log file."""
    if not path.exists():
        return "(nothing was written)"
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
