"""Where the company stands: the plan in force or on the table, month by month, against budget and last year."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np

from cycles.models import Cycle, CycleState
from cycles.periods import add_months, fiscal_year, fiscal_year_months, month_range, months_between, parse_month
from cycles.selectors import latest_published, milestones_reached
from cycles.steps import Milestone
from demand.matrices import Matrix
from demand.models import ForecastVersion, Stage, VersionState
from demand.selectors.outlook import budget_revenue
from demand.selectors.versions import version_current
from kpis.changes import Changed, changed
from kpis.selectors.booked import QUANTITY, booked, booked_by_family
from kpis.selectors.plan_totals import plan_totals
from masterdata.models import Company
from meetings.models import Meeting, MeetingKind
from meetings.selectors.company_forecast import forecast_build

YEAR = 12
SHOWN, BEHIND = 18, 6


@dataclass(frozen=True)
class FamilyPlan:
    """A family in the plan's next twelve months, in the measure shown."""

    code: str
    name: str
    ahead: float
    before: float

    @property
    def change(self) -> float | None:
        return self.ahead / self.before - 1 if self.before > 0 else None


@dataclass(frozen=True)
class ShownPlan:
    """The plan the page speaks of, in one measure by month from `start`.

    `number` is the pack's number, or the revision of what is published.
    """

    cycle: Cycle
    is_pack: bool
    number: int
    at: datetime
    start: date
    values: Matrix
    by_family: dict[tuple[str, str], Matrix] = field(default_factory=dict)
    families_of_year: tuple[tuple[str, str, float], ...] = ()


def shown_plan(cycle: Cycle | None, measure: str) -> ShownPlan | None:
    """The frozen pack of the open cycle, else the company forecast in force; None before there is any."""
    meeting = _frozen(cycle)
    if cycle is not None and meeting is not None:
        return _of_pack(cycle, meeting, measure)
    force = latest_published()
    version = version_current(force, Stage.COMPANY_FORECAST) if force else None
    return _of_version(force, version, measure) if force and version else None


def _frozen(cycle: Cycle | None) -> Meeting | None:
    if cycle is None or cycle.state == CycleState.PUBLISHED or Milestone.PACK_FROZEN not in milestones_reached(cycle):
        return None
    meeting = Meeting.objects.filter(cycle=cycle, kind=MeetingKind.EXECUTIVE).first()
    return meeting if meeting is not None and meeting.pack.get("months") else None


def _of_pack(cycle: Cycle, meeting: Meeting, measure: str) -> ShownPlan:
    """As it was frozen; the units of a pack from before they were kept by month, as they stand."""
    pack = meeting.pack
    key, column = ("forecast", "units") if measure == QUANTITY else ("revenue", "revenue")
    kept = [row.get(column) for row in pack["months"]]
    values = forecast_build(cycle).forecast.quantity.sum(axis=0) if None in kept else np.array(kept)
    return ShownPlan(
        cycle=cycle,
        is_pack=True,
        number=int(pack.get("number", 1)),
        at=meeting.pack_frozen_at or meeting.starts_at,
        start=parse_month(pack["months"][0]["month"]),
        values=values,
        families_of_year=tuple((row["family"], row["name"], float(row[key])) for row in pack["families"]),
    )


def _of_version(cycle: Cycle, version: ForecastVersion, measure: str) -> ShownPlan:
    totals = plan_totals(version)
    matrix = totals.units if measure == QUANTITY else totals.revenue
    by_family = {family: matrix[i] for i, family in enumerate(totals.families)}
    return ShownPlan(
        cycle, False, version.revision, version.made_at, version.start, matrix.sum(axis=0), by_family=by_family
    )


# --- By month ------------------------------------------------------------------------------


def first_open(company: Company, plan: ShownPlan) -> date:
    """The first month without actuals."""
    last = company.last_closed_month
    return add_months(last, 1) if last else plan.start


def joined(plan: ShownPlan, start: date, months: int, open_from: date, measure: str) -> Matrix:
    """(months,) closed months as booked, open ones as planned; NaN beyond the plan."""
    values = booked(start, min(months, max(months_between(start, open_from), 0)), measure)
    values = np.concatenate([values, np.zeros(months - len(values))])
    for i, month in enumerate(month_range(start, months)):
        if month >= open_from:
            at = months_between(plan.start, month)
            values[i] = plan.values[at] if 0 <= at < len(plan.values) else np.nan
    return values


