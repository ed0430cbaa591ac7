"""An import killed at any moment leaves all its rows or none, and can be sent again."""

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.stack import Stack
from tests.processes import Process

pytestmark = [pytest.mark.slow]
Seen = Callable[[str, str, str], None]
ROWS = "SELECT count(*) FROM demand_booking WHERE month < '2020-01-01'"


def write_bookings(folder: Path) -> int:
    """Five years before the company's history, for every rep's customer."""
    lines = [
        f"{year}-{month:02d},REP{rep:02d},{product},{rep + month},{10.0 * (rep + month)}"
        for rep in range(50)
        for product in ("ALPHA", "BETA", "GAMMA")
        for year in range(2015, 2020)
        for month in range(1, 13)
    ]
    (folder / "bookings.csv").write_text("month,customer,product,qty,revenue\n" + "\n".join(lines) + "\n")
    return len(lines)


def load(stack: Stack, folder: Path) -> Process:
    command = [sys.executable, "manage.py", "import_data", str(folder)]
    process = Process(command, stack.owner, stack.folder / "import.log")
    process.start()
    return process


def forget(stack: Stack) -> None:
    stack.rows("DELETE FROM demand_booking WHERE month < '2020-01-01'")


def test_f13_an_import_is_killed_at_random(stack: Stack, tmp_path: Path, whole: bool, seen: Seen) -> None:
    rows, dice, kills, hit = write_bookings(tmp_path), random.Random(13), 20 if whole else 2, 0
    began = time.monotonic()
    first = load(stack, tmp_path)
    assert first.process is not None
    assert first.process.wait(120) == 0, first.output()
    length = time.monotonic() - began
    assert stack.one(ROWS) == rows
    for _ in range(kills):
        forget(stack)
        attempt = load(stack, tmp_path)
        time.sleep(dice.uniform(0.4, 1.0) * length)
        hit += attempt.is_alive()
        attempt.kill()
        stack.wait(
            lambda: (
                not stack.one(
                    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%demand_booking%%'"
                    " AND pid <> pg_backend_pid() AND state = 'active'"
                )
            ),
            "the backend has ended",
        )
        assert stack.one(ROWS) in (0, rows)
        again = load(stack, tmp_path)
        assert again.process is not None
        assert again.process.wait(120) == 0, again.output()
        assert stack.one(ROWS) == rows
    forget(stack)
    assert hit > 0
    seen(
        "F13",
        "an import killed at random, sent again",
        f"{kills} kills, {hit} in its midst, then exactly {rows:,} rows",
    )
