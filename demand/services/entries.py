"""Saving edits of cells: own layer, compared with what the editor saw, recorded, answered once per token."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction

from cycles.models import Cycle
from cycles.periods import months_between
from cycles.steps import StepState
from demand.models import LayerLine, Origin, Reason, SaveToken, Stage
from demand.policy import check_demand_open, check_sales_open, may_write_line
from demand.selectors.people import chains_above
from demand.selectors.stored import baseline_plan
from demand.selectors.versions import BEFORE, stage_plan, version_plan, version_proposed
from demand.services.batch_facts import BatchFacts, batch_facts, batch_facts_locked, token_key
from demand.services.batches import Author, Noted, batch_write
from jobs.errors import Invalid, Refused
from jobs.selectors.rows import columns_of, row_of
from masterdata.models import Person
from masterdata.selectors.absences import company_day, stands_in_for

LARGEST = 1e9
HELD = f"""
SELECT {columns_of(LayerLine, "l")} FROM demand_layerline l
WHERE cycle_id = %s AND stage = %s AND line_id = ANY(%s) ORDER BY line_id FOR UPDATE
"""
# One statement makes what is missing and holds every row, in id order; a select in the same breath would see neither.
MADE = f"""
INSERT INTO demand_layerline AS l (cycle_id, stage, line_id, quantity, reason, note, locked, changed_at)
SELECT %s, %s, line, array_fill(NULL::float8, ARRAY[%s]), '', '', '{{}}', %s FROM unnest(%s) AS line ORDER BY line
ON CONFLICT (cycle_id, stage, line_id) DO UPDATE SET stage = excluded.stage RETURNING {columns_of(LayerLine, "l")}
"""


@dataclass(frozen=True)
class CellEdit:
    """One cell: the new quantity (None = back to what was there before this stage) and the value its editor saw."""

    line: int
    month: date
    value: float | None
    seen: float | None = None
    reason: str = ""
    comment: str = ""


@dataclass
class _Batch:
    cycle: Cycle
    stage: Stage
    person: Person
    at: datetime
    origin: Origin
    decision: str
    base: Mapping[int, Sequence[float] | np.ndarray]
    layers: dict[int, LayerLine]


@transaction.atomic
def cells_save(
    *,
    cycle: Cycle,
    stage: Stage,
    person: Person,
    edits: Sequence[CellEdit],
    at: datetime,
    token: UUID | None = None,
    origin: Origin = Origin.SCREEN,
    decision: str = "",
) -> dict[str, Any]:
    """Save a batch of cell edits in a person's layer; all or nothing.

    A repeated token gets the stored answer. Refused with every conflict (both values, and whose) when a cell has
    changed since its editor saw it; different cells of a line never conflict.
    """
    lines = sorted({edit.line for edit in edits})
    facts = batch_facts_locked(cycle, stage, person, lines, token)
    if facts.answer is not None:
        return facts.answer
    _check_open(cycle, stage, person, lines, facts, at)
    _check_values(cycle, edits)
    base = facts.baseline(cycle) if stage == Stage.SALES else layer_base(cycle, stage, lines)
    layers = layer_rows(cycle, stage, lines, at, there=all(row.has_layer for row in facts.lines))
    batch = _Batch(cycle, stage, person, at, origin, decision, base, layers)
    _check_seen(batch, edits)
    _check_locks(batch, edits)
    changes, saved = _apply(batch, edits)
    answer = {"saved": saved, "at": at.isoformat()}
    batch_write(
        batch.layers.values(), changes, author=Author(cycle, stage, person, at, origin, decision), told=(token, answer)
    )
    return answer


def answer_stored(person: Person, token: UUID | None) -> dict[str, Any] | None:
    """What this batch was answered when it came before; waits for the same batch under way. Needs a transaction."""
    if token is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [token_key(person, token)])
    stored = SaveToken.objects.filter(person=person, token=token).values_list("answer", flat=True).first()
    return None if stored is None else dict(stored)


def layer_check_open(cycle: Cycle, stage: Stage, person: Person, lines: list[int], at: datetime) -> None:
    """Refused unless the stage is open for these lines and this person may write its layer."""
    _check_open(cycle, stage, person, lines, batch_facts(cycle, stage, lines), at)


def _check_open(cycle: Cycle, stage: Stage, person: Person, lines: list[int], facts: BatchFacts, at: datetime) -> None:
    if stage != Stage.SALES:
        check_demand_open(cycle)
    elif not facts.lines or facts.entry != StepState.OPEN.value:
        check_sales_open(cycle, lines)
    missing = set(lines) - {row.line for row in facts.lines}
    if missing:
        raise Refused("no_line", f"There is no line {min(missing)} in the cycle {cycle.code}.", status=404)
    _check_scope(stage, person, {row.owner for row in facts.lines}, at)


def _check_scope(stage: Stage, person: Person, owners: set[int | None], at: datetime) -> None:
    others = owners - {person.pk}
    away = {row.person_id for row in stands_in_for(person, company_day(at))} if others and stage == Stage.SALES else ()
    above = chains_above(owners) if stage == Stage.TEAM else {}
    names = {person.pk: person.name}
    if others:
        rows = Person.objects.select_related("user").filter(pk__in=[owner for owner in others if owner])
        names |= {row.pk: row.name for row in rows}
    for owner in owners:
        may_write_line(person, stage, owner, names.get(owner or 0, ""), above.get(owner, set()), away)


def _check_values(cycle: Cycle, edits: Sequence[CellEdit]) -> None:
    errors = [error for edit in edits if (error := _value_error(cycle, edit))]
    if errors:
        raise Invalid(str(errors[0]["detail"]), errors=errors)


def _value_error(cycle: Cycle, edit: CellEdit) -> dict[str, object] | None:
    detail = ""
    position = months_between(cycle.month, edit.month)
    if not 0 <= position < cycle.horizon or edit.month.day != 1:
        detail = f"{edit.month:%Y-%m} is not one of the {cycle.horizon} months from {cycle.code}."
    elif edit.value is not None and not (math.isfinite(edit.value) and 0 <= edit.value <= LARGEST):
        detail = f"{edit.value} is not a quantity: use a number from 0 to {LARGEST:,.0f}."
    elif edit.reason and edit.reason not in Reason.values:
        detail = f"{edit.reason!r} is not a reason. Use one of: {', '.join(Reason.values)}."
    if not detail:
        return None
    return {"line": edit.line, "month": f"{edit.month:%Y-%m}", "detail": detail}


def layer_base(cycle: Cycle, stage: Stage, lines: list[int]) -> dict[int, np.ndarray]:
    """Line -> the numbers that its layer stands on."""
    ids = np.array(lines, dtype=np.int64)
    if stage == Stage.DEMAND_PLAN:
        proposed = version_proposed(cycle)
        if proposed is None:
            raise Refused("no_proposal", "The proposal for the demand plan is not built yet.")
        plan = version_plan(proposed, ids)
    elif stage == Stage.SALES:
        plan = baseline_plan(cycle, ids)
    else:
        plan = stage_plan(cycle, BEFORE[stage], ids)
    return dict(zip(lines, plan.quantity, strict=True))


def layer_rows(
    cycle: Cycle, stage: Stage, lines: list[int], at: datetime, *, there: bool = False
) -> dict[int, LayerLine]:
    """The layer rows of the lines for update, made where missing, in id order, so that two batches never deadlock.

    `there`: every line has its row already, so it is only held and not written anew.
    """
    with connection.cursor() as cursor:
        if there:
            cursor.execute(HELD, [cycle.pk, stage.value, lines])
        if not there or cursor.rowcount < len(lines):
            cursor.execute(MADE, [cycle.pk, stage.value, cycle.horizon, at, lines])
        rows = [row_of(LayerLine, row) for row in cursor.fetchall()]
    return {row.line_id: row for row in rows}


def _current(batch: _Batch, line: int, position: int) -> float:
    own = batch.layers[line].quantity[position]
    return float(batch.base[line][position]) if own is None else float(own)


def _check_seen(batch: _Batch, edits: Sequence[CellEdit]) -> None:
    conflicts = []
    for edit in edits:
        current = _current(batch, edit.line, months_between(batch.cycle.month, edit.month))
        if edit.seen is not None and not math.isclose(current, edit.seen, rel_tol=1e-6, abs_tol=1e-4):
            conflicts.append(_conflict(batch, edit, current))
    if conflicts:
        count = len(conflicts)
        raise Refused(
            "conflict",
            f"{count} cell{'s have' if count > 1 else ' has'} changed since you saw "
            f"{'them' if count > 1 else 'it'}. Choose which value to keep; nothing of this batch was saved.",
            conflicts=conflicts,
        )


def _conflict(batch: _Batch, edit: CellEdit, current: float) -> dict[str, object]:
    layer = batch.layers[edit.line]
    by = layer.changed_by.name if layer.changed_by else "the baseline"
    return {"line": edit.line, "month": f"{edit.month:%Y-%m}", "yours": edit.value, "theirs": current, "by": by}


def _check_locks(batch: _Batch, edits: Sequence[CellEdit]) -> None:
    """A locked number stays; its reason may still be given."""
    errors = [
        {"line": edit.line, "month": f"{edit.month:%Y-%m}", "detail": _lock_sentence(batch.layers[edit.line])}
        for edit in edits
        if edit.month in batch.layers[edit.line].locked and _moves(batch, edit)
    ]
    if errors:
        raise Invalid(str(errors[0]["detail"]), errors=errors)


def _moves(batch: _Batch, edit: CellEdit) -> bool:
    position = months_between(batch.cycle.month, edit.month)
    wanted = float(batch.base[edit.line][position]) if edit.value is None else edit.value
    return not math.isclose(wanted, _current(batch, edit.line, position), rel_tol=1e-6, abs_tol=1e-4)


def _lock_sentence(layer: LayerLine) -> str:
    by = f" by {layer.locked_by.name}" if layer.locked_by else ""
    where = "in the demand review" if layer.stage == Stage.DEMAND_PLAN else "on the sheet"
    return f"This number is locked{by}. Unlock it {where} with L to change it."


def _apply(batch: _Batch, edits: Sequence[CellEdit]) -> tuple[list[Noted], list[dict[str, object]]]:
    """Put the edits into the layers in hand; what is to be recorded, and what the editor is told."""
    changes, saved = [], []
    for edit in edits:
        position = months_between(batch.cycle.month, edit.month)
        before = _current(batch, edit.line, position)
        layer = batch.layers[edit.line]
        layer.quantity[position] = edit.value
        layer.reason = edit.reason or layer.reason
        layer.note = edit.comment or layer.note
        after = _current(batch, edit.line, position)
        if after != before or edit.reason:
            changes.append(Noted(edit.line, edit.month, before, after, edit.reason, edit.comment))
        saved.append({"line": edit.line, "month": f"{edit.month:%Y-%m}", "value": after})
    return changes, saved
