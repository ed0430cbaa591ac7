"""What the planner types into the full grid: each batch is one choice, kept like every other; and locks."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from cycles.models import Cycle
from cycles.periods import month_range, months_between
from demand.models import LayerLine, SettledLine, Settlement, Source, Stage
from demand.services.entries import CellEdit, answer_stored, cells_save, layer_check_open
from demand.services.locks import Cell, cells_lock
from demand.services.review import check_settles, choice_keep, choice_restore, plan_layers, settlement_last
from masterdata.models import Person

NOTE = "Typed in the full grid"


@transaction.atomic
def review_cells(
    *, cycle: Cycle, person: Person, edits: Sequence[CellEdit], at: datetime, token: UUID | None = None
) -> dict[str, Any]:
    """Save cells of the demand plan as one choice of the kind *typed*; all or nothing, answered once per token.

    Conflicts, locks and impossible numbers are refused as in `cells_save`. A batch that puts every line back to what
    it was before the planner's last typed choice takes that choice back instead of adding another.
    """
    check_settles(cycle, person)
    if (stored := answer_stored(person, token)) is not None:
        return stored
    lines = np.unique(np.array([edit.line for edit in edits], dtype=np.int64))
    layer_check_open(cycle, Stage.DEMAND_PLAN, person, lines.tolist(), at)
    undone = _taken_back(cycle, person, edits)
    if not undone:
        choice_keep(Settlement(cycle=cycle, source=Source.TYPED, by=person, at=at), lines)
    answer = cells_save(cycle=cycle, stage=Stage.DEMAND_PLAN, person=person, edits=edits, at=at, token=token)
    if undone:
        choice_restore(cycle, list(undone.lines.all()))
        undone.undone_at = at
        undone.save(update_fields=["undone_at"])
    else:
        plan_layers(cycle, lines).update(changed_by=person, changed_at=at, note=NOTE)
    return answer


def _taken_back(cycle: Cycle, person: Person, edits: Sequence[CellEdit]) -> Settlement | None:
    """The planner's last choice where it was typed and these edits put all its lines back to what they were."""
    last = settlement_last(cycle, person)
    if last is None or last.source != Source.TYPED or any(edit.reason for edit in edits):
        return None
    kept = {row.line_id: row for row in last.lines.all()}
    if set(kept) != {edit.line for edit in edits}:
        return None
    layers = {row.line_id: row for row in plan_layers(cycle, list(kept)).select_for_update().order_by("line_id")}
    return last if all(_is_back(cycle, last, row, layers.get(line), edits) for line, row in kept.items()) else None


def _is_back(
    cycle: Cycle, last: Settlement, row: SettledLine, layer: LayerLine | None, edits: Sequence[CellEdit]
) -> bool:
    """Whether a line that nobody changed since the choice would stand as before it."""
    if layer is None or layer.changed_by_id != last.by_id or layer.changed_at != last.at:
        return False
    now: list[float | None] = list(layer.quantity)
    for edit in edits:
        if edit.line == row.line_id:
            now[months_between(cycle.month, edit.month)] = edit.value
    before = row.before or [None] * cycle.horizon
    return all(_same(one, other) for one, other in zip(now, before, strict=True))


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-4)


@transaction.atomic
def review_lock(*, cycle: Cycle, person: Person, lines: Sequence[int], locked: bool, at: datetime) -> list[Cell]:
    """Hold whole lines for the cycle, every month of them, or let them go; returns the cells that turned."""
    check_settles(cycle, person)
    cells = [(line, month) for line in lines for month in month_range(cycle.month, cycle.horizon)]
    return cells_lock(cycle=cycle, stage=Stage.DEMAND_PLAN, person=person, cells=cells, locked=locked, at=at)
