"""A person's track record in three facts: too high or too low, how often a change helped, what a call is worth.

Pure: cases are the changed cells of closed months, flat vectors of equal length.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import ArrayLike

from demand.accuracy import FEWEST_CASES
from demand.call_outcomes import SLIPS, Calibrated
from kpis.feedback import Effect
from kpis.measures.measured import Measured, ratio
from supply.wording import count_text, money_text, percent_text


def monthly_bias(months: Sequence[date], month: ArrayLike, after: ArrayLike, actual: ArrayLike) -> list[Measured]:
    """Σ(after − actual) / Σ|actual| of the cases of each of `months`, + = too high; n/a without a case."""
    at = np.asarray(month)
    said, came = np.asarray(after, dtype=float), np.asarray(actual, dtype=float)
    parts = [at == each for each in months]
    return [ratio(float((said - came)[p].sum()), float(np.abs(came[p]).sum()), int(p.sum())) for p in parts]


def bias_fact(bias: Measured, months: int) -> str:
    """The bias of the last months in one sentence, from five cases on."""
    if not bias.is_known or bias.n < FEWEST_CASES:
        return f"High or low: {_too_few(bias.n)} changes."
    if abs(bias.value) < 0.005:
        return f"You forecast neither high nor low, last {months} months."
    side = "high" if bias.value > 0 else "low"
    return f"You forecast {percent_text(abs(bias.value))} {side}, last {months} months."


def helped_fact(effect: Effect) -> str:
    """How many changes improved the number, from five cases on."""
    if effect.changed < FEWEST_CASES:
        return f"Did your changes help: {_too_few(effect.changed)} changes."
    return f"{effect.better} of your {count_text(effect.changed, 'change')} improved the number."


def effect_sentence(removed: float, money: float, currency: str = "") -> str:
    """What one change did to the error; gains and harm told alike."""
    size = f"{count_text(abs(removed))} ({money_text(abs(money), currency)})"
    return f"It took {size} of error away." if removed > 0 else f"It added {size} of error."


def reason_sentence(reason: str, effect: Effect) -> str:
    """How many changes of one reason improved the number, from five cases on."""
    if effect.changed < FEWEST_CASES:
        return f"{reason.capitalize()}: {_too_few(effect.changed)}."
    return f"{reason.capitalize()}: {effect.better} of {effect.changed} helped."


def call_sentence(row: Calibrated) -> str:
    """What became of one kind of call: "Of 10 orders you called likely (70 %), 6 came."; from five cases on."""
    if row.call == SLIPS:
        held = f"Of {row.n} orders you said would slip, {row.came} came by the month you named."
        return held if row.is_known else f"Slips: {_too_few(row.n)}."
    name = f"{row.call} ({percent_text(row.chance or 0.0)})"
    if not row.is_known:
        return f"{name[0].upper()}{name[1:]}: {_too_few(row.n)}."
    return f"Of {row.n} orders you called {name}, {row.came} came."


def calls_fact(rows: Sequence[Calibrated]) -> str:
    """The call with most cases in one sentence; none while all have too few."""
    known = [row for row in rows if row.is_known and row.chance is not None]
    if not known:
        most = max((row.n for row in rows), default=0)
        return f"Your calls: {_too_few(most)} of one kind."
    best = max(known, key=lambda row: row.n)
    return f"When you said {percent_text(best.chance or 0.0)}, {best.came} of {best.n} came."


def _too_few(n: int) -> str:
    return f"too few yet: {min(n, FEWEST_CASES)} of {FEWEST_CASES}"
