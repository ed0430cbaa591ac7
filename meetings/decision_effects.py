"""What a decision does to the plan, and whether a decision brief is complete.

An effect changes the cells of a scope (everything, a family, product, customer or region) in a range
of months, by a percentage or by a quantity per month. Shapes: L lines, M months.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cycles.periods import format_month, months_between, parse_month
from demand.spreading import spread_total

Matrix = NDArray[np.float64]
EFFECT_KEYS: Final = frozenset({"scope", "code", "from", "to", "pct", "quantity"})


class Scope(StrEnum):
    """Which lines an effect reaches."""

    ALL = "all"
    FAMILY = "family"
    PRODUCT = "product"
    CUSTOMER = "customer"
    REGION = "region"


@dataclass(frozen=True)
class PlanEffect:
    """Change of the plan from `first` to `last` month, both included.

    Exactly one of `pct` (percent of each cell, at least -100) and `quantity` (units per month added
    to the whole scope) is given. `code` is empty for the scope *all*.
    """

    scope: Scope
    code: str
    first: date
    last: date
    pct: float | None = None
    quantity: float | None = None

    def __post_init__(self) -> None:
        for fault in self._faults():
            raise ValueError(fault)

    def _faults(self) -> list[str]:
        faults = {
            "An effect needs either pct or quantity, and only one.": (self.pct is None) == (self.quantity is None),
            f"pct is {self.pct}: a number of at least -100.": self.pct is not None and not -100 <= self.pct < 1e6,
            f"quantity is {self.quantity}: a known number.": self.quantity is not None
            and not abs(self.quantity) < 1e12,
            f"The effect ends in {format_month(self.last)}, before it starts.": self.last < self.first,
            f"The scope {self.scope.value} needs a code.": self.scope is not Scope.ALL and not self.code,
        }
        return [words for words, wrong in faults.items() if wrong]


@dataclass(frozen=True)
class Lines:
    """Codes and money of the lines, each of length L; empty region = none."""

    product: Sequence[str]
    customer: Sequence[str]
    family: Sequence[str]
    region: Sequence[str]
    price: ArrayLike
    unit_cost: ArrayLike


@dataclass(frozen=True)
class Applied:
    """The plan after an effect; `decided` marks the cells it reached, changed or not.

    `units`, `revenue` and `margin` are the differences it makes, over all months.
    """

    matrix: Matrix
    decided: NDArray[np.bool_]
    units: float
    revenue: float
    margin: float


def effect_from(stored: Mapping[str, object]) -> PlanEffect | None:
    """An effect as an option stores it; None when the option does not change the plan's numbers.

    `{"scope": "family", "code": "ROAD-BIKES", "from": "2026-12", "to": "2027-02", "pct": -10}`;
    an option of operations (`{"gap_option": ...}`, `{"scenario": ...}`) changes no number of demand.
    ValueError names what is wrong or missing.
    """
    if not stored or "gap_option" in stored or "scenario" in stored:
        return None
    unknown = set(stored) - EFFECT_KEYS
    if unknown:
        raise ValueError(f"An effect has no field {sorted(unknown)[0]!r}.")
    return PlanEffect(
        scope=_scope(stored.get("scope")),
        code=str(stored.get("code") or ""),
        first=parse_month(str(stored.get("from") or "")),
        last=parse_month(str(stored.get("to") or stored.get("from") or "")),
        pct=_number("pct", stored.get("pct")),
        quantity=_number("quantity", stored.get("quantity")),
    )


def apply_effect(plan: ArrayLike, start: date, lines: Lines, effect: PlanEffect) -> Applied:
    """The plan (L, M), whose first month is `start`, with the effect applied.

    A quantity goes to the lines of the scope in proportion to their month (evenly where all are 0),
    and cannot make a month's total negative. ValueError when no line is in the scope, or when no
    month of the effect lies in the plan.
    """
    before = np.array(plan, dtype=float)
    rows, months = _rows(lines, effect), _columns(before, start, effect)
    after = before.copy()
    if effect.pct is not None:
        after[np.ix_(rows, months)] *= 1 + effect.pct / 100
    for t in months if effect.quantity is not None else ():
        total = max(float(before[rows, t].sum()) + float(effect.quantity or 0.0), 0.0)
        after[rows, t] = spread_total(total, before[rows, t])
    decided = np.zeros(before.shape, dtype=bool)
    decided[np.ix_(rows, months)] = True
    return _applied(before, after, decided, lines)


def apply_effects(plan: ArrayLike, start: date, lines: Lines, effects: Sequence[PlanEffect]) -> Applied:
    """Several effects, one after the other in the order given; differences against the plan before."""
    before = np.array(plan, dtype=float)
    after, decided = before, np.zeros(before.shape, dtype=bool)
    for effect in effects:
        step = apply_effect(after, start, lines, effect)
        after, decided = step.matrix, decided | step.decided
    return _applied(before, after, decided, lines)


def _applied(before: Matrix, after: Matrix, decided: NDArray[np.bool_], lines: Lines) -> Applied:
    units = (after - before).sum(axis=1)
    price, cost = (np.asarray(values, dtype=float) for values in (lines.price, lines.unit_cost))
    return Applied(after, decided, float(units.sum()), float(units @ price), float(units @ (price - cost)))


def _rows(lines: Lines, effect: PlanEffect) -> NDArray[np.intp]:
    if effect.scope is Scope.ALL:
        return np.arange(len(lines.product))
    codes: Sequence[str] = getattr(lines, effect.scope.value)
    rows = np.flatnonzero(np.asarray(codes, dtype=object) == effect.code)
    if not rows.size:
        raise ValueError(f"No line of the plan has the {effect.scope.value} {effect.code!r}.")
    return rows


def _columns(plan: Matrix, start: date, effect: PlanEffect) -> NDArray[np.intp]:
    first = max(months_between(start, effect.first), 0)
    last = min(months_between(start, effect.last), plan.shape[1] - 1)
    if first > last:
        raise ValueError(
            f"{format_month(effect.first)} to {format_month(effect.last)} lies outside the plan, "
            f"which starts in {format_month(start)} and has {plan.shape[1]} months."
        )
    return np.arange(first, last + 1)


def _scope(value: object) -> Scope:
    try:
        return Scope(str(value))
    except ValueError:
        known = ", ".join(scope.value for scope in Scope)
        raise ValueError(f"An effect's scope is one of {known}, not {value!r}.") from None


def _number(name: str, value: object) -> float | None:
    if value is None or value == "":
        return None
    try:
        return float(str(value))
    except ValueError:
        raise ValueError(f"{name} is {value!r}, expected a number.") from None
