"""Lines rolled up to any level, months folded to quarters or years, and both ways back.

One definition for pages, REST and commands: quantity, revenue = quantity × price, margin = quantity × (price − unit
cost), summed over the lines of a level. Quantities of products in different units are simply added.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cycles.periods import fiscal_year, month_range, quarter_of
from demand.spreading import spread_total

Matrix = NDArray[np.float64]

LEVELS: dict[str, tuple[str, ...]] = {
    "line": ("customer", "product"),
    "product": ("product",),
    "family": ("family",),
    "customer": ("customer",),
    "region": ("region",),
    "rep": ("rep",),
    "company": (),
}
MEASURES = ("quantity", "revenue", "margin")
COMPANY = "company"
PERIODS = ("month", "quarter", "year")


def roll_up(
    matrix: ArrayLike,
    keys: pd.DataFrame,
    level: str,
    *,
    start: date,
    measure: str = "quantity",
    price: ArrayLike | None = None,
    cost: ArrayLike | None = None,
) -> pd.DataFrame:
    """Sums of a ``measure`` by ``level``: index = the level's codes, sorted; columns = months (dates).

    ``matrix`` (lines, months) in the product's unit, NaN = unknown (a sum over unknown cells only is NaN, else what
    is known is added); ``keys`` one row per line with the level's columns ('' = none). ``price`` and ``cost`` (lines,)
    or (lines, months) in company currency per unit, needed for revenue and margin.
    Raises ValueError for an unknown level or measure, a missing column or price, or shapes that do not fit.
    """
    values = measured(matrix, measure, price, cost)
    codes = _codes(keys, level, len(values))
    frame = pd.DataFrame(values, columns=pd.Index(month_range(start, values.shape[1]), name="month"))
    return frame.groupby(codes, sort=True, dropna=False).sum(min_count=1)


def measured(
    matrix: ArrayLike, measure: str = "quantity", price: ArrayLike | None = None, cost: ArrayLike | None = None
) -> Matrix:
    """Quantities (lines, months) turned into the measure."""
    quantity = np.asarray(matrix, dtype=float)
    if quantity.ndim != 2:
        raise ValueError(f"quantities must be (lines, months), not {quantity.shape}")
    if measure not in MEASURES:
        raise ValueError(f"{measure!r} is not a measure. Use one of: {', '.join(MEASURES)}.")
    if measure == "quantity":
        return quantity
    worth = _per_unit(price, "price", quantity)
    if measure == "margin":
        worth = worth - _per_unit(cost, "cost", quantity)
    return quantity * worth


def _per_unit(given: ArrayLike | None, name: str, quantity: Matrix) -> Matrix:
    if given is None:
        raise ValueError(f"revenue and margin need a {name} per line")
    values = np.asarray(given, dtype=float)
    if values.shape == quantity.shape[:1]:
        return values[:, np.newaxis]
    if values.shape == quantity.shape:
        return values
    raise ValueError(f"{name} has shape {values.shape}, quantities {quantity.shape}")


def _codes(keys: pd.DataFrame, level: str, lines: int) -> list[pd.Series]:
    if level not in LEVELS:
        raise ValueError(f"{level!r} is not a level. Use one of: {', '.join(LEVELS)}.")
    if len(keys) != lines:
        raise ValueError(f"{len(keys)} rows of keys for {lines} lines")
    missing = [column for column in LEVELS[level] if column not in keys.columns]
    if missing:
        raise ValueError(f"level {level} needs the column {missing[0]!r}")
    flat = keys.reset_index(drop=True)
    if not LEVELS[level]:
        return [pd.Series([COMPANY] * lines, name=COMPANY, dtype=object)]
    return [flat[column] for column in LEVELS[level]]


def long_form(rolled: pd.DataFrame, measure: str = "quantity") -> pd.DataFrame:
    """One row per code and month: the level's columns, month and the measure, in the order of the wide frame."""
    stacked = rolled.stack(future_stack=True)
    return stacked.rename(measure).reset_index()


def fold_months(rolled: pd.DataFrame, period: str = "quarter", *, fiscal_start: int = 1) -> pd.DataFrame:
    """Months (columns, dates) added up to fiscal quarters or years; columns become labels in order of time.

    A quarter is "2026 Q1", a year "2026", by the fiscal year that starts in month ``fiscal_start``. A period of which
    only some months are there holds those. An unknown cell counts as nothing beside known ones.
    """
    labels = period_labels(
        [pd.Timestamp(column).date() for column in rolled.columns], period, fiscal_start=fiscal_start
    )
    order = pd.Index(dict.fromkeys(labels), name=period)
    return rolled.T.groupby(np.array(labels, dtype=object)).sum(min_count=1).reindex(order).T


def period_labels(months: Sequence[date], period: str, *, fiscal_start: int = 1) -> list[str]:
    """The period each month belongs to."""
    if period not in PERIODS:
        raise ValueError(f"{period!r} is not a period. Use one of: {', '.join(PERIODS)}.")
    if period == "month":
        return [f"{month:%Y-%m}" for month in months]
    if period == "year":
        return [str(fiscal_year(month, fiscal_start)) for month in months]
    return ["{} Q{}".format(*quarter_of(month, fiscal_start)) for month in months]


def spread_period(
    matrix: ArrayLike,
    labels: Sequence[str],
    label: str,
    total: float,
    *,
    held: ArrayLike | None = None,
    fallbacks: Sequence[ArrayLike] = (),
    decimals: int | None = None,
) -> Matrix:
    """The matrix (lines, months) with the months of period ``label`` adding up to ``total``.

    ``labels`` names each month's period (:func:`period_labels`); ``held``, ``fallbacks`` and ``decimals`` as in
    :func:`demand.spreading.spread_total`. Other months stay. Raises ValueError for a period that is not there.
    """
    result = np.array(matrix, dtype=float)
    columns = np.flatnonzero(np.array(labels) == label)
    if not columns.size or len(labels) != result.shape[1]:
        raise ValueError(f"{label!r} is not one of the periods of {result.shape[1]} months")
    result[:, columns] = spread_total(
        total,
        result[:, columns],
        held=None if held is None else np.asarray(held)[:, columns],
        fallbacks=[np.asarray(fallback)[:, columns] for fallback in fallbacks],
        decimals=decimals,
    )
    return result
