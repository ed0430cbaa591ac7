"""What supply can do for each family: load of its resources, service and stock, from the stored answer."""

import math
from dataclasses import dataclass
from datetime import date

import numpy as np

from cycles.models import Cycle
from cycles.periods import months_between
from kpis.measures.supply import days_of_supply
from supply.selectors.answers import Answer, answer_of
from supply.selectors.load import Load, load_of

YEAR, AHEAD, AHEAD_DAYS = 12, 3, 91


@dataclass(frozen=True)
class FamilySupply:
    """One family from the first open month on.

    `used` is the highest load of any resource it needs over the year / that resource's hours, in `used_month` at
    `resource`; `in_time` the share of units asked for that ship in their month; `days` the days of supply at the end
    of the first month and `safety_days` those of its safety stock. None where it is not known or does not apply.
    """

    used: float | None
    used_month: date | None
    resource: str
    in_time: float | None
    days: float | None
    safety_days: float | None


@dataclass(frozen=True)
class SupplyView:
    """All families of a cycle's supply plan, and the whole company."""

    families: dict[str, FamilySupply]
    company: FamilySupply
    stock_value: float | None


def supply_view(cycle: Cycle, open_from: date) -> SupplyView | None:
    """None before the cycle has a supply plan."""
    answer = answer_of(cycle)
    at = max(months_between(cycle.month, open_from), 0)
    if answer is None or at + AHEAD >= answer.demand.shape[1]:
        return None
    load = load_of(cycle, answer.products, answer.demand, answer.with_hours)
    family = answer.products["family"].to_numpy()
    views = {str(code): _family(answer, load, family == code, at) for code in np.unique(family)}
    whole = _family(answer, load, np.ones(len(family), dtype=bool), at)
    cost = answer.products["unit_cost"].to_numpy()
    value = None if answer.opening_stock is None else float(answer.inventory[:, at] @ cost)
    return SupplyView(views, whole, value)


def _family(answer: Answer, load: Load, rows: np.ndarray, at: int) -> FamilySupply:
    year = slice(at, at + YEAR)
    used, used_month, resource = _peak(load, rows, year)
    asked, late = answer.demand[rows][:, year].sum(), answer.late[rows][:, year].sum()
    days, safety = _days(answer, rows, at)
    return FamilySupply(used, used_month, resource, float(1 - late / asked) if asked > 0 else None, days, safety)


def _peak(load: Load, rows: np.ndarray, year: slice) -> tuple[float | None, date | None, str]:
    needed = np.asarray((load.capacity.hours[:, rows] > 0).any(axis=1)).reshape(-1, 1)
    used = np.where(needed, load.used[:, year], np.nan)
    if np.isnan(used).all():
        return None, None, ""
    r, m = np.unravel_index(int(np.nanargmax(used)), used.shape)
    return float(used[r, m]), load.months[year][m], str(load.capacity.resources["name"].iloc[r])


def _days(answer: Answer, rows: np.ndarray, at: int) -> tuple[float | None, float | None]:
    if answer.opening_stock is None:
        return None, None
    ahead = answer.demand[rows][:, at + 1 : at + 1 + AHEAD].sum()
    stock = days_of_supply(answer.inventory[rows][:, at], ahead, AHEAD_DAYS).value
    safety = days_of_supply(answer.safety_stock[rows], ahead, AHEAD_DAYS).value
    return (stock if math.isfinite(stock) else None), (safety if math.isfinite(safety) else None)
