"""`./portal run` and `./portal manage` as a person uses them: real processes, ended by real signals."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from sop_portal.children import Child, exit_status, restart_child, stop_children
from sop_portal.running import remove_state, run_options
from sop_portal.server_process import Refused
from tests.processes import free_port, http_status

PROJECT = Path(__file__).resolve().parents[2]
SUPERVISOR = [sys.executable, "-m", "sop_portal.supervisor"]
PATIENCE = 300.0
COUNT = "from django.db.migrations.recorder import MigrationRecorder as R; print(R.Migration.objects.count())"


def wait_for(what: Callable[[], object], why: Callable[[], str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, why()
        time.sleep(0.05)


def own_environment(state: Path) -> dict[str, str]:
    """As on a machine where no server is named."""
    dropped = ("DATABASE_URL", "REDIS_URL", "PORTAL_TESTING", "PORTAL_DATA")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"PORTAL_DATA": str(state)}


@dataclass
class Run:
    """A `./portal run` in a folder of its own."""

    state: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> None:
        self.state.mkdir(exist_ok=True)
        with (self.state / "console").open("wb") as console:
            self.process = subprocess.Popen(
                [*SUPERVISOR, "run", "--no-demo", "--port", str(self.port), *arguments],
                cwd=PROJECT,
                env=own_environment(self.state),
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_open(self) -> None:
        # The worker starts last; a line of its own says that it takes work.
        self.wait_console("Ctrl-C stops everything")

    def console(self) -> str:
        return (self.state / "console").read_text(errors="replace")

    def wait_console(self, text: str) -> None:
        def seen() -> bool:
            assert text in self.console() or self.process.poll() is None, self.console()
            return text in self.console()

        wait_for(seen, self.console)

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def member(self, word: str) -> psutil.Process:
        """The direct child whose command has the word."""
        found = [p for p in psutil.Process(self.process.pid).children() if word in p.cmdline()]
        assert len(found) == 1, (word, [p.cmdline() for p in self.family()])
        return found[0]

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def manage(state: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [*SUPERVISOR, "manage", *arguments]
    return subprocess.run(
        command, cwd=PROJECT, env=own_environment(state), input=stdin, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One portal for the tests that only look at it or kill parts of it."""
    run = Run(tmp_path_factory.mktemp("running"))
    run.start()
    run.wait_open()
    yield run
    if run.process.poll() is None:
        run.end()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path / "state")
    yield run
    if run.process is not None and run.process.poll() is None:
        run.end()


