"""Asking the child process that reads workbooks."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

WAIT = 150  # seconds
ROOT = Path(__file__).resolve().parents[2]
REFUSED = {"refused": "The workbook could not be read within the limits of time and memory. Send it as CSV."}


def workbook_answer(*, data: bytes, sheet: str, rows: int = 0) -> dict[str, Any]:
    """What `masterdata.workbook_rows` says about a workbook; a refusal when it dies or takes too long."""
    command = [sys.executable, "-m", "masterdata.workbook_rows", sheet, *([str(rows)] if rows else [])]
    try:
        done = subprocess.run(command, input=data, capture_output=True, cwd=ROOT, timeout=WAIT, check=False)
    except subprocess.TimeoutExpired:
        return REFUSED
    return dict(json.loads(done.stdout)) if done.returncode == 0 and done.stdout else REFUSED
