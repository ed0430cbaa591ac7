"""What a batch of edits is checked against: the lines' owners, whether entry is open, the baseline, earlier answers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from cycles.models import Cycle
from cycles.services import cycle_locked_rows
from demand.models import Stage
from jobs.errors import Refused
from masterdata.models import Person

# subqueries instead of joins: the statement is planned each time it comes
FACTS = """
SELECT given.answer, given.entry, k.line_id, k.owner_id, given.version,
    EXISTS (SELECT FROM demand_layerline l WHERE l.cycle_id = k.cycle_id AND l.stage = %s AND l.line_id = k.line_id),
    (SELECT f.quantity FROM demand_forecastline f WHERE f.version_id = given.version AND f.line_id = k.line_id)
FROM (SELECT
    (SELECT answer FROM demand_savetoken WHERE person_id = %s AND token = %s::uuid) AS answer,
    (SELECT state FROM cycles_cyclestep WHERE cycle_id = %s AND step = 'sales_forecast') AS entry,
    (SELECT id FROM demand_forecastversion
     WHERE cycle_id = %s AND stage = 'baseline' AND state = 'current') AS version) given
LEFT JOIN demand_cycleline k ON k.cycle_id = %s AND k.line_id = ANY(%s)
ORDER BY k.line_id
"""


@dataclass(frozen=True)
class Owned:
    """A line of the cycle: its owner, whether it has a row in the stage's layer, its baseline (None: there is none)."""

    line: int
    owner: int | None
    has_layer: bool
    baseline: Sequence[float] | None


@dataclass(frozen=True)
class BatchFacts:
    """All of them of one moment; `answer` is what the batch was told when it came before."""

    answer: dict[str, Any] | None
    entry: str
    lines: list[Owned]

    def baseline(self, cycle: Cycle) -> dict[int, Sequence[float]]:
        """Line -> its baseline; refused where the cycle has none yet."""
        found = {row.line: row.baseline for row in self.lines if row.baseline is not None}
        if len(found) < len(self.lines):
            raise Refused("no_version", f"The cycle {cycle.code} has no baseline yet.", status=404, stage="baseline")
        return found


def batch_facts_locked(cycle: Cycle, stage: Stage, person: Person, lines: list[int], token: UUID | None) -> BatchFacts:
    """Wait for a closer, and for the same batch under way, then read; by one statement. Needs a transaction."""
    once = token_key(person, token) if token else ""
    return _facts(cycle, cycle_locked_rows(cycle, FACTS, _given(cycle, stage, lines, person, token), once=once))


def batch_facts(cycle: Cycle, stage: Stage, lines: list[int]) -> BatchFacts:
    """The same without a lock or a token, for whoever holds the lock already."""
    with connection.cursor() as cursor:
        cursor.execute(FACTS, _given(cycle, stage, lines, None, None))
        return _facts(cycle, cursor.fetchall())


def token_key(person: Person, token: UUID) -> str:
    """Under which only one batch of these goes on at a time."""
    return f"{person.pk} {token}"


def _given(cycle: Cycle, stage: Stage, lines: list[int], person: Person | None, token: UUID | None) -> list[Any]:
    who = [person.pk if person else None, str(token) if token else None]
    return [stage.value, *who, cycle.pk, cycle.pk, cycle.pk, lines]


def _facts(cycle: Cycle, rows: list[Any]) -> BatchFacts:
    """There is a row even where no line was found; a line that the baseline lacks counts as 0."""
    (answer, entry, *_), nothing, found = rows[0], [0.0] * cycle.horizon, []
    for _, _, line, owner, version, has_layer, quantity in rows:
        if line is not None:
            found.append(Owned(line, owner, has_layer, None if version is None else quantity or nothing))
    return BatchFacts(None if answer is None else json.loads(answer), entry or "", found)
