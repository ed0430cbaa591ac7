"""How sales becomes the demand plan: the rules in force, and what changes were worth so far."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cycles.models import Cycle
from cycles.periods import add_months
from demand.calibration import changed_cases
from demand.landed import DIRECTIONS, Landed, landed
from demand.models import Reason, RuleChoice
from demand.policy import demand_signed
from demand.proposal import RULES
from demand.selectors.cases import calibration_cases
from demand.selectors.rules import choice_in_force, rules_by_span
from masterdata.models import Family, Person
from masterdata.roles import Role

WORDS = {
    "calibrated": "of each change what such changes were worth: by who, which way, how far, why, how far ahead, where",
    "accuracy_weighted": "sales and baseline, weighed by their past errors",
    "half_way": "half of every change",
    "take_sales": "every change as it was entered",
    "take_baseline": "no change at all",
}


@dataclass(frozen=True)
class Span:
    """Months a planner chooses a rule for, in words, and the rule in force."""

    number: int
    label: str
    rule: str

    @property
    def name(self) -> str:
        return RULES[self.rule]


@dataclass(frozen=True)
class WorthRow:
    """How the past changes of a group landed, up and down; None under five cases or three people."""

    name: str
    up: Landed | None
    down: Landed | None


@dataclass(frozen=True)
class RulePage:
    """`worth` has a title and rows per table; empty for everybody but demand planners, who see no names either."""

    cycle: Cycle
    spans: list[Span]
    rules: list[tuple[str, str, str]]
    choice: RuleChoice | None
    may_choose: bool
    is_planner: bool
    worth: list[tuple[str, list[WorthRow]]]


def rule_page(cycle: Cycle, viewer: Person) -> RulePage:
    planner = viewer.role == Role.DEMAND_PLANNER
    return RulePage(
        cycle=cycle,
        spans=spans(cycle),
        rules=[(rule, RULES[rule], words) for rule, words in WORDS.items()],
        choice=choice_in_force(cycle),
        may_choose=planner and not demand_signed(cycle),
        is_planner=planner,
        worth=_worth(cycle) if planner else [],
    )


def spans(cycle: Cycle) -> list[Span]:
    """The spans of the horizon with their months in words."""
    found = []
    for number, (first, last, rule) in enumerate(rules_by_span(cycle)):
        start, end = add_months(cycle.month, first), add_months(cycle.month, last)
        found.append(Span(number, f"{start:%b %Y} to {end:%b %Y}", rule))
    return found


def _worth(cycle: Cycle) -> list[tuple[str, list[WorthRow]]]:
    cases = changed_cases(calibration_cases(cycle))
    if cases.empty:
        return []
    cases = cases.assign(sign=np.sign(cases["after"] - cases["before"]).astype(int))
    reasons = {str(code): str(words) for code, words in Reason.choices} | {"": "No reason given"}
    families = dict(Family.objects.values_list("pk", "name"))
    return [
        ("By reason", _rows(cases, cases["reason"].map(reasons).fillna("Other"))),
        ("By family", _rows(cases, cases["family"].map(families))),
    ]


def _rows(cases: pd.DataFrame, names: pd.Series) -> list[WorthRow]:
    """All together first, then the groups with most cases."""
    order = names.value_counts().index
    groups = [("All", cases), *[(str(name), cases[names == name]) for name in order]]
    rows = [WorthRow(name, *[_known(part[part["sign"] == sign]) for sign in DIRECTIONS]) for name, part in groups]
    return [row for row in rows if row.up or row.down]


def _known(part: pd.DataFrame) -> Landed | None:
    found = landed(part) if len(part) else None
    return found if found and found.is_for_all else None
