"""`./portal`: starts what a command needs, watches it, and leaves no process behind."""

import argparse
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from sop_portal.embedded import (
    Refused,
    Server,
    Servers,
    StateLock,
    die_with_parent,
    tail,
    throw_away_servers,
)

PROJECT = Path(__file__).resolve().parent.parent
TOOLS = Path(sys.executable).parent
HOST = "127.0.0.1"
PORT = 8000
WEB = (
    "gunicorn sop_portal.wsgi --workers 2 --worker-class gthread --threads 4 --timeout 120 --graceful-timeout 5"
    " --keep-alive 5 --max-requests 5000 --max-requests-jitter 500 --no-control-socket --log-level warning"
)
WORKER = (
    "celery -A sop_portal worker --pool prefork --concurrency 2 --loglevel INFO"
    " --without-gossip --without-mingle --max-tasks-per-child 200"
)
BEAT = "celery -A sop_portal beat --loglevel INFO"
LONGEST_PAUSE = 30.0  # seconds between two starts of a child that keeps dying
STEADY_AFTER = 60.0  # seconds after which a child counts as running well
LOG_LIMIT = 5_000_000  # bytes
# What --fresh removes; nothing else in the folder is touched.
STATE_PARTS = ("postgres", "postgres.new", "valkey", "mail", "files", "static", "logs", "beat", "demonstration")


class Stopped(BaseException):
    """The person (or the system) asked everything to stop."""


def say(text: str) -> None:
    print(text, flush=True)


def warn(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def state_folder() -> Path:
    return Path(os.environ.get("PORTAL_DATA") or PROJECT / ".portal").absolute()


# --- Children ---------------------------------------------------------------------


@dataclass
class Child:
    """A process of the portal's own: web, worker or beat."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    pause: float = 0.0
    due: float = 0.0
    seen: int = 0

    def start(self) -> None:
        self.began = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=PROJECT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )

    def signal(self, number: int) -> None:
        """To the whole process group, forked workers included."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def has_members(self) -> bool:
        """Whether any process of the group is left."""
        if self.process is None:
            return False
        self.process.poll()
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def new_errors(self) -> list[str]:
        """Lines since the last look that tell of an error."""
        size = self.log.stat().st_size if self.log.exists() else 0
        if size <= self.seen:
            return []
        with self.log.open("rb") as file:
            file.seek(self.seen)
            text = file.read(min(size - self.seen, 200_000)).decode(errors="replace")
        self.seen = size
        return [line for line in text.splitlines() if " ERROR " in line or " CRITICAL " in line]


def stop_children(children: list[Child], patience: float = 10.0) -> None:
    """Ask all to finish, wait for them together, then end what is left of their groups."""
    for child in children:
        if child.process is not None and child.process.poll() is None:
            child.process.terminate()
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and any(child.has_members() for child in children):
        time.sleep(0.05)
    for child in children:
        child.signal(signal.SIGKILL)
        if child.process is not None:
            child.process.wait()


def portal_children(state: Path, environment: dict[str, str], port: int) -> list[Child]:
    (state / "beat").mkdir(exist_ok=True)
    commands = {
        "web": [*WEB.split(), "--bind", f"{HOST}:{port}"],
        "worker": WORKER.split(),
        "beat": [*BEAT.split(), "--schedule", str(state / "beat" / "schedule"), "--pidfile", ""],
    }
    return [
        Child(
            name,
            [sys.executable, "-m", *command],
            environment | {"PORTAL_ROLE": name},
            state / "logs" / f"{name}.log",
        )
        for name, command in commands.items()
    ]


def rotate_logs(state: Path) -> None:
    for log in (state / "logs").glob("*.log"):
        if log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))


# --- Management commands ----------------------------------------------------------


