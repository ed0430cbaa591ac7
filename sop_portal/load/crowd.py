"""The client of the load benchmark, a process of its own: arrivals at fixed moments, whatever the answers take.

python -m sop_portal.load.crowd < task.json > seen.json

Waiting counts from the moment somebody wanted something, not from when the client came round to asking.
"""

import http.client
import itertools
import json
import random
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

CSRF = "f" * 32
NOBODY = 0  # the status when no answer came
TRIES, PAUSE = 4, 0.5
CELLS = 3
PAGES = ("/sheet/", "/")


@dataclass(frozen=True)
class Task:
    """What the crowd does: so many saves and pages a second for so long."""

    url: str
    cookie: str
    sessions: list[str]
    lines: list[list[int]]
    months: list[str]
    seconds: float
    saves: float
    pages: float
    first_value: float
    seed: int = 1
    threads: int = 32  # connections for saves; pages have their own, as a browser that waits holds up no other
    page_threads: int = 22
    known: dict[str, float] = field(default_factory=dict)


@dataclass
class Seen:
    """What came of it; times in seconds since the start, cells as `line month`."""

    saves: list[tuple[float, float, int]] = field(default_factory=list)
    pages: list[tuple[float, float, int]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    acknowledged: list[tuple[str, float]] = field(default_factory=list)
    last: dict[str, float] = field(default_factory=dict)


class Line(threading.local):
    """The connection that a thread keeps open."""

    connection: http.client.HTTPConnection | None = None


class Crowd:
    """Many reps through a few connections; each rep does one thing at a time."""

    def __init__(self, task: Task) -> None:
        self.task, self.seen, self.line = task, Seen(last=dict(task.known)), Line()
        self.busy = [threading.Lock() for _ in task.sessions]
        self.values: Iterator[int] = itertools.count()
        self.began = time.monotonic()

    def work(self) -> Seen:
        """Everything that is to come, each at its moment."""
        saves = [(i / self.task.saves, self.save) for i in range(int(self.task.seconds * self.task.saves))]
        pages = [(i / self.task.pages, self.page) for i in range(int(self.task.seconds * self.task.pages))]
        dice = random.Random(self.task.seed)
        order = dice.sample(range(len(self.task.sessions)), len(self.task.sessions))
        self.began = time.monotonic()
        with ThreadPoolExecutor(self.task.threads) as pool, ThreadPoolExecutor(self.task.page_threads) as pages_pool:
            for number, (due, act) in enumerate(sorted(saves + pages, key=lambda one: one[0])):
                time.sleep(max(self.began + due - time.monotonic(), 0.0))
                (pages_pool if act == self.page else pool).submit(
                    self._noted, act, due, order[number % len(order)], dice.random()
                )
        return self.seen

    def _noted(self, act: Any, due: float, rep: int, chance: float) -> None:
        try:
            with self.busy[rep]:
                act(due, rep, random.Random(chance))
        except Exception as error:
            self.seen.errors.append(f"{type(error).__name__}: {error}")

    def save(self, due: float, rep: int, dice: random.Random) -> None:
        """Some cells of one line, each with a value used nowhere else and the one seen last."""
        line = dice.choice(self.task.lines[rep])
        cells = {f"{line} {month}": self._value() for month in dice.sample(self.task.months, CELLS)}
        edits = [self._edit(cell, value) for cell, value in cells.items()]
        body = json.dumps({"token": str(uuid4()), "edits": edits}).encode()
        for _ in range(TRIES):
            status, text = self.ask(rep, "POST", "/sheet/save/", body)
            if status not in (NOBODY, 503):
                break
            time.sleep(PAUSE)
        self.seen.saves.append((due, self._since(due), status))
        if status == 200:
            self.seen.last |= cells
            self.seen.acknowledged += cells.items()
        else:
            self.seen.errors.append(f"save: {status} {text[:200]!r}")

    def _value(self) -> float:
        return self.task.first_value + next(self.values) / 8

    def _edit(self, cell: str, value: float) -> dict[str, object]:
        line, month = cell.split()
        seen = {"seen": self.seen.last[cell]} if cell in self.seen.last else {}
        return {"line": int(line), "month": month, "value": value, **seen}

    def page(self, due: float, rep: int, dice: random.Random) -> None:
        path = dice.choice(PAGES)
        status, text = self.ask(rep, "GET", path)
        self.seen.pages.append((due, self._since(due), status))
        if status != 200:
            self.seen.errors.append(f"{path}: {status} {text[:200]!r}")

    def _since(self, due: float) -> float:
        return time.monotonic() - self.began - due

    def ask(self, rep: int, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """(status, body) as a browser of this rep gets it, packed; NOBODY when the connection broke."""
        headers = {
            "Cookie": f"{self.task.cookie}={self.task.sessions[rep]}; csrftoken={CSRF}",
            "X-CSRFToken": CSRF,
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Content-Type": "application/json",
        }
        for fresh in (False, True):
            try:
                came = self._sent(method, path, body, headers)
                return came.status, came.read()
            except (OSError, http.client.HTTPException):
                self._hang_up()
                if fresh or method == "POST":
                    break
        return NOBODY, b""

    def _sent(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> http.client.HTTPResponse:
        if self.line.connection is None:
            address = urlsplit(self.task.url)
            self.line.connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
        self.line.connection.request(method, path, body, headers)
        return self.line.connection.getresponse()

    def _hang_up(self) -> None:
        if self.line.connection is not None:
            self.line.connection.close()
        self.line.connection = None


def main() -> None:
    seen = Crowd(Task(**json.load(sys.stdin))).work()
    json.dump(asdict(seen), sys.stdout)


if __name__ == "__main__":
    main()
