"""Scenarios of a cycle: all of them, some of them beside the plan as it is, and what a new one can change."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

import numpy as np

from cycles.models import Cycle, CycleState
from cycles.periods import month_range, parse_month
from demand.models import Event, Stage
from demand.selectors.events import events_frame
from demand.selectors.versions import version_current, version_proposed
from masterdata.models import Family, Person, Product, Region
from masterdata.roles import COST_ROLES
from masterdata.selectors import company
from supply.allocation import Rule
from supply.as_commitment import priced
from supply.capacity import load_hours
from supply.commitment import Commitment
from supply.ground import Ground, problem_of
from supply.models import Resource, Scenario
from supply.policy import may_plan, supply_signed
from supply.scenario_table import panels, table
from supply.scenarios import KINDS, changed, read
from supply.selectors.answers import Answer, answer_of
from supply.selectors.facts import adopted_changes
from supply.selectors.ground import fingerprint
from supply.selectors.preview import waits_for
from supply.selectors.products import supply_products
from supply.selectors.scenario_results import Start, result_of, rules_on
from supply.selectors.start import scenario_start
from supply.wording import count_text, list_text, money_text, percent_text

MOST_COMPARED: Final = 4
SHOWN_FIRST: Final = 3
LEAST_GAIN: Final = 0.0005
AS_IT_IS: Final = "The plan as it is"


def scenarios_page(cycle: Cycle, person: Person, picked: Sequence[int]) -> dict[str, Any]:
    """The comparison of the picked scenarios (the newest when none is picked) and the list of all."""
    start, names = scenario_start(cycle, []), code_names()
    known = list(Scenario.objects.filter(cycle=cycle).select_related("made_by__user", "chosen_by__user"))
    ground = fingerprint(start.ground)
    shown = compared(known, picked)
    rows = [_row(one, ground, start, names, one in shown) for one in known]
    money_open = person.role in COST_ROLES
    base = plan_as_it_is(start)
    columns = [_column(AS_IT_IS, base, names, money_open)]
    columns += [_column(one.name, one.result, names, money_open) | {"scenario": one} for one in shown]
    figures = [column["figures"] for column in columns]
    currency = company().currency
    return {
        "cycle": cycle,
        "rows": rows,
        "columns": columns,
        "table": table(figures, money_open=money_open),
        "chart": _chart(columns, figures, currency, money_open),
        "doubts": base["doubts"],
        "waiting": [row for row in rows if row["scenario"].state == Scenario.State.WAITING],
        "chosen": next((row for row in rows if row["scenario"].chosen_at is not None), None),
        "money_open": money_open,
        "can_make": may_plan(person) and cycle.state == CycleState.OPEN,
        "can_choose": may_plan(person) and cycle.state == CycleState.OPEN and not supply_signed(cycle),
        "kinds": [{"kind": kind, "label": cls.label} for kind, cls in KINDS.items()],
        "most": MOST_COMPARED,
    }


def scenarios_waiting(cycle: Cycle) -> dict[str, Any] | None:
    """What the page says while there is no demand plan to change; None when there is one."""
    if version_current(cycle, Stage.DEMAND_PLAN) is not None or version_proposed(cycle) is not None:
        return None
    return {"cycle": cycle, "waits_for": waits_for(cycle)}


def compared(known: Sequence[Scenario], picked: Sequence[int]) -> list[Scenario]:
    """The scenarios to put side by side: those picked that are worked out, else the newest."""
    done = [one for one in known if one.state == Scenario.State.DONE]
    wanted = [one for one in done if one.pk in picked]
    return wanted[:MOST_COMPARED] or done[-SHOWN_FIRST:]


def plan_as_it_is(start: Start) -> dict[str, Any]:
    """The supply plan of the cycle in the figures of scenarios; before there is one, the plan of the rules."""
    ground = changed(start.ground, start.cycle.month, adopted_changes(start.cycle))
    version = version_current(start.cycle, Stage.SUPPLY_PLAN)
    answer = answer_of(start.cycle) if version is not None else None
    rule = Rule(version.rule) if version is not None and version.rule else Rule.FAIR_SHARE
    if answer is None or answer.demand.shape != ground.demand.shape:
        start, made = replace(start, ground=ground), rules_on(ground)
    else:
        start = replace(start, ground=replace(ground, demand=answer.demand))
        made = _answered(answer, start.ground)
    return result_of(start, priced(made, problem_of(start.ground)), rule, method="as it is")


def _answered(answer: Answer, ground: Ground) -> Commitment:
    known = answer.opening_stock is not None
    production = np.maximum(answer.supply - ground.receipts * known, 0.0)
    return Commitment(
        commitment=answer.committed,
        shipments=answer.shipments,
        production=production,
        inventory=answer.inventory,
        backlog=answer.backlog,
        load=load_hours(ground.hours, production - answer.bought),
        bought=answer.bought,
        binding=np.full(answer.demand.shape, -1),
        stock_known=known,
        open_demand=np.maximum(answer.demand.sum(axis=1) - answer.committed.sum(axis=1), 0.0),
    )


def _row(one: Scenario, ground: str, start: Start, names: dict[str, str], shown: bool) -> dict[str, Any]:
    return {
        "scenario": one,
        "words": scenario_words(one, names),
        "stale": _stale(one, ground, start),
        "shown": shown,
        "of_demand": of_demand(one),
        "service": one.result.get("figures", {}).get("in_time"),
    }


def scenario_words(one: Scenario, names: dict[str, str]) -> str:
    """What a scenario changes, in one sentence."""
    changes = [read(change).words(names) for change in one.changes]
    return f"{list_text(changes, most=len(changes))}." if changes else "Nothing changed, planned at least cost."


def of_demand(one: Scenario) -> bool:
    return any(KINDS[change["kind"]].of_demand for change in one.changes)


def _stale(one: Scenario, ground: str, start: Start) -> str:
    """Why a result is out of date; empty when it is not."""
    if one.state != Scenario.State.DONE or one.ground == ground:
        return ""
    if start.source is not None and one.demand_version_id != start.source.pk:
        return "The demand plan has changed since."
    return "Demand, capacity, stock or an agreed option has changed since."


def _column(name: str, result: dict[str, Any], names: dict[str, str], money_open: bool) -> dict[str, Any]:
    """A plan of the comparison: figures, and in words what binds it and who waits."""
    currency = company().currency
    return {
        "name": name,
        "scenario": None,
        "method": result["method"],
        "figures": result["figures"],
        "gap": result["figures"].get("gap"),
        "classes": class_words(result.get("classes", [])),
        "missed": missed_words(result.get("targets_missed", 0)),
        "hours": [hour_words(hour, names, currency) for hour in result["hours"]] if money_open else [],
        "binding": [f"{names.get(code, code)} in {count_text(n, 'month')}" for code, n in result["binding"].items()],
        "families": [_late(row, names.get(row["family"], row["family"]), currency) for row in result["families"]],
        "customers": [_late(row, row["name"], currency) for row in result["customers"]],
    }


def class_words(classes: Sequence[dict[str, Any]]) -> list[str]:
    """`Class 1: 98.2 % in time, of 1,200 units asked for`, the class served first first."""
    return [
        f"Class {row['number']}: {percent_text(row['in_time'], 1)} in time, of {count_text(row['units'])} asked for"
        for row in classes
        if row["in_time"] is not None
    ]


def missed_words(products: int) -> str:
    """How many products miss their service target; empty when none does."""
    if not products:
        return ""
    return f"{count_text(products, 'product')} {'misses' if products == 1 else 'miss'} the service target."


def hour_words(hour: dict[str, Any], names: dict[str, str], currency: str) -> str:
    """`One more hour at Welding in Aug 2027 is worth USD 42.`"""
    where, month = names.get(hour["resource"], hour["resource"]), parse_month(hour["month"])
    return f"One more hour at {where} in {month:%b %Y} is worth {money_text(hour['value'], currency)}."


def _late(row: dict[str, Any], name: str, currency: str) -> str:
    return f"{name}: {count_text(row['units'])} late, {money_text(row['value'], currency)}"


def _chart(
    columns: list[dict[str, Any]], figures: list[dict[str, Any]], currency: str, money_open: bool
) -> dict[str, Any] | None:
    if len(columns) < 2:
        return None
    return {
        "plans": [column["name"] for column in columns],
        "panels": panels(figures, currency, money_open=money_open),
        "message": _message(columns),
        "who": company().name,
        "measure": "Plans compared",
        "when": "over the whole horizon; outlined: the plan as it is",
        "table": False,
        "legend": False,
    }


def _message(columns: list[dict[str, Any]]) -> str:
    """Which plan serves customers best, in one sentence."""
    rated = [(column["figures"]["in_time"] or 0.0, -n, column["name"]) for n, column in enumerate(columns)]
    (first, _, _), (best, _, name) = rated[0], max(rated)
    if best - first < LEAST_GAIN:
        return f"None of these ships more in time than the plan as it is{_worth(columns)}."
    said = f"“{name}” ships {percent_text(best, 1)} in the month asked"
    return f"{said}; the plan as it is, {percent_text(first, 1)}."


def _worth(columns: list[dict[str, Any]]) -> str:
    """Which of them leaves less value late all the same: what is dear may ship before what is many."""
    late = [(float(column["figures"]["value_late"]), n, column["name"]) for n, column in enumerate(columns)]
    (first, _, _), (least, at, name) = late[0], min(late)
    if not at or first - least < LEAST_GAIN * max(first, 1.0):
        return ""
    return f"; “{name}” has {money_text(first - least, company().currency)} less late"


def code_names() -> dict[str, str]:
    """The name of every code a change can hold."""
    names: dict[str, str] = {}
    for model in (Event, Region, Product, Family, Resource):
        names |= dict(model.objects.values_list("code", "name"))
    return names


def scenario_form(cycle: Cycle, kind: str) -> dict[str, Any]:
    """What the form of a new scenario offers."""
    months = month_range(cycle.month, cycle.horizon)
    events = events_frame(cycle)
    return {
        "cycle": cycle,
        "kind": kind,
        "label": KINDS[kind].label if kind in KINDS else "Nothing changed, at least cost",
        "kinds": [{"kind": code, "label": cls.label} for code, cls in KINDS.items()],
        "resources": list(Resource.objects.order_by("name")),
        "products": supply_products(cycle).sort_values("name")[["code", "name"]].to_dict("records"),
        "families": list(Family.objects.order_by("name")),
        "regions": list(Region.objects.order_by("name")),
        "events": [{"code": row["code"], "name": row["name"]} for row in events.to_dict("records")],
        "months": months,
        "last_month": months[-1],
        "others": list(Scenario.objects.filter(cycle=cycle)),
    }


def months_of(cycle: Cycle) -> tuple[date, date]:
    """First and last month of a cycle's plan."""
    months = month_range(cycle.month, cycle.horizon)
    return months[0], months[-1]
