"""What calls on quotes and silent lines do to the plan: each counts with its chance, and only where nobody typed.

A quote that is called to come stands in its month at least with chance × quantity: what the plan has there already is
not counted twice. A slip moves what the plan has of it to the month named, a silent line that is called lost loses
its number in that month, both by the chance that such a call comes true. An order that is open is booked already:
what is said of its delivery moves no demand. Chances are those the words stand for, pulled to how such calls came
true in the past as cases grow.

A quote that nobody has called says less, but not nothing: it stands with its own chance, together with the other such
quotes of its line and month.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from demand.call_outcomes import CHANCE, SLIPS, Calibrated

Matrix = NDArray[np.float64]
Flags = NDArray[np.bool_]
CALL_COLUMNS = ("position", "lag", "call", "slips_to", "qty", "is_line")
SLIP_CHANCE = 0.7
SHRINKAGE = 12.0
LOST = "lost"
QUOTE_COLUMNS = ("position", "lag", "qty", "probability")
UNKNOWN_CHANCE = 0.5


def call_chances(calibrated: Iterable[Calibrated]) -> dict[str, float]:
    """Per call the chance that it comes true: (came + k × said) / (n + k) with k = 12; a slip without cases 70 %."""
    nominal = {**CHANCE, SLIPS: SLIP_CHANCE}
    known = {row.call: row for row in calibrated}
    return {call: _chance(said, known.get(call)) for call, said in nominal.items()}


def _chance(said: float, known: Calibrated | None) -> float:
    came, n = (known.came, known.n) if known is not None else (0, 0)
    return (came + SHRINKAGE * said) / (n + SHRINKAGE)


def won_share(won: int, closed: int) -> float:
    """The chance of a quote of which no probability is known: (won + k / 2) / (closed + k) with k = 12."""
    return (won + SHRINKAGE * UNKNOWN_CHANCE) / (closed + SHRINKAGE)


def apply_quotes(plan: Matrix, quotes: pd.DataFrame, typed: Flags) -> tuple[Matrix, int]:
    """The plan (lines, months) with quotes nobody has called in it, and how many cells they raised.

    Of each line and month it has at least Σ probability × qty. `quotes` has one row per quote: position (row),
    lag (column), qty (units) and probability; `typed` (lines, months) as in :func:`apply_calls`.
    """
    expected = np.zeros(plan.shape)
    where = quotes["position"].to_numpy(dtype=int), quotes["lag"].to_numpy(dtype=int)
    np.add.at(expected, where, (quotes["probability"] * quotes["qty"]).to_numpy(dtype=float))
    raised = (expected > plan) & ~typed
    return np.where(raised, expected, plan), int(raised.sum())


def apply_calls(plan: Matrix, calls: pd.DataFrame, chances: dict[str, float], typed: Flags) -> tuple[Matrix, int]:
    """The plan (lines, months) with the calls in it, and how many calls changed something.

    `calls` has one row per call: position (row), lag (column), call, slips_to (column; outside the plan = beyond),
    qty (units; empty = what the plan has) and is_line (a silent line, no quote). `typed` (lines, months) is True where
    somebody entered a number: there the number stands.
    """
    result, moved = plan.copy(), 0
    for call in calls.to_dict("records"):
        row, lag = int(call["position"]), int(call["lag"])
        if typed[row, lag]:
            continue
        change = _change(result[row], call, chances[str(call["call"])])
        moved += bool(np.any(change))
        result[row] = np.maximum(result[row] + change, 0.0)
    return result, moved


def _change(line: Matrix, call: dict, chance: float) -> Matrix:
    lag, change = int(call["lag"]), np.zeros(len(line))
    there = float(line[lag])
    quantity = float(call["qty"]) if pd.notna(call["qty"]) else there
    if call["call"] == SLIPS:
        change[lag] = -chance * min(there, quantity)
        to = int(call["slips_to"])
        if 0 <= to < len(line):
            change[to] -= change[lag]
    elif call["call"] == LOST:
        change[lag] = -(1 - chance) * min(there, quantity) if call["is_line"] else 0.0
    elif not call["is_line"]:
        change[lag] = max(chance * quantity - there, 0.0)
    return change
