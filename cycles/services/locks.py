"""Locks on a cycle: shared for everybody who saves, exclusive for whoever changes a step.

Advisory locks, released with the transaction. A plain read of the step's state would let edits in after
the close; row locks would let busy savers starve the closer.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from cycles.models import Cycle

SPACE = 0x50F
# What refers to other rows is checked before anybody has to wait, not at the commit while everybody does.
CHECKED = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"
ALONE = f"{CHECKED}; SELECT pg_advisory_xact_lock(%s, %s)"
SHARED = "SELECT pg_advisory_xact_lock_shared(%s, %s)"
SHARED_ONCE = "SELECT pg_advisory_xact_lock_shared(%s, %s), pg_advisory_xact_lock(hashtextextended(%s, 0))"


def cycle_lock_shared(cycle: Cycle, *, once: str = "") -> None:
    """Wait for a closer to finish, then save beside other savers. Needs a transaction.

    `once` is a key under which only one goes on at a time, as the second sender of the same batch must wait.
    """
    if once:
        _run(SHARED_ONCE, cycle, once)
    else:
        _run(SHARED, cycle)


def cycle_locked_rows(cycle: Cycle, statement: str, facts: Sequence[Any], *, once: str = "") -> list[Any]:
    """Wait as `cycle_lock_shared` does and then read, on one way to the server and back. Needs a transaction.

    What is read is a statement of its own, so it sees what was committed while this one waited.
    """
    lock, more = (SHARED_ONCE, [once]) if once else (SHARED, [])
    return _run(f"{lock}; {statement}", cycle, *more, *facts)


def cycle_lock_exclusive(cycle: Cycle) -> None:
    """Wait for the saves under way to finish and keep others out. Needs a transaction."""
    _run(ALONE, cycle)


def _run(statement: str, cycle: Cycle, *more: Any) -> list[Any]:
    if not connection.in_atomic_block:
        raise RuntimeError("A lock on a cycle needs a transaction.")
    with connection.cursor() as cursor:
        cursor.execute(statement, [SPACE, cycle.pk, *more])
        return list(cursor.fetchall())
