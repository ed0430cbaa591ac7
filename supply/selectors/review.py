"""The supply page: where operations stands against the demand plan of a cycle."""

from datetime import date, datetime
from typing import Any, Final

import numpy as np
import pandas as pd

from cycles.models import Cycle, CycleState, MilestoneReached
from cycles.periods import month_range
from cycles.selectors import current_cycle, milestones_reached
from cycles.steps import Milestone
from demand.models import Comment, ForecastVersion, Stage
from demand.selectors.versions import version_current, version_proposed
from jobs.models import ACTIVE_STATES, Job
from masterdata.models import Person
from masterdata.roles import COST_ROLES, Role
from masterdata.selectors import company, head_of
from supply.models import SupplyOrder, SupplyReturn
from supply.policy import OPERATIONS, may_plan, may_sign
from supply.selectors.answers import Answer, answer_of
from supply.selectors.gaps import gap_rows, gaps_of, short_of_supply
from supply.selectors.hour_values import hour_values_of
from supply.selectors.inputs_changed import plan_outdated
from supply.selectors.load import Load, load_chart, load_of, utilisation_rows
from supply.selectors.notes import notes_of
from supply.selectors.preview import preview
from supply.selectors.sharing import RULES
from supply.wording import count_text, money_text

SHOWN: Final = 12
CHARTS: Final = 2
ORDERS: Final = 10
HEARD: Final = 6
NEAR: Final = 6


def review_page(cycle: Cycle, person: Person, at: datetime, today: date) -> dict[str, Any]:
    """Everything the supply page shows; before there is a supply plan, what it waits for and a preview."""
    reached = milestones_reached(cycle)
    version = version_current(cycle, Stage.SUPPLY_PLAN)
    answer = answer_of(cycle) if version is not None else None
    page = {
        "cycle": cycle,
        "cycle_query": "" if cycle == current_cycle() else cycle.code,
        "demand_signed": Milestone.DEMAND_SIGNED in reached,
        "signed": Milestone.SUPPLY_SIGNED in reached,
        "signature": _signature(cycle),
        "money_open": person.role in COST_ROLES,
        "job": Job.objects.filter(kind="supply_plan", key=cycle.code, state__in=ACTIVE_STATES).first(),
        "notes": notes_of(cycle, version, at),
        "outdated": plan_outdated(cycle),
        "can_plan": may_plan(person),
        "scenarios_open": version is not None or version_proposed(cycle) is not None,
        "late_orders": late_orders(cycle, today),
    }
    if answer is None or version is None:
        return page | {"planned": False} | preview(cycle)
    return page | {"planned": True} | _planned(cycle, person, version, answer, reached)


def _planned(
    cycle: Cycle, person: Person, version: ForecastVersion, answer: Answer, reached: set[Milestone]
) -> dict[str, Any]:
    months = month_range(cycle.month, cycle.horizon)
    gaps = gaps_of(cycle)
    rows = gap_rows(gaps, person)
    load = load_of(cycle, answer.products, answer.demand, answer.with_hours, gaps)
    used = utilisation_rows(load, SHOWN)
    open_gaps = [row for row in rows if row["is_open"]]
    changeable = Milestone.SUPPLY_SIGNED not in reached and cycle.state == CycleState.OPEN
    return {
        "version": version,
        "rule": version.rule,
        "rule_label": next((label for rule, (label, _) in RULES.items() if rule == version.rule), ""),
        "rules": [{"code": rule.value, "label": label, "text": text} for rule, (label, text) in RULES.items()],
        "message": _message(answer, rows),
        "outcome": answer.outcome,
        "stock_known": answer.opening_stock is not None,
        "gaps": rows,
        "near_gaps": [gap for gap in gaps if gap.month < months[NEAR]],
        "open_gaps": len(open_gaps),
        "unanswered_gaps": sum(1 for row in open_gaps if not row["chosen"]),
        "used": used,
        "used_months": months[:SHOWN],
        "hour_values": hour_values_of(cycle, person, version.made_from_id),
        "charts": _charts(load, used),
        "families": family_rows(answer, months),
        "waiting": short_of_supply(answer, months),
        "stock_chart": stock_chart(answer, months),
        "returned": _returned(cycle),
        "heard": _heard(cycle),
        "head": head_of(OPERATIONS),
        "can_plan": changeable and may_plan(person),
        "can_sign": changeable and may_sign(person),
        "can_return": changeable and (may_plan(person) or may_sign(person)),
    }


def _message(answer: Answer, rows: list[dict[str, Any]]) -> str:
    """The state of supply in one sentence."""
    currency, late = company().currency, answer.outcome
    open_rows = [row["gap"] for row in rows if row["is_open"]]
    if open_rows:
        first = min(open_rows, key=lambda gap: gap.month)
        worth = money_text(sum(gap.value for gap in open_rows), currency)
        gaps = count_text(len(open_rows), "gap")
        return f"{gaps} worth {worth} wait for an answer, the first at {first.resource.name} in {first.month:%b %Y}."
    if late.units_late >= 1:
        worth = money_text(late.value_late, currency)
        said = f"{count_text(late.units_late)} worth {worth} ship later than asked."
        return f"Every gap has an answer; {said}" if rows else said
    return "Everything the demand plan asks for ships in its month."


