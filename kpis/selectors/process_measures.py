"""Measures of the process cycle by cycle, oldest first, as rows like those of any other measure."""

from datetime import datetime
from typing import Final

import pandas as pd

from cycles.models import Cycle
from kpis.selectors.process import measured_by_cycle

COMPANY: Final = "company"
CYCLES: Final = 25


def process_table(code: str, cycle: Cycle, *, at: datetime) -> pd.DataFrame:
    """Columns level, key, month, value, n: one row per cycle in which there was something to measure."""
    rows = [
        (COMPANY, "", month, found[code].value, found[code].n)
        for month, found in measured_by_cycle(cycle, CYCLES, at=at).items()
        if code in found and found[code].n
    ]
    return pd.DataFrame(rows, columns=["level", "key", "month", "value", "n"])
