"""From the stages to a proposal for the demand plan: named, versioned rules, one for every lag.

*take_sales* takes the numbers with events, *take_baseline* the baseline with events, *half_way* the mean of both
(Blattberg and Hoch 1990), *calibrated* takes of each change what such changes were worth (:mod:`demand.calibration`)
and keeps of the family's total what past totals say (:mod:`demand.family_totals`),
*accuracy_weighted* weighs sales and baseline by their past errors (:mod:`demand.accuracy_weights`). In the last two a
number that a manager has set stands as it is: it was looked at by somebody who knows the rep. Where nothing was
changed every rule gives the baseline plus events.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from demand.accuracy_weights import sales_shares
from demand.calibration import changed_cases, worth_learned
from demand.calibration_words import LineNote, line_notes, notes_joined, overall_sentences
from demand.call_effects import QUOTE_COLUMNS, apply_calls, apply_quotes
from demand.family_totals import Kept, family_notes, meet_family_totals, share_kept

Matrix = NDArray[np.float64]
RULES = {
    "take_sales": "Take sales, v1",
    "take_baseline": "Take the baseline, v1",
    "half_way": "Half-way, v1",
    "calibrated": "Calibrated, v4",
    "accuracy_weighted": "Accuracy-weighted, v1",
}
SHORT = {
    "take_sales": "sales",
    "take_baseline": "baseline",
    "half_way": "half-way",
    "calibrated": "calibrated",
    "accuracy_weighted": "by accuracy",
}
LINE_COLUMNS = ("line", "rep", "reason", "family")


@dataclass(frozen=True)
class Stages:
    """(lines, months) in units: the baseline, with the reps' changes, with the managers', with events.

    ValueError when their shapes differ.
    """

    baseline: Matrix
    sales: Matrix
    team: Matrix
    events: Matrix

    def __post_init__(self) -> None:
        shapes = {m.shape for m in (self.baseline, self.sales, self.team, self.events)}
        if len(shapes) != 1:
            raise ValueError(f"The stages do not fit together: {sorted(map(str, shapes))}.")

    @property
    def added(self) -> Matrix:
        """What events add."""
        return self.events - self.team


@dataclass(frozen=True)
class Proposal:
    """The proposed quantities (lines, months), the rule's name with its version, and what it says about itself.

    `by_line` has what it says about the lines it corrected; empty for rules that treat all alike.
    """

    matrix: Matrix
    rule: str
    sentences: list[str]
    by_line: list[LineNote] = field(default_factory=list)


@dataclass(frozen=True)
class Calls:
    """What was said of quotes and silent lines (see :mod:`demand.call_effects`), what each call is worth, and the
    quotes of which nobody said anything."""

    spoken: pd.DataFrame
    chances: dict[str, float]
    quotes: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(QUOTE_COLUMNS)))


def propose(
    rules: str | Sequence[str],
    *,
    stages: Stages,
    lines: pd.DataFrame,
    cases: pd.DataFrame,
    calls: Calls | None = None,
    totals: pd.DataFrame | None = None,
) -> Proposal:
    """The proposal of a rule, or of one rule for every month (lag 0 first).

    `lines` has one row per row of the stages: line and rep (ids, 0 = nobody), reason (of the change, '' = none) and
    family. `cases` has one row per past changed cell with line, family, rep, lag, reason, before, after, actual.
    `calls` and `totals` (past totals of families, :mod:`demand.family_totals`) count in *calibrated* only.
    ValueError for an unknown rule, too many rules or shapes that do not fit.
    """
    by_lag = [rules] * stages.baseline.shape[1] if isinstance(rules, str) else list(rules)
    _check(by_lag, stages, lines)
    used = list(dict.fromkeys(by_lag))
    made = {rule: _by_rule(rule, stages, lines, cases, calls, totals) for rule in used}
    if len(used) == 1:
        return made[used[0]]
    matrix = np.column_stack([made[rule].matrix[:, lag] for lag, rule in enumerate(by_lag)])
    sentences = [f"{RULES[rule]}: {sentence}" for rule in used for sentence in made[rule].sentences]
    notes = made["calibrated"].by_line if "calibrated" in made else []
    return Proposal(matrix, rule_name(by_lag), sentences, notes)


def rule_name(by_lag: Sequence[str]) -> str:
    """The name of one rule for every lag: "Calibrated, v4", or "By lag: calibrated 0-2, half-way 3-23"."""
    if len(set(by_lag)) == 1:
        return RULES[by_lag[0]]
    starts = [lag for lag, rule in enumerate(by_lag) if not lag or by_lag[lag - 1] != rule]
    ends = [*[start - 1 for start in starts[1:]], len(by_lag) - 1]
    return "By lag: " + ", ".join(f"{SHORT[by_lag[a]]} {a}–{b}" for a, b in zip(starts, ends, strict=True))


def _check(by_lag: list[str], stages: Stages, lines: pd.DataFrame) -> None:
    for rule in by_lag:
        if rule not in RULES:
            raise ValueError(f"{rule!r} is not a rule. Use one of: {', '.join(RULES)}.")
    if len(by_lag) != stages.baseline.shape[1]:
        raise ValueError(f"{len(by_lag)} rules for {stages.baseline.shape[1]} months.")
    if len(lines) != len(stages.baseline) or not set(LINE_COLUMNS) <= set(lines.columns):
        raise ValueError(f"The lines do not fit the stages: {len(lines)} rows with {', '.join(lines.columns)}.")


def _by_rule(
    rule: str,
    stages: Stages,
    lines: pd.DataFrame,
    cases: pd.DataFrame,
    calls: Calls | None,
    totals: pd.DataFrame | None,
) -> Proposal:
    baseline, name = stages.baseline, RULES[rule]
    if rule == "take_sales":
        return Proposal(np.maximum(stages.events, 0.0), name, ["Every change is taken as it was entered."])
    if rule == "take_baseline":
        matrix = np.maximum(baseline + stages.added, 0.0)
        return Proposal(matrix, name, ["The baseline with events, no changes."])
    if rule == "half_way":
        matrix = np.maximum(baseline + (stages.team - baseline) / 2 + stages.added, 0.0)
        return Proposal(matrix, name, ["Half of every change is taken."])
    if rule == "calibrated":
        return _calibrated(stages, lines, cases, calls, totals)
    cells = changed_cells(stages, lines)
    told = "Sales and baseline are weighed by their past errors, by line, family and lag; few cases lean on sales."
    return Proposal(_taken(stages, cells, sales_shares(cases, cells)), name, [told])


def _calibrated(
    stages: Stages, lines: pd.DataFrame, cases: pd.DataFrame, calls: Calls | None, totals: pd.DataFrame | None
) -> Proposal:
    cells, known = changed_cells(stages, lines), changed_cases(cases)
    worth = worth_learned(known)
    sentences = [*overall_sentences(known), "A rise that sales entered and an event in the same month count once."]
    typed = stages.team != stages.baseline
    taken = _taken(stages, cells, worth.weights(cells), once=True)
    kept = share_kept(totals, known, worth.weights(known)) if totals is not None and len(known) else Kept()
    matrix = _families_met(taken, stages, cells, lines, typed, kept.share)
    with_family = family_notes(taken, matrix, kept.share)
    if with_family:
        sentences.append(kept.sentence)
    if calls is not None:
        matrix, said = _with_calls(matrix, calls, typed)
        sentences += said
    return Proposal(matrix, RULES["calibrated"], sentences, notes_joined(line_notes(cells, worth, known), with_family))


def _families_met(
    taken: Matrix, stages: Stages, cells: pd.DataFrame, lines: pd.DataFrame, typed: NDArray[np.bool_], share: float
) -> Matrix:
    """The `share` of what the rule takes off in a family is carried by its numbers that nobody typed."""
    said = _taken(stages, cells, np.ones(len(cells)), once=True)
    return meet_family_totals(taken, said, typed, pd.factorize(lines["family"])[0], share)


def _with_calls(matrix: Matrix, calls: Calls, typed: NDArray[np.bool_]) -> tuple[Matrix, list[str]]:
    """The plan with calls and quotes where nobody typed, and what is said of them."""
    said = []
    if len(calls.spoken):
        matrix, counted = apply_calls(matrix, calls.spoken, calls.chances, typed)
        said.append(f"{counted:,} calls on quotes and silent lines count, each with its chance.")
    if len(calls.quotes):
        matrix, raised = apply_quotes(matrix, calls.quotes, typed)
        said.append(f"Quotes that nobody has called count with their probability; they raise {raised:,} numbers.")
    return matrix, said


def changed_cells(stages: Stages, lines: pd.DataFrame) -> pd.DataFrame:
    """The cells that a rep changed and no manager set: one row each with position (row), lag (column), before, after
    and the columns of `lines`."""
    row, lag = np.nonzero((stages.sales != stages.baseline) & (stages.team == stages.sales))
    who = lines[list(LINE_COLUMNS)].iloc[row].reset_index(drop=True)
    return who.assign(position=row, lag=lag, before=stages.baseline[row, lag], after=stages.sales[row, lag])


def _taken(stages: Stages, cells: pd.DataFrame, weights: NDArray[np.float64], *, once: bool = False) -> Matrix:
    """The team numbers with only so much of each changed cell, and events on top.

    `once`: what an event adds to a cell that sales raised already counts only as far as it is more than the rise.
    """
    matrix, added = stages.team.copy(), stages.added
    row, lag = cells["position"].to_numpy(dtype=int), cells["lag"].to_numpy(dtype=int)
    before = cells["before"].to_numpy(dtype=float)
    matrix[row, lag] = before + weights * (cells["after"].to_numpy(dtype=float) - before)
    if once:
        event, rise = added[row, lag], np.maximum(matrix[row, lag] - before, 0.0)
        added[row, lag] = np.where(event > 0, np.maximum(event - rise, 0.0), event)
    return np.maximum(matrix + added, 0.0)
