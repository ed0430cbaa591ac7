"""A full disk: what was acknowledged is there, people are told 503, and room is all it takes to go on."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sop_portal.server_process import server_account
from tests.faults.crowd import Client, crowd
from tests.faults.stack import Stack
from tests.faults.test_saving import assert_held, told

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a small disk")]
Seen = Callable[[str, str, str], None]
SMALL = 16 * 1024 * 1024
TABLES = ("demand_change", "demand_layerline", "demand_savetoken")


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of a few megabytes at that folder."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "none", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("this machine does not let tests mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Writes until nothing more fits."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return ballast


def test_f14_the_disk_of_the_database_is_full(stack: Stack, seen: Seen) -> None:
    assert stack.servers.temporary is not None
    with small_disk(stack.servers.temporary / "disk") as disk:
        place = disk / "space"
        place.mkdir(mode=0o700)
        server_account().give(place)
        server_account().give(disk)
        stack.superuser(f"CREATE TABLESPACE small LOCATION '{place}'")
        move(stack, "small")
        try:
            people = crowd(stack, 8, seed=14)
            with people.working(pause=0.0):
                people.everybody_saves()
                ballast = fill(disk)
                people.everybody_is_told("disk is full")
                ballast.unlink()
                people.everybody_saves()
        finally:
            (disk / "ballast").unlink(missing_ok=True)
            move(stack, "pg_default")
            stack.superuser("DROP TABLESPACE small")
    assert_held(people, {200, 503})
    seen("F14", "disk of the database full, then room again", told(people, f"{people.statuses[503]} times 503"))


def move(stack: Stack, space: str) -> None:
    for table in TABLES:
        stack.superuser(f"ALTER TABLE {table} SET TABLESPACE {space}", database="sop_portal")


def test_f14_the_disk_of_uploads_is_full(stack: Stack, seen: Seen) -> None:
    leader = Client(stack.url, stack.company["sessions"]["lena"])
    text = b"month,customer,product,qty,revenue\n" + b"".join(
        f"2019-{1 + n % 12:02d},REP{n % 50:02d},ALPHA,1,{n}\n".encode() for n in range(600)
    )
    with small_disk(Path(stack.environment["PORTAL_DATA"]) / "files") as disk:
        ballast = fill(disk)
        refused = leader.upload("bookings.csv", text)
        ballast.unlink()
        taken = leader.upload("bookings.csv", text)
    assert (refused.status, refused.body["code"]) == (503, "unavailable")
    assert "disk is full" in str(refused.body["detail"])
    assert taken.status == 302
    stack.forget_work()  # its file went with the small disk
    seen("F14", "disk of uploads full, then room again", "503 with the reason, then taken")
