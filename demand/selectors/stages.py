"""Numbers of several stages and cycles for some lines at once: two queries, however many lines there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import F

from cycles.models import Cycle
from cycles.periods import months_between
from demand.matrices import Lines, Matrix, Plan
from demand.models import ForecastVersion, LayerLine, Stage, VersionState
from demand.selectors.stored import FEW_LINES, KEPT, plan_of_rows, version_plan
from demand.selectors.versions import BEFORE
from jobs.errors import Refused

Key = tuple[date, Stage]

LAYER_COLUMNS = (
    "cycle__month",
    "stage",
    "cycle__horizon",
    "line_id",
    "quantity",
    "reason",
    "note",
    "changed_by__user__first_name",
    "changed_by__user__username",
    "changed_at",
    "locked",
    "locked_by__user__first_name",
)
FINISHED = """
SELECT c.month, v.stage, v.start, v.months, f.line_id, f.quantity
FROM demand_forecastversion v
JOIN cycles_cycle c ON c.id = v.cycle_id
LEFT JOIN demand_forecastline f ON f.version_id = v.id AND f.line_id = ANY(%s)
WHERE v.state = 'current' AND c.month = ANY(%s) AND v.stage = ANY(%s)
ORDER BY f.line_id
"""


@dataclass(frozen=True)
class LayerNote:
    """What the owner of a layer said about a line, who it was and when; and the months that are locked, by whom."""

    reason: str
    note: str
    by: str
    at: datetime
    locked: tuple[date, ...] = ()
    locked_by: str = ""


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
    ids = [int(line) for line in lines]
    finished = _finished(months, lines, stages)
    layers = LayerLine.objects.filter(cycle__month__in=months, line_id__in=ids).order_by("line_id")
    rows = list(layers.values_list(*LAYER_COLUMNS))
    given = _plans([(month, stage, month, *rest) for month, stage, *rest in (row[:5] for row in rows)], lines, np.nan)
    return StageNumbers(lines, finished, given, _notes(rows))


def _finished(months: Sequence[date], lines: Lines, stages: Sequence[Stage]) -> dict[Key, Plan]:
    """Few lines or many versions in one query; many lines of a few versions from what the process keeps."""
    if len(lines) > FEW_LINES and len(months) * len(stages) <= KEPT // 2:
        current = ForecastVersion.objects.filter(
            state=VersionState.CURRENT, cycle__month__in=months, stage__in=stages
        ).annotate(month=F("cycle__month"))
        return {(version.month, Stage(version.stage)): version_plan(version, lines) for version in current}
    with connection.cursor() as cursor:
        cursor.execute(FINISHED, [lines.tolist(), list(months), [stage.value for stage in stages]])
        return _plans(cursor.fetchall(), lines, 0.0)


def _notes(rows: list[tuple[Any, ...]]) -> dict[Key, dict[int, LayerNote]]:
    notes: dict[Key, dict[int, LayerNote]] = {}
    for month, stage, _, line, _, reason, note, name, username, at, locked, locker in rows:
        said = LayerNote(reason, note, name or username or "", at, tuple(locked), locker or "")
        notes.setdefault((month, Stage(stage)), {})[line] = said
    return notes


Row = tuple[date, str, date, int, int | None, list[float | None]]


def _plans(rows: list[Row], lines: Lines, fill: float) -> dict[Key, Plan]:
    found: dict[tuple[date, str, date, int], list[tuple[int, list[float | None]]]] = {}
    for month, stage, start, length, line, quantity in rows:
        vectors = found.setdefault((month, stage, start, length), [])
        if line is not None:
            vectors.append((line, quantity))
    return {
        (month, Stage(stage)): plan_of_rows(vectors, start, length).for_lines(lines, fill=fill)
        for (month, stage, start, length), vectors in found.items()
    }


def moved(plan: Plan, cycle: Cycle) -> Matrix:
    """(lines, horizon) an earlier plan's numbers on this cycle's months; NaN where it has none."""
    result = np.full((len(plan.lines), cycle.horizon), np.nan)
    offset = months_between(plan.start, cycle.month)
    if 0 <= offset < plan.months:
        width = min(plan.months - offset, cycle.horizon)
        result[:, :width] = plan.quantity[:, offset : offset + width]
    return result
