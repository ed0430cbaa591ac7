"""Locks on a cycle: shared for everybody who saves, exclusive for whoever changes a step.

Advisory locks, released with the transaction. A plain read of the step's state would let edits in after
the close; row locks would let busy savers starve the closer.
"""

from django.db import connection

from cycles.models import Cycle

SPACE = 0x50F
SHARED_ONCE = "SELECT pg_advisory_xact_lock_shared(%s, %s), pg_advisory_xact_lock(hashtextextended(%s, 0))"


def cycle_lock_shared(cycle: Cycle, *, once: str = "") -> None:
    """Wait for a closer to finish, then save beside other savers. Needs a transaction.

    `once` is a key under which only one goes on at a time, as the second sender of the same batch must wait.
    """
    if not once:
        return _lock("pg_advisory_xact_lock_shared", cycle)
    _check_atomic()
    with connection.cursor() as cursor:
        cursor.execute(SHARED_ONCE, [SPACE, cycle.pk, once])
    return None


def cycle_lock_exclusive(cycle: Cycle) -> None:
    """Wait for the saves under way to finish and keep others out. Needs a transaction."""
    _lock("pg_advisory_xact_lock", cycle)


def _check_atomic() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("A lock on a cycle needs a transaction.")


def _lock(function: str, cycle: Cycle) -> None:
    _check_atomic()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [SPACE, cycle.pk])
