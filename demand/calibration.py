"""What a change was worth: learned from past cycles by who changed, which way, how far, why, how far ahead and where.

A change is worth w when before + w × (after - before) came. w = 1 + what everybody's changes of that direction say +
what the rep's say + the reason's, the size's, the lag's and the line's: hierarchical partial pooling with crossed
groups. Each part is pulled towards 0 by its own strength, so that few cases move little and many say what they say.
Fitted is Σ|actual - before - w × change| / scale + ½ Σ strength × part², the measure the plan is judged by (WAPE), by
reweighted least squares; `scale` is each rep's own usual miss, so that one who is far off teaches little about the
others, and one who is exact is believed soon.

Sources: Gelman and Hill 2007 (partial pooling), Fildes et al. 2009 (what adjustments are worth by direction and size).
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LARGEST_WEIGHT = 1.5
FARTHEST_LAG = 6
SIZES = (0.25, 0.5, 0.75)
# how many typical cases it takes before a part counts for half of what its cases say
STRENGTH = {"direction": 15.0, "rep": 6.0, "reason": 30.0, "size": 30.0, "lag": 30.0, "line": 30.0}
CASE_COLUMNS = ("rep", "line", "lag", "reason", "before", "after", "actual")
ROUNDS = 30
SCALE_CASES = 3.0
SMALLEST = 1e-9
# a miss under this share of the usual one counts like it: least squares there, absolute errors beyond
NEAR = 0.1


@dataclass(frozen=True)
class Worth:
    """What changes were worth: per part and group what it adds to 1. Empty = every change is taken whole."""

    parts: dict[str, pd.Series] = field(default_factory=dict)
    cases: int = 0

    def weights(self, cells: pd.DataFrame) -> Floats:
        """(cells,) the share of each change to take, 0 to 1.5; columns as in cases, `actual` is not looked at.

        A group without cases adds nothing: such a change is taken like everybody's.
        """
        weight = 1.0 + self.effects(cells).to_numpy(dtype=float).sum(axis=1)
        return np.clip(weight, 0.0, LARGEST_WEIGHT)

    def effects(self, cells: pd.DataFrame) -> pd.DataFrame:
        """(cells, parts) what each part adds to a cell's weight; 0 for a group without cases."""
        told = {
            part: self.parts[part].reindex(keys).fillna(0.0).to_numpy(dtype=float)
            for part, keys in _groups(cells).items()
            if part in self.parts
        }
        return pd.DataFrame(told, index=cells.index)


def changed_cases(cases: pd.DataFrame) -> pd.DataFrame:
    """The cases that can teach: changed, and with a known actual. ValueError names a missing column."""
    for column in CASE_COLUMNS:
        if column not in cases.columns:
            raise ValueError(f"The cases lack the column {column!r}.")
    numbers = cases[["before", "after", "actual"]].astype(float)
    return cases[numbers.notna().all(axis=1) & (numbers["after"] != numbers["before"])]


def worth_learned(cases: pd.DataFrame) -> Worth:
    """Learn from past changed cells; one row each with rep, line, lag (months), reason, before, after, actual.

    Whoever passes the cases decides what may be known: none of a month at or after the cycle's first day.
    """
    known = changed_cases(cases)
    if known.empty:
        return Worth()
    found = {part: pd.factorize(keys) for part, keys in _groups(known).items()}
    change, came = _moved(known)
    parts = _fitted(change, came, {part: codes for part, (codes, _) in found.items()})
    return Worth({part: pd.Series(parts[part], index=found[part][1]) for part in parts}, len(known))


def _moved(cases: pd.DataFrame) -> tuple[Floats, Floats]:
    before, after, actual = (cases[name].to_numpy(dtype=float) for name in ("before", "after", "actual"))
    return after - before, actual - before


def _groups(cells: pd.DataFrame) -> dict[str, pd.Index]:
    """Per part the group of every cell, the direction always with it: up and down are learned apart."""
    before, after = cells["before"].to_numpy(dtype=float), cells["after"].to_numpy(dtype=float)
    up = np.where(after > before, "up ", "down ").astype(object)
    share = np.abs(after - before) / np.maximum(np.maximum(before, after), SMALLEST)
    values = {
        "direction": np.full(len(cells), "", dtype=object),
        "rep": cells["rep"].astype(str).to_numpy(dtype=object),
        "reason": cells["reason"].fillna("").astype(str).to_numpy(dtype=object),
        "size": np.digitize(share, SIZES).astype(str).astype(object),
        "lag": np.minimum(cells["lag"].to_numpy(dtype=int), FARTHEST_LAG).astype(str).astype(object),
        "line": cells["line"].astype(str).to_numpy(dtype=object),
    }
    return {part: pd.Index(up + value) for part, value in values.items()}


def _fitted(change: Floats, came: Floats, codes: dict[str, NDArray[np.intp]]) -> dict[str, Floats]:
    parts = {part: np.zeros(int(code.max()) + 1) for part, code in codes.items()}
    weight = np.ones(len(change))
    for _ in range(ROUNDS):
        certainty = _certainty(np.abs(came - weight * change), codes["rep"])
        for part, code in codes.items():
            rest = weight - parts[part][code]
            told = np.bincount(code, certainty * change * (came - rest * change))
            parts[part] = told / (np.bincount(code, certainty * change**2) + STRENGTH[part])
            weight = rest + parts[part][code]
    return parts


def _certainty(miss: Floats, rep: NDArray[np.intp]) -> Floats:
    """1 / (usual miss of the rep × this miss): the weights that turn least squares into least absolute errors."""
    usual = (np.bincount(rep, miss) + SCALE_CASES * miss.mean()) / (np.bincount(rep) + SCALE_CASES)
    scale = np.maximum(usual[rep], SMALLEST)
    return 1.0 / (scale * np.maximum(miss, scale * NEAR))
