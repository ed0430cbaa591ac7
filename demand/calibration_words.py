"""What *calibrated* says of a line: how such changes landed, from how many cases, and how much of this one is taken.

Two sentences per line: `own` rests on the owner's past and is for the owner and the managers above; `told` rests on
everybody's changes of the same direction and reason and is for all. A group of fewer than three people says nothing:
it would speak of a person.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from demand.calibration import Worth

DIRECTIONS = {1: "upward", -1: "downward"}
FEWEST_TOLD = 5
FEWEST_PEOPLE = 3
# what made a line's weight another one than its group's, from this difference on; a person's past is not for all
APART = 0.10
CAUSES = {"reason": "its reason", "size": "its size", "lag": "how far ahead it is"}
OWN_CAUSES = CAUSES | {"rep": "the owner's past", "line": "the line's past"}


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


def line_notes(cells: pd.DataFrame, worth: Worth, cases: pd.DataFrame) -> list[LineNote]:
    """One note per line with corrected cells: `cells` (one per changed month) have position and the columns of cases,
    `worth` says how much of each is taken, learned from the changed `cases`."""
    change = cells["after"] - cells["before"]
    cells = cells.assign(direction=np.sign(change).astype(int), change=change, taken=worth.weights(cells) * change)
    past, effects = Past(cases, worth), worth.effects(cells)
    notes: list[LineNote] = []
    for position, rows in cells.groupby("position", sort=True):
        sides = [rows[rows["direction"] == sign] for sign in DIRECTIONS]
        parts = [_note(side, effects.loc[side.index], past) for side in sides if len(side)]
        notes.append(LineNote(int(position), *(" ".join(part[side] for part in parts) for side in (0, 1))))
    return notes


@dataclass(frozen=True)
class Group:
    """How the past changes of a group landed, and what each part adds to their weights on average."""

    landed: Landed
    effects: pd.Series


class Past:
    """The past changes by group; each group is worked out once."""

    def __init__(self, cases: pd.DataFrame, worth: Worth) -> None:
        self.cases = cases.assign(direction=np.sign(cases["after"] - cases["before"]).astype(int))
        self.effects = worth.effects(self.cases)
        self.groups: dict[tuple[str, ...], dict[tuple[object, ...], pd.DataFrame]] = {
            by: dict(list(self.cases.groupby([*by], sort=False)))
            for by in (("direction", "line"), ("direction", "rep"), ("direction", "reason"), ("direction",))
        }
        self.known: dict[tuple[object, ...], Group] = {}

    def of(self, **group: object) -> Group:
        by, key = tuple(group), tuple(group.values())
        if (by, key) not in self.known:
            self.known[by, key] = self._group(self.groups[by].get(key))
        return self.known[by, key]

    def _group(self, cases: pd.DataFrame | None) -> Group:
        if cases is None:
            return Group(Landed(1.0, 0, 0), pd.Series(dtype=float))
        return Group(landed(cases), self.effects.loc[cases.index].mean())


def _note(rows: pd.DataFrame, effects: pd.DataFrame, past: Past) -> tuple[str, str]:
    """What is told to everybody, and what to the owner, of the changes of one line in one direction."""
    first, taken, here = rows.iloc[0], float(rows["taken"].sum() / rows["change"].sum()), effects.mean()
    sign = int(first["direction"])
    word, everybody = DIRECTIONS[sign], past.of(direction=sign)
    by_rep = past.of(direction=sign, rep=first["rep"])
    own = (
        _sentence(f"{word} changes here", past.of(direction=sign, line=first["line"]), taken, here, OWN_CAUSES)
        or _sentence(f"{word} changes by the owner", by_rep, taken, here, OWN_CAUSES)
        or f"There are few past {word} changes by the owner, {by_rep.landed.cases:,} cases; {taken:.0%} is taken."
    )
    told = (
        _open(f"{word} changes for this reason", past.of(direction=sign, reason=first["reason"]), taken, here)
        or _open(f"{word} changes of everybody", everybody, taken, here)
        or f"There are few past {word} changes, {everybody.landed.cases:,} cases; {taken:.0%} is taken."
    )
    return told, own


def _open(who: str, group: Group, taken: float, here: pd.Series) -> str:
    return _sentence(who, group, taken, here, CAUSES) if group.landed.people >= FEWEST_PEOPLE else ""


def _sentence(who: str, group: Group, taken: float, here: pd.Series, named: dict[str, str]) -> str:
    """One sentence about a group with enough cases, else nothing; `here` = what each part adds on this line."""
    share, cases = group.landed.share, group.landed.cases
    if cases < FEWEST_TOLD:
        return ""
    because = _because(taken - share, here - group.effects, named)
    told = f"{who} landed at {share:.0%} of the change, {cases:,} cases; {taken:.0%} is taken{because}."
    return told[0].upper() + told[1:]


def _because(apart: float, causes: pd.Series, named: dict[str, str]) -> str:
    """ ", more for its size": what made at least half of the difference to the group, if anything did."""
    pulls = {part: float(causes[part]) * np.sign(apart) for part in named if part in causes}
    part = max(pulls, key=lambda part: pulls[part], default="")
    if abs(apart) < APART or not part or pulls[part] < abs(apart) / 2:
        return ""
    return f", {'more' if apart > 0 else 'less'} for {named[part]}"


def overall_sentences(cases: pd.DataFrame) -> list[str]:
    """What was learned over everybody, by direction; nobody is named."""
    told, sign_of = [], np.sign(cases["after"] - cases["before"])
    for sign, word in DIRECTIONS.items():
        part = cases[sign_of == sign]
        if len(part) < FEWEST_TOLD:
            told.append(f"{word.capitalize()} changes are taken whole: there are too few past cases to learn from.")
        else:
            share = f"{landed(part).share:.0%}"
            told.append(
                f"{word.capitalize()} changes landed at {share} of the change, {len(part):,} past cases; "
                "each is taken by its owner's record, reason, size, lag and line."
            )
    return told
