"""Locks: the layer's writer holds a number for the cycle; spreads and edits leave it, and are told why."""

import json
from datetime import date

import numpy as np
import pytest
from django.test import Client

from cycles.models import Cycle
from cycles.services import cycle_advance
from demand.models import Change, LayerLine, Stage
from demand.selectors.sheet import sheet
from demand.selectors.versions import stage_plan
from demand.services.entries import CellEdit, cells_save
from demand.services.locks import cells_lock
from demand.services.team import Scope, team_adjust, team_adjust_undo
from jobs.errors import Invalid, NotYours, Refused
from masterdata.models import Person
from tests.cast import Cast
from tests.stages import ENTRY, REVIEW

NOV, DEC = date(2026, 11, 1), date(2026, 12, 1)
pytestmark = pytest.mark.django_db


def lock(cycle: Cycle, person: Person, line: int, *months: date, stage: Stage = Stage.SALES, locked: bool = True):
    cells = [(line, month) for month in months]
    return cells_lock(cycle=cycle, stage=stage, person=person, cells=cells, locked=locked, at=ENTRY)


def save(cycle: Cycle, person: Person, *edits: CellEdit, stage: Stage = Stage.SALES) -> dict:
    return cells_save(cycle=cycle, stage=stage, person=person, edits=edits, at=ENTRY)


def number(cycle: Cycle, stage: Stage, line: int, month: int = 0) -> float:
    return float(stage_plan(cycle, stage, np.array([line])).quantity[0, month])


