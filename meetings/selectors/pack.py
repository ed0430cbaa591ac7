"""The pack: the numbers, decisions and risks of a cycle as they stand, ready to be kept as they are."""

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from django.db.models import QuerySet

from cycles.models import Cycle, CycleState
from cycles.periods import format_month
from cycles.selectors import participation
from demand.models import Stage
from demand.selectors.versions import stage_plan, stages_available
from masterdata.models import Person
from masterdata.roles import COST_ROLES
from masterdata.selectors import company
from meetings.briefs import cash_effect
from meetings.models import Decision, DecisionOption, RiskOpportunity
from meetings.selectors.company_forecast import BuiltForecast, forecast_build
from meetings.selectors.money import YearMoney, months_money, year_money
from meetings.selectors.records import margin_open
from supply.wording import count_text, money_text, percent_text, signed_money_text

YEAR = 12
SHOWN_STAGES = (Stage.BASELINE, Stage.SALES, Stage.TEAM, Stage.EVENTS, Stage.DEMAND_PLAN, Stage.SUPPLY_PLAN)
TOP_RISKS = 5
OPTION_EFFECTS = ("units", "revenue", "margin", "cost", "capacity_hours", "inventory", "service")
PRIVATE_EFFECTS = ("margin", "cost", "inventory", "cash")


def pack_content(cycle: Cycle, at: datetime, *, built: BuiltForecast | None = None) -> dict[str, Any]:
    """Everything the executive meeting looks at, as plain data. Totals are of the next twelve months.

    Margin stands by family and for the company only. Refused when demand or supply is not signed.
    """
    settings = company()
    built = built or forecast_build(cycle)
    revenue = built.forecast.quantity * built.frame["price"].to_numpy()[:, None]
    year = year_money(settings, cycle.month, revenue.sum(axis=0))
    risks = open_risks(cycle)
    return {
        "cycle": cycle.code,
        "at": at.isoformat(),
        "currency": settings.currency,
        "content": built.content_hash,
        "message": pack_message(year, _undecided(cycle), settings.currency),
        "stages": [_stage(cycle, stage, built) for stage in stages_available(cycle) if stage in SHOWN_STAGES]
        + [_totals(Stage.COMPANY_FORECAST, built.forecast.quantity, built.frame)],
        "families": families(built),
        "months": [
            {"month": format_month(row.month), "revenue": row.revenue, "budget": row.budget, "units": float(units)}
            for row, units in zip(
                months_money(cycle.month, revenue.sum(axis=0)), built.forecast.quantity.sum(axis=0), strict=True
            )
        ],
        "year": {"year": year.year, "booked": year.booked, "forecast": year.forecast, "budget": year.budget},
        "last_cycle": _last_cycle(cycle, built),
        "decisions": [decision_summary(decision) for decision in _decisions(cycle)],
        "risks": [risk_summary(risk) for risk in risks[:TOP_RISKS]],
        "risks_weighted": weighted(risks),
        "participation": _participation(cycle),
    }


def pack_message(year: YearMoney, undecided: int, currency: str) -> str:
    """The position in one sentence, and what it takes."""
    if year.gap is None:
        position = f"The fiscal year is expected at {money_text(year.revenue, currency)}; there is no budget for it."
    elif abs(year.gap) < 0.0005 * max(abs(year.budget or 0.0), 1.0):
        position = f"The fiscal year is on budget at {money_text(year.revenue, currency)}."
    else:
        side = "short of" if year.gap < 0 else "above"
        share = percent_text(abs(year.gap) / year.budget, 1) if year.budget else ""
        position = f"The fiscal year is {money_text(abs(year.gap), currency)} {side} budget ({share})."
    waiting = count_text(undecided, "decision") if undecided else "No decision"
    return f"{position} {waiting} {'waits' if undecided <= 1 else 'wait'} for you."


def _decisions(cycle: Cycle) -> QuerySet[Decision]:
    return cycle.decisions.select_related("decider__user").prefetch_related("options")


def _undecided(cycle: Cycle) -> int:
    return cycle.decisions.exclude(state=Decision.State.DECIDED).count()


def _stage(cycle: Cycle, stage: Stage, built: BuiltForecast) -> dict[str, Any]:
    return _totals(stage, stage_plan(cycle, stage, built.demand.lines).quantity, built.frame)


def _totals(stage: Stage, quantity: np.ndarray, frame: pd.DataFrame) -> dict[str, Any]:
    units = quantity[:, :YEAR].sum(axis=1)
    return {
        "stage": stage.value,
        "label": stage.label,
        "units": float(units.sum()),
        "revenue": float(units @ frame["price"].to_numpy()),
        "margin": float(units @ (frame["price"] - frame["unit_cost"]).to_numpy()),
    }


def families(built: BuiltForecast) -> list[dict[str, Any]]:
    """Per family: units asked, committed and forecast, what stays open, revenue and margin; largest revenue first."""
    frame, price = built.frame, built.frame["price"].to_numpy()
    units = built.forecast.quantity[:, :YEAR].sum(axis=1)
    table = pd.DataFrame(
        {
            "family": frame["family"].to_numpy(),
            "name": frame["family_name"].to_numpy(),
            "demand": built.demand.quantity[:, :YEAR].sum(axis=1),
            "committed": built.commitment.quantity[:, :YEAR].sum(axis=1),
            "forecast": units,
            "open": built.open_demand[:, YEAR - 1],
            "revenue": units * price,
            "margin": units * (price - frame["unit_cost"].to_numpy()),
        }
    )
    summed = table.groupby(["family", "name"], as_index=False).sum().sort_values("revenue", ascending=False)
    rows: list[dict[str, Any]] = summed.to_dict("records")
    return rows


