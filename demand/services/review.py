"""The planner's choices in the demand review: take a source per line or in bulk, type a total, take it back."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import transaction

from cycles.models import Cycle
from cycles.periods import month_range, months_between
from demand.matrices import Lines
from demand.models import Change, LayerLine, Origin, Stage
from demand.policy import check_demand_open, check_role
from demand.selectors.lines import cycle_lines
from demand.selectors.review import NEAR_MONTHS, small_changes, source_rows
from demand.selectors.versions import stage_plan
from demand.services.entries import CellEdit, cells_save
from demand.spreading import spread_total
from jobs.errors import Invalid, Refused
from masterdata.models import Person
from masterdata.roles import Role

SOURCES = {"proposal": "the proposal", "sales": "sales", "baseline": "the baseline", "half": "half-way"}


@dataclass(frozen=True)
class Taken:
    """What a choice changed: lines, cells, and units over the whole horizon."""

    lines: int
    cells: int
    before: float
    after: float


@transaction.atomic
def review_take(
    *, cycle: Cycle, person: Person, lines: Lines, source: str, at: datetime, origin: Origin = Origin.SCREEN
) -> Taken:
    """Make the plan of these lines equal to a source; the proposal takes the planner's own number away."""
    if source not in SOURCES:
        raise Invalid(f"Choose one of: {', '.join(SOURCES.values())}.")
    check_role(person, Role.DEMAND_PLANNER, what="Settling exceptions")
    check_demand_open(cycle)
    lines = np.unique(lines)
    target = source_rows(cycle, source, lines)
    return _plan_set(cycle, person, lines, target, at, origin, f"Took {SOURCES[source]}", source == "proposal")


def review_type(*, cycle: Cycle, person: Person, line: int, total: float, at: datetime, note: str = "") -> Taken:
    """Set the next twelve months of a line to a total, spread like the plan (else the baseline); adds up exactly."""
    check_role(person, Role.DEMAND_PLANNER, what="Settling exceptions")
    if not np.isfinite(total) or total < 0:
        raise Invalid("Type a quantity of zero or more.")
    lines = np.array([line], dtype=np.int64)
    target = stage_plan(cycle, Stage.DEMAND_PLAN, lines).quantity.copy()
    base = target[0, :NEAR_MONTHS]
    if not base.sum():
        base = stage_plan(cycle, Stage.BASELINE, lines).quantity[0, :NEAR_MONTHS]
    target[0, :NEAR_MONTHS] = spread_total(total, base)
    return _plan_set(cycle, person, lines, target, at, Origin.SCREEN, note or "Typed in the demand review", False)


def _plan_set(
    cycle: Cycle, person: Person, lines: Lines, target: np.ndarray, at: datetime, origin: Origin, note: str, back: bool
) -> Taken:
    current = stage_plan(cycle, Stage.DEMAND_PLAN, lines).quantity
    months = month_range(cycle.month, cycle.horizon)
    rows, columns = np.nonzero(np.abs(target - current) > 1e-9)
    edits = [
        CellEdit(int(lines[r]), months[c], None if back else float(target[r, c]), comment=note)
        for r, c in zip(rows, columns, strict=True)
    ]
    if edits:
        cells_save(cycle=cycle, stage=Stage.DEMAND_PLAN, person=person, edits=edits, at=at, origin=origin)
    _settle(cycle, person, lines, at, note)
    return Taken(len(lines), len(edits), float(current.sum()), float(target.sum()))


def _settle(cycle: Cycle, person: Person, lines: Lines, at: datetime, note: str) -> None:
    """Mark the lines as looked at, also those whose number did not have to change."""
    empty = [None] * cycle.horizon
    LayerLine.objects.bulk_create(
        [
            LayerLine(cycle=cycle, stage=Stage.DEMAND_PLAN, line_id=int(line), quantity=empty, changed_at=at)
            for line in lines
        ],
        ignore_conflicts=True,
    )
    rows = LayerLine.objects.filter(cycle=cycle, stage=Stage.DEMAND_PLAN, line_id__in=lines.tolist())
    rows.update(changed_by=person, changed_at=at, note=note)


@dataclass(frozen=True)
class BulkPreview:
    """What a bulk rule would do."""

    lines: Lines
    units: float
    value: float


def bulk_preview(cycle: Cycle, *, under: float) -> BulkPreview:
    """*Baseline where the change is under `under` and has no reason*: how many lines, units and how much money."""
    lines = small_changes(cycle, under=under)
    if not len(lines):
        return BulkPreview(lines, 0.0, 0.0)
    change = source_rows(cycle, "baseline", lines) - stage_plan(cycle, Stage.DEMAND_PLAN, lines).quantity
    price = cycle_lines(cycle, lines=lines)["price"].to_numpy()
    return BulkPreview(lines, float(change.sum()), float((change.sum(axis=1) * price).sum()))


def bulk_apply(*, cycle: Cycle, person: Person, under: float, at: datetime) -> Taken:
    """Carry the bulk rule out; it can be undone as a whole."""
    lines = small_changes(cycle, under=under)
    if not len(lines):
        raise Refused("nothing_to_do", "No line fits this rule, so nothing was changed.")
    return review_take(cycle=cycle, person=person, lines=lines, source="baseline", at=at, origin=Origin.RULE)


@transaction.atomic
def bulk_undo(*, cycle: Cycle, person: Person, at: datetime) -> int:
    """Take the planner's last bulk choice back, cell by cell; returns the number of cells."""
    own = Change.objects.filter(cycle=cycle, stage=Stage.DEMAND_PLAN, origin=Origin.RULE, by=person)
    last = own.order_by("-id").first()
    if last is None:
        raise Refused("nothing_to_undo", "There is no bulk choice to undo.")
    changes = list(own.filter(at=last.at))
    lines = np.unique(np.array([change.line_id for change in changes], dtype=np.int64))
    base = dict(zip(lines.tolist(), source_rows(cycle, "proposal", lines), strict=True))
    edits = [_undo_edit(cycle, change, base[change.line_id]) for change in changes]
    cells_save(cycle=cycle, stage=Stage.DEMAND_PLAN, person=person, edits=edits, at=at)
    untouched = LayerLine.objects.filter(cycle=cycle, stage=Stage.DEMAND_PLAN, line_id__in=lines.tolist())
    untouched.filter(quantity=[None] * cycle.horizon).delete()
    return len(edits)


def _undo_edit(cycle: Cycle, change: Change, base: np.ndarray) -> CellEdit:
    back = abs(base[months_between(cycle.month, change.month)] - change.before) < 1e-9
    return CellEdit(change.line_id, change.month, None if back else change.before, comment="Bulk choice undone")
