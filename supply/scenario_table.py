"""Plans side by side: which figures stand in the table and the picture, in which words, and which way is better."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from supply.wording import MINUS, NOT_KNOWN, money_text, percent_text, signed_money_text

SMALL: Final = 1e-6


@dataclass(frozen=True)
class Measure:
    """A row of the table. `better` is 1 where more is better, -1 where less is, 0 where neither."""

    key: str
    label: str
    hint: str
    kind: str
    better: int = 0
    private: bool = False


MEASURES: Final = (
    Measure("in_time", "Service", "units that ship in the month asked", "share", 1),
    Measure("units_late", "Late", "units", "count", -1),
    Measure("value_late", "Late, in money", "at price", "money", -1),
    Measure("units_open", "Not shipped at all", "units, within the horizon", "count", -1),
    Measure("revenue", "Revenue", "of what ships", "money", 1),
    Measure("margin", "Margin", "after the two costs below", "money", 1, private=True),
    Measure("extra_cost", "Overtime, shifts, suppliers", "beyond rate or unit cost", "money", -1, private=True),
    Measure("holding", "Holding stock", "over the horizon", "money", -1, private=True),
    Measure("stock", "Stock", "average, at cost", "money", 0, private=True),
    Measure("utilisation", "Fullest resource", "load / hours worked", "share", 0),
    Measure("overtime", "Overtime", "hours", "count", 0),
    Measure("extra", "Hours beyond", "shifts and suppliers", "count", 0),
    Measure("bought", "Bought ready", "units from suppliers", "count", 0),
)
PICTURED: Final = ("in_time", "revenue", "margin", "extra_cost", "stock", "utilisation")


@dataclass(frozen=True)
class Cell:
    """A figure in words, its difference to the plan as it is, and whether that is good, bad or neither."""

    text: str
    change: str = ""
    tone: str = ""


def table(plans: Sequence[Mapping[str, float | None]], *, money_open: bool) -> list[dict[str, Any]]:
    """Rows of the comparison: a measure with one cell per plan, the first of them the plan as it is."""
    return [
        {"measure": measure, "cells": [_cell(measure, plan, plans[0], n) for n, plan in enumerate(plans)]}
        for measure in MEASURES
        if money_open or not measure.private
    ]


def _cell(measure: Measure, plan: Mapping[str, float | None], first: Mapping[str, float | None], at: int) -> Cell:
    value, before = plan.get(measure.key), first.get(measure.key)
    if value is None:
        return Cell(NOT_KNOWN)
    if at == 0 or before is None:
        return Cell(_text(measure, value))
    change = value - before
    said = _change(measure, change)
    if said.strip("+\u22120.%p ") == "":
        return Cell(_text(measure, value), "as it is")
    tone = "" if not measure.better else "good" if change * measure.better > 0 else "bad"
    return Cell(_text(measure, value), said, tone)


def _text(measure: Measure, value: float) -> str:
    if measure.kind == "share":
        return percent_text(value, 1)
    return f"{round(value):,}".replace("-", MINUS) if measure.kind == "count" else money_text(value)


def _change(measure: Measure, change: float) -> str:
    if measure.kind == "share":
        return f"{change * 100:+.1f} pp".replace("-", MINUS)
    return f"{round(change):+,}".replace("-", MINUS) if measure.kind == "count" else signed_money_text(change)


def panels(plans: Sequence[Mapping[str, float | None]], currency: str, *, money_open: bool) -> list[dict[str, Any]]:
    """The pictured measures with a value and its words per plan."""
    shown = [m for m in MEASURES if m.key in PICTURED and (money_open or not m.private)]
    return [
        {
            "label": measure.label,
            "unit": "" if measure.kind == "share" else currency,
            "values": [plan.get(measure.key) for plan in plans],
            "texts": [_cell(measure, plan, plans[0], 0).text for plan in plans],
        }
        for measure in shown
    ]
