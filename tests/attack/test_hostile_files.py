"""Files made to fill a machine: each is read or refused within the reader's limits, as it is measured here.

A few of them run each time; `./portal test --attack` reads all of them and prints memory and time.
"""

import io
import os
import subprocess
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest

from masterdata import workbook_rows
from masterdata.bundles import ImportFile, uploaded_files
from masterdata.services import workbooks
from masterdata.services.workbooks import file_reading
from sop_portal.imports import spec_named
from tests.attack.conftest import HOSTILE
from tests.masterdata.workbook_files import changed_part, named_zip, workbook

MEGABYTE = 1024 * 1024
HEADER = ["month", "customer", "product", "qty"]
ROW = ["2026-10", "NORTH", "ALPHA", 5]
SHEET = "xl/worksheets/sheet1.xml"
TEXTS = "xl/sharedStrings.xml"
TITLES = b"month,customer,product,qty\n"
SMALL = ("zeros in a workbook", "a line of commas", "entities in entities", "a cell far out")


@dataclass
class Measured:
    """What the process that read a file took."""

    megabytes: float = 0.0
    seconds: float = 0.0


def stuffed(part: str, piece: bytes, count: int) -> bytes:
    """A workbook whose sheet has so many pieces more."""
    end = {SHEET: b"</sheetData>", "xl/sharedStrings.xml": b"</sst>"}[part]
    return changed_part(workbook([HEADER, ROW]), part, end, piece * count + end)


def laughing() -> bytes:
    names = [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' if n else '<!ENTITY a0 "ha">' for n in range(12)]
    start = f"<!DOCTYPE w [{''.join(names)}]><worksheet".encode()
    return changed_part(workbook([HEADER, ROW]), SHEET, b"<worksheet", start)


def zipped(name: str, size: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as part:
        for _ in range(size // MEGABYTE):
            part.write(b"0" * MEGABYTE)
    return stream.getvalue()


def nested() -> bytes:
    data = zipped("bookings.csv", 50 * MEGABYTE)
    for number in range(8):
        data = named_zip({f"{number}-{copy}.zip": data for copy in range(4)})
    return data


HOSTILE_FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "zeros in a workbook": ("bookings.xlsx", lambda: zipped(SHEET, 400 * MEGABYTE)),
    "zeros in a zip": ("bookings.zip", lambda: zipped("bookings.csv", 700 * MEGABYTE)),
    "zips in zips": ("bookings.zip", nested),
    "entities in entities": ("bookings.xlsx", laughing),
    "a cell far out": (
        "bookings.xlsx", lambda: changed_part(workbook([HEADER, ROW]), SHEET, b'r="D2"', b'r="XFD1048576"')
    ),
    "1,000,000 equal rows": (
        "bookings.xlsx", lambda: stuffed(SHEET, b"<row><c><v>1</v></c><c><v>1</v></c><c><v>1</v></c></row>", 1_000_000)
    ),
    "elements in elements": ("bookings.xlsx", lambda: stuffed(SHEET, b"<row>", 2_000_000)),
    "2,000,000 shared texts": ("bookings.xlsx", lambda: stuffed(TEXTS, b"<si><t>a</t></si>", 2_000_000)),
    "a shared text of 100 MB": (
        "bookings.xlsx", lambda: stuffed(TEXTS, b"<si><t>" + b"ab" * 50 * MEGABYTE + b"</t></si>", 1)
    ),
    "501 parts": ("bookings.xlsx", lambda: named_zip({f"xl/worksheets/sheet{n}.xml": b"<a/>" for n in range(501)})),
    "a line of commas": ("bookings.csv", lambda: b"month" + b"," * 20_000_000),
    "a line of 100 MB": ("bookings.csv", lambda: b"month,customer,product,qty\n" + b"a" * 100 * MEGABYTE),
    "quotes only": ("bookings.csv", lambda: b'"' * 50 * MEGABYTE),
    "a quote never closed": ("bookings.csv", lambda: b'month,qty\n"' + b"a,\n" * 10_000_000),
    "line ends only": ("bookings.csv", lambda: b"month,qty\n" + b"\n" * 50 * MEGABYTE),
    "a number of 20 MB": ("bookings.csv", lambda: TITLES + b"2026-10,NORTH,ALPHA," + b"9" * 20 * MEGABYTE),
    "2,000,000 faults": ("bookings.csv", lambda: b"month,customer,product,qty\n" + b"x,y\n" * 2_000_000),
    "NUL only": ("bookings.csv", lambda: bytes(100 * MEGABYTE)),
    "150 MB of noise": ("bookings.csv", lambda: os.urandom(150 * MEGABYTE)),
}  # fmt: skip


def peak(process: int) -> float:
    """The most memory that a process has had until now, in MB; 0 once it has ended or where nobody tells."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0].split()[1]) / 1024 if lines else 0.0


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Measured:
    """The process that really reads, waited for by the call that says how much it took."""
    found = Measured()

    def run(command: list[str], *, input: bytes, cwd: Any, timeout: float, **_: Any) -> Any:  # noqa: A002
        begun = time.monotonic()
        with TemporaryFile() as sent, TemporaryFile() as said:
            sent.write(input)
            sent.seek(0)
            with subprocess.Popen(command, stdin=sent, stdout=said, stderr=subprocess.DEVNULL, cwd=cwd) as child:
                while child.poll() is None and time.monotonic() - begun < timeout:
                    found.megabytes = max(found.megabytes, peak(child.pid))
                    time.sleep(0.02)
                child.kill()
            found.seconds = time.monotonic() - begun
            said.seek(0)
            return subprocess.CompletedProcess(command, child.returncode, said.read(), b"")

    monkeypatch.setattr(workbooks.subprocess, "run", run)
    return found


@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_a_hostile_file_is_read_or_refused(
    name: str, whole: bool, measured: Measured, request: pytest.FixtureRequest
) -> None:
    if not whole and name not in SMALL:
        pytest.skip("read by ./portal test --attack")
    file, make = HOSTILE_FILES[name]
    data = make()
    said = read(ImportFile(file, data))
    took = f"{measured.megabytes:,.0f} MB, {measured.seconds:.1f} s" if measured.seconds else "no process"
    line = f"{name:<28}{len(data) / MEGABYTE:>9,.1f} MB sent   {took:<22} {said[:110]}"
    request.config.stash.setdefault(HOSTILE, []).append(line)
    assert measured.megabytes < workbook_rows.MEMORY / MEGABYTE
    assert said.endswith((".", "?"))


def read(file: ImportFile) -> str:
    """What a person is told of it."""
    try:
        tables = uploaded_files([file])
    except ValueError as error:
        return str(error)
    if not tables:
        return "There is no table in it."
    reading = file_reading(file=tables[0], spec=spec_named("bookings"))
    assert reading.raw is None or len(reading.raw.lines) < 2_000_001
    return reading.errors[0].message if reading.errors else f"{len(reading.raw.lines):,} rows are read."
