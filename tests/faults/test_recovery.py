"""Back to a moment: a base backup and archived segments give the database as it was just then."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest

from sop_portal.postgres import postgres_binaries
from sop_portal.server_process import ENVIRONMENT, server_account, temporary_folder
from tests.faults.crowd import MONTHS, Client
from tests.faults.stack import PATIENCE, Stack
from tests.processes import manage

pytestmark = [pytest.mark.slow]
Seen = Callable[[str, str, str], None]
ARCHIVED = "SELECT last_archived_wal >= %s FROM pg_stat_archiver"


@pytest.fixture
def archive(stack: Stack) -> Iterator[Path]:
    """Where finished segments are copied to, as on a server with archiving on."""
    folder = temporary_folder(server_account())
    stack.superuser("ALTER SYSTEM SET archive_mode = on", f"ALTER SYSTEM SET archive_command = 'cp %p {folder}/%f'")
    stack.kill_server(stack.postgres)
    stack.restart_server(stack.postgres)
    yield folder
    stack.superuser("ALTER SYSTEM RESET ALL")
    stack.kill_server(stack.postgres)
    stack.restart_server(stack.postgres)
    shutil.rmtree(folder)


def test_f16_the_database_goes_back_to_a_moment(stack: Stack, archive: Path, seen: Seen) -> None:
    rep = Client(stack.url, stack.company["sessions"]["rep41"], timeout=60)
    line = stack.company["lines"]["rep41"][0]
    stack.wait(lambda: rep.ask("GET", "/healthz/ready").status == 200, "the database is back")
    base = archive / "base"
    reach = ["-h", str(stack.servers.temporary), "-U", "postgres"]
    binaries = postgres_binaries(server_account(), archive)
    made = subprocess.run(
        [str(binaries / "pg_basebackup"), *reach, "-D", str(base), "-c", "fast"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    number = float(stack.one("SELECT coalesce(max(id), 0) FROM demand_change"))
    before, after = number + 0.25, number + 0.75
    assert rep.save(str(uuid4()), {(line, MONTHS[5]): before}).status == 200
    moment = stack.one("SELECT clock_timestamp()::text")
    assert rep.save(str(uuid4()), {(line, MONTHS[5]): after}).status == 200
    stack.superuser("SELECT pg_switch_wal()")
    last = stack.one("SELECT pg_walfile_name(pg_current_wal_lsn() - 1)")
    stack.wait(lambda: bool(stack.one(ARCHIVED, last)), "the segment is archived")
    with restored(binaries, base, archive, moment) as url:
        with contextlib.closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT after FROM demand_change WHERE after IN (%s, %s)", [before, after])
            found = [value for (value,) in cursor.fetchall()]
        record = manage(stack.owner | {"DATABASE_URL": url}, "verify", stack.company["code"])
    assert found == [before]
    assert "record  " in record.stdout
    seen("F16", "base backup and archived segments, to a moment", "the save before it there, the one after it not")


@contextlib.contextmanager
def restored(binaries: Path, base: Path, archive: Path, moment: str) -> Iterator[str]:
    """A second server on the base backup, brought to that moment; its address."""
    settings = {
        "restore_command": f"cp {archive}/%f %p",
        "recovery_target_time": moment,
        "recovery_target_action": "promote",
        "archive_mode": "off",
    }
    with (base / "postgresql.auto.conf").open("a") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
    (base / "recovery.signal").touch()
    account = server_account()
    for path in [base, *base.rglob("*")]:
        os.chown(path, account.uid, account.gid)
    base.chmod(0o700)
    socket = temporary_folder(account)
    command = [
        str(binaries / "postgres"),
        "-D",
        str(base),
        "-c",
        "listen_addresses=",
        "-c",
        "port=5432",
        "-c",
        "max_connections=120",
    ]
    with (archive / "restored.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "-c", f"unix_socket_directories={socket}"],
            stdout=log,
            stderr=log,
            env=ENVIRONMENT,
            **account.arguments(),
        )
    try:
        _wait_promoted(server, socket, archive / "restored.log")
        yield f"postgres://portal@/sop_portal?host={socket}"
    finally:
        server.send_signal(signal.SIGINT)  # does not wait for whoever is still connected
        server.wait(PATIENCE)
        shutil.rmtree(socket)


def _wait_promoted(server: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
    while True:
        assert server.poll() is None, log.read_text()[-3000:]
        with contextlib.suppress(psycopg2.OperationalError):
            connection = psycopg2.connect(host=str(socket), user="postgres", dbname="sop_portal")
            with connection, connection.cursor() as cursor:
                cursor.execute("SELECT pg_is_in_recovery()")
                recovering = cursor.fetchone()
            connection.close()
            if recovering == (False,):
                return
        time.sleep(0.1)
