"""The executive page: one screen that starts with what is to be decided today."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Sum

from cycles.models import Cycle
from cycles.periods import add_months
from cycles.selectors import current_cycle
from demand.models import Booking, Stage
from jobs.errors import Invalid
from kpis.bridges import Weighted, budget_bridge, low_and_high
from kpis.changes import Changed
from kpis.message import Choice, Position, executive_message
from kpis.selectors.accuracy import DEFAULT_LAGS, ladder, stored_sums
from kpis.selectors.accuracy_page import bias_data, stair_data
from kpis.selectors.family_supply import FamilySupply, supply_view
from kpis.selectors.position import (
    QUANTITY,
    FamilyPlan,
    FiscalYear,
    ShownPlan,
    families_ahead,
    first_open,
    fiscal_years,
    sales_chart,
    shown_plan,
    since_last_plan,
)
from kpis.selectors.process import health
from masterdata.models import Company, Person
from masterdata.selectors import company
from meetings.models import Decision, RiskOpportunity
from meetings.selectors.decisions import DecisionView, decision_rows, decision_views
from meetings.selectors.pack import open_risks
from supply.models import Gap

MEASURES = ("revenue", QUANTITY)
FAMILIES, RISKS, DECISIONS = 5, 5, 3
LADDER = (Stage.NAIVE, Stage.BASELINE, Stage.SALES, Stage.DEMAND_PLAN)


@dataclass(frozen=True)
class FamilyRow:
    """One row of the families table; `others` counts the families summed in it, `since` is the change of the plan."""

    name: str
    code: str
    ahead: float
    change: float | None
    supply: FamilySupply | None
    others: int = 0
    since: float | None = None


def executive_page(person: Person, *, at: datetime, today: date, measure: str = "revenue") -> dict[str, Any]:
    """Everything the page shows. A part whose input is missing says what is missing; the others stand."""
    if measure not in MEASURES:
        raise Invalid(f"{measure!r} is not a measure of this page. Use revenue or quantity.")
    cycle, settings = current_cycle(), company()
    plan = shown_plan(cycle, measure)
    money = plan if measure == "revenue" else shown_plan(cycle, "revenue")
    decisions = _decisions(person, today)
    risks = open_risks(cycle) if cycle else []
    years = fiscal_years(money, settings) if money else []
    page = {
        "cycle": cycle,
        "plan": plan,
        "currency": settings.currency,
        "measure": measure,
        "message": _message(plan, years, decisions, cycle, settings),
        "decisions": decisions[:DECISIONS],
        "more_decisions": max(len(decisions) - DECISIONS, 0),
        "risks": [_risk(risk) for risk in risks[:RISKS]],
        "more_risks": max(len(risks) - RISKS, 0),
        "missing": _missing(settings, cycle, plan),
        "health": health(cycle, at=at, today=today) if cycle else None,
    }
    return page | _plan_parts(plan, years, settings, risks, decisions, measure) | _accuracy()


def _plan_parts(
    plan: ShownPlan | None,
    years: list[FiscalYear],
    settings: Company,
    risks: list[RiskOpportunity],
    decisions: list[DecisionView],
    measure: str,
) -> dict[str, Any]:
    if plan is None:
        return {"chart": None, "bridge": None, "families": [], "years": []}
    families = families_ahead(plan, settings, measure)
    since = since_last_plan(plan, families, first_open(settings, plan), measure)
    supply = supply_view(plan.cycle, first_open(settings, plan))
    chart = sales_chart(plan, settings, measure)
    return {
        "chart": chart,
        "chart_drawn": _compact(chart, width=845, height=54),
        "bridge": _bridge(years[0], risks, decisions, settings.currency) if years else None,
        "years": years,
        "range": _range(years[0], risks) if years else None,
        "supply": supply,
        "families": _families(families, supply.families if supply else {}, since[1] if since else None),
        "since": _since(since, families),
        "first_open": first_open(settings, plan),
    }


# --- Message and decisions -------------------------------------------------------------------


def _decisions(person: Person, today: date) -> list[DecisionView]:
    """Open ones, and those deferred to today or before, in the order they are due."""
    rows = decision_rows().exclude(state=Decision.State.DECIDED)
    return decision_views([row for row in rows if not row.deferred_to or row.deferred_to <= today], person, today)


def effect_of(view: DecisionView) -> float:
    """What the recommended option adds in money; 0 where nothing is recommended."""
    recommended = view.recommended
    return (recommended.effects["revenue"] or 0.0) if recommended else 0.0


def _message(
    plan: ShownPlan | None,
    years: list[FiscalYear],
    decisions: list[DecisionView],
    cycle: Cycle | None,
    settings: Company,
) -> str:
    """The one sentence on top; before this cycle's pack it says first whose plan is shown."""
    if plan is None:
        return executive_message(Position("")) + " The first one comes when the CEO approves a company forecast."
    gaps = Gap.objects.filter(cycle=cycle, state=Gap.State.OPEN).aggregate(n=Count("id"), value=Sum("value"))
    choices = tuple(Choice(view.recommended.row.label, effect_of(view)) for view in decisions if view.recommended)
    said = ""
    if years:
        year = years[0]
        said = executive_message(
            Position(
                year.name,
                year.forecast,
                float("nan") if year.budget is None else year.budget,
                settings.currency,
                choices,
                gaps["n"],
                gaps["value"] or 0.0,
            )
        )
    before = "" if plan.is_pack or plan.cycle == cycle else executive_message(_in_force(plan))
    return f"{before} {said}".strip()


