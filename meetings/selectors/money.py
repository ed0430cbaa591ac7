"""The money view: forecast and what is booked against the budget, by month and fiscal year."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db.models import Sum

from cycles.periods import fiscal_year, fiscal_year_months, month_range
from demand.matrices import Matrix
from demand.models import Booking, Budget
from masterdata.models import Company


@dataclass(frozen=True)
class MonthMoney:
    """Revenue of one month, in company currency; `budget` is None where there is none."""

    month: date
    revenue: float
    budget: float | None

    @property
    def gap(self) -> float | None:
        return None if self.budget is None else self.revenue - self.budget


@dataclass(frozen=True)
class YearMoney:
    """The fiscal year: booked up to the last closed month plus the forecast of the rest, against the budget."""

    year: int
    booked: float
    forecast: float
    budget: float | None

    @property
    def revenue(self) -> float:
        return self.booked + self.forecast

    @property
    def gap(self) -> float | None:
        return None if self.budget is None else self.revenue - self.budget


def budget_by_month(months: Sequence[date]) -> dict[date, float]:
    """Budgeted revenue of the months that have a budget."""
    rows = Budget.objects.filter(month__in=months).values_list("month").annotate(Sum("revenue"))
    return dict(rows)


def months_money(start: date, revenue: Matrix) -> list[MonthMoney]:
    """`revenue` (months,) from `start`, each month with its budget."""
    months = month_range(start, len(revenue))
    budget = budget_by_month(months)
    return [MonthMoney(month, float(value), budget.get(month)) for month, value in zip(months, revenue, strict=True)]


def year_money(settings: Company, start: date, revenue: Matrix) -> YearMoney:
    """The fiscal year in which the cycle's month `start` lies; `revenue` (months,) is the forecast from there on."""
    year = fiscal_year(start, settings.fiscal_year_start_month)
    months = fiscal_year_months(year, settings.fiscal_year_start_month)
    ahead = dict(zip(month_range(start, len(revenue)), np.asarray(revenue, dtype=float).tolist(), strict=True))
    past = [month for month in months if month < start]
    booked = Booking.objects.filter(month__in=past).aggregate(total=Sum("revenue"))["total"]
    budget = budget_by_month(months)
    return YearMoney(
        year=year,
        booked=float(booked or 0.0),
        forecast=sum(ahead.get(month, 0.0) for month in months if month >= start),
        budget=sum(budget.values()) if budget else None,
    )
