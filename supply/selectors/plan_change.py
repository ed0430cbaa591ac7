"""The supply plan against last month's plan: per family in units with the causes, per resource in hours."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from cycles.models import Cycle
from cycles.periods import month_range
from supply.plan_change import CAUSES, Span, causes_of_change, span
from supply.selectors.answers import Answer, answer_of
from supply.selectors.facts import capacity_of
from supply.selectors.sheet import cycle_before

MONTHS: Final = 12


@dataclass(frozen=True)
class _Pair:
    """Both plans over the months compared; the old one begins a month earlier."""

    old: Answer
    new: Answer
    months: int


def plan_change_page(cycle: Cycle) -> dict[str, Any]:
    """Everything the page shows; what is missing where there is nothing to compare."""
    before = cycle_before(cycle)
    new, old = answer_of(cycle), answer_of(before) if before else None
    page = {"cycle": cycle, "before": before, "planned": new is not None}
    if new is None or old is None:
        return page | {"families": [], "resources": []}
    months = min(MONTHS, new.supply.shape[1], old.supply.shape[1] - 1)
    pair = _Pair(old, new, months)
    shown = month_range(cycle.month, months)
    families = _families(pair)
    return page | {
        "months": shown,
        "families": families,
        "resources": _resources(cycle, pair, shown),
        "total": {name: sum(row[name] for row in families) for name in ("old", "new", "change")},
        "message": _message(families),
    }


def _families(pair: _Pair) -> list[dict[str, Any]]:
    """One row per family, the largest change first, with the causes that add up to it."""
    names = sorted({*pair.old.products["family_name"], *pair.new.products["family_name"]})
    codes = {name: code for frame in (pair.old.products, pair.new.products) for code, name in _codes(frame)}
    old, new = _span(pair.old, names, 1, pair.months), _span(pair.new, names, 0, pair.months)
    causes = causes_of_change(old, new)
    rows = []
    for i, name in enumerate(names):
        units = {words: float(causes[cause][i]) for cause, words in CAUSES.items()}
        parts = [{"words": words, "units": value} for words, value in units.items() if abs(value) >= 0.5]
        row: dict[str, Any] = {
            "name": name,
            "code": codes[name],
            "old": float(old.supply[i]),
            "new": float(new.supply[i]),
        }
        row |= {"change": row["new"] - row["old"]}
        row["causes"] = sorted(parts, key=_by_units)
        rows.append(row)
    return sorted(rows, key=_by_change)


def _by_units(part: dict[str, Any]) -> float:
    return -abs(float(part["units"]))


def _by_hours(part: dict[str, Any]) -> float:
    return -abs(float(part["hours"]))


def _by_change(row: dict[str, Any]) -> float:
    return -abs(float(row["change"]))


def _codes(products: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(products["family"], products["family_name"], strict=True))


def _span(answer: Answer, names: list[str], first: int, months: int) -> Span:
    """The plan from its month `first` on; what it starts from is what the month before ends with."""
    at = slice(first, first + months)
    row = np.array([names.index(name) for name in answer.products["family_name"]], dtype=int)
    known = answer.opening_stock if answer.opening_stock is not None else np.zeros(len(row))
    stock = known if first == 0 else answer.inventory[:, first - 1]
    owed = answer.opening_backlog if first == 0 else answer.backlog[:, first - 1]
    parts = (answer.demand[:, at], answer.supply[:, at], answer.inventory[:, at], answer.backlog[:, at], stock, owed)
    return span(*(_by_group(part, row, len(names)) for part in parts))


def _by_group(values: np.ndarray, row: np.ndarray, groups: int) -> np.ndarray:
    total = np.zeros((groups, *values.shape[1:]))
    np.add.at(total, row, values)
    return total


def _resources(cycle: Cycle, pair: _Pair, months: list[date]) -> list[dict[str, Any]]:
    """One row per resource, the largest change first: hours planned then and now, and the families behind it."""
    old, resources = _hours(cycle, pair.old, slice(1, 1 + pair.months))
    new, _ = _hours(cycle, pair.new, slice(0, pair.months))
    rows = []
    for code, (name, unit) in resources.items():
        then, now = old.get(code, {}), new.get(code, {})
        families = [(family, now.get(family, 0.0) - then.get(family, 0.0)) for family in {*then, *now}]
        causes = [{"words": family, "hours": hours} for family, hours in families if abs(hours) >= 0.5]
        row: dict[str, Any] = {
            "code": code,
            "name": name,
            "unit": unit,
            "old": sum(then.values()),
            "new": sum(now.values()),
        }
        row |= {"change": row["new"] - row["old"], "causes": sorted(causes, key=_by_hours)}
        rows.append(row)
    return sorted(rows, key=_by_change)


def _hours(cycle: Cycle, answer: Answer, at: slice) -> tuple[dict[str, dict[str, float]], dict[str, tuple[str, str]]]:
    """Hours per resource and family at today's hours per unit; and the resources by code."""
    capacity = capacity_of(cycle, answer.products)
    units = answer.supply[:, at].sum(axis=1)
    found = {}
    for r, code in enumerate(capacity.codes):
        hours = pd.Series(capacity.hours[r] * units).groupby(answer.products["family_name"].to_numpy()).sum()
        found[code] = {str(family): float(value) for family, value in hours.items() if value}
    names = {row["code"]: (row["name"], row["unit"]) for _, row in capacity.resources.iterrows()}
    return found, names


def _message(families: list[dict[str, Any]]) -> str:
    changed = [row for row in families if abs(row["change"]) >= 0.5]
    if not changed:
        return "Every family is planned as a month ago."
    first = changed[0]
    way = "more" if first["change"] > 0 else "less"
    why = f"; the largest cause is {first['causes'][0]['words']}" if first["causes"] else ""
    return f"{first['name']} changed most: {abs(first['change']):,.0f} units {way}{why}."
