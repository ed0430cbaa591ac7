"""A forecast rolled up to a level: one row per key, one column per month, handed out in blocks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from demand.matrices import Matrix


@dataclass(frozen=True)
class Groups:
    """Which key each line belongs to: `codes` (lines,) are positions in `keys`, which is sorted by its columns."""

    codes: np.ndarray
    keys: pd.DataFrame


@dataclass(frozen=True)
class ForecastTable:
    """Numbers by key and month: `keys` has n rows, `values` is (n, months), in the unit of `measure`."""

    keys: pd.DataFrame
    months: list[date]
    values: Matrix
    measure: str

    @property
    def columns(self) -> list[str]:
        """The names of the long form's columns: the keys, the month, the measure."""
        return [*self.keys.columns, "month", self.measure]

    def __len__(self) -> int:
        """Rows of the long form: one per key and month."""
        return self.values.size

    def blocks(self, keys: int) -> Iterator["ForecastTable"]:
        """Tables of so many keys at a time, together this one."""
        for first in range(0, len(self.keys), keys):
            part = slice(first, first + keys)
            yield ForecastTable(self.keys.iloc[part], self.months, self.values[part], self.measure)

    def long(self) -> pd.DataFrame:
        """One row per key and month, sorted by key, then month."""
        return self.slice(0, len(self))

    def slice(self, first: int, last: int) -> pd.DataFrame:
        """Rows `first` to `last` (not included) of the long form, without making the others."""
        at = np.arange(max(first, 0), min(last, len(self)))
        row, column = np.divmod(at, max(len(self.months), 1))
        long = self.keys.iloc[row].reset_index(drop=True)
        long["month"] = [self.months[i] for i in column]
        long[self.measure] = self.values[row, column]
        return long


def grouped(frame: pd.DataFrame, columns: Sequence[str]) -> Groups:
    """The keys of lines by the columns that make one, e.g. ("customer", "product"); no columns = one key for all."""
    if not columns:
        return Groups(np.zeros(len(frame), dtype=np.int64), pd.DataFrame(index=range(1 if len(frame) else 0)))
    groups = frame.groupby(list(columns), sort=True)
    keys = groups.size().index.to_frame(index=False)
    keys.columns = list(columns)
    return Groups(groups.ngroup().to_numpy(), keys)


def rolled_up(values: Matrix, groups: Groups, keep: np.ndarray) -> tuple[pd.DataFrame, Matrix]:
    """(keys, totals) of the lines of the mask `keep`: `values` (lines, months) added up by key, keys in order.

    Every total is the sum of its lines, and together they are the sum of all that is kept.
    """
    lines = np.flatnonzero(keep)
    codes = groups.codes[lines]
    order = np.argsort(codes, kind="stable")
    present, starts = np.unique(codes[order], return_index=True)
    sorted_values = values[lines[order]]
    alone = len(present) == len(lines)
    totals = sorted_values if alone else np.add.reduceat(sorted_values, starts, axis=0)
    return groups.keys.iloc[present].reset_index(drop=True), totals