def _last_cycle(cycle: Cycle, built: BuiltForecast) -> dict[str, Any] | None:
    """What the forecast in force says for the months both cover."""
    before = Cycle.objects.filter(state=CycleState.PUBLISHED, month__lt=cycle.month).order_by("-month").first()
    if before is None:
        return None
    plan = stage_plan(before, Stage.COMPANY_FORECAST, built.demand.lines)
    skip = (cycle.month.year - before.month.year) * YEAR + cycle.month.month - before.month.month
    months = min(plan.months - skip, YEAR)
    if months <= 0:
        return None
    price = built.frame["price"].to_numpy()
    old = plan.quantity[:, skip : skip + months].sum(axis=1)
    new = built.forecast.quantity[:, :months].sum(axis=1)
    return {
        "cycle": before.code,
        "simulated": before.simulated,
        "months": months,
        "units": float(new.sum() - old.sum()),
        "revenue": float((new - old) @ price),
    }


def _participation(cycle: Cycle) -> dict[str, Any]:
    seen = participation(cycle)
    return {"expected": seen.expected, "answered": seen.answered, "value_share": seen.value_share}


# --- Decisions and risks as data ---------------------------------------------------------


def decision_summary(decision: Decision) -> dict[str, Any]:
    return {
        "code": decision.code,
        "question": decision.question,
        "state": decision.state,
        "forum": decision.forum,
        "decider": decision.decider.name,
        "decide_by": decision.decide_by.isoformat(),
        "recommendation": decision.recommendation,
        "chosen": decision.chosen,
        "options": [_option_summary(option) for option in decision.options.all()],
    }


def _option_summary(option: DecisionOption) -> dict[str, Any]:
    effects = {name: getattr(option, name) for name in OPTION_EFFECTS}
    effects["cash"] = cash_effect(option.margin, option.cost, option.inventory)
    return {"key": option.key, "label": option.label, "margin_open": margin_open(option), **effects}


def pack_for(pack: dict[str, Any], person: Person) -> dict[str, Any]:
    """The pack as this person may read it: without the margin of what is smaller than a family."""
    return pack if person.role in COST_ROLES else pack_for_everybody(pack)


def pack_for_everybody(pack: dict[str, Any]) -> dict[str, Any]:
    return pack | {"decisions": [_decision_for_everybody(row) for row in pack.get("decisions", [])]}


def _decision_for_everybody(row: dict[str, Any]) -> dict[str, Any]:
    options = [o if o["margin_open"] else o | dict.fromkeys(PRIVATE_EFFECTS) for o in row["options"]]
    return row | {"options": options}


def open_risks(cycle: Cycle) -> list[RiskOpportunity]:
    """The register as it stands: open ones of this and earlier cycles, most expected money first."""
    rows = RiskOpportunity.objects.filter(state=RiskOpportunity.State.OPEN, cycle__month__lte=cycle.month)
    rows = rows.select_related("owner__user", "family", "cycle")
    return sorted(rows, key=lambda risk: (-risk.value * risk.probability, risk.pk))


def waits_for_review(risk: RiskOpportunity, cycle: Cycle) -> bool:
    """Of an earlier cycle, and nobody has looked at it in this one."""
    return bool(risk.cycle.month < cycle.month and risk.reviewed_in_id != cycle.pk)


def weighted(risks: list[RiskOpportunity]) -> float:
    """Expected effect of the register: opportunities minus risks, each value times its probability."""
    return sum(risk.weighted for risk in risks)


def risk_summary(risk: RiskOpportunity) -> dict[str, Any]:
    return {
        "kind": risk.kind,
        "text": risk.text,
        "value": risk.value,
        "probability": risk.probability,
        "month": format_month(risk.month),
        "owner": risk.owner.name,
    }


def plan_sentences(content: dict[str, Any]) -> tuple[str, ...]:
    """The plan in up to five sentences, from a pack's content."""
    currency = content["currency"]
    final = content["stages"][-1]
    demand = next((row for row in content["stages"] if row["stage"] == Stage.DEMAND_PLAN.value), final)
    short = demand["units"] - final["units"]
    lines = [
        f"The next twelve months: {count_text(final['units'])}, {money_text(final['revenue'], currency)}.",
        content["message"].split(". ")[0].rstrip(".") + ".",
    ]
    if content["last_cycle"]:
        last = content["last_cycle"]
        change = signed_money_text(last["revenue"], currency)
        lines.append(f"Against the forecast of {last['cycle']}: {change} over {last['months']} months.")
    if short >= 1:
        lines.append(f"Supply and decisions keep {count_text(short)} of the demand plan out of these months.")
    lines.append(f"Risks and opportunities weigh {signed_money_text(content['risks_weighted'], currency)}.")
    return tuple(lines)
