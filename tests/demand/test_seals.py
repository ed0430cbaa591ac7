"""The record of changes is sealed block by block; what is altered afterwards is found, and where."""

import time
from datetime import date, timedelta
from threading import Thread

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from cycles.models import Cycle
from demand.models import Change, ChangeSeal, Stage
from demand.seals import FIRST, head_of
from demand.selectors.seals import record_check
from demand.services.due import due
from demand.services.entries import CellEdit, cells_save
from demand.services.seals import changes_seal
from tests.cast import Cast, small_company
from tests.stages import ENTRY, cycle_in_entry

NOV, DEC = date(2026, 11, 1), date(2026, 12, 1)
digests = st.text("0123456789abcdef", min_size=64, max_size=64)


@given(digests, digests, digests, st.integers(0, 10**6))
def test_a_head_hangs_on_all_before_it(first: str, other: str, digest: str, changes: int) -> None:
    head = head_of(first, digest, changes)
    assert head == head_of(first, digest, changes)
    assert head != head_of(first, digest, changes + 1)
    assert (head == head_of(other, digest, changes)) == (first == other)


@pytest.fixture
def cast(db: None) -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    """Three blocks of two changes each, the last number said twice with a comment."""
    cycle = cycle_in_entry()
    line = cast.line("ALPHA", "NORTH").pk
    for hour, value in enumerate((70.0, 71.5, 0.1 + 0.2)):
        edits = [CellEdit(line, NOV, value, reason="customer_told", comment='two\nlines and "quotes", ä')]
        edits.append(CellEdit(line, DEC, value + 1))
        at = ENTRY + timedelta(hours=hour)
        cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=edits, at=at)
        changes_seal(cycle=cycle, at=at)
    return cycle


def as_owner(statement: str, *parameters: object) -> None:
    """Past the triggers, as only the owner of the tables can."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE demand_change DISABLE TRIGGER change_fixed")
        cursor.execute("ALTER TABLE demand_changeseal DISABLE TRIGGER changeseal_fixed")
        cursor.execute(statement, parameters)
        assert cursor.rowcount == 1


def test_an_untouched_record_holds(cycle: Cycle) -> None:
    record = record_check(cycle)
    assert (record.changes, record.faults) == (6, [])
    assert record.head == ChangeSeal.objects.get(number=3).head != FIRST


def test_sealing_again_adds_nothing(cycle: Cycle) -> None:
    assert changes_seal(cycle=cycle, at=ENTRY + timedelta(days=1)).number == 3
    assert ChangeSeal.objects.count() == 3


@pytest.mark.parametrize(
    "column", ["before = before + 1", "after = after + 0.001", "comment = ''", "by_id = NULL", "month = '2027-01-01'"]
)
def test_an_altered_change_is_located(cycle: Cycle, column: str) -> None:
    pk = Change.objects.order_by("pk")[2].pk
    as_owner(f"UPDATE demand_change SET {column} WHERE id = %s", pk)
    faults = record_check(cycle).faults
    assert len(faults) == 1
    assert f"2026-11, block 2 (changes {pk} to {pk + 1}, sealed 2026-11-04 09:00)" in faults[0]
    assert "2 changes were sealed, 2 stand there now with other content" in faults[0]


def test_a_change_taken_away_is_located(cycle: Cycle) -> None:
    as_owner("DELETE FROM demand_change WHERE id = %s", Change.objects.latest("pk").pk)
    assert "block 3" in record_check(cycle).faults[0]
    assert "2 changes were sealed, 1 stand there now" in record_check(cycle).faults[0]


def test_a_seal_written_anew_does_not_follow_from_the_one_before(cycle: Cycle) -> None:
    """Whoever alters a change and its seal would have to write every later seal too, and the head that was printed."""
    seal = ChangeSeal.objects.get(number=2)
    as_owner("UPDATE demand_changeseal SET head = %s WHERE id = %s", "e" * 64, seal.pk)
    faults = record_check(cycle).faults
    assert [fault.split(" (")[0] for fault in faults] == ["2026-11, block 2", "2026-11, block 3"]
    assert all("does not follow from the one before" in fault for fault in faults)


def test_a_seal_cannot_be_changed_or_removed(cycle: Cycle) -> None:
    for statement in ("UPDATE demand_changeseal SET changes = 1", "DELETE FROM demand_changeseal"):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_tick_seals_what_is_new_once_an_hour(cast: Cast, cycle: Cycle) -> None:
    edit = CellEdit(cast.line("BETA", "NORTH").pk, NOV, 5.0)
    last = ChangeSeal.objects.latest("pk").at
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=[edit], at=last)
    due(at=last + timedelta(minutes=59))
    assert ChangeSeal.objects.count() == 3
    due(at=last + timedelta(minutes=60))
    due(at=last + timedelta(minutes=180))
    assert [seal.changes for seal in ChangeSeal.objects.order_by("number")] == [2, 2, 2, 1]


@pytest.mark.django_db(transaction=True)
def test_savers_go_on_while_a_block_is_sealed(cast: Cast, cycle: Cycle) -> None:
    """Beside this transaction the sealer has counted and waits to read; what is saved now is of the next block."""
    edit, sealed = CellEdit(cast.line("ALPHA", "NORTH").pk, NOV, 99.0), []
    before = CellEdit(cast.line("BETA", "NORTH").pk, NOV, 5.0)
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=[before], at=ENTRY)

    def seal() -> None:
        sealed.append(changes_seal(cycle=cycle, at=ENTRY + timedelta(days=1)))
        connection.close()

    sealer = Thread(target=seal)
    with transaction.atomic():
        Cycle.objects.select_for_update(no_key=True).get()
        sealer.start()
        while sealer.is_alive() and not _waits_for_a_row():
            time.sleep(0.01)
        assert sealer.is_alive()
        cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=[edit], at=ENTRY)
    sealer.join()
    assert (sealed[0].number, sealed[0].changes) == (4, 1)
    assert changes_seal(cycle=cycle, at=ENTRY + timedelta(days=2)).changes == 1
    assert record_check(cycle).faults == []


def _waits_for_a_row() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE locktype IN ('transactionid', 'tuple') AND NOT granted")
        return cursor.fetchone() is not None
