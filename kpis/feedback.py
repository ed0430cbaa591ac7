"""What somebody's input did: for a rep, a month and a lag, told as plainly when it did harm.

Shapes: cells are the (line, month) pairs of one rep, flat vectors of equal length. `before` is the
value beneath the rep's number (the baseline), `after` the rep's, `final` what the company forecast
took, `actual` what came (NaN while the month is open).
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from demand.accuracy import FEWEST_CASES
from kpis.measures.measured import Measured, ratio
from supply.wording import count_text, money_text, percent_text

Vector = NDArray[np.float64]
TINY: Final = 1e-9


@dataclass(frozen=True)
class Effect:
    """What a rep's changes did to the forecast of closed months.

    `units_removed` is the absolute error removed at the sales stage (negative = added), `value` the
    same at price; `changed` counts the changed cells whose month has closed, `better` those that
    ended nearer to actual. `survived` is how much of the change is still in the company forecast.
    """

    changed: int
    better: int
    units_removed: float
    value: float
    bias: Measured
    survived: Measured


def effect_of_changes(
    before: ArrayLike, after: ArrayLike, final: ArrayLike, actual: ArrayLike, price: ArrayLike = 0.0
) -> Effect:
    """Units of absolute error removed = Σ(|before - actual| - |after - actual|) over changed cells.

    Only cells whose month has closed count. `bias` is Σ(after - actual) / Σ|actual| over the same
    cells (+ = too high). ValueError when the vectors differ in length.
    """
    b, a, f, came = _vectors(before, after, final, actual)
    each = np.broadcast_to(np.asarray(price, dtype=float), b.shape)
    use = (np.abs(a - b) > TINY) & ~np.isnan(came)
    removed = np.abs(b - came)[use] - np.abs(a - came)[use]
    return Effect(
        changed=int(use.sum()),
        better=int((removed > 0).sum()),
        units_removed=float(removed.sum()),
        value=float((removed * each[use]).sum()),
        bias=ratio(float((a - came)[use].sum()), float(np.abs(came[use]).sum()), int(use.sum())),
        survived=survival(b, a, f),
    )


def survival(before: ArrayLike, after: ArrayLike, final: ArrayLike) -> Measured:
    """Share of the change that is still in the company forecast, over changed cells (open months too).

    Per cell the part of (after - before) that (final - before) keeps, between none and all of it;
    Σ kept / Σ |after - before|. n/a without a change.
    """
    b, a, f = _vectors(before, after, final)
    change = a - b
    kept = np.clip((f - b) * np.sign(change), 0.0, np.abs(change))
    changed = np.abs(change) > TINY
    return ratio(float(kept[changed].sum()), float(np.abs(change[changed]).sum()), int(changed.sum()))


def error_sentence(effect: Effect, month: str, currency: str = "") -> str:
    """What the changes did to the error of a month, in one sentence; gains and harm told alike."""
    if not effect.changed:
        return f"You changed nothing for {month} that has come in yet."
    cases = count_text(effect.changed, "change")
    better = f"{effect.better} of {effect.changed} ended nearer to what came"
    units, money = count_text(abs(effect.units_removed)), money_text(abs(effect.value), currency)
    if abs(effect.units_removed) < 0.05:
        return f"Your {cases} for {month} made no difference to the error; {better}."
    did, where = ("took", "out of") if effect.units_removed > 0 else ("added", "to")
    if effect.units_removed * effect.value >= 0:
        return f"Your {cases} for {month} {did} {units} ({money}) of error {where} the forecast; {better}."
    in_money = f"took {money} out" if effect.value > 0 else f"added {money}"
    return f"Your {cases} for {month} {did} {units} of error {where} the forecast, but at price {in_money}; {better}."


def survival_sentence(survived: Measured) -> str:
    """How much of the rep's change the company forecast took over."""
    if not survived.is_known:
        return "You changed nothing, so there was nothing to take over."
    return f"{percent_text(survived.value)} of your change is in the company forecast."


def bias_sentence(bias: Measured) -> str:
    """Bias in plain words, with its size; only with enough cases."""
    if not bias.is_known or bias.n < FEWEST_CASES:
        return f"Too few changes have come in to tell your bias: {bias.n} of {FEWEST_CASES} needed."
    if abs(bias.value) < 0.005:
        return f"Your changed numbers were neither high nor low over {bias.n} cases."
    side = "higher" if bias.value > 0 else "lower"
    return f"Your changed numbers were {percent_text(abs(bias.value))} {side} than what came, over {bias.n} cases."


def reserved_sentence(units: float, value: float, month: str, currency: str = "") -> str:
    """What supply commits to the rep's customers because of the input, in the plan of a month."""
    if abs(units) < 0.5:
        return f"In the plan of {month} your customers would be committed the same without your changes."
    size = f"{count_text(abs(units))} ({money_text(abs(value), currency)})"
    if units > 0:
        return f"In the plan of {month} {size} more are committed to your customers because of your input."
    return f"In the plan of {month} {size} less are committed to your customers, because you lowered your numbers."


def service_sentence(own: Measured, company: Measured, name: str = "on time and in full") -> str:
    """Service the rep's customers got, against the company's."""
    if not own.is_known:
        return "No order of your customers was due in this month."
    got = f"Your customers got {percent_text(own.value)} {name}"
    if not company.is_known or math.isnan(company.value):
        return f"{got}."
    points = round((own.value - company.value) * 100)
    if not points:
        return f"{got}, as the company did."
    more = "above" if points > 0 else "below"
    return f"{got}, {count_text(abs(points), 'point')} {more} the company's {percent_text(company.value)}."


def _vectors(*sides: ArrayLike) -> list[Vector]:
    arrays = [np.asarray(side, dtype=float).ravel() for side in sides]
    if len({array.size for array in arrays}) > 1:
        raise ValueError(f"Expected vectors of one length, got {[array.size for array in arrays]}.")
    return arrays
