"""The lines of a page of the planner's grid, put together from what the review has read and a few queries more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cycles.models import Cycle
from cycles.periods import add_months
from demand.matrices import Lines, Matrix
from demand.models import LayerLine, Reason, Stage
from demand.selectors.certainty import certainties
from demand.selectors.history import history
from demand.selectors.review import Review
from demand.selectors.sheet_lines import NEAR, SheetLine
from demand.selectors.stages import moved
from demand.selectors.stored import version_plan
from demand.selectors.versions import version_current

YEAR = 12


@dataclass
class GridLine(SheetLine):
    """A line of the planner's grid: `base` is the proposal, `own` the plan; `group_lines` counts its whole group
    where that goes on over other pages, else 0."""

    region: str
    rep: str
    group_lines: int


@dataclass(frozen=True)
class GridNumbers:
    """(lines, months) what the plan starts from and the plan, in the order of the review's frame."""

    base: Matrix
    plan: Matrix
    proposed: bool


@dataclass(frozen=True)
class _Sources:
    """Everything the lines of the page are put together from; matrices in the order of `lines`."""

    lines: Lines
    past: Matrix
    previous: Matrix
    layers: Mapping[int, LayerLine]
    groups: Mapping[str, int]
    group_column: str


def grid_lines(
    cycle: Cycle, found: Review, numbers: GridNumbers, frame: pd.DataFrame, shown: pd.DataFrame, *, column: str
) -> list[GridLine]:
    """The lines `shown` of all in `frame`; `column` has the heading they stand under, '' for none."""
    from_ = _sources(cycle, frame, shown, column)
    row_of = {int(line): row for row, line in enumerate(from_.lines)}
    open_ones = {line.line: line for line in found.lines if not line.settled_by}
    sure = certainties(cycle, from_.lines.tolist())
    made = []
    for at in shown.itertuples():
        line, row = int(at.line), row_of[int(at.line)]
        said = sure.get(line)
        exception = open_ones.get(line)
        flags = [{"text": "exception", "why": f"Open exception. {_disagreement(exception)}"}] if exception else []
        own = {"base": numbers.base[at.Index].tolist(), "own": numbers.plan[at.Index].tolist()}
        parts = {"firm": said.firm[:NEAR], "upside": said.upside[:NEAR]} if said else {"firm": (), "upside": ()}
        made.append(_line(cycle, at, from_, row, flags=flags, is_open=numbers.proposed, **own, **parts))
    return made


def _sources(cycle: Cycle, frame: pd.DataFrame, shown: pd.DataFrame, column: str) -> _Sources:
    lines = np.sort(shown["line"].to_numpy(dtype=np.int64))
    rows = LayerLine.objects.filter(cycle=cycle, stage=Stage.DEMAND_PLAN, line_id__in=lines.tolist())
    layers = {row.line_id: row for row in rows.select_related("locked_by__user").defer("quantity")}
    past = history(lines, start=add_months(cycle.month, -YEAR), before=cycle.month).quantity
    groups = _broken_groups(frame, shown, column) if column else {}
    return _Sources(lines, past, _previous(cycle, lines), layers, groups, column)


def _previous(cycle: Cycle, lines: Lines) -> Matrix:
    """(lines, horizon) the demand plan of the cycle before on this cycle's months; NaN where there is none."""
    before = Cycle.objects.filter(month=add_months(cycle.month, -1)).first()
    version = version_current(before, Stage.DEMAND_PLAN) if before else None
    if version is None:
        return np.full((len(lines), cycle.horizon), np.nan)
    return moved(version_plan(version, lines), cycle)


def _broken_groups(frame: pd.DataFrame, shown: pd.DataFrame, column: str) -> dict[str, int]:
    """Name -> lines of a heading that has lines on other pages too."""
    everywhere, here = frame[column].value_counts(), shown[column].value_counts()
    return {str(group): int(everywhere[group]) for group, count in here.items() if count < everywhere[group]}


def _line(cycle: Cycle, at: Any, from_: _Sources, row: int, **own: Any) -> GridLine:
    layer = from_.layers.get(int(at.line))
    past = from_.past[row].tolist()
    previous = [None if value != value else value for value in from_.previous[row].tolist()]
    group = from_.groups.get(getattr(at, from_.group_column), 0) if from_.group_column else 0
    return GridLine(
        line=int(at.line),
        customer=at.customer_name,
        customer_code=at.customer,
        product=at.product_name,
        product_code=at.product,
        family=at.family_name,
        region=at.region_name,
        rep=at.rep_name,
        decimals=int(at.decimals),
        price=float(at.price),
        last_year=[*past, *[None] * (cycle.horizon - YEAR)],
        previous=previous,
        past=past,
        team=[None] * cycle.horizon,
        team_note=None,
        reason=layer.reason if layer else "",
        note=layer.note if layer else "",
        locked=tuple(layer.locked) if layer else (),
        locked_by=layer.locked_by.name if layer and layer.locked_by else "",
        missing=False,
        question=None,
        is_noted=False,
        group_lines=group,
        **own,
    )


def _disagreement(line: Any) -> str:
    """Why a line is an exception, in a sentence."""
    reason = Reason(line.reason_code).label.lower() if line.reason_code else "no reason given"
    if line.question:
        return f"A question waits: {line.question}"
    return f"Sales with events {line.events:,.0f} in twelve months, baseline {line.baseline:,.0f}: {reason}."
