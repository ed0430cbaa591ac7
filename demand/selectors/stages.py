"""Numbers of several stages and cycles for some lines at once: one query, for many lines two."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

import numpy as np
from django.db import connection
from django.db.models import F

from cycles.models import Cycle
from cycles.periods import months_between
from demand.matrices import Lines, Matrix, Plan
from demand.models import ForecastVersion, Stage, VersionState
from demand.selectors.stored import KEPT, plan_of_rows, vectors_read, version_plan
from demand.selectors.versions import BEFORE
from jobs.errors import Refused

Key = tuple[date, Stage]

# So many lines are read with everything else by one statement; more of them from what the process keeps.
FEW: Final = 1_000
FINISHED = """
SELECT c.month, v.stage, v.start, v.months, f.line_id, array_send(f.quantity), NULL::float8[],
    NULL::text, NULL::text, NULL::bigint, NULL::text, NULL::timestamptz, NULL::date[], NULL::text
FROM demand_forecastversion v
JOIN cycles_cycle c ON c.id = v.cycle_id
LEFT JOIN demand_forecastline f ON f.version_id = v.id AND f.line_id = ANY(%(lines)s)
WHERE v.state = 'current' AND c.month = ANY(%(months)s) AND v.stage = ANY(%(stages)s)
"""
LAYERS = """
SELECT c.month, y.stage, c.month, c.horizon::int, y.line_id, NULL::bytea, y.quantity,
    y.reason, y.note, y.changed_by_id, coalesce(nullif(u.first_name, ''), u.username, ''), y.changed_at,
    y.locked, coalesce(k.first_name, '')
FROM demand_layerline y
JOIN cycles_cycle c ON c.id = y.cycle_id
LEFT JOIN masterdata_person p ON p.id = y.changed_by_id LEFT JOIN auth_user u ON u.id = p.user_id
LEFT JOIN masterdata_person q ON q.id = y.locked_by_id LEFT JOIN auth_user k ON k.id = q.user_id
WHERE c.month = ANY(%(months)s) AND y.line_id = ANY(%(lines)s)
"""
EVERYTHING = f"{FINISHED} UNION ALL {LAYERS}"


@dataclass(frozen=True)
class LayerNote:
    """What the owner of a layer said about a line, who it was and when; and the months that are locked, by whom."""

    reason: str
    note: str
    by: str
    at: datetime
    locked: tuple[date, ...] = ()
    locked_by: str = ""
    by_id: int | None = None


@dataclass(frozen=True)
class StageNumbers:
    """Finished versions and layers of some cycles, by (cycle's month, stage); every plan has exactly `lines`."""

    lines: Lines
    finished: Mapping[Key, Plan]
    layers: Mapping[Key, Plan]
    notes: Mapping[Key, Mapping[int, "LayerNote"]]

    def has(self, month: date, stage: Stage) -> bool:
        """Whether the cycle of this month has a number of this stage."""
        if (month, stage) in self.finished:
            return True
        return stage in (Stage.SALES, Stage.TEAM) and self.has(month, BEFORE[stage])

    def plan(self, month: date, stage: Stage) -> Plan:
        """The number of a stage as it stands: the finished version, else the stage before with the layer on it."""
        if (month, stage) in self.finished:
            return self.finished[month, stage]
        if stage not in (Stage.SALES, Stage.TEAM):
            raise Refused("no_version", f"The cycle {month:%Y-%m} has no {stage.label.lower()} yet.", status=404)
        before = self.plan(month, BEFORE[stage])
        layer = self.layers.get((month, stage))
        return before if layer is None else before.with_layer(layer)

    def layer(self, month: date, stage: Stage) -> Matrix:
        """(lines, months) what the owner of the stage put on top; NaN where nothing was."""
        known = self.layers.get((month, stage))
        if known is not None:
            return known.quantity
        months = next((plan.months for (at, _), plan in self.finished.items() if at == month), 0)
        return np.full((len(self.lines), months), np.nan)


def stage_numbers(
    months: Sequence[date], lines: Lines, stages: Sequence[Stage] = (Stage.BASELINE, Stage.SALES, Stage.TEAM)
) -> StageNumbers:
    """The numbers of the cycles of these months (those that there are) for exactly these lines (ascending)."""
    facts = {"lines": lines.tolist(), "months": list(months), "stages": [stage.value for stage in stages]}
    kept = len(lines) > FEW and len(months) * len(stages) <= KEPT // 2
    with connection.cursor() as cursor:
        cursor.execute(LAYERS if kept else EVERYTHING, facts)
        rows = [Row._make(row) for row in cursor.fetchall()]
    rows.sort(key=lambda row: row.line or 0)
    layers = [row for row in rows if row.reason is not None]
    found = [row for row in rows if row.reason is None]
    finished = _kept(months, lines, stages) if kept else _plans(found, lines, 0.0)
    return StageNumbers(lines, finished, _plans(layers, lines, np.nan), _notes(layers))


class Row(NamedTuple):
    """The vector of a line in a finished version, as `array_send` says it, or in a layer with what its owner said."""

    month: date
    stage: str
    start: date
    months: int
    line: int | None
    sent: memoryview | None
    quantity: list[float | None] | None
    reason: str | None
    note: str
    by_id: int | None
    by: str
    at: datetime
    locked: list[date]
    locked_by: str


def _kept(months: Sequence[date], lines: Lines, stages: Sequence[Stage]) -> dict[Key, Plan]:
    """Many lines of a few versions, from what the process keeps."""
    current = ForecastVersion.objects.filter(
        state=VersionState.CURRENT, cycle__month__in=months, stage__in=stages
    ).annotate(month=F("cycle__month"))
    return {(version.month, Stage(version.stage)): version_plan(version, lines) for version in current}


def _notes(rows: Iterable[Row]) -> dict[Key, dict[int, LayerNote]]:
    notes: dict[Key, dict[int, LayerNote]] = {}
    for row in rows:
        said = LayerNote(row.reason or "", row.note, row.by, row.at, tuple(row.locked), row.locked_by, row.by_id)
        notes.setdefault((row.month, Stage(row.stage)), {})[row.line or 0] = said
    return notes


def _plans(rows: Iterable[Row], lines: Lines, fill: float) -> dict[Key, Plan]:
    found: dict[tuple[date, str, date, int], list[Row]] = {}
    for row in rows:
        found.setdefault((row.month, row.stage, row.start, row.months), []).append(row)
    return {
        (month, Stage(stage)): _plan([row for row in of if row.line], start, length).for_lines(lines, fill=fill)
        for (month, stage, start, length), of in found.items()
    }


def _plan(rows: Sequence[Row], start: date, length: int) -> Plan:
    if rows and rows[0].sent is not None:
        ids = np.array([row.line for row in rows], dtype=np.int64)
        return Plan(ids, start, vectors_read([row.sent for row in rows if row.sent is not None], length))
    return plan_of_rows([(row.line or 0, row.quantity or []) for row in rows], start, length)


def moved(plan: Plan, cycle: Cycle) -> Matrix:
    """(lines, horizon) an earlier plan's numbers on this cycle's months; NaN where it has none."""
    result = np.full((len(plan.lines), cycle.horizon), np.nan)
    offset = months_between(plan.start, cycle.month)
    if 0 <= offset < plan.months:
        width = min(plan.months - offset, cycle.horizon)
        result[:, :width] = plan.quantity[:, offset : offset + width]
    return result