def sales_chart(plan: ShownPlan, company: Company, measure: str) -> dict[str, Any]:
    """Arguments of the three-tier chart: six closed months and twelve ahead.

    Money is compared with the budget. There is no budget in units: these are compared with last year.
    """
    open_from = first_open(company, plan)
    start = add_months(open_from, -BEHIND)
    months = month_range(start, SHOWN)
    values = joined(plan, start, SHOWN, open_from, measure)
    last_year = joined(plan, add_months(start, -YEAR), SHOWN, open_from, measure)
    in_money = measure != QUANTITY
    reference = budget_revenue(start, SHOWN) if in_money else last_year
    scale = 1e6 if in_money else 1e3
    words = "AC, FC, PL budget, PY" if in_money else "AC, FC against PY; there is no budget in units"
    return {
        "months": months,
        "forecast": [month >= open_from for month in months],
        "values": _shown(values, scale),
        "plan": _shown(reference, scale),
        "previous_year": _shown(last_year, scale) if in_money else None,
        "reference": "PL" if in_money else "PY",
        "measure": "Net sales" if in_money else "Volume",
        "unit": f"m{company.currency}" if in_money else "k units",
        "who": "",
        "when": f"{months[0]:%b %Y} to {months[-1]:%b %Y}; {words}",
    }


def _shown(values: Matrix, scale: float) -> list[float | None]:
    return [None if np.isnan(value) else float(value) / scale for value in values]


def families_ahead(plan: ShownPlan, company: Company, measure: str) -> list[FamilyPlan]:
    """Families by size over the twelve months ahead, with the twelve months before."""
    open_from = first_open(company, plan)
    at = max(months_between(plan.start, open_from), 0)
    before = booked_by_family(add_months(open_from, -YEAR), YEAR, measure)
    found = [
        FamilyPlan(code, name, float(values[at : at + YEAR].sum()), float(before.get(code, 0.0)))
        for (code, name), values in plan.by_family.items()
    ]
    found += [
        FamilyPlan(code, name, ahead, float(before.get(code, 0.0))) for code, name, ahead in plan.families_of_year
    ]
    return sorted(found, key=lambda family: -family.ahead)


def since_last_plan(
    plan: ShownPlan, families: list[FamilyPlan], open_from: date, measure: str
) -> tuple[Cycle, Changed] | None:
    """The company forecast before this plan, and what changed over the twelve months ahead; None without one."""
    version = (
        ForecastVersion.objects.filter(
            stage=Stage.COMPANY_FORECAST, state=VersionState.CURRENT, cycle__month__lt=plan.cycle.month
        )
        .select_related("cycle")
        .order_by("-cycle__month")
        .first()
    )
    if version is None:
        return None
    totals = plan_totals(version)
    at = totals.at(open_from)
    if not 0 <= at <= version.months - YEAR:
        return None
    before = totals.of(measure)[:, at : at + YEAR].sum(axis=1)
    known = {code: float(value) for (code, _), value in zip(totals.families, before, strict=True)}
    return version.cycle, changed({f.code: f.ahead for f in families}, known)


# --- The fiscal year -------------------------------------------------------------------------


@dataclass(frozen=True)
class FiscalYear:
    """One fiscal year in money: booked and planned, against the budget; None without a whole budget."""

    year: int
    forecast: float
    budget: float | None
    months_open: int

    @property
    def name(self) -> str:
        return f"FY{self.year}"

    @property
    def gap(self) -> float | None:
        return None if self.budget is None else self.forecast - self.budget

    @property
    def share(self) -> float | None:
        return None if not self.budget or self.gap is None else self.gap / self.budget


def fiscal_years(plan: ShownPlan, company: Company) -> list[FiscalYear]:
    """The running fiscal year of the first open month, and the next one where plan and budget cover it."""
    open_from = first_open(company, plan)
    running = fiscal_year(open_from, company.fiscal_year_start_month)
    years = [_year(plan, company, year, open_from) for year in (running, running + 1)]
    return [year for year in years if year is not None]


def _year(plan: ShownPlan, company: Company, year: int, open_from: date) -> FiscalYear | None:
    months = fiscal_year_months(year, company.fiscal_year_start_month)
    values = joined(plan, months[0], YEAR, open_from, "revenue")
    if np.isnan(values).any():
        return None
    budget = budget_revenue(months[0], YEAR)
    whole = None if np.isnan(budget).any() else float(budget.sum())
    return FiscalYear(year, float(values.sum()), whole, sum(month >= open_from for month in months))
