"""From the stages to a proposal for the demand plan: named, versioned rules.

*take_sales* takes the numbers with events, *take_baseline* the baseline, *half_way* the mean of both (Blattberg and
Hoch 1990), *calibrated* scales each rep's changes by how much of such changes came true in the past, shrunk towards
taking them whole while there are few cases. A number that a manager has set stands as it is in *calibrated*: it was
looked at by somebody who knows the rep, and correcting it once more would count twice. Where nothing was changed every
rule gives the baseline plus events.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
RULES = {
    "take_sales": "Take sales, v1",
    "take_baseline": "Take the baseline, v1",
    "half_way": "Half-way, v1",
    "calibrated": "Calibrated, v1",
}
SHRINKAGE = 12.0
LARGEST_WEIGHT = 1.5
DIRECTIONS = (("up", "upward", 1), ("down", "downward", -1))
CASE_COLUMNS = ("rep", "before", "after", "actual")
FEWEST_TOLD = 5


@dataclass(frozen=True)
class Proposal:
    """The proposed quantities (lines, months), the rule's name with its version, and what it says about itself.

    `by_line` has what it says about each line, '' where it corrected nothing; empty for rules that treat all alike.
    """

    matrix: Matrix
    rule: str
    sentences: list[str]
    by_line: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Weight:
    """How much of a change to take, from how many past cases, and how much of them had landed."""

    weight: float
    cases: int
    landed: float = 1.0


def propose(
    rule: str,
    *,
    baseline: Matrix,
    sales: Matrix,
    team: Matrix,
    events: Matrix,
    rep: NDArray[np.int64],
    cases: pd.DataFrame,
) -> Proposal:
    """The proposal of a rule.

    All matrices are (lines, months) in units: the baseline, with the reps' changes, with the managers', with
    events. `rep` (lines,) is the owner's id (0 = nobody). `cases` has one row per past changed cell with rep,
    before, after, actual. A number set by a manager and an event are taken whole. ValueError for an unknown rule or
    shapes that do not fit.
    """
    if rule not in RULES:
        raise ValueError(f"{rule!r} is not a rule. Use one of: {', '.join(RULES)}.")
    shapes = {m.shape for m in (baseline, sales, team, events)}
    if len(shapes) != 1 or len(rep) != len(baseline):
        raise ValueError(f"The stages do not fit together: {sorted(map(str, shapes))}, {len(rep)} owners.")
    added = events - team
    if rule == "take_sales":
        return Proposal(np.maximum(events, 0.0), RULES[rule], ["Every change is taken as it was entered."])
    if rule == "take_baseline":
        return Proposal(np.maximum(baseline + added, 0.0), RULES[rule], ["The baseline with events, no changes."])
    if rule == "half_way":
        matrix = baseline + (team - baseline) / 2 + added
        return Proposal(np.maximum(matrix, 0.0), RULES[rule], ["Half of every change is taken."])
    return _calibrated(baseline, sales, team, added, rep, weights_learned(cases))


def weights_learned(cases: pd.DataFrame) -> dict[tuple[int, str], Weight]:
    """Per rep and direction the weight of a change, learned from past cases; key rep 0 holds everybody together.

    Least squares through the origin of (actual - before) on (after - before), clipped to 0..1.5, then shrunk:
    weight = (n × learned + k × prior) / (n + k) with k = 12; the prior of a person is everybody's weight, the prior
    of everybody is 1 (take it whole). Cells with an unknown actual do not count. ValueError names a missing column.
    """
    for column in CASE_COLUMNS:
        if column not in cases.columns:
            raise ValueError(f"The cases lack the column {column!r}.")
    known = cases[cases["actual"].notna() & (cases["after"] != cases["before"])]
    learned: dict[tuple[int, str], Weight] = {}
    for direction, _, sign in DIRECTIONS:
        part = known[np.sign(known["after"] - known["before"]) == sign]
        everybody = _shrunk(part, prior=1.0)
        learned[0, direction] = everybody
        for rep, own in part.groupby("rep"):
            if rep:
                learned[int(rep), direction] = _shrunk(own, prior=everybody.weight)
    return learned


def _shrunk(part: pd.DataFrame, prior: float) -> Weight:
    change = (part["after"] - part["before"]).to_numpy(dtype=float)
    came = (part["actual"] - part["before"]).to_numpy(dtype=float)
    n, square = len(part), float((change**2).sum())
    if not n or square == 0:
        return Weight(prior, 0)
    learned = float(np.clip((change * came).sum() / square, 0.0, LARGEST_WEIGHT))
    return Weight((n * learned + SHRINKAGE * prior) / (n + SHRINKAGE), n, learned)


def _calibrated(
    baseline: Matrix,
    sales: Matrix,
    team: Matrix,
    added: Matrix,
    rep: NDArray[np.int64],
    learned: dict[tuple[int, str], Weight],
) -> Proposal:
    change = sales - baseline
    up = np.array([_weight(learned, int(owner), "up") for owner in rep])[:, None]
    down = np.array([_weight(learned, int(owner), "down") for owner in rep])[:, None]
    taken = baseline + np.where(change > 0, change * up, change * down)
    reviewed = team != sales
    matrix = np.maximum(np.where(reviewed, team, taken) + added, 0.0)
    by_line = _line_sentences(np.where(reviewed, 0.0, change), rep, learned)
    return Proposal(matrix, RULES["calibrated"], _sentences(learned), by_line)


def _line_sentences(change: Matrix, rep: NDArray[np.int64], learned: dict[tuple[int, str], Weight]) -> list[str]:
    moved = {sign: (np.sign(change) == sign).any(axis=1) for _, _, sign in DIRECTIONS}
    return [
        " ".join(
            _about(learned, int(owner), direction, word) for direction, word, sign in DIRECTIONS if moved[sign][line]
        )
        for line, owner in enumerate(rep)
    ]


def _about(learned: dict[tuple[int, str], Weight], rep: int, direction: str, word: str) -> str:
    own, everybody = learned.get((rep, direction)), learned[0, direction]
    if own is not None and own.cases >= FEWEST_TOLD:
        return (
            f"{word.capitalize()} changes here landed at {own.landed:.0%} of the change, {own.cases:,} cases; "
            f"{own.weight:.0%} is taken."
        )
    weight = _weight(learned, rep, direction)
    return (
        f"There are few past {word} changes here; {weight:.0%} is taken, from {everybody.cases:,} cases of everybody."
    )


def _weight(learned: dict[tuple[int, str], Weight], rep: int, direction: str) -> float:
    return learned.get((rep, direction), learned[0, direction]).weight


def _sentences(learned: dict[tuple[int, str], Weight]) -> list[str]:
    """What was learned over everybody; nobody is named."""
    told = []
    for direction, word, _ in DIRECTIONS:
        weight = learned[0, direction]
        if weight.cases >= FEWEST_TOLD:
            told.append(f"Of {word} changes {weight.weight:.0%} is taken, learned from {weight.cases:,} past cases.")
        else:
            told.append(f"{word.capitalize()} changes are taken whole: there are too few past cases to learn from.")
    return told
