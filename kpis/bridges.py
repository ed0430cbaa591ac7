"""Waterfalls: how one number becomes another, in steps that add up exactly.

Every bridge is a list of `Step`: totals at both ends (and where named, between), changes in between.
What floating point leaves over goes to the largest change, so that start + Σ changes = end.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Step:
    """One bar: a total (`is_total`) or a change; `code` names it for links and tests."""

    code: str
    label: str
    value: float
    is_total: bool = False


@dataclass(frozen=True)
class Weighted:
    """A promotion, opportunity or risk not in the plan: money, and probability 0 to 1."""

    value: float
    probability: float = 1.0

    def __post_init__(self) -> None:
        if not (0 <= self.probability <= 1 and math.isfinite(self.value)):
            raise ValueError(f"Expected a known value and a probability of 0 to 1, got {self}.")


@dataclass(frozen=True)
class PriceVolumeMix:
    """A gap in revenue split into volume, price and mix; the three add up to `gap`."""

    gap: float
    volume: float
    price: float
    mix: float


def budget_bridge(
    forecast: float,
    budget: float,
    *,
    promotions: Sequence[Weighted] = (),
    opportunities: Sequence[Weighted] = (),
    risks: Sequence[Weighted] = (),
    decisions: Sequence[Weighted] = (),
) -> list[Step]:
    """From the current forecast to the budget.

    Steps: forecast, promotions not yet in, opportunities weighted (value x probability), risks
    weighted (given as positive values, shown as negative), decisions proposed, the gap that remains,
    budget. The gap is what is still missing (+) or above (-) after all of them.
    """
    known = [
        Step("promotions", "Promotions not yet in", _expected(promotions)),
        Step("opportunities", "Opportunities, weighted", _expected(opportunities)),
        Step("risks", "Risks, weighted", -_expected([Weighted(abs(r.value), r.probability) for r in risks])),
        Step("decisions", "Decisions proposed", _expected(decisions)),
    ]
    steps = [Step("forecast", "Company forecast", forecast, True), *known]
    remaining = math.fsum([budget, *(-step.value for step in steps)])
    return [*steps, Step("remaining", "Gap remaining", remaining), Step("budget", "Budget", budget, True)]


def low_and_high(
    forecast: float, opportunities: Sequence[Weighted] = (), risks: Sequence[Weighted] = ()
) -> tuple[float, float]:
    """(low, high): the forecast with every risk and no opportunity come true, and the other way round."""
    down = math.fsum(abs(risk.value) for risk in risks if risk.probability > 0)
    up = math.fsum(chance.value for chance in opportunities if chance.probability > 0)
    return forecast - down, forecast + up


def what_changed(
    old: ArrayLike, new: ArrayLike, existed: ArrayLike, exists: ArrayLike, window: ArrayLike = True
) -> list[Step]:
    """What became of last cycle's plan within a window of months, such as the rest of the fiscal year.

    `old` and `new` are (lines, months) over the same months, in units or money; `existed` and
    `exists` (lines,) say whether the line was in each plan; `window` is a mask over the months.
    Lines only in one plan are *lost* or *new*. Of the others, what a line gains within the window
    and loses outside it is *pulled in*, what it loses within and gains outside is *slipped*; the
    rest of its change is *up* or *down*.

    Steps: last plan, lost, down, slipped, the unchanged remainder (a total), pulled in, up, new,
    this plan.
    """
    before, after = _matrices(old, new)
    was, now, inside = _masks(before, existed, exists, window)
    start, end = before[:, inside].sum(axis=1), after[:, inside].sum(axis=1)
    within, outside = end - start, (after - before)[:, ~inside].sum(axis=1)
    both = was & now
    pulled = np.where(both, np.clip(np.minimum(within, -outside), 0, None), 0)
    slipped = np.where(both, np.clip(np.minimum(-within, outside), 0, None), 0)
    own = np.where(both, within - pulled + slipped, 0)
    changes = [
        Step("lost", "Lost", _total(within[was & ~now])),
        Step("down", "Down", _total(np.minimum(own, 0))),
        Step("slipped", "Slipped", -_total(slipped)),
        Step("pulled_in", "Pulled in", _total(pulled)),
        Step("up", "Up", _total(np.maximum(own, 0))),
        Step("new", "New", _total(within[now & ~was])),
    ]
    steps = _closed(_total(start), changes, _total(end), "Last plan", "This plan")
    remainder = math.fsum(step.value for step in steps[:4])
    return [*steps[:4], Step("unchanged", "Unchanged", remainder, True), *steps[4:]]


def price_volume_mix(
    quantity: ArrayLike, price: ArrayLike, budget_quantity: ArrayLike, budget_price: ArrayLike
) -> PriceVolumeMix:
    """Gap of revenue to budget split into volume, price and mix, over items (product or family).

    volume = (Q - Qb) x average budget price; price = Σ q x (p - pb); mix = Σ (q - qb) x pb - volume.
    With Q, Qb the totals. The three add up to Σ q·p - Σ qb·pb exactly. An item without a price on
    one side takes the other side's, so a new item is mix and volume, not price. All (items,), with
    NaN for an unknown price. Without any budget quantity the whole difference at budget price is volume.
    """
    q, p, qb, pb = (np.asarray(side, dtype=float) for side in (quantity, price, budget_quantity, budget_price))
    if not q.shape == p.shape == qb.shape == pb.shape:
        raise ValueError(f"Items differ in number: {q.shape}, {p.shape}, {qb.shape}, {pb.shape}.")
    if np.isnan(q).any() or np.isnan(qb).any():
        raise ValueError("Quantities must be known to split a gap.")
    p, pb = np.where(np.isnan(p), pb, p), np.where(np.isnan(pb), p, pb)
    if np.isnan(p[(q != 0) | (qb != 0)]).any():
        raise ValueError("An item has a quantity, but no price on either side.")
    p, pb = np.nan_to_num(p), np.nan_to_num(pb)
    gap = math.fsum([*(q * p), *-(qb * pb)])
    at_budget_price = math.fsum((q - qb) * pb)
    total = math.fsum(qb)
    volume = math.fsum([*q, *-qb]) * math.fsum(qb * pb) / total if total > 0 else at_budget_price
    by_price = math.fsum(q * (p - pb))
    return PriceVolumeMix(gap, volume, by_price, math.fsum([gap, -volume, -by_price]))


def price_volume_mix_steps(split: PriceVolumeMix, budget: float) -> list[Step]:
    """The split as a bridge from budget to forecast."""
    changes = [
        Step("volume", "Volume", split.volume),
        Step("price", "Price", split.price),
        Step("mix", "Mix", split.mix),
    ]
    return _closed(budget, changes, budget + split.gap, "Budget", "Company forecast")


def _closed(start: float, changes: list[Step], end: float, first: str, last: str) -> list[Step]:
    """Totals around the changes; the largest change takes what floating point left over."""
    left = math.fsum([end, -start, *(-step.value for step in changes)])
    if left and changes:
        widest = max(range(len(changes)), key=lambda i: abs(changes[i].value))
        step = changes[widest]
        changes[widest] = Step(step.code, step.label, step.value + left)
    return [Step("start", first, start, True), *changes, Step("end", last, end, True)]


def _expected(entries: Sequence[Weighted]) -> float:
    return math.fsum(entry.value * entry.probability for entry in entries)


def _total(values: NDArray[np.float64]) -> float:
    return math.fsum(values.ravel())


def _masks(
    plan: NDArray[np.float64], existed: ArrayLike, exists: ArrayLike, window: ArrayLike
) -> list[NDArray[np.bool_]]:
    lengths = (plan.shape[0], plan.shape[0], plan.shape[1])
    masks = [np.asarray(mask, dtype=bool) for mask in (existed, exists, window)]
    if any(mask.shape not in ((), (length,)) for mask, length in zip(masks, lengths, strict=True)):
        raise ValueError(f"The masks do not fit a plan of {plan.shape[0]} lines and {plan.shape[1]} months.")
    return [np.broadcast_to(mask, (length,)) for mask, length in zip(masks, lengths, strict=True)]


def _matrices(old: ArrayLike, new: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    before, after = np.asarray(old, dtype=float), np.asarray(new, dtype=float)
    if before.ndim != 2 or before.shape != after.shape:
        raise ValueError(f"Both plans must cover the same lines and months, got {before.shape} and {after.shape}.")
    return before, after
