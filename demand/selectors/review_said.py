"""What people left on the lines of the demand review: reasons, questions, choices, locks."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from django.db.models import Q
from numpy.typing import NDArray

from cycles.models import Cycle
from cycles.periods import months_between
from demand.matrices import Lines
from demand.models import Comment, LayerLine, Stage


def with_said(cycle: Cycle, frame: pd.DataFrame) -> pd.DataFrame:
    """What people left on the lines: reason and note of sales or team, an open question, the planner's choice."""
    asked = dict(
        Comment.objects.filter(cycle=cycle, kind=Comment.Kind.QUESTION, answered_at=None).values_list("line_id", "text")
    )
    layers = _layers(cycle)
    said = [_said(layers, line, cycle.horizon) for line in frame["line"]]
    columns = ["reason", "note", "settled_by", "settled_at", "is_locked", "is_held", "locked_by"]
    frame[columns] = pd.DataFrame(said, columns=columns, index=frame.index, dtype=object)
    frame["question"] = [asked.get(line, "") for line in frame["line"]]
    return frame


def _layers(cycle: Cycle) -> dict[tuple[str, int], LayerLine]:
    rows = LayerLine.objects.filter(cycle=cycle).filter(
        Q(stage__in=[Stage.SALES, Stage.TEAM]) & ~Q(reason="", note="") | Q(stage=Stage.DEMAND_PLAN)
    )
    return {
        (row.stage, row.line_id): row
        for row in rows.select_related("changed_by__user", "locked_by__user").defer("quantity")
    }


def _said(layers: Mapping[tuple[str, int], LayerLine], line: int, horizon: int) -> tuple[Any, ...]:
    entered = layers.get((Stage.TEAM, line)) or layers.get((Stage.SALES, line))
    planned = layers.get((Stage.DEMAND_PLAN, line))
    settled = planned.changed_by.name if planned and planned.changed_by else ""
    reason, note = (entered.reason, entered.note) if entered else ("", "")
    at = planned.changed_at if planned and settled else None
    locked, by = (len(planned.locked), planned.locked_by) if planned else (0, None)
    return reason, note, settled, at, locked > 0, locked >= horizon, by.name if by else ""


def held_cells(cycle: Cycle, lines: Lines) -> NDArray[np.bool_]:
    """(lines, months) True where the planner's number is locked."""
    held = np.zeros((len(lines), cycle.horizon), dtype=bool)
    rows = LayerLine.objects.filter(cycle=cycle, stage=Stage.DEMAND_PLAN, line_id__in=lines.tolist())
    row_of = {int(line): row for row, line in enumerate(lines)}
    for line, locked in rows.exclude(locked=[]).values_list("line_id", "locked"):
        held[row_of[line], [months_between(cycle.month, month) for month in locked]] = True
    return held
