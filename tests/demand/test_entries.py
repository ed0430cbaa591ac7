"""Saving cells: own layer, both values on a conflict, one answer per token, nothing half stored."""

import time
from datetime import date, timedelta
from threading import Thread
from uuid import uuid4

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction

from cycles.models import Cycle, CycleStep
from cycles.services import cycle_advance, cycle_lock_exclusive
from cycles.steps import Step, StepState
from demand.models import Change, Comment, LayerLine, Stage
from demand.selectors.versions import stage_plan
from demand.services.entries import CellEdit, cells_save, layer_rows
from jobs.errors import Invalid, NotYours, Refused
from masterdata.models import Person
from tests.cast import Cast, small_company
from tests.stages import ENTRY, REVIEW, cycle_in_entry, cycle_to_review

NOV, DEC = date(2026, 11, 1), date(2026, 12, 1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return cycle_in_entry()


def number(cycle: Cycle, stage: Stage, line: int, month: int = 0) -> float:
    return float(stage_plan(cycle, stage, np.array([line])).quantity[0, month])


def save(cycle: Cycle, person: Person, *edits: CellEdit, stage: Stage = Stage.SALES, **more: object) -> dict:
    return cells_save(cycle=cycle, stage=stage, person=person, edits=edits, at=ENTRY, **more)


def test_a_saved_cell_is_a_layer_on_the_baseline(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH").pk
    baseline = number(cycle, Stage.BASELINE, line)
    answer = save(cycle, cast.rep, CellEdit(line, NOV, 75.0, seen=baseline, reason="customer_told", comment="told me"))
    assert answer["saved"] == [{"line": line, "month": "2026-11", "value": 75.0}]
    assert number(cycle, Stage.SALES, line) == 75.0
    assert number(cycle, Stage.BASELINE, line) == baseline
    assert number(cycle, Stage.SALES, line, 1) == number(cycle, Stage.BASELINE, line, 1)
    change = Change.objects.get()
    assert (change.before, change.after, change.reason, change.comment) == (baseline, 75.0, "customer_told", "told me")
    assert (change.by, change.month, change.stage) == (cast.rep, NOV, Stage.SALES)


def test_empty_goes_back_to_the_baseline_and_both_changes_stay_on_record(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH").pk
    baseline = number(cycle, Stage.BASELINE, line)
    save(cycle, cast.rep, CellEdit(line, NOV, 75.0))
    save(cycle, cast.rep, CellEdit(line, NOV, None, seen=75.0))
    assert number(cycle, Stage.SALES, line) == baseline
    assert [c.after for c in Change.objects.order_by("id")] == [75.0, baseline]


def test_the_same_cell_conflicts_with_both_values_and_nothing_is_saved(cast: Cast, cycle: Cycle) -> None:
    line, other = cast.line("ALPHA", "NORTH").pk, cast.line("BETA", "NORTH").pk
    seen = number(cycle, Stage.SALES, line)
    save(cycle, cast.rep, CellEdit(line, NOV, 75.0, seen=seen))
    with pytest.raises(Refused) as refused:
        save(cycle, cast.rep, CellEdit(other, NOV, 1.0), CellEdit(line, NOV, 80.0, seen=seen))
    assert refused.value.status == 409
    expected = {"line": line, "month": "2026-11", "yours": 80.0, "theirs": 75.0, "by": "Rita Rep"}
    assert refused.value.extra["conflicts"] == [expected]
    assert Change.objects.count() == 1


def test_different_cells_of_a_line_never_conflict(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH").pk
    seen = [number(cycle, Stage.SALES, line, i) for i in (0, 1)]
    save(cycle, cast.rep, CellEdit(line, NOV, 75.0, seen=seen[0]))
    save(cycle, cast.rep, CellEdit(line, DEC, 76.0, seen=seen[1]))
    assert (number(cycle, Stage.SALES, line), number(cycle, Stage.SALES, line, 1)) == (75.0, 76.0)


def test_a_retry_with_the_same_token_gets_the_same_answer(cast: Cast, cycle: Cycle) -> None:
    line, token = cast.line("ALPHA", "NORTH").pk, uuid4()
    edit = CellEdit(line, NOV, 75.0, seen=number(cycle, Stage.SALES, line))
    assert save(cycle, cast.rep, edit, token=token) == save(cycle, cast.rep, edit, token=token)
    assert Change.objects.count() == 1


def test_one_foreign_cell_refuses_the_batch_and_says_whose_it_is(cast: Cast, cycle: Cycle) -> None:
    own, foreign = cast.line("ALPHA", "NORTH").pk, cast.line("ALPHA", "EAST").pk
    with pytest.raises(NotYours, match="Rob Rep"):
        save(cycle, cast.rep, CellEdit(own, NOV, 1.0), CellEdit(foreign, NOV, 1.0))
    assert not LayerLine.objects.filter(quantity__0__isnull=False).exists()


@pytest.mark.parametrize(
    ("who", "stage", "allowed"),
    [
        ("rep", Stage.SALES, True),
        ("manager", Stage.SALES, False),
        ("demand_planner", Stage.SALES, False),
        ("ceo", Stage.SALES, False),
        ("admin", Stage.SALES, False),
        ("manager", Stage.TEAM, True),
        ("rep", Stage.TEAM, False),
        ("demand_planner", Stage.TEAM, False),
    ],
)
def test_who_may_write_which_layer(cast: Cast, cycle: Cycle, who: str, stage: Stage, allowed: bool) -> None:
    edit = CellEdit(cast.line("ALPHA", "NORTH").pk, NOV, 5.0)
    if allowed:
        assert save(cycle, getattr(cast, who), edit, stage=stage)["saved"]
    else:
        with pytest.raises(NotYours):
            save(cycle, getattr(cast, who), edit, stage=stage)


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), 1e10])
def test_what_is_no_quantity_is_refused(cast: Cast, cycle: Cycle, value: float) -> None:
    with pytest.raises(Invalid, match="is not a quantity"):
        save(cycle, cast.rep, CellEdit(cast.line("ALPHA", "NORTH").pk, NOV, value))


def test_a_month_outside_the_horizon_is_refused(cast: Cast, cycle: Cycle) -> None:
    for month in (date(2026, 10, 1), date(2028, 11, 1), date(2026, 11, 2)):
        with pytest.raises(Invalid, match="is not one of the 24 months"):
            save(cycle, cast.rep, CellEdit(cast.line("ALPHA", "NORTH").pk, month, 1.0))


def test_an_unknown_line_is_not_there(cast: Cast, cycle: Cycle) -> None:
    with pytest.raises(Refused, match="There is no line 999999"):
        save(cycle, cast.rep, CellEdit(999999, NOV, 1.0))


def test_after_the_deadline_only_a_returned_line_is_open(cast: Cast, cycle: Cycle) -> None:
    line, other = cast.line("ALPHA", "NORTH"), cast.line("BETA", "NORTH")
    cycle_advance(cycle=cycle, at=REVIEW)
    with pytest.raises(Refused, match="is closed"):
        save(cycle, cast.rep, CellEdit(line.pk, NOV, 5.0))
    Comment.objects.create(cycle=cycle, line=line, kind="question", text="Why?", by=cast.manager, to=cast.rep, at=ENTRY)
    assert save(cycle, cast.rep, CellEdit(line.pk, NOV, 5.0))["saved"]
    with pytest.raises(Refused, match="is closed"):
        save(cycle, cast.rep, CellEdit(line.pk, NOV, 6.0), CellEdit(other.pk, NOV, 6.0))


def test_a_manager_sits_on_top_of_the_rep_and_the_rep_moves_beneath(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH").pk
    save(cycle, cast.manager, CellEdit(line, NOV, 50.0), stage=Stage.TEAM)
    save(cycle, cast.rep, CellEdit(line, NOV, 75.0), CellEdit(line, DEC, 76.0))
    assert number(cycle, Stage.SALES, line) == 75.0
    assert (number(cycle, Stage.TEAM, line), number(cycle, Stage.TEAM, line, 1)) == (50.0, 76.0)


def test_the_planner_changes_the_proposal(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH").pk
    with pytest.raises(Refused, match="not built yet"):
        save(cycle, cast.demand_planner, CellEdit(line, NOV, 33.0), stage=Stage.DEMAND_PLAN)
    cycle_to_review(cycle)
    save(cycle, cast.demand_planner, CellEdit(line, NOV, 33.0), stage=Stage.DEMAND_PLAN)
    assert number(cycle, Stage.DEMAND_PLAN, line) == 33.0
    assert number(cycle, Stage.TEAM, line) != 33.0


def test_the_database_keeps_the_record_of_changes_as_it_is(cast: Cast, cycle: Cycle) -> None:
    save(cycle, cast.rep, CellEdit(cast.line("ALPHA", "NORTH").pk, NOV, 5.0))
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Change.objects.update(after=6.0)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Change.objects.all().delete()


@pytest.mark.parametrize("array", ["{-1}", "{NaN}", "{Infinity}"])
def test_the_database_refuses_unsound_layers(cast: Cast, cycle: Cycle, array: str) -> None:
    save(cycle, cast.rep, CellEdit(cast.line("ALPHA", "NORTH").pk, NOV, 5.0))
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE demand_layerline SET quantity = %s", [array])


@pytest.mark.django_db(transaction=True)
def test_of_many_writers_of_one_cell_one_is_answered_and_the_others_see_its_value() -> None:
    cast = small_company()
    cycle, line = cycle_in_entry(), cast.line("ALPHA", "NORTH").pk
    seen, outcomes = number(cycle, Stage.SALES, line), []

    def write(value: float) -> None:
        try:
            outcomes.append(save(cycle, cast.rep, CellEdit(line, NOV, value, seen=seen))["saved"][0]["value"])
        except Refused as refused:
            outcomes.append(refused.extra["conflicts"][0]["theirs"])
        finally:
            connection.close()

    threads = [Thread(target=write, args=(1000.0 + i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 8
    assert len(set(outcomes)) == 1
    assert Change.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_batches_in_opposite_order_do_not_block_each_other_for_good() -> None:
    cast = small_company()
    cycle = cycle_in_entry()
    lines = [cast.line(product, "NORTH").pk for product in ("ALPHA", "BETA", "GAMMA")]
    failures: list[Exception] = []

    def write(order: list[int], month: date) -> None:
        try:
            for i in range(10):
                save(cycle, cast.rep, *[CellEdit(line, month, float(i)) for line in order])
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [Thread(target=write, args=(lines, NOV)), Thread(target=write, args=(lines[::-1], DEC))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert all(number(cycle, Stage.SALES, line, month) == 9.0 for line in lines for month in (0, 1))


@pytest.mark.django_db(transaction=True)
def test_a_save_that_waited_for_the_closer_sees_what_it_closed() -> None:
    """Lock and read go to the database together; the read must not be of the moment before the wait."""
    cast = small_company()
    cycle, told = cycle_in_entry(), []

    def write() -> None:
        try:
            save(cycle, cast.rep, CellEdit(cast.line("ALPHA", "NORTH").pk, NOV, 5.0), token=uuid4())
        except Refused as refused:
            told.append(refused.code)
        finally:
            connection.close()

    saver = Thread(target=write)
    with transaction.atomic():
        cycle_lock_exclusive(cycle)
        saver.start()
        while saver.is_alive() and not _somebody_waits():
            time.sleep(0.01)
        CycleStep.objects.filter(cycle=cycle, step=Step.SALES_FORECAST.value).update(state=StepState.CLOSED.value)
    saver.join()
    assert told == ["entry_closed"]
    assert not Change.objects.exists()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return cursor.fetchone() is not None


def test_a_row_that_is_there_is_held_and_one_that_went_is_made_again(cast: Cast, cycle: Cycle) -> None:
    lines = sorted(cast.line(product, "NORTH").pk for product in ("ALPHA", "BETA"))
    save(cycle, cast.rep, *[CellEdit(line, NOV, 5.0) for line in lines])
    held = layer_rows(cycle, Stage.SALES, lines, ENTRY, there=True)
    assert [row.quantity[0] for row in held.values()] == [5.0, 5.0]
    LayerLine.objects.filter(line_id=lines[0]).delete()
    made = layer_rows(cycle, Stage.SALES, lines, ENTRY, there=True)
    assert [(line, made[line].quantity[0]) for line in lines] == [(lines[0], None), (lines[1], 5.0)]


def test_nothing_is_saved_once_demand_is_signed(cast: Cast, cycle: Cycle) -> None:
    from demand.services.plan import demand_sign

    cycle_to_review(cycle)
    demand_sign(cycle=cycle, person=cast.manager, at=REVIEW + timedelta(hours=1))
    edit = CellEdit(cast.line("ALPHA", "NORTH").pk, NOV, 5.0)
    with pytest.raises(Refused, match="is signed"):
        save(cycle, cast.manager, edit, stage=Stage.TEAM)
    with pytest.raises(Refused, match="is signed"):
        save(cycle, cast.demand_planner, edit, stage=Stage.DEMAND_PLAN)
