"""Finance's page: forecast against budget by month, quarter and fiscal year; budgets, prices, rates."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cycles.models import Cycle
from cycles.periods import add_months, fiscal_year, quarter_of
from demand.models import Budget, Stage
from demand.selectors.outlook import Outlook, chart_data, fiscal_start, outlook
from demand.selectors.versions import stages_available
from masterdata.models import ExchangeRate, Person, Product, RowChange
from masterdata.roles import COST_ROLES, Role
from masterdata.selectors import company, sales_people

CHART_MONTHS = 18
FINANCE_TABLES = ("budget", "product", "exchange_rate")


@dataclass(frozen=True)
class FinancePage:
    cycle: Cycle
    stage: str
    chart: dict[str, Any] | None
    months: list[dict[str, Any]]
    quarters: list[dict[str, Any]]
    years: list[dict[str, Any]]
    budgets: list[dict[str, Any]]
    budget_years: list[str]
    products: list[Product]
    rates: list[ExchangeRate]
    changes: list[RowChange]
    sales_people: list[Person]
    may_write: bool
    sees_cost: bool


def finance_page(cycle: Cycle, person: Person) -> FinancePage:
    stages = stages_available(cycle)
    view = _view(cycle, stages[-1]) if stages else None
    budgets, years = _budgets()
    return FinancePage(
        cycle=cycle,
        stage=stages[-1].label if stages else "",
        chart=_chart(view, stages[-1]) if view else None,
        months=_months(view) if view else [],
        quarters=_sums(view, "quarter") if view else [],
        years=_sums(view, "year") if view else [],
        budgets=budgets,
        budget_years=years,
        products=list(Product.objects.filter(plan_as=None).select_related("family").order_by("family__name", "name")),
        rates=list(ExchangeRate.objects.order_by("-month", "currency")[:24]),
        changes=list(RowChange.objects.filter(table__in=FINANCE_TABLES, run=None).select_related("by__user")[:10]),
        sales_people=list(sales_people()),
        may_write=person.role == Role.FINANCE,
        sees_cost=person.role in COST_ROLES,
    )


def _view(cycle: Cycle, stage: Stage) -> Outlook:
    """From the start of the running fiscal year to the end of the horizon."""
    start = fiscal_start(company(), cycle.month)
    end = add_months(cycle.month, cycle.horizon)
    return outlook(cycle, stage, start=start, months=(end.year - start.year) * 12 + end.month - start.month)


def _chart(view: Outlook, stage: Stage) -> dict[str, Any]:
    cut = Outlook(*(getattr(view, name)[:CHART_MONTHS] for name in view.__dataclass_fields__))
    first, last = cut.months[0], cut.months[-1]
    when = f"{stage.label}, {first:%b %Y} to {last:%b %Y}; AC, FC, PL budget, PY"
    return chart_data(cut, unit=company().currency, message=_message(view), who="All families", when=when)


def _message(view: Outlook) -> str:
    """Where the running fiscal year ends against its budget."""
    year = _sums(view, "year")[0]
    if year["gap"] is None:
        return f"{year['name']} is expected at {year['value'] / 1e6:.1f} m; no budget is loaded for all of it."
    side = "above" if year["gap"] >= 0 else "below"
    return f"{year['name']} is expected to end {abs(year['gap']) / 1e6:.1f} m {side} budget."


def _frame(view: Outlook) -> pd.DataFrame:
    start = company().fiscal_year_start_month
    frame = pd.DataFrame({"month": view.months, "value": view.values, "budget": view.budget})
    frame["last_year"], frame["forecast"] = view.last_year, view.forecast
    frame["year"] = [f"FY {fiscal_year(m, start)}" for m in view.months]
    frame["quarter"] = [f"FY {y} Q{q}" for y, q in (quarter_of(m, start) for m in view.months)]
    return frame


def _months(view: Outlook) -> list[dict[str, Any]]:
    return [_row(row, f"{row['month']:%b %Y}") for row in _frame(view).to_dict("records")]


def _sums(view: Outlook, by: str) -> list[dict[str, Any]]:
    """A period without a budget in any of its months has no gap, rather than a wrong one."""
    groups = _frame(view).groupby(by, sort=False)
    table = groups[["value", "last_year"]].sum()
    table["budget"] = groups["budget"].sum(min_count=1).where(groups["budget"].count() == groups.size())
    table["forecast"] = groups["forecast"].any()
    return [_row(row, str(name)) for name, row in zip(table.index, table.to_dict("records"), strict=True)]


def _row(row: dict[str, Any], name: str) -> dict[str, Any]:
    budget = None if np.isnan(row["budget"]) else row["budget"]
    gap = None if budget is None else row["value"] - budget
    share = None if not budget or gap is None else gap / budget * 100
    keys = ("value", "last_year", "forecast")
    return {"name": name, "budget": budget, "gap": gap, "share": share, **{key: row[key] for key in keys}}


def _budgets() -> tuple[list[dict[str, Any]], list[str]]:
    """Budget by rep and fiscal year."""
    start = company().fiscal_year_start_month
    rows = Budget.objects.filter(rep__isnull=False).values_list("rep__user__first_name", "month", "revenue")
    frame = pd.DataFrame.from_records(rows, columns=["rep", "month", "revenue"])
    if frame.empty:
        return [], []
    frame["year"] = [f"FY {fiscal_year(m, start)}" for m in frame["month"]]
    table = frame.pivot_table(index="rep", columns="year", values="revenue", aggfunc="sum", fill_value=0.0)
    years = [str(year) for year in table.columns]
    listed = [
        {"rep": rep, "values": [float(v) for v in row]} for rep, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    return listed, years
