"""Asking the child processes that read files."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from masterdata.bundles import ImportFile
from masterdata.frames import FileSpec
from masterdata.packed_readings import spec_as_dict, unpacked
from masterdata.reading import Reading, read
from masterdata.reading_alone import refused

WAIT = 150  # seconds
ROOT = Path(__file__).resolve().parents[2]
# Of so small a CSV a reader makes at most a hundredfold: less than a process of its own costs.
READ_HERE = 1024 * 1024  # bytes
TOO_LONG = "The file could not be read within the limits of time and memory. Send it in parts, a year each."
REFUSED = {"refused": "The workbook could not be read within the limits of time and memory. Send it as CSV."}


def workbook_answer(*, data: bytes, sheet: str, rows: int = 0) -> dict[str, Any]:
    """What `masterdata.workbook_rows` says about a workbook; a refusal when it dies or takes too long."""
    command = [sys.executable, "-m", "masterdata.workbook_rows", sheet, *([str(rows)] if rows else [])]
    try:
        done = subprocess.run(command, input=data, capture_output=True, cwd=ROOT, timeout=WAIT, check=False)
    except subprocess.TimeoutExpired:
        return REFUSED
    return dict(json.loads(done.stdout)) if done.returncode == 0 and done.stdout else REFUSED


def file_reading(*, file: ImportFile, spec: FileSpec) -> Reading:
    """The columns of one file of the contract; small CSV here, all else in a process with limits."""
    if not file.is_workbook and len(file.data) <= READ_HERE:
        return read(file.name, file.data, spec, None, file.layout)
    told = {
        "name": file.name,
        "sheet": (file.layout and file.layout.sheet) or spec.name,
        "is_workbook": file.is_workbook,
        "spec": spec_as_dict(spec),
        "layout": file.layout.as_dict() if file.layout else None,
    }
    command = [sys.executable, "-m", "masterdata.reading_alone"]
    request = b"".join([json.dumps(told).encode(), b"\n", file.data])
    try:
        done = subprocess.run(command, input=request, capture_output=True, cwd=ROOT, timeout=WAIT, check=False)
    except subprocess.TimeoutExpired:
        return refused(file.name, TOO_LONG)
    if done.returncode != 0 or not done.stdout:
        return refused(file.name, TOO_LONG)
    return unpacked(done.stdout, file.name, file.layout)
