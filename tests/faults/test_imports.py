"""An import killed at any moment leaves all its rows or none, and can be sent again."""

import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.gate import Gate, gate
from tests.faults.stack import Stack
from tests.processes import Process

pytestmark = [pytest.mark.slow]
Seen = Callable[[str, str, str], None]
# What an import writes, in this order.
WRITTEN = ("masterdata_importrun", "masterdata_rowchange", "demand_booking")


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
    process = Process(command, stack.environment, stack.folder / "import.log")
    process.start()
    return process


def counts(stack: Stack) -> tuple[int, ...]:
    """Rows that are loaded, imports that were written down, rows that were written down with them."""
    tables = ("demand_booking", "masterdata_importrun", "masterdata_rowchange")
    return tuple(stack.one(f"SELECT count(*) FROM {table}") for table in tables)


@pytest.fixture
def importing(stack: Stack) -> Iterator[Gate]:
    with gate(stack, "command", WRITTEN) as held:
        yield held


def test_f13_an_import_is_killed_at_random(importing: Gate, tmp_path: Path, whole: bool, seen: Seen) -> None:
    """At each of its writes in turn; at random between them when all faults are asked for."""
    stack, rows, dice = importing.stack, write_bookings(tmp_path), random.Random(13)
    kills = 20 if whole else 1
    for number in range(kills):
        before = counts(stack)
        importing.hold(1 + (number + 2) % len(WRITTEN))
        attempt = load(stack, tmp_path)
        importing.wait_held()
        if number >= len(WRITTEN):
            importing.open()
            time.sleep(dice.uniform(0.0, 0.5))
        attempt.kill()
        importing.wait_gone()  # before the write may go on: nothing of it counts
        importing.open()
        after = counts(stack)
        assert after in (before, (before[0] + rows, before[1] + 1, before[2] + rows))
        again = stack.manage("import_data", str(tmp_path))
        assert again.returncode == 0, again.stderr
        assert counts(stack)[0] == before[0] + rows
        stack.rows("DELETE FROM demand_booking WHERE month < '2020-01-01'")
    seen("F13", "an import killed in its midst, sent again", f"{kills} kills, then exactly {rows:,} rows")
