"""Marking the lines that need a look, once the baseline is there."""

import json
from typing import Any

from django.db import connection, transaction

from cycles.models import Cycle
from demand.flags import flag_lines
from demand.selectors.flagging import flag_frame

# every line of the cycle in one statement: flagged ones get their flag, the others none
MARK = """
UPDATE demand_cycleline c SET flags = coalesce(d.flags::jsonb, '[]')
FROM demand_cycleline e
LEFT JOIN unnest(%s::bigint[], %s::text[]) AS d(line, flags) ON d.line = e.line_id
WHERE c.id = e.id AND e.cycle_id = %s AND c.flags IS DISTINCT FROM coalesce(d.flags::jsonb, '[]')
"""


@transaction.atomic
def flags_set(*, cycle: Cycle) -> int:
    """Flag the lines of a cycle anew; returns the number of lines flagged.

    A flag is {code, text, why, also, value, rank}: the chip's word, the plain reason, the line's other reasons, the
    money at stake, 1 = dearest.
    """
    found = flag_lines(flag_frame(cycle))
    flags = [json.dumps([_stored(row)]) for row in found.itertuples()]
    with connection.cursor() as cursor:
        cursor.execute(MARK, [[int(line) for line in found["line"]], flags, cycle.pk])
    return len(found)


def _stored(row: Any) -> dict[str, Any]:
    words = {"code": row.code, "text": row.label, "why": row.sentence, "also": row.also}
    return words | {"value": row.value, "rank": row.rank}
