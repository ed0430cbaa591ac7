"""The register of risks and opportunities: what may come, who watches it, and what it weighs on the year."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from cycles.models import Cycle
from cycles.periods import add_months, fiscal_year, months_between
from cycles.selectors import latest_published
from demand.models import Stage
from demand.selectors.lines import cycle_lines
from demand.selectors.versions import stage_plan
from masterdata.models import Family, Person
from masterdata.selectors import company, people
from meetings.models import RiskOpportunity, RiskReview
from meetings.selectors.money import YearMoney, year_money
from meetings.selectors.pack import open_risks, waits_for_review, weighted
from meetings.selectors.rights import leads, takes_part


@dataclass(frozen=True)
class YearWeight:
    """The fiscal year's gap by the forecast in force, and what the register weighs on its open months."""

    money: YearMoney
    cycle: str
    weighted: float

    @property
    def expected_gap(self) -> float | None:
        return None if self.money.gap is None else self.money.gap + self.weighted


@dataclass(frozen=True)
class RiskView:
    """A risk or opportunity; `to_review` when it is of an earlier cycle and nobody has looked at it in this one."""

    row: RiskOpportunity
    to_review: bool
    overdue: bool
    before: list[RiskReview]


def register(cycle: Cycle, person: Person, on: date) -> dict[str, Any]:
    """The open ones of this and earlier cycles, with what a form to add one offers."""
    return register_rows(cycle, on) | {
        "cycle": cycle,
        "writes": leads(person),
        "takes_part": takes_part(person),
        "everybody": list(people().order_by("user__first_name")),
        "families": list(Family.objects.all()),
    }


def register_rows(cycle: Cycle, on: date) -> dict[str, Any]:
    """What was not reviewed in this cycle first, then the heaviest; together and on the year."""
    risks = open_risks(cycle)
    reviews = _reviews(risks)
    views = [_view(risk, cycle, on, reviews[risk.pk]) for risk in risks]
    return {
        "risks": sorted(views, key=lambda view: not view.to_review),
        "risks_to_review": sum(view.to_review for view in views),
        "risks_weighted": weighted(risks),
        "risk_year": year_weight(risks),
    }


def _view(risk: RiskOpportunity, cycle: Cycle, on: date, reviews: list[RiskReview]) -> RiskView:
    overdue = risk.check_on is not None and risk.check_on < on
    return RiskView(risk, waits_for_review(risk, cycle), overdue, reviews[:-1])


def _reviews(risks: list[RiskOpportunity]) -> defaultdict[int, list[RiskReview]]:
    """Each look at a risk, oldest first; the last is what it weighs now."""
    found: defaultdict[int, list[RiskReview]] = defaultdict(list)
    for review in RiskReview.objects.filter(risk__in=risks).select_related("cycle", "by__user"):
        found[review.risk_id].append(review)
    return found


def risks_due(on: date) -> list[RiskOpportunity]:
    """Open ones whose day has come."""
    rows = RiskOpportunity.objects.filter(state=RiskOpportunity.State.OPEN, check_on__lte=on)
    return list(rows.select_related("owner__user", "cycle").order_by("check_on", "id"))


def year_weight(risks: list[RiskOpportunity]) -> YearWeight | None:
    """None before anything is published. Months already closed carry no risk any more."""
    source, settings = latest_published(), company()
    if source is None or settings.last_closed_month is None:
        return None
    start = max(add_months(settings.last_closed_month, 1), source.month)
    frame = cycle_lines(source)
    plan = stage_plan(source, Stage.COMPANY_FORECAST, frame.index.to_numpy(dtype=np.int64))
    revenue = (plan.quantity * frame["price"].to_numpy()[:, None]).sum(axis=0)[months_between(source.month, start) :]
    money = year_money(settings, start, revenue)
    ahead = [r for r in risks if r.month >= start and _year(r.month) == money.year]
    return YearWeight(money, source.code, weighted(ahead))


def _year(month: date) -> int:
    return fiscal_year(month, company().fiscal_year_start_month)
