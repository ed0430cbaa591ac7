"""Writing down a batch of edits: layers, record of changes and the answer to a retry, by one statement."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from cycles.models import Cycle
from demand.models import LayerLine, Origin, Stage
from masterdata.models import Person

# The ids stand there once more because the database takes a list in JSON for 100 rows and would read the whole table.
WRITTEN = """
WITH layers AS (
    UPDATE demand_layerline l
    SET quantity = r.quantity, reason = r.reason, note = r.note, changed_by_id = %(by)s, changed_at = %(at)s
    FROM jsonb_to_recordset(%(layers)s) AS r(id int8, quantity float8[], reason text, note text)
    WHERE l.id = r.id AND l.id = ANY(%(ids)s)
), record AS (
    INSERT INTO demand_change
        (cycle_id, stage, line_id, month, before, after, reason, comment, origin, decision, by_id, at)
    SELECT %(cycle)s, %(stage)s, c.line, c.month, c.before, c.after, c.reason, c.comment,
           %(origin)s, %(decision)s, %(by)s, %(at)s
    FROM jsonb_to_recordset(%(changes)s)
        AS c(line int8, month date, before float8, after float8, reason text, comment text)
)
INSERT INTO demand_savetoken (person_id, token, answer, at)
SELECT %(by)s, token, %(answer)s, %(at)s FROM (SELECT %(token)s::uuid AS token) given WHERE token IS NOT NULL
"""


@dataclass(frozen=True)
class Author:
    """Whose batch it is, where and when it was entered."""

    cycle: Cycle
    stage: Stage
    person: Person
    at: datetime
    origin: Origin
    decision: str


@dataclass(frozen=True)
class Noted:
    """One cell for the record of changes."""

    line: int
    month: date
    before: float
    after: float
    reason: str
    comment: str


def batch_write(
    layers: Iterable[LayerLine],
    changes: Sequence[Noted],
    *,
    author: Author,
    told: tuple[UUID | None, dict[str, Any]],
) -> None:
    """Store the layers as they are in hand, record the changes, keep the answer under its token (if it has one)."""
    token, answer = told
    rows = [{"id": row.pk, "quantity": row.quantity, "reason": row.reason, "note": row.note} for row in layers]
    facts = {
        "layers": json.dumps(rows),
        "ids": [row["id"] for row in rows],
        "changes": json.dumps([vars(change) for change in changes], default=str),
        "cycle": author.cycle.pk,
        "stage": author.stage.value,
        "origin": author.origin.value,
        "decision": author.decision,
        "by": author.person.pk,
        "at": author.at,
        "token": None if token is None else str(token),
        "answer": json.dumps(answer),
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN, facts)  # type: ignore[arg-type]
