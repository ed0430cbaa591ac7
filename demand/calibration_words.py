"""What *calibrated* says of a line: how such changes landed, from how many cases, and how much of this one is taken.

Two sentences per line: `own` rests on the owner's past and is for the owner and the managers above; `told` rests on
everybody's changes of the same direction and reason and is for all. A group of fewer than three people says nothing:
it would speak of a person.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from demand.calibration import Floats

DIRECTIONS = {1: "upward", -1: "downward"}
FEWEST_TOLD = 5
FEWEST_PEOPLE = 3


@dataclass(frozen=True)
class LineNote:
    """What is said about one line (its position): to everybody, and to the owner and the managers above."""

    line: int
    told: str
    own: str


@dataclass(frozen=True)
class Landed:
    """How much of past changes came: the median share, weighted by the size of the change, 0 to 1.5."""

    share: float
    cases: int
    people: int


def landed(cases: pd.DataFrame) -> Landed:
    """The share of the change that came over cases with before, after, actual and rep, all of one direction."""
    change = (cases["after"] - cases["before"]).to_numpy(dtype=float)
    came = (cases["actual"] - cases["before"]).to_numpy(dtype=float) / change
    order = np.argsort(came, kind="stable")
    heavy = np.cumsum(np.abs(change)[order])
    middle = int(np.searchsorted(heavy, heavy[-1] / 2))
    return Landed(float(np.clip(came[order][middle], 0.0, 1.5)), len(cases), cases["rep"].nunique())


def line_notes(cells: pd.DataFrame, weights: Floats, cases: pd.DataFrame) -> list[LineNote]:
    """One note per line with corrected cells: `cells` (one per changed month) have position, line, rep, reason,
    before and after; `weights` says how much of each is taken; `cases` are the changed cases learned from."""
    change = cells["after"] - cells["before"]
    cells = cells.assign(direction=np.sign(change).astype(int), change=change, taken=weights * change)
    past = Past(cases)
    notes: list[LineNote] = []
    for position, rows in cells.groupby("position", sort=True):
        parts = [_note(rows[rows["direction"] == sign], sign, past) for sign in DIRECTIONS]
        told, own = (" ".join(part[side] for part in parts if part) for side in (0, 1))
        notes.append(LineNote(int(position), told, own))
    return notes


class Past:
    """How past changes landed, by group; each group is worked out once."""

    def __init__(self, cases: pd.DataFrame) -> None:
        self.cases = cases.assign(direction=np.sign(cases["after"] - cases["before"]).astype(int))
        self.groups: dict[tuple[str, ...], dict[tuple[object, ...], pd.DataFrame]] = {
            by: dict(list(self.cases.groupby([*by], sort=False)))
            for by in (("direction", "line"), ("direction", "rep"), ("direction", "reason"), ("direction",))
        }
        self.known: dict[tuple[object, ...], Landed] = {}

    def of(self, **group: object) -> Landed:
        by, key = tuple(group), tuple(group.values())
        if (by, key) not in self.known:
            found = self.groups[by].get(key)
            self.known[by, key] = landed(found) if found is not None else Landed(1.0, 0, 0)
        return self.known[by, key]


def _note(rows: pd.DataFrame, sign: int, past: Past) -> tuple[str, str] | None:
    if rows.empty:
        return None
    word, first = DIRECTIONS[sign], rows.iloc[0]
    taken = float(rows["taken"].sum() / rows["change"].sum())
    everybody = past.of(direction=sign)
    line, rep = past.of(direction=sign, line=first["line"]), past.of(direction=sign, rep=first["rep"])
    own = _sentence(f"{word.capitalize()} changes here", line, taken, FEWEST_TOLD) or _sentence(
        f"{word.capitalize()} changes by the owner", rep, taken, FEWEST_TOLD
    )
    few = f"There are few past {word} changes, {everybody.cases:,} cases; {taken:.0%} is taken."
    told = (
        _open(f"{word.capitalize()} changes for this reason", past.of(direction=sign, reason=first["reason"]), taken)
        or _open(f"{word.capitalize()} changes of everybody", everybody, taken)
        or few
    )
    return told, own or f"There are few past {word} changes by the owner, {rep.cases:,} cases; {taken:.0%} is taken."


def _open(who: str, found: Landed, taken: float) -> str:
    return _sentence(who, found, taken, FEWEST_TOLD) if found.people >= FEWEST_PEOPLE else ""


def _sentence(who: str, found: Landed, taken: float, fewest: int) -> str:
    if found.cases < fewest:
        return ""
    return f"{who} landed at {found.share:.0%} of the change, {found.cases:,} cases; {taken:.0%} is taken."


def overall_sentences(cases: pd.DataFrame) -> list[str]:
    """What was learned over everybody, by direction; nobody is named."""
    past, told = Past(cases), []
    for sign, word in DIRECTIONS.items():
        found = past.of(direction=sign)
        if found.cases < FEWEST_TOLD:
            told.append(f"{word.capitalize()} changes are taken whole: there are too few past cases to learn from.")
        else:
            told.append(
                f"{word.capitalize()} changes landed at {found.share:.0%} of the change, {found.cases:,} past cases; "
                "each is taken by its owner's record, reason, size, lag and line."
            )
    return told
