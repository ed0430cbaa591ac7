"""A scenario as a question for pre-S&OP: its numbers against the plan as it is, filled in."""

from typing import Any

from supply.changes import Demand
from supply.models import Scenario
from supply.scenarios import read
from supply.selectors.gaps import BriefOption, GapBrief
from supply.selectors.scenarios_page import code_names, of_demand, plan_as_it_is, scenario_words
from supply.selectors.start import scenario_start
from supply.wording import list_text, percent_text

NOTHING = "do_nothing"


def scenario_brief(scenario: Scenario) -> GapBrief:
    """What a decision about a scenario needs: question, do nothing and the scenario with their effects.

    A scenario of operations is planned by when it is chosen; one that changes demand of everything, a family or a
    region changes the plan by that percentage. What else it changes is in its words.
    """
    names, base = code_names(), plan_as_it_is(scenario_start(scenario.cycle, []))
    waits = list_text([row["name"] for row in base["customers"]])
    service = percent_text(base["figures"]["in_time"] or 0.0, 1)
    nothing = _option(NOTHING, "Do nothing", base["figures"], base["figures"], f"Service stays at {service}.", {})
    words = scenario_words(scenario, names)
    return GapBrief(
        gap=0,
        question=f"Do we plan supply by “{scenario.name}”? {words}",
        facts=f"Waiting today: {waits}." if waits else "",
        options=(nothing, _scenario_option(scenario, base["figures"], words)),
        recommendation="",
    )


def _scenario_option(scenario: Scenario, base: dict[str, Any], words: str) -> BriefOption:
    figures = scenario.result.get("figures", base)
    after = percent_text(figures["in_time"] or 0.0, 1)
    text = f"{words} Service {after} of all units in their month."
    return _option(f"scenario-{scenario.pk}", scenario.name, figures, base, text, _effect(scenario))


def _effect(scenario: Scenario) -> dict[str, Any]:
    """What choosing it does: operations plan by it, or the demand plan changes by a percentage."""
    if not of_demand(scenario):
        return {"scenario": scenario.pk}
    changes = [read(change) for change in scenario.changes]
    only = changes[0] if len(changes) == 1 else None
    if not isinstance(only, Demand):
        return {}
    first, last = f"{only.first:%Y-%m}", f"{only.last:%Y-%m}"
    return {"scope": only.scope, "code": only.code, "from": first, "to": last, "pct": only.percent}


def _option(
    key: str, label: str, figures: dict[str, Any], base: dict[str, Any], text: str, effect: dict[str, Any]
) -> BriefOption:
    def more(name: str) -> float:
        return float((figures.get(name) or 0.0) - (base.get(name) or 0.0))

    return BriefOption(
        key=key,
        label=label,
        do_nothing=key == NOTHING,
        units=-more("units_late"),
        revenue=more("revenue"),
        margin=more("margin"),
        service=more("in_time"),
        capacity_hours=more("overtime") + more("extra"),
        inventory=more("stock"),
        cost=more("extra_cost"),
        text=text,
        plan_effect=effect,
    )
