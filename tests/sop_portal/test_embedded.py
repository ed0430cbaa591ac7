"""The embedded servers: started for real in folders of their own."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis

from sop_portal import server_process
from sop_portal.embedded import Servers, throw_away_servers
from sop_portal.server_process import Account, Refused, package_folder, reachable, temporary_folder
from sop_portal.state_lock import StateLock


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder whose servers ran once and were stopped; copied for each test."""
    state = tmp_path_factory.mktemp("made") / "state"
    with Servers(state, durable=True, database_url="", redis_url="") as servers:
        rows(servers, "CREATE TABLE kept (word text)")
        rows(servers, "INSERT INTO kept VALUES ('still here')")
        broker(servers).set("kept", "still here")
    return state


@pytest.fixture
def state(made_once: Path, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "state"
    shutil.copytree(made_once, folder)
    account = server_process.server_account()
    for part in ("postgres", "valkey"):
        for path in [folder / part, *(folder / part).rglob("*")]:
            account.give(path)
    yield folder
    end_all_in(folder)


def embedded(state: Path) -> Servers:
    return Servers(state, durable=True, database_url="", redis_url="")


def rows(servers: Servers, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(servers.database_url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def broker(servers: Servers) -> redis.Redis:
    return redis.Redis.from_url(servers.redis_url, decode_responses=True, socket_timeout=5)


def processes_in(folder: Path) -> list[psutil.Process]:
    """Every process that stands in one of the folder's data folders."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def end_all_in(folder: Path) -> None:
    left = processes_in(folder)
    for process in left:
        process.kill()
    psutil.wait_procs(left, timeout=20)


def test_the_pair_answers_and_is_what_it_should_be(state: Path) -> None:
    with embedded(state) as servers:
        facts = rows(
            servers,
            "SELECT current_user, rolsuper, current_setting('listen_addresses'), current_setting('synchronous_commit'),"
            " current_setting('fsync'), pg_encoding_to_char(encoding), datlocprovider, datlocale"
            " FROM pg_database, pg_roles WHERE datname = current_database() AND rolname = current_user",
        )
        assert facts == [("portal", False, "", "on", "on", "UTF8", "b", "C.UTF-8")]
        assert broker(servers).config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert broker(servers).config_get("port") == {"port": "0"}


def test_the_data_is_kept_between_runs(state: Path) -> None:
    with embedded(state) as servers:
        assert rows(servers, "SELECT word FROM kept") == [("still here",)]
        assert broker(servers).get("kept") == "still here"


def test_stopping_leaves_no_process_and_no_temporary_folder(state: Path) -> None:
    servers = embedded(state)
    servers.start()
    temporary = servers.temporary
    assert temporary is not None
    assert processes_in(state)
    servers.stop()
    assert processes_in(state) == []
    assert not temporary.exists()


def test_nobody_else_may_enter_the_socket_folder(state: Path) -> None:
    with embedded(state) as servers:
        assert servers.temporary is not None
        assert servers.temporary.stat().st_mode & 0o077 == 0


def test_a_killed_database_starts_again_with_its_data(state: Path) -> None:
    servers = embedded(state)
    servers.start()
    postgres = servers.children[-1]
    rows(servers, "INSERT INTO kept VALUES ('acknowledged')")
    assert postgres.process is not None
    postgres.process.kill()
    postgres.process.wait()
    assert (state / "postgres" / "postmaster.pid").exists(), "the kill should have left a stale mark"
    servers.stop()
    with embedded(state) as again:
        assert ("acknowledged",) in rows(again, "SELECT word FROM kept")


def test_a_stale_mark_of_a_number_now_used_by_another_process_does_not_hinder(state: Path) -> None:
    (state / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{state / 'postgres'}\n")
    with embedded(state) as servers:
        assert rows(servers, "SELECT 1") == [(1,)]


def test_an_unreadable_mark_does_not_hinder(state: Path) -> None:
    (state / "postgres" / "postmaster.pid").write_text("")
    with embedded(state) as servers:
        assert rows(servers, "SELECT 1") == [(1,)]


def test_a_server_that_outlived_its_parent_is_ended_first(state: Path) -> None:
    orphan = embedded(state)
    orphan.start()
    pid = orphan.children[-1].process.pid
    with embedded(state) as servers:
        assert rows(servers, "SELECT word FROM kept") == [("still here",)]
        assert psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    orphan.stop()


def test_a_killed_first_start_leaves_no_half_made_cluster(tmp_path: Path) -> None:
    half = tmp_path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with embedded(tmp_path) as servers:
        assert rows(servers, "SELECT 1") == [(1,)]
    assert not half.exists()


def test_data_of_another_version_is_refused_with_a_way_out(state: Path) -> None:
    (state / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(Refused, match=r"made by PostgreSQL 17.*--fresh.*PORTAL_DATA"):
        embedded(state).start()
    assert processes_in(state) == [], "the broker started before must be stopped again"


def test_a_server_that_does_not_start_shows_its_log(state: Path) -> None:
    with (state / "postgres" / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = on\n")
    with pytest.raises(Refused, match=r"(?s)PostgreSQL did not start.*no_such_setting"):
        embedded(state).start()


def test_a_named_database_replaces_only_the_embedded_one(tmp_path: Path) -> None:
    with Servers(tmp_path, durable=True, database_url="postgres://db.example/sop", redis_url="") as servers:
        assert [child.name for child in servers.children] == ["Valkey"]
        assert servers.environment()["DATABASE_URL"] == "postgres://db.example/sop"
        assert broker(servers).ping()


def test_a_named_broker_replaces_only_the_embedded_one(state: Path) -> None:
    with Servers(state, durable=True, database_url="", redis_url="redis://broker.example/0") as servers:
        assert [child.name for child in servers.children] == ["PostgreSQL"]
        assert servers.environment()["REDIS_URL"] == "redis://broker.example/0"


def test_with_both_named_nothing_is_started(tmp_path: Path) -> None:
    with Servers(tmp_path, durable=True, database_url="postgres://a/b", redis_url="redis://c") as servers:
        assert servers.children == []
        assert servers.temporary is None


def test_throw_away_servers_leave_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("REDIS_URL", "redis://broker.example/0")
    with throw_away_servers() as servers:
        folder = servers.state
        assert rows(servers, "SELECT current_setting('fsync')") == [("off",)]
    assert not folder.exists()


def test_a_missing_package_names_the_variable_to_set() -> None:
    with pytest.raises(Refused, match="Set REDIS_URL to a server of your own"):
        package_folder("no_such_embedded_server", "REDIS_URL")


def test_socket_folders_stay_short_however_long_the_temporary_one_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    long = tmp_path / ("x" * 120)
    long.mkdir()
    monkeypatch.setattr(server_process.tempfile, "tempdir", str(long))
    folder = temporary_folder(server_process.server_account())
    try:
        assert len(str(folder / ".s.PGSQL.5432.lock")) < 107
    finally:
        folder.rmdir()


@pytest.mark.parametrize(
    ("folder_mode", "file_mode", "expected"),
    [(0o755, 0o644, True), (0o700, 0o644, False), (0o755, 0o600, False), (0o711, 0o644, True)],
)
def test_what_another_account_may_read(tmp_path: Path, folder_mode: int, file_mode: int, expected: bool) -> None:
    base = Path("/tmp") if os.access("/tmp", os.W_OK) else tmp_path
    folder = base / f"sop-reach-{os.getpid()}"
    folder.mkdir()
    try:
        file = folder / "file"
        file.write_text("x")
        file.chmod(file_mode)
        folder.chmod(folder_mode)
        assert reachable(file, Account(uid=60_001, gid=60_001)) is expected
        assert reachable(file, Account(uid=os.geteuid(), gid=os.getegid()))
    finally:
        shutil.rmtree(folder)


def test_the_lock_has_one_holder_at_a_time(tmp_path: Path) -> None:
    first, second = StateLock(tmp_path), StateLock(tmp_path)
    assert first.take()
    assert not second.take()
    first.release()
    assert second.take()
    second.release()


def test_the_note_tells_where_the_servers_answer(tmp_path: Path) -> None:
    lock = StateLock(tmp_path)
    assert lock.take()
    assert StateLock(tmp_path).read() == {}
    lock.write(
        Servers(tmp_path, durable=True, database_url="postgres://a/b", redis_url="redis://c"), address="http://x"
    )
    note = StateLock(tmp_path).read()
    assert (note["DATABASE_URL"], note["REDIS_URL"], note["address"]) == ("postgres://a/b", "redis://c", "http://x")
    assert lock.note.stat().st_mode & 0o077 == 0
    lock.release()
    assert StateLock(tmp_path).read() == {}


def test_a_killed_holders_temporary_folder_is_removed_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / "sop-left"
    left.mkdir()
    (tmp_path / "servers.json").write_text(f'{{"temporary": "{left}"}}')
    lock = StateLock(tmp_path)
    assert lock.take()
    assert not left.exists()
    lock.release()


def test_a_note_never_leads_to_removing_a_foreign_folder(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (tmp_path / "servers.json").write_text(f'{{"temporary": "{precious}"}}')
    lock = StateLock(tmp_path)
    assert lock.take()
    assert precious.exists()
    lock.release()


def test_a_second_interrupt_does_not_break_off_the_stopping() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    try:
        with server_process.uninterrupted():
            os.kill(os.getpid(), signal.SIGINT)
        assert seen == []
        os.kill(os.getpid(), signal.SIGINT)
        assert seen == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)
