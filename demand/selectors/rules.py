"""Which rule makes the proposal of a cycle, and what it needs to know of the lines."""

import pandas as pd

from cycles.models import Cycle
from demand.matrices import Lines
from demand.models import LayerLine, ProposalNote, RuleChoice, Stage, VersionState
from demand.selectors.lines import cycle_lines

DEFAULT_RULE = "calibrated"
# first lags of the three spans a planner chooses a rule for
SPANS = (0, 3, 12)


def choice_in_force(cycle: Cycle) -> RuleChoice | None:
    """The newest choice of this cycle or an earlier one; a later one never reaches back."""
    rows = RuleChoice.objects.filter(cycle__month__lte=cycle.month).select_related("by__user", "cycle")
    return rows.order_by("-cycle__month").first()


def rules_by_lag(cycle: Cycle) -> list[str]:
    """One rule for every month of the horizon; *calibrated* where nobody has chosen."""
    chosen = choice_in_force(cycle)
    rules = list(chosen.rules) if chosen else [DEFAULT_RULE]
    return (rules + [rules[-1]] * cycle.horizon)[: cycle.horizon]


def rules_by_span(cycle: Cycle) -> list[tuple[int, int, str]]:
    """The rule of each span a planner chooses for: first lag, last lag, rule."""
    rules = rules_by_lag(cycle)
    starts = [start for start in SPANS if start < cycle.horizon]
    ends = [*[start - 1 for start in starts[1:]], cycle.horizon - 1]
    return [(start, end, rules[start]) for start, end in zip(starts, ends, strict=True)]


def lines_changed(cycle: Cycle, lines: Lines) -> pd.DataFrame:
    """Per line what the rules go by: line, rep (0 = nobody), family (id) and the reason of the rep's change."""
    frame = cycle_lines(cycle, lines=lines)
    said = dict(LayerLine.objects.filter(cycle=cycle, stage=Stage.SALES).values_list("line_id", "reason"))
    return pd.DataFrame(
        {
            "line": lines,
            "rep": frame["rep_id"].fillna(0).to_numpy(dtype=int),
            "family": frame["family_id"].to_numpy(),
            "reason": [said.get(int(line), "") for line in lines],
        }
    )


def correction_note(cycle: Cycle, line: int, *, private: bool) -> str:
    """What the newest proposal of the cycle says of a line; `private` = what rests on the owner's own past."""
    notes = ProposalNote.objects.filter(version__cycle=cycle, version__state=VersionState.BUILDING, line_id=line)
    found = notes.values_list("own" if private else "told", flat=True).order_by("-version").first()
    return found or ""
