"""Error sums over the cells that people changed, in the shape of the stored sums of all cells.

Pure: `cells` has one row per changed cell with cycle, month, lag, family, direction, reason, one column per stage and
actual.
"""

import numpy as np
import pandas as pd

LEVELS = ("line", "family")
SUM_COLUMNS = ["cycle", "month", "lag", "stage", "key", "absolute_error", "signed_error", "actual", "n"]


def changed_sums(cells: pd.DataFrame, stages: list[str], *, level: str = "line") -> pd.DataFrame:
    """Sums per cycle, month and stage: every cell by itself, or the changed cells of a family added up first."""
    if cells.empty:
        return pd.DataFrame(columns=SUM_COLUMNS)
    keys = ["cycle", "month", "lag"]
    if level == "family":
        cells = cells.groupby([*keys, "family"], as_index=False)[[*stages, "actual"]].sum()
    return pd.concat([_sums(cells, stage, keys) for stage in stages], ignore_index=True)[SUM_COLUMNS]


def _sums(cells: pd.DataFrame, stage: str, keys: list[str]) -> pd.DataFrame:
    error = cells[stage] - cells["actual"]
    parts = cells.assign(absolute_error=error.abs(), signed_error=error, actual=cells["actual"].abs(), n=1)
    parts = parts[np.isfinite(error)]
    sums = parts.groupby(keys, as_index=False)[["absolute_error", "signed_error", "actual", "n"]].sum()
    return sums.assign(stage=stage, key="")
