"""Actual, forecast, budget and last year of a selection, month by month in money, for the three-tier chart."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db.models import Sum

from cycles.models import Cycle
from cycles.periods import add_months, month_range, months_between
from demand.models import Booking, Budget, Stage
from demand.selectors.lines import cycle_lines
from demand.selectors.versions import money, stage_plan
from masterdata.models import Company

YEAR = 12


@dataclass(frozen=True)
class Outlook:
    """Revenue in company currency by month; NaN = not known. `forecast` marks the months that are not closed."""

    months: list[date]
    forecast: list[bool]
    values: np.ndarray
    budget: np.ndarray
    last_year: np.ndarray

    @property
    def gap(self) -> np.ndarray:
        """Value minus budget."""
        return self.values - self.budget


def booked_revenue(start: date, months: int, *, family: str = "") -> np.ndarray:
    """(months,) revenue booked; 0 in months without bookings."""
    rows = Booking.objects.filter(month__gte=start, month__lt=add_months(start, months))
    if family:
        rows = rows.filter(product__family__code=family)
    values = np.zeros(months)
    for month, revenue in rows.values_list("month").annotate(Sum("revenue")):
        values[months_between(start, month)] = revenue
    return values


def budget_revenue(start: date, months: int) -> np.ndarray:
    """(months,) budgeted revenue of the company; NaN where there is no budget. By rep and by family count once."""
    values = np.full(months, np.nan)
    rows = Budget.objects.filter(month__gte=start, month__lt=add_months(start, months))
    scope = {"rep__isnull": False} if rows.filter(rep__isnull=False).exists() else {"family__isnull": False}
    for month, revenue in rows.filter(**scope).values_list("month").annotate(Sum("revenue")):
        values[months_between(start, month)] = revenue
    return values


def outlook(
    cycle: Cycle, stage: Stage, *, start: date, months: int, family: str = "", revenue: np.ndarray | None = None
) -> Outlook:
    """Closed months as booked, open ones at a stage's number; budget only for the whole company.

    `revenue`: the stage's revenue by month of the horizon where the caller has it already.
    """
    calendar = month_range(start, months)
    booked = booked_revenue(add_months(start, -YEAR), YEAR + months, family=family)
    values = booked[YEAR:].copy()
    ahead = np.array([month >= cycle.month for month in calendar])
    plan_values = _stage_revenue(cycle, stage, family) if revenue is None else revenue
    for i in np.flatnonzero(ahead):
        position = months_between(cycle.month, calendar[i])
        values[i] = plan_values[position] if position < len(plan_values) else np.nan
    budget = np.full(months, np.nan) if family else budget_revenue(start, months)
    last_year = _last_year(cycle, start, booked[:months].copy(), plan_values)
    return Outlook(calendar, ahead.tolist(), values, budget, last_year)


def _stage_revenue(cycle: Cycle, stage: Stage, family: str) -> np.ndarray:
    plan = stage_plan(cycle, stage)
    frame = cycle_lines(cycle, lines=plan.lines)
    values = money(frame, plan)
    return values[(frame["family"] == family).to_numpy()].sum(axis=0) if family else values.sum(axis=0)


def _last_year(cycle: Cycle, start: date, values: np.ndarray, plan_values: np.ndarray) -> np.ndarray:
    """What was booked a year before, and the plan where the year before lies ahead as well."""
    year_before = add_months(start, -YEAR)
    for i in range(len(values)):
        position = months_between(cycle.month, add_months(year_before, i))
        if 0 <= position < len(plan_values):
            values[i] = plan_values[position]
    return values


def fiscal_start(company: Company, month: date) -> date:
    """The first month of the fiscal year that `month` lies in."""
    back = (month.month - company.fiscal_year_start_month) % 12
    return add_months(month, -back)


def chart_data(view: Outlook, *, unit: str, message: str, who: str, when: str) -> dict[str, object]:
    """The arguments of the chart tag `three_tier`, in millions of company currency."""
    scale = 1e6

    def shown(values: np.ndarray) -> list[float | None]:
        return [None if np.isnan(value) else float(value) / scale for value in values]

    return {
        "months": view.months,
        "forecast": view.forecast,
        "values": shown(view.values),
        "plan": shown(view.budget),
        "previous_year": shown(view.last_year),
        "unit": f"m{unit}",
        "measure": "Net sales",
        "who": who,
        "when": when,
        "message": message,
    }
