"""Finance's page: forecast against budget by month, quarter and fiscal year; budgets, prices, rates."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from cycles.models import Cycle
from cycles.periods import add_months, fiscal_year, quarter_of
from demand.models import Booking, Budget, Stage
from demand.selectors.lines import cycle_lines
from demand.selectors.outlook import Outlook, chart_data, fiscal_start, outlook
from demand.selectors.versions import stage_plan, stages_available
from jobs.errors import Invalid
from masterdata.models import ExchangeRate, Person, Product, RowChange
from masterdata.roles import COST_ROLES, Role
from masterdata.selectors import company, sales_people
from masterdata.selectors.rates import Rates, in_company_currency, rates_read

CHART_MONTHS = 18
MONEY = ("value", "budget", "last_year", "margin")
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
    currency: str
    currencies: list[str]
    unrated: list[str]
    rate_words: str
    changes: list[RowChange]
    sales_people: list[Person]
    may_write: bool
    sees_cost: bool


def finance_page(cycle: Cycle, person: Person, currency: str = "") -> FinancePage:
    """Everything in company currency; the sums by period in another one where it is asked for."""
    stages, rates = stages_available(cycle), rates_read()
    chosen = currency or rates.own
    if chosen not in (rates.own, *rates.known):
        raise Invalid(f"There is no exchange rate for {currency[:10]!r}. Choose another currency.")
    view = _view(cycle, stages[-1]) if stages else None
    frame = _frame(view, _margin(view, cycle, stages[-1], rates), rates, chosen) if view else None
    budgets, years = _budgets()
    return FinancePage(
        cycle=cycle,
        stage=stages[-1].label if stages else "",
        chart=_chart(view, stages[-1]) if view else None,
        months=_months(frame) if frame is not None else [],
        quarters=_sums(frame, "quarter") if frame is not None else [],
        years=_sums(frame, "year") if frame is not None else [],
        budgets=budgets,
        budget_years=years,
        products=list(Product.objects.filter(plan_as=None).select_related("family").order_by("family__name", "name")),
        currency=chosen,
        currencies=[rates.own, *sorted(rates.known)],
        unrated=_unrated(rates, cycle.month),
        rate_words=_rate_words(rates, chosen, view.months if view else []),
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
    start = company().fiscal_year_start_month
    running = [fiscal_year(month, start) == fiscal_year(view.months[0], start) for month in view.months]
    name, value = f"FY {fiscal_year(view.months[0], start)}", float(view.values[running].sum())
    gap = float(view.gap[running].sum())
    if np.isnan(gap):
        return f"{name} is expected at {value / 1e6:.1f} m; no budget is loaded for all of it."
    side = "above" if gap >= 0 else "below"
    return f"{name} is expected to end {abs(gap) / 1e6:.1f} m {side} budget."


def _margin(view: Outlook, cycle: Cycle, stage: Stage, rates: Rates) -> np.ndarray:
    """(months,) booked or planned revenue less its cost; NaN where a cost's rate is missing."""
    booked = Booking.objects.filter(month__gte=view.months[0], month__lt=cycle.month)
    cost = F("qty") * Coalesce(F("product__unit_cost"), 0.0)
    rows = booked.values_list("month", "product__currency").annotate(cost=Sum(cost))
    frame = pd.DataFrame.from_records(rows, columns=["month", "currency", "cost"])
    frame["cost"] = in_company_currency(frame["cost"], frame["currency"], frame["month"], rates)
    spent = {month: own.sum(skipna=False) for month, own in frame.groupby("month")["cost"]}
    plan = stage_plan(cycle, stage)
    each = cycle_lines(cycle, lines=plan.lines)["unit_cost"].reindex(plan.lines).to_numpy()
    ahead = (plan.quantity * each[:, None]).sum(axis=0)
    spent |= {add_months(cycle.month, i): float(value) for i, value in enumerate(ahead)}
    return view.values - np.array([spent.get(month, 0.0) for month in view.months])


def _unrated(rates: Rates, month: date) -> list[str]:
    """Currencies that products are priced in and that have no rate: what is sold in them is worth nothing here."""
    used = Product.objects.exclude(currency__in=["", rates.own]).values_list("currency", flat=True)
    return sorted(currency for currency in set(used) if np.isnan(rates.at(currency, month)))


def _rate_words(rates: Rates, currency: str, months: list[date]) -> str:
    """Which months have no rate of their own and what they are shown at; empty where every month has."""
    known = rates.known[currency][0] if currency != rates.own else []
    if not known or not months:
        return ""
    words = f"Months before {known[0]:%B %Y} have no rate and are left out. " if months[0] < known[0] else ""
    return words + (f"Months after {known[-1]:%B %Y} are shown at its rate." if months[-1] > known[-1] else "")


def _frame(view: Outlook, margin: np.ndarray, rates: Rates, currency: str) -> pd.DataFrame:
    """A row a month in the currency asked for, each at its own month's rate; last year at last year's."""
    start = company().fiscal_year_start_month
    rate = np.array([rates.at(currency, month) for month in view.months])
    before = np.array([rates.at(currency, add_months(month, -12)) for month in view.months])
    frame = pd.DataFrame({"month": view.months, "value": view.values / rate, "budget": view.budget / rate})
    frame["last_year"], frame["margin"], frame["forecast"] = view.last_year / before, margin / rate, view.forecast
    frame["year"] = [f"FY {fiscal_year(m, start)}" for m in view.months]
    frame["quarter"] = [f"FY {y} Q{q}" for y, q in (quarter_of(m, start) for m in view.months)]
    return frame


def _months(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [_row(row, f"{row['month']:%b %Y}") for row in frame.to_dict("records")]


def _sums(frame: pd.DataFrame, by: str) -> list[dict[str, Any]]:
    """A period that lacks a budget, a cost or a rate in any of its months has no such sum, rather than a wrong one."""
    groups = frame.groupby(by, sort=False)
    table = pd.DataFrame({name: groups[name].sum().where(groups[name].count() == groups.size()) for name in MONEY})
    table["forecast"] = groups["forecast"].any()
    return [_row(row, str(name)) for name, row in zip(table.index, table.to_dict("records"), strict=True)]


def _row(row: dict[str, Any], name: str) -> dict[str, Any]:
    """None where something is not known."""
    told: dict[str, Any] = {key: None if np.isnan(row[key]) else row[key] for key in MONEY}
    value, budget, margin = told["value"], told["budget"], told["margin"]
    told["gap"] = None if budget is None or value is None else value - budget
    told["share"] = None if not budget or told["gap"] is None else told["gap"] / budget * 100
    told["margin_share"] = None if not value or margin is None else margin / value * 100
    return told | {"name": name, "forecast": row["forecast"]}


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
