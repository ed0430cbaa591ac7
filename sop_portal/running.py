"""`./portal run`: servers, web, worker and beat under one supervisor."""

import argparse
import os
import shutil
import socket
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from sop_portal.children import HOST, Child, portal_children, restart_child, restart_server, stop_children, warn
from sop_portal.commands import Stopped, state_folder, work
from sop_portal.embedded import Servers
from sop_portal.server_process import Refused, tail, uninterrupted
from sop_portal.state_lock import StateLock

PORT = 8000
ANSWERS_WITHIN = 180.0  # seconds; a busy machine takes its time
LOG_LIMIT = 5_000_000  # bytes
# What --fresh removes; nothing else in the folder is touched.
STATE_PARTS = (
    "postgres",
    "postgres.new",
    "valkey",
    "mail",
    "files",
    "static",
    "logs",
    "beat",
    "demonstration",
    "sign_ins",
)


def say(text: str) -> None:
    print(text, flush=True)


def rotate_logs(state: Path) -> None:
    for log in (state / "logs").glob("*.log"):
        if log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))


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
        return {"PORTAL_COOKIE": cookie, "PORTAL_URL": self.address()} | os.environ | self.servers.environment()

    def address(self) -> str:
        return f"http://{HOST}:{self.options.port}"

    def open(self) -> None:
        """Everything up to the address on the console. Web starts while the database is brought up to date."""
        environment = self.environment()
        running = environment | {"DATABASE_URL": self.servers.running_database_url()}
        web, *background = self.children = portal_children(self.state, running, self.options.port)
        start_watched(web)
        say("Bringing the database up to date …")
        sign_ins = self.prepare(environment)
        self.wait_answer(web)
        say(f"\nThe portal answers at {self.address()}\n\n{sign_ins}".rstrip() + "\n")
        for child in background:
            start_watched(child)
        say(f"State and logs: {self.state}. Ctrl-C stops everything; the data stays.")

    def prepare(self, environment: dict[str, str]) -> str:
        """Migrate and, once per state folder, load the demonstration; gives the sign-ins.

        A folder begun with --no-demo never gets the demonstration later.
        """
        mark, sign_ins = self.state / "demonstration", self.state / "sign_ins"
        command = [sys.executable, "-m", "sop_portal.preparation", str(sign_ins)]
        if self.options.demonstration and not mark.exists():
            command.append("--demonstration")
        if work(command, environment):
            raise Refused("The database could not be made ready; the reason stands above.")
        if not mark.exists():
            mark.write_text("loaded\n" if self.options.demonstration else "not wanted\n")
        return sign_ins.read_text()

    def wait_answer(self, web: Child) -> None:
        deadline = time.monotonic() + ANSWERS_WITHIN
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
        with uninterrupted():
            stop_children(self.children)
            self.servers.stop()


def start_watched(child: Child) -> None:
    """Start it, and look only at errors from now on."""
    child.seen = child.log.stat().st_size if child.log.exists() else 0
    child.start()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


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
        say("Starting PostgreSQL and Valkey …")
        rotate_logs(state)
        portal.servers.start()
        lock.write(portal.servers, address=portal.address())
        portal.open()
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
