"""Meeting a family's total again, where its single numbers were judged one by one.

What a change was worth is learned from absolute errors of single lines. Such a rule lies nearer the median than the
mean, and medians need not add up: taken together they may come out low for the family. Whether they did is learned
from the totals of past cycles; as far as they did, what the rule takes off is carried by the family's numbers that
nobody typed, each moving by one share, at most a quarter, so that the lines add up to the total agreed.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from demand.seasonality import group_totals

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]

TOTAL_COLUMNS = ("cycle", "month", "family", "said", "actual")
SHRINKAGE = 12.0
FURTHEST = 1.25
SMALLEST = 1e-9
RAISED = (
    "Raised with its family: up to {:.0%} of what the rule takes off the numbers entered there goes back to the total."
)
LOWERED = (
    "Lowered with its family: up to {:.0%} of what the rule adds to the numbers entered there leaves the total again."
)


@dataclass(frozen=True)
class Kept:
    """What past totals say: the `share`, 0 to 1, of what the rule changes in a family's total that its other numbers
    should give back, and in how many past family months the total without it came out too low and too high."""

    share: float = 0.0
    too_low: int = 0
    too_high: int = 0

    @property
    def sentence(self) -> str:
        """The share, and the past it rests on in whichever direction that points."""
        return (
            f"{self.share:.0%} of what the rule takes off or adds in a family's total is given back by its other "
            f"numbers: without it past totals came out too low in {self.too_low:,} family months and too high in "
            f"{self.too_high:,}."
        )


def share_kept(totals: pd.DataFrame, cases: pd.DataFrame, weights: Floats) -> Kept:
    """How much of what the rule changes the family's total should keep; a share of 0 without a past.

    `totals` has one row per past cycle, closed month and family: `TOTAL_COLUMNS`, said = the total with every change
    taken whole; `cases` the past changed cells (cycle, month, family, before, after) and `weights` (cases,) what the
    rule takes of each. λ minimises Σ|actual − said − (1 − λ) × gap|, gap = Σ (weight − 1) × change: the weighted
    median of its ratios; n family months pull it from 0: n × λ / (n + 12).
    """
    keys = ["cycle", "month", "family"]
    change = cases["after"].to_numpy(dtype=float) - cases["before"].to_numpy(dtype=float)
    gaps = cases[keys].assign(gap=(weights - 1) * change).groupby(keys, as_index=False)["gap"].sum()
    both = totals.merge(gaps[gaps["gap"].abs() > SMALLEST], on=keys)
    if both.empty:
        return Kept()
    gap = both["gap"].to_numpy(dtype=float)
    missed = (both["actual"] - both["said"]).to_numpy(dtype=float)
    taken = _weighted_median(missed / gap, np.abs(gap))
    share = len(both) * (1 - float(np.clip(taken, 0.0, 1.0))) / (len(both) + SHRINKAGE)
    return Kept(share, int((missed - gap > SMALLEST).sum()), int((missed - gap < -SMALLEST).sum()))


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])


def agreed_family_totals(plan: Floats, said: Floats, typed: Flags, family: Integers, share: float) -> Floats:
    """(families, months) what each family shall add up to: the plan's total and `share` of the way to what was said.

    `plan`, `said` and `typed` (lines, months), `family` (lines,) counts from 0. No further than a quarter more, or a
    fifth less, of the numbers that nobody typed; where there are none the plan's total stays.
    """
    free, moved = _free_totals(plan, said, typed, family, share)
    return group_totals(plan, family) + moved - free


def _free_totals(plan: Floats, said: Floats, typed: Flags, family: Integers, share: float) -> tuple[Floats, Floats]:
    """(families, months) of the numbers that nobody typed: what they add up to, and what they shall."""
    free = group_totals(np.where(typed, 0.0, plan), family)
    moved = np.clip(free + share * group_totals(said - plan, family), free / FURTHEST, free * FURTHEST)
    return free, moved


def meet_family_totals(plan: Floats, said: Floats, typed: Flags, family: Integers, share: float) -> Floats:
    """The plan (lines, months) with the numbers nobody typed moved, each by the same share, to
    :func:`agreed_family_totals`. A family and month in which plan and said agree stays as it is."""
    free, moved = _free_totals(plan, said, typed, family, share)
    factor = np.divide(moved, free, out=np.ones_like(free), where=free > SMALLEST)
    return np.where(typed, plan, plan * factor[family])


def family_notes(before: Floats, after: Floats, share: float) -> dict[int, str]:
    """One sentence for each line (row) that :func:`meet_family_totals` moved, by which way it went on the whole."""
    told = {True: RAISED.format(share), False: LOWERED.format(share)}
    moved = np.flatnonzero((after != before).any(axis=1))
    added = (after - before)[moved].sum(axis=1)
    return {int(line): told[bool(up)] for line, up in zip(moved, added > 0, strict=True)}
