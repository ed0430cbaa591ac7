"""Sums of forecast errors that pool: over lags, months, families and cycles.

A cell is one month of one line, product, family or the company. Kept are Σ|F−A|, Σ(F−A), Σ|A| and the number of
cells, so that any pooling is a sum and WAPE = Σ|F−A| / Σ|A|, bias = Σ(F−A) / Σ|A| (see demand/accuracy.py).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
SUMS = ["absolute_error", "signed_error", "actual", "n"]
COLUMNS = ["month", "level", "key", *SUMS]


def error_sums(
    forecast: Matrix, actual: Matrix, levels: dict[str, NDArray[np.int64]], family: NDArray[np.object_]
) -> pd.DataFrame:
    """Sums per month position, level and family ('' = all) of two (lines, months) matrices.

    `levels` gives per level the group number of every line, for example its product's; within the level of single
    lines and products every group lies in one family. `actual` is NaN in months that are not closed: these are left
    out. ValueError when shapes do not fit.
    """
    if forecast.shape != actual.shape or any(len(groups) != len(forecast) for groups in levels.values()):
        raise ValueError(f"Forecast {forecast.shape} and actual {actual.shape} must have the same lines and months.")
    rows: list[dict[str, object]] = []
    closed = np.flatnonzero(np.isfinite(actual).all(axis=0)) if len(actual) else np.array([], dtype=int)
    for level, groups in levels.items():
        cells = _grouped(forecast[:, closed], groups), _grouped(actual[:, closed], groups)
        owner = _family_of(groups, family) if level != "company" else None
        for position, month in enumerate(closed):
            rows += _month_rows(int(month), level, cells[0][:, position], cells[1][:, position], owner)
    return pd.DataFrame(rows, columns=COLUMNS)


def _grouped(matrix: Matrix, groups: NDArray[np.int64]) -> Matrix:
    sums = np.zeros((int(groups.max(initial=-1)) + 1, matrix.shape[1]))
    np.add.at(sums, groups, matrix)
    return sums


def _family_of(groups: NDArray[np.int64], family: NDArray[np.object_]) -> NDArray[np.object_]:
    owner = np.empty(int(groups.max(initial=-1)) + 1, dtype=object)
    owner[groups] = family
    return owner


def _month_rows(
    month: int, level: str, forecast: Matrix, actual: Matrix, owner: NDArray[np.object_] | None
) -> list[dict[str, object]]:
    rows = [_sums(month, level, "", forecast, actual)]
    if owner is not None:
        codes, names = pd.factorize(owner)
        rows += [
            _sums(month, level, str(name), forecast[codes == i], actual[codes == i]) for i, name in enumerate(names)
        ]
    return rows


def _sums(month: int, level: str, key: str, forecast: Matrix, actual: Matrix) -> dict[str, object]:
    error = forecast - actual
    sums = (np.abs(error).sum(), error.sum(), np.abs(actual).sum(), len(error))
    return {"month": month, "level": level, "key": key} | dict(zip(SUMS, sums, strict=True))


def pooled(sums: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """The sums added up per `by`, with wape, bias (fractions of Σ|A|; NaN where it is 0)."""
    table = sums.groupby(list(by), sort=False)[SUMS].sum().reset_index()
    base = table["actual"].where(table["actual"] != 0)
    return table.assign(wape=table["absolute_error"] / base, bias=table["signed_error"] / base)