def _charts(load: Load, used: list[dict[str, Any]]) -> list[dict[str, Any]]:
    charts = [load_chart(load, row, len(load.months)) for row in used[:CHARTS]]
    return [chart for chart in charts if chart is not None]


def family_rows(answer: Answer, months: list[date]) -> list[dict[str, Any]]:
    """Demand and commitment per family over the next twelve months, and the stock behind them; group by group,
    what is late for most money first."""
    frame = answer.products[["family", "family_name", "group"]].reset_index(drop=True)
    found = []
    for (group, code, name), rows in frame.groupby(["group", "family", "family_name"]).groups.items():
        found.append(_family(answer, months, {"group": group, "code": code, "name": name}, np.asarray(rows)))
    worth = pd.Series({row["group"]: 0.0 for row in found})
    for row in found:
        worth[row["group"]] += row["late_value"]
    return sorted(found, key=lambda row: (-worth[row["group"]], row["group"], -row["late_value"], row["name"]))


def _family(answer: Answer, months: list[date], named: dict[str, Any], rows: np.ndarray) -> dict[str, Any]:
    year = slice(0, SHOWN)
    demand, late = answer.demand[rows], answer.late[rows]
    asked, short = float(demand[:, year].sum()), float(late[:, year].sum())
    by_month = late.sum(axis=0)
    price = answer.products["price"].to_numpy()[rows]
    safety = answer.safety_stock[rows][:, None]
    return named | {
        "demand": asked,
        "committed": float(answer.committed[rows][:, year].sum()),
        "in_time": (1 - short / asked if short >= 1 else 1.0) if asked else None,
        "late": short,
        "late_value": float((late[:, year].sum(axis=1) * price).sum()) if short >= 1 else 0.0,
        "first_late": next((month for month, units in zip(months, by_month, strict=True) if units >= 1), None),
        "stock": None if answer.opening_stock is None else float(answer.opening_stock[rows].sum()),
        "stock_later": float(answer.inventory[rows][:, 2].sum()),
        "below": int(((answer.inventory[rows][:, :3] < safety - 0.5).any(axis=1)).sum()),
        "products": len(rows),
    }


def stock_chart(answer: Answer, months: list[date]) -> dict[str, Any] | None:
    """Projected stock at cost against the safety stock; None when stock is not known."""
    if answer.opening_stock is None:
        return None
    cost, n = answer.products["unit_cost"].to_numpy(), SHOWN
    # rounded, or the last digits would decide whether stock at its target lies below it
    values = np.round((answer.inventory * cost[:, None]).sum(axis=0)[:n] / 1000, 3)
    low = round(float((answer.safety_stock * cost).sum()) / 1000, 3)
    below = [month for month, value in zip(months, values, strict=False) if value < low]
    said = (
        f"Stock falls below the safety stock in {below[0]:%b %Y}." if below else "Stock stays above the safety stock."
    )
    return {
        "months": months[:n],
        "values": values.tolist(),
        "low": [low] * n,
        "forecast": [True] * n,
        "band_name": "",
        "message": said,
        "who": company().name,
        "measure": "Projected stock at cost at the month's end",
        "unit": f"k{company().currency}",
        "when": f"{months[0]:%b %Y} to {months[n - 1]:%b %Y}; the band begins at the safety stock",
        "width": 390,
        "height": 130,
    }


def late_orders(cycle: Cycle, today: date) -> dict[str, Any]:
    """Open production and purchase orders that were past their date when the cycle's month began, the oldest
    first; and how many have fallen due since, of which nobody can know before the month is closed."""
    rows = SupplyOrder.objects.select_related("product").order_by("due_on", "code")
    late = rows.filter(due_on__lt=cycle.month)
    total = late.count()
    shown = [{"order": row, "days": (today - row.due_on).days} for row in late[:ORDERS]]
    since = rows.filter(due_on__gte=cycle.month, due_on__lt=today).count()
    return {"rows": shown, "total": total, "more": total - len(shown), "since": since}


def _signature(cycle: Cycle) -> MilestoneReached | None:
    rows = MilestoneReached.objects.filter(
        cycle=cycle, kind=Milestone.SUPPLY_SIGNED.value, withdrawn_at=None
    ).select_related("by", "on_behalf_of")
    return rows.first()


def _heard(cycle: Cycle) -> list[Comment]:
    """What Sales told the supply planner in this cycle, the newest first."""
    rows = Comment.objects.filter(cycle=cycle, to__role=Role.SUPPLY_PLANNER)
    return list(rows.select_related("by__user", "line__customer", "line__product").order_by("-id")[:HEARD])


def _returned(cycle: Cycle) -> SupplyReturn | None:
    """The newest return that is not settled: demand has not been signed again since."""
    demand = version_current(cycle, Stage.DEMAND_PLAN)
    row = SupplyReturn.objects.filter(cycle=cycle).select_related("by__user").first()
    if row is None or (demand is not None and demand.made_at > row.at):
        return None
    return row
