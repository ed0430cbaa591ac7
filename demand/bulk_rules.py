"""Bulk rules of the demand review: which open lines a rule fits, and the rule in words. Pure.

*Take the baseline where the change is under 5 % and has no reason*; *take the proposal for all of Road Bikes worth less
than 5,000*. All conditions of a rule hold together; lines that are settled already are never touched.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ANY, NONE = "any", "none"
COLUMNS = ("family", "reason", "baseline", "events", "proposal", "plan", "stake", "settled_by")
SMALLEST = 1e-9


@dataclass(frozen=True)
class BulkRule:
    """Take `source` where every condition holds.

    `under_share`: the change against the baseline is smaller than this share (None = any size). `under_value`: less
    money is at stake (None = any). `family`: a family's code ('' = all). `reason`: a reason's code, 'none' for changes
    without one, 'any' for all.
    """

    source: str
    under_share: float | None = None
    under_value: float | None = None
    family: str = ""
    reason: str = ANY

    @property
    def under_percent(self) -> str:
        """The share as a form shows it; empty for any size."""
        return "" if self.under_share is None else f"{self.under_share * 100:g}"

    @property
    def is_bounded(self) -> bool:
        """Whether the rule says anything about which lines; without, it would take every line of the company."""
        return self.under_share is not None or self.under_value is not None or self.family != "" or self.reason != ANY


def rule_fits(frame: pd.DataFrame, rule: BulkRule) -> NDArray[np.bool_]:
    """(lines,) True where a rule applies: open lines that sales or marketing changed and that meet each condition.

    `frame` has one row per line with twelve months' units per stage, `stake` in money, `reason` ('' = none given) and
    `settled_by` ('' = open). ValueError names a missing column.
    """
    for column in COLUMNS:
        if column not in frame.columns:
            raise ValueError(f"The lines lack the column {column!r}.")
    change = (frame["events"] - frame["baseline"]).abs().to_numpy(dtype=float)
    fits = (change > SMALLEST) & (frame["settled_by"] == "").to_numpy()
    if rule.under_share is not None:
        fits &= change < rule.under_share * frame["baseline"].abs().to_numpy(dtype=float)
    if rule.under_value is not None:
        fits &= (frame["stake"] < rule.under_value).to_numpy()
    if rule.family:
        fits &= (frame["family"] == rule.family).to_numpy()
    if rule.reason != ANY:
        fits &= (frame["reason"] == ("" if rule.reason == NONE else rule.reason)).to_numpy()
    return np.asarray(fits, dtype=bool)


def rule_sentence(rule: BulkRule, *, source: str, family: str, reason: str, currency: str) -> str:
    """The rule in words, from the names of what it speaks of: "Take the baseline where ..."."""
    conditions = []
    if rule.under_share is not None:
        conditions.append(f"the change is under {rule.under_share * 100:g} %")
    if rule.under_value is not None:
        conditions.append(f"less than {currency} {rule.under_value:,.0f} is at stake")
    if rule.family:
        conditions.append(f"the family is {family}")
    if rule.reason != ANY:
        conditions.append("no reason is given" if rule.reason == NONE else f"the reason is “{reason}”")
    return f"Take {source} where {' and '.join(conditions)}"
