"""Reading the record of changes against its seals."""

from dataclasses import dataclass

from django.db import connection

from cycles.models import Cycle
from demand.models import Change, ChangeSeal
from demand.seals import FIRST, head_of

# Every column, each told apart from its neighbours by a line of its own (line breaks within text are escaped).
BLOCK = """
SELECT count(*), encode(sha256(convert_to(coalesce(string_agg(row.text, E'\\n' ORDER BY row.id), ''), 'UTF8')), 'hex')
FROM (
    SELECT c.id, to_json(ARRAY[
        c.id::text, c.stage, c.line_id::text, c.month::text, c.before::text, c.after::text, c.reason, c.comment,
        c.origin, c.decision, c.by_id::text, extract(epoch FROM c.at)::text
    ])::text AS text
    FROM demand_change c WHERE c.cycle_id = %s AND c.id > %s AND c.id <= %s
) row
"""


@dataclass(frozen=True)
class Record:
    """How the record of a cycle stands: its sealed changes, the chain's head, and what does not fit."""

    changes: int
    head: str
    faults: list[str]


def block_digest(cycle: Cycle, after: int, upto: int) -> tuple[int, str]:
    """(number of changes, SHA-256) of the cycle's changes with after < id <= upto."""
    with connection.cursor() as cursor:
        cursor.execute(BLOCK, [cycle.pk, after, upto])
        count, digest = cursor.fetchone()
    return int(count), str(digest)


def seal_last(cycle: Cycle) -> ChangeSeal | None:
    return ChangeSeal.objects.filter(cycle=cycle).order_by("-number").first()


def record_is_open(cycle: Cycle) -> bool:
    """Whether there are changes that no seal covers yet."""
    last = seal_last(cycle)
    return Change.objects.filter(cycle=cycle, pk__gt=last.last_change if last else 0).exists()


def record_check(cycle: Cycle) -> Record:
    """Every sealed block worked out again from the changes that stand there now."""
    faults, head, after, changes = [], FIRST, 0, 0
    for place, seal in enumerate(ChangeSeal.objects.filter(cycle=cycle).order_by("number"), start=1):
        count, digest = block_digest(cycle, after, seal.last_change)
        where = f"{cycle.code}, block {seal.number} (changes {after + 1} to {seal.last_change}, sealed {seal.at:%F %R})"
        if seal.number != place:
            faults.append(f"{where}: block {place} is missing before it.")
        if (count, digest) != (seal.changes, seal.digest):
            faults.append(f"{where}: {seal.changes} changes were sealed, {count} stand there now with other content.")
        if seal.head != head_of(head, seal.digest, seal.changes):
            faults.append(f"{where}: its seal does not follow from the one before.")
        head, after, changes = seal.head, seal.last_change, changes + seal.changes
    return Record(changes, head, faults)
