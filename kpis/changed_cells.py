"""Error sums over the cells that people changed, in the shape of the stored sums of all cells.

Pure: `cells` has one row per changed cell with cycle, month, lag, family, direction, reason, one column per stage and
actual.
"""

import numpy as np
import pandas as pd

LEVELS = ("line", "family")
TOLD_BY = ("direction", "reason", "family")
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


def changed_sums_by_group(cells: pd.DataFrame, stages: list[str]) -> pd.DataFrame:
    """The sums of all cells together (`by` and `key` empty) and of every group of :data:`TOLD_BY`, at both levels.

    Columns: those of the sums, level, by and owners (the ids in `rep` of the group's month, 0 = nobody left out).
    """
    parts = [_group_sums(cells, stages, "", "")]
    parts += [_group_sums(part, stages, by, str(key)) for by in TOLD_BY for key, part in cells.groupby(by)]
    return pd.concat(parts, ignore_index=True)


def _group_sums(cells: pd.DataFrame, stages: list[str], by: str, key: str) -> pd.DataFrame:
    owners = {
        month: sorted({int(rep) for rep in part["rep"] if rep != 0})
        for month, part in cells.groupby(["cycle", "month"])
    }
    sums = pd.concat([changed_sums(cells, stages, level=level).assign(level=level) for level in LEVELS])
    at = zip(sums["cycle"], sums["month"], strict=True)
    return sums.assign(by=by, key=key, owners=[owners[one] for one in at])
