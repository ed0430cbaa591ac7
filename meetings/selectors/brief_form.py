"""What the form of a new brief offers and begins with: empty, from a gap, or as it was typed."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from cycles.models import Cycle
from cycles.periods import format_month, month_range
from cycles.selectors import step_of
from cycles.steps import Step
from masterdata.models import Customer, Family, Product, Region
from masterdata.selectors import ceo, head_of, people
from meetings.models import MeetingKind
from supply.models import Gap, Scenario
from supply.selectors.gaps import BriefOption, GapBrief, gap_brief
from supply.selectors.scenario_brief import scenario_brief

KEYS = ("a", "b", "c")
EFFECTS = (
    ("units", "Units"),
    ("revenue", "Revenue"),
    ("margin", "Margin"),
    ("cost", "Extra cost"),
    ("capacity_hours", "Hours"),
    ("inventory", "Stock"),
    ("service", "Service, %"),
)
SHARES = ("service",)
FORUMS = (MeetingKind.PRE_SOP, MeetingKind.EXECUTIVE, MeetingKind.DEMAND_REVIEW, MeetingKind.SUPPLY_REVIEW)


def brief_form(
    cycle: Cycle, gap: Gap | None, on: date, typed: Mapping[str, str] | None, scenario: Scenario | None = None
) -> dict[str, Any]:
    """Choices and values of the form; `typed` is what somebody sent and must not lose."""
    values = dict(typed.items()) if typed is not None else _first_values(cycle, gap, on, scenario)
    return {
        "cycle": cycle,
        "gap": gap,
        "values": values,
        "blocks": [_block(key, values) for key in KEYS],
        "forums": [{"value": forum.value, "label": forum.label} for forum in FORUMS],
        "everybody": list(people().order_by("user__first_name")),
        "scopes": scopes(),
        "months": [format_month(month) for month in month_range(cycle.month, cycle.horizon)],
    }


def _block(key: str, values: Mapping[str, str]) -> dict[str, Any]:
    return {
        "key": key,
        "do_nothing": key == KEYS[0],
        "label": values.get(f"{key}-label", ""),
        "text": values.get(f"{key}-text", ""),
        "gap_option": values.get(f"{key}-gap_option", ""),
        "scenario": values.get(f"{key}-scenario", ""),
        "scope": values.get(f"{key}-scope", "all:"),
        "first": values.get(f"{key}-from", ""),
        "last": values.get(f"{key}-to", ""),
        "pct": values.get(f"{key}-pct", ""),
        "effects": [
            {"name": name, "label": label, "value": values.get(f"{key}-{name}", "")} for name, label in EFFECTS
        ],
    }


def _first_values(cycle: Cycle, gap: Gap | None, on: date, scenario: Scenario | None) -> dict[str, str]:
    meeting_day = step_of(cycle, Step.PRE_SOP).due_at.date()
    boss = head_of("Operations") if gap or scenario else ceo()
    values = {
        "forum": MeetingKind.PRE_SOP.value,
        "decide_by": max(meeting_day, on).isoformat(),
        "decider": boss.username if boss else "",
        "a-label": "Do nothing",
    }
    if scenario is not None:
        return values | _brief_values(scenario_brief(scenario))
    return values | _brief_values(gap_brief(gap)) if gap else values


def _brief_values(brief: GapBrief) -> dict[str, str]:
    chosen = brief_options(brief)
    values = {"question": brief.question}
    for key, option in zip(KEYS, chosen, strict=False):
        values[f"{key}-label"], values[f"{key}-text"] = option.label, option_words(brief, option)
        values |= {f"{key}-{name}": str(value) for name, value in _effect_fields(option).items()}
        values |= {f"{key}-{name}": _effect_text(name, getattr(option, name)) for name, _ in EFFECTS}
        if option.key == brief.recommendation:
            values["recommendation"] = key
    return values


def _effect_text(name: str, value: float) -> str:
    """As it is typed: shares in per cent, everything else in whole numbers."""
    return f"{100 * value:z.1f}" if name in SHARES else f"{value:z.0f}"


def _effect_fields(option: BriefOption) -> dict[str, Any]:
    """What choosing an option does, as fields of the form."""
    effect = option.plan_effect
    if "pct" not in effect:
        return effect
    fields = {"scope": f"{effect['scope']}:{effect['code']}", "pct": f"{effect['pct']:g}"}
    return fields | {"from": effect["from"], "to": effect["to"]}


def option_words(brief: GapBrief, option: BriefOption) -> str:
    """What an option takes; with doing nothing also who is hit."""
    return f"{option.text} {brief.facts}".strip() if option.do_nothing else option.text


def brief_options(brief: GapBrief) -> Sequence[BriefOption]:
    """Doing nothing, the recommended option, and the best of the rest by margin: three at most."""
    nothing = [option for option in brief.options if option.do_nothing]
    ways = [option for option in brief.options if not option.do_nothing]
    ways.sort(key=lambda option: (option.key != brief.recommendation, -option.margin))
    return [*nothing, *ways][: len(KEYS)]


def scopes() -> list[dict[str, Any]]:
    """What an effect on the plan may reach, as groups of choices."""
    groups: list[tuple[str, str, Any]] = [
        ("Family", "family", Family.objects.order_by("name")),
        ("Region", "region", Region.objects.order_by("name")),
        ("Product", "product", Product.objects.filter(plan_as=None).order_by("name")),
        ("Customer", "customer", Customer.objects.filter(plan_as=None).order_by("name")),
    ]
    return [
        {
            "label": label,
            "options": [{"value": f"{scope}:{code}", "label": name} for code, name in rows.values_list("code", "name")],
        }
        for label, scope, rows in groups
    ]
