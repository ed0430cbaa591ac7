"""How past changes landed: what share of them came, and from how many cases and people that may be told. Pure.

Of everybody's changes only what at least three people have cases in is told: less would be a person's record.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
COLUMNS = ("rep", "family", "reason", "before", "after", "actual")
DIRECTIONS = {1: "upward", -1: "downward"}
FEWEST_TOLD = 5
FEWEST_PEOPLE = 3
MOST = 1.5
# from the closest kind to the widest; the first that may be told is
KINDS = (("sign", "reason", "family"), ("sign", "reason"), ("sign", "family"), ("sign",))
Key = tuple[object, ...]


@dataclass(frozen=True)
class Landed:
    """How much of past changes came: the median share, weighted by the size of the change, 0 to 1.5."""

    share: float
    cases: int
    people: int

    @property
    def is_enough(self) -> bool:
        """From five cases on."""
        return self.cases >= FEWEST_TOLD

    @property
    def is_for_all(self) -> bool:
        """Five cases or more, of three people or more."""
        return self.is_enough and self.people >= FEWEST_PEOPLE


@dataclass(frozen=True)
class LandedKind:
    """How changes of a kind landed; `kind` names what they have in common: sign (direction), reason, family."""

    landed: Landed
    kind: tuple[str, ...]


def landed(cases: pd.DataFrame) -> Landed:
    """The share of the change that came over cases with before, after, actual and rep, all of one direction."""
    change, came = ((cases[name] - cases["before"]).to_numpy(dtype=float) for name in ("after", "actual"))
    return landed_changes(change, came, cases["rep"].to_numpy())


def landed_changes(change: Floats, came: Floats, rep: NDArray) -> Landed:
    """The same from vectors: the change, what came of it (actual - before), and who; rep 0 = nobody, no person.

    The share is the value of came / change up to which half of Σ|change| lies; ValueError without a case.
    """
    if not len(change):
        raise ValueError("There is no change to tell of.")
    share = came / change
    order = np.argsort(share, kind="stable")
    heavy = np.cumsum(np.abs(change)[order])
    middle = int(np.searchsorted(heavy, heavy[-1] / 2))
    people = sum(1 for who in set(rep.tolist()) if who != 0)
    return Landed(float(np.clip(share[order][middle], 0.0, MOST)), len(change), people)


def landed_words(who: str, found: Landed) -> str:
    """ "Upward changes in Road Bikes landed at 84% of the change, 23 cases" without a full stop."""
    told = f"{who} landed at {found.share:.0%} of the change, {found.cases:,} cases"
    return told[0].upper() + told[1:]


def landed_table(cases: pd.DataFrame) -> dict[Key, LandedKind]:
    """How past changes landed by each kind that may be told to all; keys are (kind, values).

    `cases` has one row per past changed cell; rep 0 = nobody. ValueError names a missing column.
    """
    for column in COLUMNS:
        if column not in cases.columns:
            raise ValueError(f"The cases lack the column {column!r}.")
    known = cases[cases["actual"].notna() & (cases["after"] != cases["before"])]
    known = known.assign(sign=np.sign((known["after"] - known["before"]).astype(float)).astype(int))
    found = {
        (kind, at): LandedKind(landed(known.iloc[rows]), kind)
        for kind in KINDS
        for at, rows in known.groupby(list(kind)).indices.items()
    }
    return {_key(kind, at): one for (kind, at), one in found.items() if one.landed.is_for_all}


def _key(kind: tuple[str, ...], at: object) -> Key:
    return (kind, *(at if isinstance(at, tuple) else (at,)))


def landed_of(table: dict[Key, LandedKind], *, change: float, reason: str, family: str) -> LandedKind | None:
    """How changes like this one have landed: by direction, reason and family, else the next wider kind known."""
    if not change:
        return None
    values = {"sign": 1 if change > 0 else -1, "reason": reason, "family": family}
    keys = [_key(kind, tuple(values[name] for name in kind)) for kind in KINDS]
    return next((table[key] for key in keys if key in table), None)


def landed_sentence(found: LandedKind, *, change: float, reason: str, family: str) -> str:
    """In words: "Upward changes in Road Bikes landed at 84% of the change, 23 cases."."""
    about = ""
    if "reason" in found.kind:
        about += f" for “{reason}”" if reason else " without a reason"
    if "family" in found.kind:
        about += f" in {family}"
    return landed_words(f"{DIRECTIONS[1 if change > 0 else -1]} changes{about}", found.landed) + "."