def _in_force(plan: ShownPlan) -> Position:
    simulated = " (simulated)" if plan.cycle.simulated else ""
    return Position("", last_approved=f"{plan.cycle.month:%B %Y}{simulated}")


# --- Bridge, families, risks -----------------------------------------------------------------


def _weighted(risks: list[RiskOpportunity], kind: RiskOpportunity.Kind) -> list[Weighted]:
    return [Weighted(risk.value, risk.probability) for risk in risks if risk.kind == kind]


def _bridge(
    year: FiscalYear, risks: list[RiskOpportunity], decisions: list[DecisionView], currency: str
) -> dict[str, Any] | None:
    """From the gap to budget as it is to the gap that remains; None without a budget."""
    if year.budget is None or year.gap is None:
        return None
    steps = budget_bridge(
        year.forecast,
        year.budget,
        opportunities=_weighted(risks, RiskOpportunity.Kind.OPPORTUNITY),
        risks=_weighted(risks, RiskOpportunity.Kind.RISK),
        decisions=[Weighted(effect_of(view)) for view in decisions],
    )
    known = [step for step in steps if step.code in ("opportunities", "risks", "decisions")]
    remaining = next(step.value for step in steps if step.code == "remaining")
    bars = [{"label": "Gap to budget today", "value": year.gap / 1e6, "kind": "gap"}]
    bars += [{"label": step.label, "value": step.value / 1e6, "kind": "expected"} for step in known]
    bars.append({"label": "Gap that remains", "value": -remaining / 1e6, "kind": "gap"})
    return {"steps": bars, "title": f"{year.name} against budget in m{currency}", "width": 280, "decimals": 2}


def _range(year: FiscalYear, risks: list[RiskOpportunity]) -> dict[str, float]:
    """The year with every risk and no opportunity come true, and the other way round."""
    low, high = low_and_high(
        year.forecast,
        _weighted(risks, RiskOpportunity.Kind.OPPORTUNITY),
        _weighted(risks, RiskOpportunity.Kind.RISK),
    )
    return {"low": low, "high": high}


def _families(plans: list[FamilyPlan], supply: dict[str, FamilySupply], since: Changed | None) -> list[FamilyRow]:
    """The largest families, and the rest in one row."""
    top, rest = plans[:FAMILIES], plans[FAMILIES:]
    moved = since.by_family if since else {}
    rows = [FamilyRow(f.name, f.code, f.ahead, f.change, supply.get(f.code), since=moved.get(f.code)) for f in top]
    if rest:
        whole = FamilyPlan("", "", sum(f.ahead for f in rest), sum(f.before for f in rest))
        others = sum(moved.values()) - sum(moved.get(f.code, 0.0) for f in top) if since else None
        rows.append(FamilyRow(f"{len(rest)} others", "", whole.ahead, whole.change, None, len(rest), others))
    return rows


def _since(found: tuple[Cycle, Changed] | None, plans: list[FamilyPlan]) -> dict[str, Any] | None:
    """What changed since the plan before, with the families that moved most by their names."""
    if found is None:
        return None
    cycle, moved = found
    names = {family.code: family.name for family in plans}
    return {"cycle": cycle, "moved": moved, "most": [(names.get(c, c), change) for c, change in moved.largest()]}


def _risk(risk: RiskOpportunity) -> dict[str, Any]:
    sign = -1 if risk.kind == RiskOpportunity.Kind.RISK else 1
    return {"row": risk, "expected": sign * risk.value * risk.probability, "value": sign * risk.value}


# --- Accuracy and what is missing ------------------------------------------------------------


def _accuracy() -> dict[str, Any]:
    """Bias of the company forecast over a year, and what the stages added, both at family level."""
    rows = stored_sums(level="family")
    if rows.empty:
        return {"bias": None, "stair": None, "accuracy_simulated": False}
    steps = [s for s in ladder(rows[rows["lag"].isin(DEFAULT_LAGS)]) if s["stage"] in {x.value for x in LADDER}]
    stair, bias = stair_data(steps), bias_data(rows, "All families")
    return {
        "bias": bias,
        "bias_drawn": _compact(bias, width=306, height=58) if bias else None,
        "stair": stair,
        "stair_drawn": _compact(stair, width=306) if stair else None,
        "accuracy_simulated": bool(Cycle.objects.filter(month__in=rows["cycle"].unique(), simulated=True).exists()),
    }


def _compact(chart: dict[str, Any], **size: int) -> dict[str, Any]:
    """The chart without its caption, which stands in the panel's head; the picture keeps it as its name."""
    title = ", ".join(part for part in (chart["measure"], chart.get("unit", ""), chart.get("when", "")) if part)
    bare = {key: value for key, value in chart.items() if key not in ("message", "who", "measure", "unit", "when")}
    return bare | size | {"title": title, "desc": chart.get("message", ""), "legend": False}


def _missing(settings: Company, cycle: Cycle | None, plan: ShownPlan | None) -> list[str]:
    """What has not come in, and since when."""
    found = []
    closed = settings.last_closed_month
    if closed is None or not Booking.objects.exists():
        found.append("No bookings are loaded, so there are no actuals.")
    elif cycle is not None and closed < add_months(cycle.month, -1):
        due = add_months(closed, 1)
        found.append(f"Bookings of {due:%B %Y} have not come in; actuals end with {closed:%B %Y}.")
    if plan is None:
        found.append("No company forecast has been published and no pack is frozen.")
    return found