def manage(environment: dict[str, str], *arguments: str) -> int:
    """Run a management command as a child, with this terminal's input and output."""
    process = subprocess.Popen(
        [sys.executable, str(PROJECT / "manage.py"), *arguments],
        env=environment,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    try:
        return exit_status(process.wait())
    except BaseException:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
        process.kill()
        process.wait()
        raise


def exit_status(returned: int) -> int:
    """As a shell gives it: 128 and the signal's number for a killed process."""
    return 128 - returned if returned < 0 else returned


def known_commands(environment: dict[str, str]) -> set[str]:
    code = "from django.core.management import get_commands; print(*get_commands())"
    environment = environment | {"DJANGO_SETTINGS_MODULE": "sop_portal.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Refused(f"The portal's settings are refused:\n{done.stderr.strip().splitlines()[-1]}")
    return set(done.stdout.split())


# --- ./portal run -----------------------------------------------------------------


@dataclass
class Options:
    port: int
    fresh: bool
    demonstration: bool


@dataclass
class Portal:
    """One running copy: its servers, its children, and the watch over them."""

    state: Path
    options: Options
    servers: Servers
    children: list[Child] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        cookie = f"sop_session_{self.options.port}"  # copies side by side share the host's cookies
        return {"PORTAL_COOKIE": cookie} | os.environ | self.servers.environment()

    def address(self) -> str:
        return f"http://{HOST}:{self.options.port}"

    def prepare(self) -> None:
        environment = self.environment()
        commands = known_commands(environment)
        say("Bringing the database up to date …")
        if manage(environment, "migrate", "--verbosity", "0"):
            raise Refused("The database could not be brought up to date; the reason stands above.")
        self.load_demonstration(environment, commands)
        self.children = portal_children(self.state, environment, self.options.port)
        for child in self.children:
            child.seen = child.log.stat().st_size if child.log.exists() else 0
            child.start()
        self.wait_answer()
        say(f"\nThe portal answers at {self.address()}\n")
        if "sign_ins" in commands:
            manage(environment, "sign_ins")
        say(f"State and logs: {self.state}. Ctrl-C stops everything; the data stays.")

    def load_demonstration(self, environment: dict[str, str], commands: set[str]) -> None:
        """Once per state folder; a folder begun without it never gets it later."""
        mark = self.state / "demonstration"
        if mark.exists() or "load_demo" not in commands:
            return
        if self.options.demonstration:
            say("Loading the demonstration company …")
            if manage(environment, "load_demo"):
                raise Refused("The demonstration could not be loaded; the reason stands above.")
        mark.write_text("loaded\n" if self.options.demonstration else "not wanted\n")

    def wait_answer(self) -> None:
        web = self.children[0]
        deadline = time.monotonic() + 60
        while not answers(f"{self.address()}/healthz/live"):
            if web.process is None or web.process.poll() is not None or time.monotonic() > deadline:
                raise Refused(f"The web process does not answer. The last lines of {web.log}:\n{tail(web.log)}")
            time.sleep(0.1)

    def watch(self) -> None:
        """Until stopped: start again what died, and repeat errors on this console."""
        while True:
            for server in self.servers.children:
                restart_server(server)
            for child in self.children:
                restart_child(child)
                for line in child.new_errors():
                    warn(f"[{child.name}] {line}")
            time.sleep(0.3)

    def stop(self) -> None:
        stop_children(self.children)
        self.servers.stop()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def restart_server(server: Server) -> None:
    if server.process is None or server.process.poll() is None:
        return
    warn(f"{server.name} stopped ({server.process.returncode}); starting it again. Log: {server.log}")
    time.sleep(1)
    server.start()


def restart_child(child: Child) -> None:
    """Start a dead child again, each time a little later while it keeps dying."""
    if child.process is None or child.process.poll() is None:
        return
    now = time.monotonic()
    if not child.due:
        steady = now - child.began > STEADY_AFTER
        child.pause = 1.0 if steady or not child.pause else min(child.pause * 2, LONGEST_PAUSE)
        child.due = now + child.pause
        child.signal(signal.SIGKILL)  # what it forked must not go on beside the new one
        code = exit_status(child.process.returncode)
        warn(f"{child.name} stopped (exit {code}); starting it again in {child.pause:.0f} s. Log: {child.log}")
    if now >= child.due:
        child.due = 0.0
        child.start()


def check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise Refused(
                f"Port {port} is taken ({error.strerror}). Stop what listens there, or use another: "
                f"./portal run --port {port + 1}"
            ) from error


def remove_state(state: Path) -> None:
    if os.environ.get("DATABASE_URL"):
        raise Refused("--fresh removes the embedded database only. DATABASE_URL is set: empty that database yourself.")
    for part in STATE_PARTS:
        path = state / part
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Turn Ctrl-C, SIGTERM and a closed terminal into Stopped, once."""

    def stop(number: int, frame: FrameType | None) -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for each in signals:
        signal.signal(each, stop)
    yield


def run(arguments: list[str]) -> int:
    options = run_options(arguments)
    state = state_folder()
    lock = StateLock(state)
    if not lock.take():
        note = lock.read()
        where = f" at {note['address']}" if "address" in note else ""
        raise Refused(
            f"A portal already runs on {state}{where}. Stop it first, or start a second copy with its own data:\n"
            f"  PORTAL_DATA=/another/folder ./portal run --port {options.port + 1}"
        )
    check_port(options.port)
    if options.fresh:
        remove_state(state)
    portal = Portal(state, options, Servers(state, durable=True))
    try:
        with stopping_on_signals():
            say("Starting PostgreSQL and Valkey …")
            (state / "logs").mkdir(exist_ok=True)
            rotate_logs(state)
            portal.servers.start()
            lock.write(portal.servers, address=portal.address())
            portal.prepare()
            portal.watch()
    except Stopped:
        say("\nStopping …")
    finally:
        portal.stop()
        lock.release()
    say("Stopped. The data is kept.")
    return 0


def run_options(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(prog="./portal run", description="Start the portal on this machine.")
    parser.add_argument("--port", type=int, default=PORT, help=f"where it answers (default {PORT})")
    parser.add_argument("--fresh", action="store_true", help="start over: remove this copy's data first")
    parser.add_argument("--no-demo", action="store_true", help="do not load the demonstration company")
    given = parser.parse_args(arguments)
    if not 1 <= given.port <= 65_535:
        parser.error(f"--port {given.port}: use a number from 1 to 65535")
    return Options(port=given.port, fresh=given.fresh, demonstration=not given.no_demo)


# --- ./portal manage --------------------------------------------------------------


class Users:
    """Commands that share servers one of them started: it stops them after the last."""

    def __init__(self, state: Path) -> None:
        self.file = (state / "users").open("ab")

    def join(self) -> None:
        fcntl.flock(self.file, fcntl.LOCK_SH)

    def wait_for_the_others(self) -> None:
        fcntl.flock(self.file, fcntl.LOCK_EX)


def manage_command(arguments: list[str]) -> int:
    state = state_folder()
    lock, users = StateLock(state), Users(state)
    deadline = time.monotonic() + 120
    while True:
        users.join()
        if lock.take():
            return manage_with_own_servers(state, lock, users, arguments)
        note = lock.read()
        if note:
            urls = {name: note[name] for name in ("DATABASE_URL", "REDIS_URL", "PORTAL_DATA")}
            return manage(dict(os.environ) | urls, *arguments)
        if time.monotonic() > deadline:
            raise Refused(f"Another command holds {state} and its servers do not get ready; see {state}/logs.")
        time.sleep(0.1)


def manage_with_own_servers(state: Path, lock: StateLock, users: Users, arguments: list[str]) -> int:
    with stopping_on_signals():
        try:
            with Servers(state, durable=True) as servers:
                lock.write(servers)
                status = manage(dict(os.environ) | servers.environment(), *arguments)
                lock.note.unlink(missing_ok=True)
                users.wait_for_the_others()
                return status
        finally:
            lock.release()


# --- ./portal test, bench, tool ---------------------------------------------------


def run_tests(arguments: list[str]) -> int:
    with stopping_on_signals(), throw_away_servers() as servers:
        environment = dict(os.environ) | servers.environment() | {"PORTAL_TESTING": "1"}
        environment["PORTAL_TOOLS"] = str(tools_folder())
        return foreground([sys.executable, "-m", "pytest", *arguments], environment)


def tools_folder() -> Path:
    """Where tests keep what outlives a run: the browser and the screenshots."""
    return state_folder() if os.environ.get("PORTAL_DATA") else PROJECT / ".portal-test"


def foreground(command: list[str], environment: dict[str, str]) -> int:
    """A child that shares this terminal; it is asked to end when we are."""
    process = subprocess.Popen(command, cwd=PROJECT, env=environment, preexec_fn=die_with_parent(signal.SIGTERM))
    try:
        return exit_status(process.wait())
    except Stopped:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()
        process.wait()
        return 130


def bench(arguments: list[str]) -> int:
    with stopping_on_signals(), throw_away_servers(durable=True) as servers:
        environment = dict(os.environ) | servers.environment()
        if "bench" not in known_commands(environment):
            raise Refused("This copy of the portal has no benchmark command.")
        manage(environment, "migrate", "--verbosity", "0")
        return manage(environment, "bench", *arguments)


def tool(arguments: list[str]) -> int:
    """A program of the environment, with settings that import but reach no server."""
    if not arguments or not (TOOLS / arguments[0]).exists():
        raise Refused("Name a tool of the environment: ./portal tool ruff check")
    placeholders = {"DATABASE_URL": "postgres://portal@localhost/none", "REDIS_URL": "redis://localhost:6379/0"}
    environment = placeholders | os.environ | {"PATH": f"{TOOLS}{os.pathsep}{os.environ.get('PATH', '')}"}
    environment.pop("PYTHONPATH", None)  # mypy would take the project for an installed package
    os.chdir(PROJECT)
    os.execve(TOOLS / arguments[0], arguments, environment)


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "run": run,
    "manage": manage_command,
    "test": run_tests,
    "bench": bench,
    "tool": tool,
}


def main(arguments: list[str]) -> int:
    try:
        return COMMANDS[arguments[0]](arguments[1:])
    except Refused as reason:
        warn(str(reason))
        return 1
    except Stopped:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
