"""Money: computed from quantities with price and unit cost, never stored twice.

`quantity` is (lines, months) or (lines,); `price` and `unit_cost` are per line or of the same shape.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from cycles.periods import fiscal_year, quarter_of
from kpis.measures.measured import Measured, ratio
from kpis.measures.words import Family, Good, Measure, Subject


@dataclass(frozen=True)
class PeriodGap:
    """Forecast against budget in one month, quarter or fiscal year; `share` is NaN without budget."""

    period: str
    forecast: float
    budget: float

    @property
    def gap(self) -> float:
        """forecast - budget: + = above budget."""
        return self.forecast - self.budget

    @property
    def share(self) -> float:
        """gap / budget."""
        return self.gap / self.budget if self.budget > 0 else math.nan


def revenue(quantity: ArrayLike, price: ArrayLike) -> float:
    """Σ quantity x price, in the company currency."""
    return float(_times(quantity, price).sum())


def cost_of_sales(quantity: ArrayLike, unit_cost: ArrayLike) -> float:
    """Σ quantity x unit cost: standard cost of sales."""
    return float(_times(quantity, unit_cost).sum())


def margin(quantity: ArrayLike, price: ArrayLike, unit_cost: ArrayLike) -> float:
    """revenue - Σ quantity x unit cost; may be negative."""
    return revenue(quantity, price) - cost_of_sales(quantity, unit_cost)


def margin_share(quantity: ArrayLike, price: ArrayLike, unit_cost: ArrayLike) -> Measured:
    """margin / revenue (margin %); n/a without revenue. Below 0 = sold below cost."""
    return ratio(margin(quantity, price, unit_cost), revenue(quantity, price), np.asarray(quantity).size)


def overtime_cost(hours: ArrayLike, cost_per_hour: ArrayLike) -> float:
    """Σ overtime hours x overtime cost per hour."""
    return float(_times(hours, cost_per_hour).sum())


def expediting_cost(units: ArrayLike, surcharge: ArrayLike) -> float:
    """Σ expedited units x surcharge per unit."""
    return float(_times(units, surcharge).sum())


def holding_cost(inventory: ArrayLike, unit_cost: ArrayLike, monthly_rate: float) -> float:
    """Σ ending inventory x unit cost x holding rate per month."""
    return float(_times(inventory, unit_cost).sum()) * monthly_rate


def gap_to_budget(
    months: Sequence[date],
    forecast: ArrayLike,
    budget: ArrayLike,
    *,
    by: str = "month",
    fiscal_year_start: int = 1,
) -> list[PeriodGap]:
    """Company forecast (with actuals for closed months) - budget, by `month`, `quarter` or `year`.

    `forecast` and `budget` are money per month. A month whose forecast or budget is unknown (NaN)
    is left out on both sides, never counted as 0. Quarters and years are fiscal.
    """
    money = [np.asarray(side, dtype=float) for side in (forecast, budget)]
    if any(side.shape != (len(months),) for side in money):
        raise ValueError(f"{len(months)} months, but forecast and budget have {money[0].shape} and {money[1].shape}.")
    sums: dict[str, tuple[float, float]] = {}
    for month, planned, target in zip(months, *(side.tolist() for side in money), strict=True):
        if not (math.isnan(planned) or math.isnan(target)):
            name = _period(month, by, fiscal_year_start)
            before = sums.get(name, (0.0, 0.0))
            sums[name] = (before[0] + planned, before[1] + target)
    return [PeriodGap(name, planned, target) for name, (planned, target) in sums.items()]


def _period(month: date, by: str, start: int) -> str:
    if by == "month":
        return f"{month:%Y-%m}"
    if by == "quarter":
        year, quarter = quarter_of(month, start)
        return f"FY{year} Q{quarter}"
    if by == "year":
        return f"FY{fiscal_year(month, start)}"
    raise ValueError(f"Money is shown by month, quarter or year, not by {by!r}.")


def _times(quantity: ArrayLike, per_unit: ArrayLike) -> np.ndarray:
    amount, each = np.asarray(quantity, dtype=float), np.asarray(per_unit, dtype=float)
    if each.ndim == 1 and amount.ndim == 2 and each.size == amount.shape[0]:
        each = each[:, None]
    if each.ndim and each.shape not in (amount.shape, (*amount.shape[:-1], 1)):
        raise ValueError(f"{each.shape} values per unit do not fit quantities of {amount.shape}.")
    return amount * each


MEASURES: Final = (
    Measure(
        "units_sold",
        "Units sold",
        Subject.MONEY,
        Family.SALES,
        "Σ booked quantity",
        "units",
        Good.UP,
        "returns are negative",
    ),
    Measure(
        "revenue",
        "Revenue",
        Subject.MONEY,
        Family.SALES,
        "Σ quantity × price",
        "money",
        Good.UP,
        "price per line when known",
    ),
    Measure(
        "gap_to_budget",
        "Gap to budget",
        Subject.MONEY,
        Family.SALES,
        "company forecast − budget",
        "money",
        Good.UP,
        "by month, quarter and fiscal year; months without a budget are left out on both sides",
    ),
    Measure(
        "cost_of_sales",
        "Cost of sales",
        Subject.MONEY,
        Family.COST,
        "Σ quantity × unit cost",
        "money",
        Good.DOWN,
        "standard cost",
    ),
    Measure(
        "overtime_cost",
        "Overtime",
        Subject.MONEY,
        Family.COST,
        "Σ overtime hours × overtime rate",
        "money",
        Good.DOWN,
        "",
    ),
    Measure(
        "expediting_cost",
        "Expediting",
        Subject.MONEY,
        Family.COST,
        "Σ expedited units × surcharge",
        "money",
        Good.DOWN,
        "",
    ),
    Measure(
        "holding_cost",
        "Inventory holding",
        Subject.MONEY,
        Family.COST,
        "Σ ending inventory × unit cost × monthly rate",
        "money",
        Good.DOWN,
        "",
    ),
    Measure(
        "margin",
        "Margin",
        Subject.MONEY,
        Family.PROFIT,
        "revenue − Σ quantity × unit cost",
        "money",
        Good.UP,
        "may be negative",
    ),
    Measure(
        "margin_share",
        "Margin %",
        Subject.MONEY,
        Family.PROFIT,
        "margin / revenue",
        "%",
        Good.UP,
        "n/a without revenue",
    ),
)
