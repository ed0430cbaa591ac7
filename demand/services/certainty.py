"""Saving how sure an owner is of a number: firm within it, upside beside it; compared with what the editor saw."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from cycles.models import Cycle
from cycles.periods import months_between
from cycles.services import cycle_lock_shared
from demand.models import Certainty, SaveToken, Stage
from demand.selectors.versions import stage_plan
from demand.services.entries import LARGEST, answer_stored, layer_check_open
from jobs.errors import Invalid, Refused
from masterdata.models import Person

PARTS = ("firm", "upside")
TINY = 1e-6


@dataclass(frozen=True)
class PartEdit:
    """One part of one cell: the new quantity and what its editor saw; None = nothing said."""

    line: int
    month: date
    part: str
    value: float | None
    seen: float | None = None


@transaction.atomic
def certainty_save(
    *, cycle: Cycle, person: Person, edits: Sequence[PartEdit], at: datetime, token: UUID | None = None
) -> dict[str, Any]:
    """Save firm and upside of the owner's own lines; all or nothing, and a repeated token gets the stored answer.

    The plan is the number alone: upside changes nothing in any stage.
    """
    cycle_lock_shared(cycle)
    if (stored := answer_stored(person, token)) is not None:
        return stored
    lines = sorted({edit.line for edit in edits})
    layer_check_open(cycle, Stage.SALES, person, lines, at)
    _check_parts(cycle, edits)
    rows = _rows(cycle, lines, at)
    _check_seen(cycle, rows, edits)
    _check_firm(cycle, lines, edits)
    answer = {"saved": _write(cycle, rows, edits, person, at), "at": at.isoformat()}
    if token is not None:
        SaveToken.objects.create(person=person, token=token, answer=answer, at=at)
    return answer


def _check_parts(cycle: Cycle, edits: Sequence[PartEdit]) -> None:
    errors = [_named(edit, detail=detail) for edit in edits if (detail := _problem(cycle, edit))]
    if errors:
        raise Invalid(str(errors[0]["detail"]), errors=errors)


def _problem(cycle: Cycle, edit: PartEdit) -> str:
    if edit.part not in PARTS:
        return f"{edit.part!r} is not a part of a number. Use one of: {', '.join(PARTS)}."
    if not 0 <= months_between(cycle.month, edit.month) < cycle.horizon or edit.month.day != 1:
        return f"{edit.month:%Y-%m} is not one of the {cycle.horizon} months from {cycle.code}."
    if edit.value is not None and not (math.isfinite(edit.value) and 0 <= edit.value <= LARGEST):
        return f"{edit.value} is not a quantity: use a number from 0 to {LARGEST:,.0f}."
    return ""


def _named(edit: PartEdit, **more: object) -> dict[str, object]:
    return {"line": edit.line, "month": f"{edit.month:%Y-%m}", "part": edit.part, **more}


def _rows(cycle: Cycle, lines: list[int], at: datetime) -> dict[int, Certainty]:
    """The rows of the lines for update, made where missing, in id order."""
    empty = [None] * cycle.horizon
    Certainty.objects.bulk_create(
        [Certainty(cycle=cycle, line_id=line, firm=empty, upside=empty, changed_at=at) for line in lines],
        ignore_conflicts=True,
    )
    rows = Certainty.objects.select_for_update().filter(cycle=cycle, stage=Stage.SALES, line_id__in=lines)
    return {row.line_id: row for row in rows.order_by("line_id")}


def _check_seen(cycle: Cycle, rows: dict[int, Certainty], edits: Sequence[PartEdit]) -> None:
    conflicts = []
    for edit in edits:
        row = rows[edit.line]
        stands = getattr(row, edit.part)[months_between(cycle.month, edit.month)]
        if not _same(stands, edit.seen):
            by = row.changed_by.name if row.changed_by else ""
            conflicts.append(_named(edit, yours=edit.value, theirs=stands, by=by))
    if conflicts:
        raise Refused("conflict", "Somebody has changed this since you saw it. Choose one.", conflicts=conflicts)


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=TINY, abs_tol=1e-4)


def _check_firm(cycle: Cycle, lines: list[int], edits: Sequence[PartEdit]) -> None:
    numbers = dict(zip(lines, stage_plan(cycle, Stage.SALES, np.array(lines)).quantity, strict=True))
    errors = []
    for edit in edits:
        number = float(numbers[edit.line][months_between(cycle.month, edit.month)])
        if edit.part == "firm" and edit.value is not None and edit.value > number * (1 + TINY) + TINY:
            detail = f"Firm is {edit.value:,.10g}, more than the number of {number:,.10g}. Raise the number first."
            errors.append(_named(edit, detail=detail))
    if errors:
        raise Invalid(str(errors[0]["detail"]), errors=errors)


def _write(
    cycle: Cycle, rows: dict[int, Certainty], edits: Sequence[PartEdit], person: Person, at: datetime
) -> list[dict[str, object]]:
    for edit in edits:
        row = rows[edit.line]
        getattr(row, edit.part)[months_between(cycle.month, edit.month)] = edit.value
        row.changed_by, row.changed_at = person, at
    Certainty.objects.bulk_update(rows.values(), ["firm", "upside", "changed_by", "changed_at"])
    return [_named(edit, value=edit.value) for edit in edits]
