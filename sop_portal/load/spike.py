"""Saves and pages at the spike: how long they take, what fails, and whether anything acknowledged is missing."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.db import connection

from sop_portal.load.company import Made
from sop_portal.load.crowd import Seen, Task
from sop_portal.load.figures import Bound, figure_line, p95
from sop_portal.load.stack import Stack

SAVES, PAGES = 100.0, 8.0
IDLE_SAVES: Final = 4.0
OK: Final = 200
NONE: Final = Bound(0, 0, most=True, unit="", places=0)
STANDING: Final = """
SELECT line_id, to_char(c.month + make_interval(months => (cell.position - 1)::int), 'YYYY-MM'), cell.value
FROM demand_layerline l JOIN cycles_cycle c ON c.id = l.cycle_id
CROSS JOIN LATERAL unnest(l.quantity) WITH ORDINALITY AS cell(value, position)
WHERE l.cycle_id = %s AND l.stage = 'sales' AND cell.value IS NOT NULL
"""
RECORDED: Final = "SELECT line_id, to_char(month, 'YYYY-MM'), after FROM demand_change WHERE cycle_id = %s"


@dataclass
class Played:
    """Everything the crowds have seen so far, so that the next one knows what its reps saw last."""

    made: Made
    stack: Stack
    acknowledged: list[tuple[str, float]]
    last: dict[str, float]
    runs: int = 0

    def task(self, *, seconds: float, saves: float, pages: float, alone: bool = False) -> Task:
        """What the crowd is told: every rep but the last, or (`alone`) only that one; no value is ever used twice."""
        made, self.runs = self.made, self.runs + 1
        reps = slice(-1, None) if alone else slice(0, -1)
        lines = [list(own) for own in made.lines[reps]]
        url, cookie = self.stack.url, self.stack.cookie
        task = Task(url, cookie, made.sessions[reps], lines, made.months, seconds, saves, pages, self.runs * 1e6)
        return replace(task, seed=self.runs, known=self.last)

    def play(self, *, seconds: float, saves: float = SAVES, pages: float = PAGES) -> Seen:
        seen = self.stack.crowd(self.task(seconds=seconds, saves=saves, pages=pages))
        self.note(seen)
        return seen

    def note(self, seen: Seen) -> None:
        self.last |= seen.last
        self.acknowledged += [(cell, value) for cell, value in seen.acknowledged]

    def lost(self) -> list[str]:
        """What was acknowledged and is not on record, or not what the sheet shows now; empty = nothing."""
        return lost_edits(self.acknowledged, self.last, _cells(RECORDED, self.made), dict(_cells(STANDING, self.made)))


def _cells(statement: str, made: Made) -> list[tuple[str, float]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [made.cycle])
        return [(f"{line} {month}", value) for line, month, value in cursor.fetchall()]


def lost_edits(
    acknowledged: Sequence[tuple[str, float]],
    last: dict[str, float],
    recorded: Sequence[tuple[str, float]],
    standing: dict[str, float],
) -> list[str]:
    """In words, by cell: acknowledged values that are not recorded, and last ones that do not stand."""
    known = set(recorded)
    missing = [f"{cell}: {value} is not on record" for cell, value in acknowledged if (cell, value) not in known]
    changed = [
        f"{cell}: {standing.get(cell)} stands, {value} was acknowledged last"
        for cell, value in last.items()
        if standing.get(cell) != value
    ]
    return missing + changed


def lost_figure(played: Played) -> tuple[str, str, str]:
    lost = played.lost()
    details = f"of {len(played.acknowledged)} acknowledged, each compared; {'; '.join(lost[:3])}"
    return figure_line("lost acknowledged edits", len(lost), NONE, details)


def seconds_of(answers: Sequence[tuple[float, float, int]]) -> list[float]:
    return [seconds for _, seconds, _ in answers]


def failed(seen: Seen) -> int:
    return sum(status != OK for _, _, status in [*seen.saves, *seen.pages])


def spike_words(seen: Seen, seconds: float) -> str:
    """`96 saves/s, p95 120 ms; 8 pages/s, p95 300 ms; load 2.1`."""
    told = [
        f"{len(answers) / seconds:.0f} {what}/s, p95 {p95(seconds_of(answers)) * 1000:.0f} ms"
        for what, answers in (("saves", seen.saves), ("pages", seen.pages))
        if answers
    ]
    return "; ".join([*told, load_words()])


def load_words() -> str:
    """The machine's load of the last minute, everybody on it counted."""
    return f"load {os.getloadavg()[0]:.1f}"