class TestRun:
    def test_it_prints_the_address_once_the_web_answers(self, running: Run) -> None:
        assert f"http://127.0.0.1:{running.port}" in running.console()
        assert http_status(f"http://127.0.0.1:{running.port}/healthz/live") == 200

    def test_web_worker_beat_and_both_servers_are_its_direct_children(self, running: Run) -> None:
        for word in ("gunicorn", "worker", "beat"):
            assert running.member(word).is_running()
        names = {process.name() for process in psutil.Process(running.process.pid).children()}
        assert {"postgres", "valkey-server"} <= names

    def test_a_second_run_on_the_same_folder_is_told_where_the_first_is(self, running: Run) -> None:
        command = [*SUPERVISOR, "run", "--port", str(free_port())]
        done = subprocess.run(
            command, cwd=PROJECT, env=own_environment(running.state), capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert f"already runs on {running.state} at http://127.0.0.1:{running.port}" in done.stderr
        assert "PORTAL_DATA=" in done.stderr
        assert "Traceback" not in done.stderr

    def test_manage_uses_the_running_database(self, running: Run) -> None:
        code = "from django.db import connection as c; c.ensure_connection(); print(c.get_connection_params()['host'])"
        first, second = (manage(running.state, "shell", "-v", "0", "-c", code) for _ in range(2))
        assert first.returncode == 0, first.stderr
        assert first.stdout == second.stdout, "each must reach the same server"
        assert Path(first.stdout.strip(), ".s.PGSQL.5432").exists(), "and leave it running"

    @pytest.mark.parametrize("word", ["worker", "beat", "gunicorn"])
    def test_a_killed_child_is_started_again_and_said_so(self, running: Run, word: str) -> None:
        killed = running.member(word)
        killed.kill()
        name = "web" if word == "gunicorn" else word
        running.wait_console(f"{name} stopped (exit 137); starting it again")

        def again() -> bool:
            found = [p for p in psutil.Process(running.process.pid).children() if word in p.cmdline()]
            return bool(found) and found[0].pid != killed.pid

        wait_for(again, running.console)

    def test_a_killed_database_comes_back_and_the_portal_goes_on(self, running: Run) -> None:
        killed = next(p for p in psutil.Process(running.process.pid).children() if p.name() == "postgres")
        killed.kill()
        running.wait_console("PostgreSQL stopped")
        wait_for(lambda: manage(running.state, "shell", "-v", "0", "-c", COUNT).returncode == 0, running.console)
        assert running.process.poll() is None


COUNT = "from django.db.migrations.recorder import MigrationRecorder as R; print(R.Migration.objects.count())"


class TestRefusals:
    def test_a_taken_port_is_named_with_a_way_out(self, elsewhere: Run) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", elsewhere.port))
            taken.listen()
            elsewhere.start()
            assert elsewhere.process.wait(PATIENCE) == 1
        assert f"Port {elsewhere.port} is taken" in elsewhere.console()
        assert f"--port {elsewhere.port + 1}" in elsewhere.console()
        assert not (elsewhere.state / "postgres").exists(), "it must not start servers first"

    @pytest.mark.parametrize("port", ["0", "70000", "-1", "eighty"])
    def test_a_port_that_is_none_is_refused(self, port: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as stopped:
            run_options(["--port", port])
        assert stopped.value.code == 2
        assert "--port" in capsys.readouterr().err

    def test_fresh_never_touches_a_named_database(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgres://db.example/sop")
        with pytest.raises(Refused, match="DATABASE_URL is set"):
            remove_state(tmp_path)

    def test_fresh_removes_the_portals_parts_and_nothing_else(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.delenv("DATABASE_URL")
        (tmp_path / "postgres").mkdir()
        (tmp_path / "demonstration").write_text("loaded")
        (tmp_path / "diary.txt").write_text("mine")
        remove_state(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


class TestManage:
    def test_without_a_running_portal_it_brings_its_own_database_and_stops_it(self, tmp_path: Path) -> None:
        done = manage(tmp_path, "migrate", "--plan")
        assert done.returncode == 0, done.stderr
        assert "Planned operations" in done.stdout
        assert not (tmp_path / "postgres" / "postmaster.pid").exists()
        assert not (tmp_path / "servers.json").exists()

    def test_two_at_once_share_one_database(self, tmp_path: Path) -> None:
        command = [*SUPERVISOR, "manage", "migrate", "--plan"]
        both = [
            subprocess.Popen(command, cwd=PROJECT, env=own_environment(tmp_path), stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        said = [process.communicate()[0] for process in both]
        assert [process.returncode for process in both] == [0, 0], said
        assert all("Planned operations" in text for text in said)
        assert not (tmp_path / "postgres" / "postmaster.pid").exists()

    def test_an_interrupt_reaches_the_command(self, running: Run) -> None:
        waits = "import time\ntry:\n  print('up', flush=True); time.sleep(600)\n"
        code = waits + "except KeyboardInterrupt:\n  print('caught')"
        process = subprocess.Popen(
            [*SUPERVISOR, "manage", "shell", "-v", "0", "-c", code],
            cwd=PROJECT,
            env=own_environment(running.state),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate()[0] == "caught\n"
        assert process.returncode == 0

    def test_its_links_lead_to_the_portal_that_runs_beside_it(self, running: Run) -> None:
        done = manage(
            running.state, "shell", "-v", "0", "-c", "from django.conf import settings; print(settings.PORTAL_URL)"
        )
        assert done.stdout.strip() == f"http://127.0.0.1:{running.port}", done.stderr

    def test_status_input_and_output_pass_through(self, running: Run) -> None:
        code = "import sys; print(sys.stdin.read().upper()); print('aside', file=sys.stderr); sys.exit(7)"
        done = manage(running.state, "shell", "-v", "0", "-c", code, stdin="word")
        assert done.returncode == 7
        assert done.stdout.strip() == "WORD"
        assert "aside" in done.stderr

    def test_an_unknown_command_is_said_by_django(self, running: Run) -> None:
        done = manage(running.state, "no_such_command")
        assert done.returncode == 1
        assert "no_such_command" in done.stderr


class TestChildren:
    def child(self, tmp_path: Path, code: str) -> Child:
        return Child("part", [sys.executable, "-c", code], dict(os.environ), tmp_path / "part.log")

    def test_a_child_that_gives_way_is_nicer(self, tmp_path: Path) -> None:
        child = self.child(tmp_path, "import os; print(os.nice(0))")
        child.nice = 3
        child.start()
        child.process.wait()
        assert child.log.read_text() == f"{os.nice(0) + 3}\n"

    def test_each_death_in_a_row_waits_longer(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        child = self.child(tmp_path, "raise SystemExit(3)")
        for _ in range(3):
            child.start()
            child.process.wait()
            restart_child(child)
            child.due = 0.0
        assert re.findall(r"exit 3\); starting it again in (\d+) s", capsys.readouterr().err) == ["1", "2", "4"]

    def test_the_wait_has_a_limit(self, tmp_path: Path) -> None:
        child = self.child(tmp_path, "pass")
        child.pause = 29.0
        child.start()
        child.process.wait()
        restart_child(child)
        assert child.pause == 30.0

    def test_a_living_child_is_left_alone(self, tmp_path: Path) -> None:
        child = self.child(tmp_path, "import time; time.sleep(600)")
        child.start()
        pid = child.process.pid
        restart_child(child)
        assert child.process.pid == pid
        stop_children([child])

    def test_a_child_that_ignores_the_request_is_killed_with_all_it_forked(self, tmp_path: Path) -> None:
        code = (
            "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork();"
            "print('deaf', flush=True); time.sleep(600)"
        )
        child = self.child(tmp_path, code)
        child.start()
        wait_for(lambda: child.log.read_text().count("deaf") == 2, child.log.read_text)
        forked = psutil.Process(child.process.pid).children()
        stop_children([child], patience=0.2)
        assert child.process.returncode == -signal.SIGKILL
        assert psutil.wait_procs(forked, timeout=PATIENCE)[1] == []

    def test_only_new_error_lines_are_repeated(self, tmp_path: Path) -> None:
        child = self.child(tmp_path, "pass")
        assert child.new_errors() == []
        child.log.write_text("2026 ERROR a: bad\n2026 INFO a: good\n")
        assert child.new_errors() == ["2026 ERROR a: bad"]
        assert child.new_errors() == []
        with child.log.open("a") as log:
            log.write("2026 CRITICAL a: worse\n")
        assert child.new_errors() == ["2026 CRITICAL a: worse"]

    @pytest.mark.parametrize(("returned", "status"), [(0, 0), (3, 3), (-9, 137), (-15, 143)])
    def test_exit_status_is_what_a_shell_gives(self, returned: int, status: int) -> None:
        assert exit_status(returned) == status


def still_there(family: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


class TestStop:
    """Last, because it ends the portal that the tests above look at."""

    def test_sigterm_ends_everything(self, running: Run) -> None:
        family = running.family()
        assert len(family) >= 5
        assert running.end(signal.SIGTERM) == 0
        assert still_there(family) == []
        assert http_status(f"http://127.0.0.1:{running.port}/healthz/live") == 0
        assert "The data is kept" in running.console()

    def test_the_next_start_after_a_kill_finds_the_data_and_ctrl_c_ends_it(self, elsewhere: Run) -> None:
        elsewhere.start()
        elsewhere.wait_open()
        family = elsewhere.family()
        elsewhere.end(signal.SIGKILL)
        assert psutil.wait_procs(family, timeout=PATIENCE)[1] == []
        elsewhere.start()
        elsewhere.wait_open()
        family = elsewhere.family()
        assert int(manage(elsewhere.state, "shell", "-v", "0", "-c", COUNT).stdout) > 0
        assert elsewhere.end(signal.SIGINT) == 0
        assert still_there(family) == []

    def test_a_signal_while_it_still_starts_ends_it_too(self, elsewhere: Run) -> None:
        elsewhere.start()
        elsewhere.wait_console("Bringing the database up to date")
        family = elsewhere.family()
        assert elsewhere.end() == 0
        assert still_there(family) == []
