"""What *calibrated* says of a line: how such changes landed, from how many cases, and how much of this one is taken.

Two sentences per line: `own` rests on the owner's past and is for the owner and the managers above; `told` rests on
everybody's changes of the same direction and reason and is for all. A group of fewer than three people says nothing:
it would speak of a person.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from demand.calibration import Worth
from demand.landed import DIRECTIONS, Landed, landed, landed_changes, landed_words

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


def line_notes(cells: pd.DataFrame, worth: Worth, cases: pd.DataFrame) -> list[LineNote]:
    """One note per line with corrected cells: `cells` (one per changed month) have position and the columns of cases,
    `worth` says how much of each is taken, learned from the changed `cases`."""
    if cells.empty:
        return []
    change = (cells["after"] - cells["before"]).to_numpy(dtype=float)
    sign, taken = np.sign(change).astype(int), worth.weights(cells) * change
    past, effects = Past(cases, worth), worth.effects(cells)
    sides: dict[int, list[tuple[str, str]]] = {}
    keys = pd.DataFrame({"position": cells["position"].to_numpy(), "later": -sign})
    for (position, _), rows in sorted(keys.groupby(["position", "later"]).indices.items()):
        first = cells.iloc[rows[0]]
        share = float(taken[rows].sum() / change[rows].sum())
        here = effects.to_numpy()[rows].mean(axis=0)
        side = Side(int(sign[rows[0]]), first, share, dict(zip(effects.columns, here, strict=True)))
        sides.setdefault(int(position), []).append(_note(side, past))
    return [LineNote(line, *(" ".join(part[i] for part in parts) for i in (0, 1))) for line, parts in sides.items()]


def notes_joined(notes: list[LineNote], added: dict[int, str]) -> list[LineNote]:
    """The notes with what is `added` for everybody to some lines (by position), lines without a note included."""
    joined = {one.line: one for one in notes}
    for line, told in added.items():
        known = joined.get(line, LineNote(line, "", ""))
        joined[line] = LineNote(line, f"{known.told} {told}".lstrip(), f"{known.own} {told}".lstrip())
    return [joined[line] for line in sorted(joined)]


@dataclass(frozen=True)
class Side:
    """The changes of one line in one direction: its first cell, the share taken, what each part adds to it."""

    sign: int
    first: pd.Series
    taken: float
    here: dict[str, float]


@dataclass(frozen=True)
class Group:
    """How the past changes of a group landed, and what each part adds to their weights on average."""

    landed: Landed
    effects: dict[str, float]


class Past:
    """The past changes by group; each group is worked out once."""

    def __init__(self, cases: pd.DataFrame, worth: Worth) -> None:
        self.change = (cases["after"] - cases["before"]).to_numpy(dtype=float)
        self.came = (cases["actual"] - cases["before"]).to_numpy(dtype=float)
        self.rep = cases["rep"].to_numpy()
        self.effects = worth.effects(cases)
        keys = cases[["line", "rep", "reason"]].assign(direction=np.sign(self.change).astype(int))
        self.rows: dict[str, dict[object, NDArray[np.int64]]] = {"": dict(keys.groupby("direction").indices)}
        self.rows |= {by: dict(keys.groupby(["direction", by]).indices) for by in ("line", "rep", "reason")}
        self.known: dict[tuple[str, object], Group] = {}

    def of(self, sign: int, by: str = "", value: object = None) -> Group:
        """The changes of a direction (+1 or -1) and of a line, rep or reason; those of everybody without."""
        key = (sign, value) if by else sign
        if (by, key) not in self.known:
            self.known[by, key] = self._group(self.rows[by].get(key))
        return self.known[by, key]

    def _group(self, rows: NDArray[np.int64] | None) -> Group:
        if rows is None or not len(rows):
            return Group(Landed(1.0, 0, 0), {})
        effects = dict(zip(self.effects.columns, self.effects.to_numpy()[rows].mean(axis=0), strict=True))
        return Group(landed_changes(self.change[rows], self.came[rows], self.rep[rows]), effects)


def _note(side: Side, past: Past) -> tuple[str, str]:
    """What is told to everybody, and what to the owner."""
    word, sign, taken = DIRECTIONS[side.sign], side.sign, side.taken
    everybody, by_rep = past.of(sign), past.of(sign, "rep", side.first["rep"])
    own = (
        _sentence(f"{word} changes here", past.of(sign, "line", side.first["line"]), side, OWN_CAUSES)
        or _sentence(f"{word} changes by the owner", by_rep, side, OWN_CAUSES)
        or f"There are few past {word} changes by the owner, {by_rep.landed.cases:,} cases; {taken:.0%} is taken."
    )
    told = (
        _open(f"{word} changes for this reason", past.of(sign, "reason", side.first["reason"]), side)
        or _open(f"{word} changes of everybody", everybody, side)
        or f"There are few past {word} changes, {everybody.landed.cases:,} cases; {taken:.0%} is taken."
    )
    return told, own


def _open(who: str, group: Group, side: Side) -> str:
    return _sentence(who, group, side, CAUSES) if group.landed.is_for_all else ""


def _sentence(who: str, group: Group, side: Side, named: dict[str, str]) -> str:
    """One sentence about a group with enough cases, else nothing."""
    if not group.landed.is_enough:
        return ""
    causes = {part: side.here[part] - group.effects[part] for part in named if part in side.here}
    because = _because(side.taken - group.landed.share, causes, named)
    return f"{landed_words(who, group.landed)}; {side.taken:.0%} is taken{because}."


def _because(apart: float, causes: dict[str, float], named: dict[str, str]) -> str:
    """ ", more for its size": what made at least half of the difference to the group, if anything did."""
    part = max(causes, key=lambda part: causes[part] * np.sign(apart), default="")
    if abs(apart) < APART or not part or causes[part] * np.sign(apart) < abs(apart) / 2:
        return ""
    return f", {'more' if apart > 0 else 'less'} for {named[part]}"


def overall_sentences(cases: pd.DataFrame) -> list[str]:
    """What was learned over everybody, by direction; nobody is named, and what is one person's alone is not told."""
    told, sign_of = [], np.sign(cases["after"] - cases["before"])
    for sign, word in DIRECTIONS.items():
        part = cases[sign_of == sign]
        found = landed(part) if len(part) else Landed(1.0, 0, 0)
        if not found.is_enough:
            told.append(f"{word.capitalize()} changes are taken whole: there are too few past cases to learn from.")
        elif not found.is_for_all:
            told.append(f"{word.capitalize()} changes are taken by their owner's record, which only the owner reads.")
        else:
            told.append(
                f"{word.capitalize()} changes landed at {found.share:.0%} of the change, {found.cases:,} past cases; "
                "each is taken by its owner's record, reason, size, lag and line."
            )
    return told
