"""`./portal`: starts what a command needs, watches it, and leaves no process behind."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sop_portal.children import PROJECT, warn
from sop_portal.commands import Stopped, manage, state_folder, stopping_on_signals
from sop_portal.embedded import Servers, throw_away_servers
from sop_portal.running import run
from sop_portal.server_process import Refused
from sop_portal.state_lock import StateLock, Users
from sop_portal.testing import run_tests

TOOLS = Path(sys.executable).parent


def manage_command(arguments: list[str]) -> int:
    state = state_folder()
    lock, users = StateLock(state), Users(state)
    deadline = time.monotonic() + 120
    while True:
        if lock.take():
            return manage_with_own_servers(state, lock, users, arguments)
        users.join()
        note = lock.read()
        if note:
            urls = {name: note[name] for name in ("DATABASE_URL", "REDIS_URL", "PORTAL_DATA")}
            links = {"PORTAL_URL": note["address"]} if "address" in note else {}  # where the portal beside it answers
            return manage(links | os.environ | urls, *arguments)
        users.leave()  # the holder is starting, or waits for its users to stop
        if time.monotonic() > deadline:
            raise Refused(f"Another command holds {state} and its servers do not get ready; see {state}/logs.")
        time.sleep(0.1)


def manage_with_own_servers(state: Path, lock: StateLock, users: Users, arguments: list[str]) -> int:
    try:
        with Servers(state, durable=True) as servers:
            lock.write(servers)
            status = manage(dict(os.environ) | servers.environment(), *arguments)
            lock.note.unlink(missing_ok=True)
            users.wait_for_the_others()
            return status
    finally:
        lock.release()


def bench(arguments: list[str]) -> int:
    with throw_away_servers(durable=True) as servers:
        environment = dict(os.environ) | servers.environment()
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
        with stopping_on_signals():
            return COMMANDS[arguments[0]](arguments[1:])
    except Refused as reason:
        warn(str(reason))
        return 1
    except Stopped:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