def test_a_lock_is_kept_with_who_locked_and_moves_no_number(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH").pk
    before = number(cycle, Stage.SALES, line)
    assert lock(cycle, cast.rep, line, DEC, NOV) == [(line, DEC), (line, NOV)]
    assert lock(cycle, cast.rep, line, DEC) == []
    shown = next(one for one in sheet(cycle, cast.rep, cast.rep).lines if one.line == line)
    assert (list(shown.locked), shown.locked_by) == ([NOV, DEC], "Rita Rep")
    assert number(cycle, Stage.SALES, line) == before
    assert not Change.objects.exists()


def test_a_locked_number_is_refused_by_name_and_the_rest_of_the_batch_waits(cast: Cast, cycle: Cycle) -> None:
    line, other = cast.line("ALPHA", "NORTH").pk, cast.line("BETA", "NORTH").pk
    lock(cycle, cast.rep, line, NOV)
    with pytest.raises(Invalid, match="locked by Rita Rep") as refused:
        save(cycle, cast.rep, CellEdit(line, NOV, 75.0), CellEdit(other, NOV, 5.0), CellEdit(line, DEC, 5.0))
    assert [(one["line"], one["month"]) for one in refused.value.extra["errors"]] == [(line, "2026-11")]
    assert not Change.objects.exists()
    assert save(cycle, cast.rep, CellEdit(line, DEC, 5.0))["saved"]


def test_a_reason_is_still_taken_and_so_is_unlocking(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH").pk
    save(cycle, cast.rep, CellEdit(line, NOV, 75.0))
    lock(cycle, cast.rep, line, NOV)
    assert save(cycle, cast.rep, CellEdit(line, NOV, 75.0, reason="customer_told"))["saved"]
    with pytest.raises(Invalid, match="is locked"):
        save(cycle, cast.rep, CellEdit(line, NOV, None))
    lock(cycle, cast.rep, line, NOV, locked=False)
    assert save(cycle, cast.rep, CellEdit(line, NOV, 80.0))["saved"]
    assert LayerLine.objects.get(line_id=line, stage=Stage.SALES).locked_by is None


@pytest.mark.parametrize(
    ("who", "stage", "allowed"),
    [
        ("rep", Stage.SALES, True),
        ("manager", Stage.SALES, False),
        ("other_rep", Stage.SALES, False),
        ("ceo", Stage.SALES, False),
        ("manager", Stage.TEAM, True),
        ("rep", Stage.TEAM, False),
    ],
)
def test_only_who_writes_the_layer_locks_it(cast: Cast, cycle: Cycle, who: str, stage: Stage, allowed: bool) -> None:
    line = cast.line("ALPHA", "NORTH").pk
    if allowed:
        assert lock(cycle, getattr(cast, who), line, NOV, stage=stage)
    else:
        with pytest.raises(NotYours):
            lock(cycle, getattr(cast, who), line, NOV, stage=stage)


def test_nothing_is_locked_after_the_deadline_nor_outside_the_horizon(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH").pk
    with pytest.raises(Invalid, match="not one of the 24 months"):
        lock(cycle, cast.rep, line, date(2029, 1, 1))
    cycle_advance(cycle=cycle, at=REVIEW)
    with pytest.raises(Refused, match="is closed"):
        lock(cycle, cast.rep, line, NOV)


def test_the_owners_lock_does_not_hold_the_manager(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH").pk
    lock(cycle, cast.rep, line, NOV)
    assert save(cycle, cast.manager, CellEdit(line, NOV, 7.0), stage=Stage.TEAM)["saved"]


def adjust(cast: Cast, cycle: Cycle, entry: str) -> None:
    scope = Scope(rep=cast.rep, first=NOV, last=NOV)
    team_adjust(
        cycle=cycle, manager=cast.manager, scope=scope, entry=entry, reason="customer_told", comment="", at=ENTRY
    )


def test_an_adjusted_total_holds_the_managers_locks_and_adds_up(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH").pk
    held = number(cycle, Stage.TEAM, line)
    lock(cycle, cast.manager, line, NOV, stage=Stage.TEAM)
    adjust(cast, cycle, "500")
    assert number(cycle, Stage.TEAM, line) == held
    lines = np.array([one.line for one in sheet(cycle, cast.rep, cast.rep).lines])
    assert stage_plan(cycle, Stage.TEAM, np.sort(lines)).quantity[:, 0].sum() == pytest.approx(500)
    with pytest.raises(Invalid, match="Unlock cells"):
        adjust(cast, cycle, "0")


def test_taking_the_layer_back_leaves_what_is_locked(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH").pk
    adjust(cast, cycle, "500")
    lock(cycle, cast.manager, line, NOV, stage=Stage.TEAM)
    kept = number(cycle, Stage.TEAM, line)
    assert team_adjust_undo(cycle=cycle, manager=cast.manager, rep=cast.rep, at=ENTRY) > 0
    assert number(cycle, Stage.TEAM, line) == kept != number(cycle, Stage.SALES, line)


def post(person: Person, body: object, layer: str = "") -> tuple[int, dict]:
    client = Client()
    client.force_login(person.user)
    text = body if isinstance(body, str) else json.dumps(body)
    answer = client.post(f"/sheet/lock/{layer}", text, content_type="application/json", HTTP_ACCEPT="application/json")
    return answer.status_code, answer.json()


def test_the_door_locks_and_unlocks(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH").pk
    cells = [{"line": str(line), "month": "2026-11"}]
    assert post(cast.rep, {"cells": cells, "locked": True}) == (200, {"locked": True, "by": "Rita Rep"})
    assert LayerLine.objects.get(line_id=line).locked == [NOV]
    assert post(cast.rep, {"cells": cells, "locked": False})[0] == 200
    assert LayerLine.objects.get(line_id=line).locked == []
    assert post(cast.other_rep, {"cells": cells, "locked": True})[0] == 403


@pytest.mark.parametrize("body", ["{", "[]", {"cells": []}, {"cells": [1]}, {"cells": [{"line": "x"}]}])
def test_what_cannot_be_read_is_refused_in_words(cast: Cast, cycle: Cycle, body: object) -> None:
    status, answer = post(cast.rep, body)
    assert status == 422
    assert answer["detail"]
