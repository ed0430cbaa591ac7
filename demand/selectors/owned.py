"""Everything about the lines of some owners in a cycle that the sales rooms build on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cycles.models import Cycle
from cycles.periods import add_months
from demand.change_size import reason_needed
from demand.matrices import Lines, Matrix
from demand.models import CycleLine, Reason, Stage
from demand.selectors.lines import line_ids, living_lines
from demand.selectors.stages import LayerNote, StageNumbers, moved, stage_numbers


@dataclass(frozen=True)
class SalesNumbers:
    """Lines of a cycle, ascending, with their prices (lines,) and numbers; all matrices are (lines, horizon)."""

    cycle: Cycle
    lines: Lines
    price: NDArray[np.float64]
    numbers: StageNumbers

    @property
    def has_baseline(self) -> bool:
        return self.numbers.has(self.cycle.month, Stage.BASELINE)

    @cached_property
    def baseline(self) -> Matrix:
        return self._stage(Stage.BASELINE)

    @cached_property
    def sales(self) -> Matrix:
        return self._stage(Stage.SALES)

    @cached_property
    def team(self) -> Matrix:
        return self._stage(Stage.TEAM)

    @cached_property
    def sales_layer(self) -> Matrix:
        return self.numbers.layer(self.cycle.month, Stage.SALES)

    @cached_property
    def team_layer(self) -> Matrix:
        return self.numbers.layer(self.cycle.month, Stage.TEAM)

    @cached_property
    def previous(self) -> Matrix:
        """The owner's numbers of the cycle before on this cycle's months; NaN where there were none."""
        before = add_months(self.cycle.month, -1)
        if not self.numbers.has(before, Stage.SALES):
            return np.full(self.baseline.shape, np.nan)
        return moved(self.numbers.plan(before, Stage.SALES), self.cycle)

    @cached_property
    def changed(self) -> np.ndarray:
        """(lines, horizon) True where the owner's number differs from the baseline."""
        return ~np.isclose(self.sales, self.baseline, rtol=1e-9, atol=1e-6)

    def _stage(self, stage: Stage) -> Matrix:
        if not self.has_baseline:
            return np.zeros((len(self.lines), self.cycle.horizon))
        return self.numbers.plan(self.cycle.month, stage).quantity


@dataclass(frozen=True)
class Owned(SalesNumbers):
    """Living lines of some owners; the frame says of each what it is, in the same order."""

    frame: pd.DataFrame


def numbers_of(cycle: Cycle, lines: Lines) -> StageNumbers:
    """The numbers of these lines in a cycle and in the one before."""
    return stage_numbers([cycle.month, add_months(cycle.month, -1)], lines)


def owned(cycle: Cycle, owners: Sequence[int]) -> Owned:
    """The living lines of these people (ids of persons) in a cycle, with the numbers of it and of the one before."""
    frame = living_lines(cycle, owners=list(owners))
    lines = line_ids(frame)
    return Owned(cycle, lines, frame["price"].to_numpy(dtype=float), numbers_of(cycle, lines), frame)


def flags_of(cycle: Cycle, lines: Lines) -> dict[int, list[dict[str, Any]]]:
    """The flags of the lines that have any."""
    rows = CycleLine.objects.filter(cycle=cycle, line_id__in=[int(line) for line in lines]).exclude(flags=[])
    return dict(rows.values_list("line_id", "flags"))


def reasons_missing(numbers: SalesNumbers) -> list[int]:
    """Lines whose change is large enough to need a reason and has none; *other* needs words besides."""
    if not len(numbers.lines):
        return []
    after = np.where(numbers.changed, numbers.sales, numbers.baseline)
    needed = reason_needed(numbers.baseline, after, numbers.price)
    notes = numbers.numbers.notes.get((numbers.cycle.month, Stage.SALES), {})
    return [int(line) for line in numbers.lines[needed] if not _explained(notes.get(int(line)))]


def _explained(said: LayerNote | None) -> bool:
    if said is None or not said.reason:
        return False
    return said.reason != Reason.OTHER or bool(said.note.strip())
