"""Stored versions, layers, and the live number of a stage."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from cycles.models import Cycle
from demand.event_effects import apply_events
from demand.matrices import Lines, Plan
from demand.models import Change, CycleLine, ForecastVersion, LayerLine, Reason, RuleChoice, Stage, VersionState
from demand.selectors.events import events_frame, events_shared
from demand.selectors.lines import cycle_lines, line_ids
from demand.selectors.stored import FEW_LINES, plan_of_rows, version_plan
from jobs.errors import Refused

STAGES: tuple[Stage, ...] = tuple(Stage)
BEFORE: dict[Stage, Stage] = {stage: STAGES[i - 1] for i, stage in enumerate(STAGES) if i}
LAYERED = (Stage.SALES, Stage.TEAM, Stage.DEMAND_PLAN)


def version_current(cycle: Cycle, stage: Stage) -> ForecastVersion | None:
    """The finished version of a stage."""
    return ForecastVersion.objects.filter(cycle=cycle, stage=stage, state=VersionState.CURRENT).first()


def version_proposed(cycle: Cycle) -> ForecastVersion | None:
    """The proposal that the demand review works on."""
    return (
        ForecastVersion.objects.filter(cycle=cycle, stage=Stage.DEMAND_PLAN, state=VersionState.BUILDING)
        .order_by("-revision")
        .first()
    )


IN_FORCE = """
%(version)s = (SELECT id FROM demand_forecastversion
    WHERE stage = %(stage)s AND state = 'current' AND cycle_id = (SELECT id FROM cycles_cycle WHERE month = coalesce(
        %(month)s::date, (SELECT month FROM cycles_cycle WHERE state = 'published' ORDER BY month DESC LIMIT 1))))
"""


def still_in_force(version: int, month: date | None, stage: Stage) -> tuple[str, dict[str, Any]]:
    """A condition for a statement, with its facts: this is the finished version of a stage, of this month's cycle or of
    the one published last.
    """
    return IN_FORCE, {"version": version, "month": month, "stage": stage.value}


@dataclass(frozen=True)
class VersionsNow:
    """The finished versions of a cycle by stage, and the proposal that the demand review works on."""

    finished: Mapping[Stage, ForecastVersion]
    proposed: ForecastVersion | None


def versions_now(cycle: Cycle) -> VersionsNow:
    """All of them in one query, for pages that ask for several."""
    rows = list(
        ForecastVersion.objects.filter(cycle=cycle, state__in=[VersionState.CURRENT, VersionState.BUILDING]).order_by(
            "revision"
        )
    )
    finished = {Stage(row.stage): row for row in rows if row.state == VersionState.CURRENT}
    proposals = [row for row in rows if row.stage == Stage.DEMAND_PLAN and row.state == VersionState.BUILDING]
    return VersionsNow(finished, proposals[-1] if proposals else None)


def layer_plan(cycle: Cycle, stage: Stage, lines: Lines) -> Plan:
    """What a stage's owner put on top: NaN where nothing was changed."""
    rows = LayerLine.objects.filter(cycle=cycle, stage=stage).order_by("line_id")
    if len(lines) <= FEW_LINES:
        rows = rows.filter(line_id__in=lines.tolist())
    found = list(rows.values_list("line_id", "quantity"))
    return plan_of_rows(found, cycle.month, cycle.horizon).for_lines(lines, fill=np.nan)


def stage_plan(cycle: Cycle, stage: Stage, lines: Lines | None = None) -> Plan:
    """The number of a stage as it stands: the finished version, else the stage before with the owner's layer.

    Refused when the cycle has no baseline yet (or nothing has been planned or published at a later stage).
    """
    version = version_current(cycle, stage)
    if version is not None:
        return version_plan(version, lines)
    if lines is None:
        lines = cycle_line_ids(cycle)
    return _live(cycle, stage, lines)


def _live(cycle: Cycle, stage: Stage, lines: Lines) -> Plan:
    if stage in (Stage.SALES, Stage.TEAM):
        return stage_plan(cycle, BEFORE[stage], lines).with_layer(layer_plan(cycle, stage, lines))
    if stage == Stage.EVENTS:
        everybody = cycle_line_ids(cycle) if events_shared(cycle) else lines
        return events_applied(cycle, stage_plan(cycle, Stage.TEAM, everybody))[0].for_lines(lines)
    proposed = version_proposed(cycle) if stage == Stage.DEMAND_PLAN else None
    if proposed is not None:
        return version_plan(proposed, lines).with_layer(layer_plan(cycle, stage, lines))
    raise _no_version(cycle, stage)


def _no_version(cycle: Cycle, stage: Stage) -> Refused:
    words = f"The cycle {cycle.code} has no {stage.label.lower()} yet."
    return Refused("no_version", words, status=404, stage=str(stage))


def cycle_line_ids(cycle: Cycle) -> Lines:
    ids = CycleLine.objects.filter(cycle=cycle).order_by("line_id").values_list("line_id", flat=True)
    return np.fromiter(ids, dtype=np.int64)


def promotion_changes(cycle: Cycle, lines: Lines) -> np.ndarray:
    """(lines, months) True where a rep or manager gave *promotion* as the reason of a change."""
    mask = np.zeros((len(lines), cycle.horizon), dtype=bool)
    rows = LayerLine.objects.filter(
        cycle=cycle, stage__in=[Stage.SALES, Stage.TEAM], reason=Reason.PROMOTION
    ).values_list("line_id", "quantity")
    position = {int(line): i for i, line in enumerate(lines)}
    for line, quantity in rows:
        if line in position:
            mask[position[line]] |= [value is not None for value in quantity]
    return mask


def events_applied(cycle: Cycle, team: Plan, about: pd.DataFrame | None = None) -> tuple[Plan, pd.DataFrame]:
    """The team numbers with marketing's events, and what each event added where; `about` are the plan's lines."""
    frame = cycle_lines(cycle, lines=team.lines) if about is None else about
    events = events_frame(cycle)
    quantity, effects = apply_events(team.quantity, team.start, frame, events, promotion_changes(cycle, team.lines))
    return Plan(team.lines, team.start, quantity), effects


def working_stages(cycle: Cycle, about: pd.DataFrame, now: VersionsNow) -> dict[Stage, Plan]:
    """Baseline to demand plan as they stand, each made from the one before once; the last ones as far as they exist.

    `about` are the cycle's lines, indexed by line id (`cycle_lines`).
    """
    lines = line_ids(about)
    if Stage.BASELINE not in now.finished:
        raise _no_version(cycle, Stage.BASELINE)
    stages = {Stage.BASELINE: version_plan(now.finished[Stage.BASELINE], lines)}
    layers = _layer_plans(cycle, lines)
    for stage in (Stage.SALES, Stage.TEAM, Stage.EVENTS, Stage.DEMAND_PLAN):
        version = now.finished.get(stage)
        if version is not None:
            stages[stage] = version_plan(version, lines)
        elif stage == Stage.EVENTS:
            stages[stage] = events_applied(cycle, stages[Stage.TEAM], about)[0]
        elif stage in (Stage.SALES, Stage.TEAM):
            stages[stage] = stages[BEFORE[stage]].with_layer(layers[stage])
        elif now.proposed is not None:
            stages[stage] = version_plan(now.proposed, lines).with_layer(layers[stage])
    return stages


def _layer_plans(cycle: Cycle, lines: Lines) -> dict[Stage, Plan]:
    """What every owner put on top, read at once."""
    rows = LayerLine.objects.filter(cycle=cycle, stage__in=LAYERED).order_by("line_id")
    found: dict[Stage, list[tuple[int, list[float | None]]]] = {stage: [] for stage in LAYERED}
    for stage, line, quantity in rows.values_list("stage", "line_id", "quantity"):
        found[Stage(stage)].append((line, quantity))
    plans = {stage: plan_of_rows(own, cycle.month, cycle.horizon) for stage, own in found.items()}
    return {stage: plan.for_lines(lines, fill=np.nan) for stage, plan in plans.items()}


def stages_available(cycle: Cycle) -> list[Stage]:
    """The stages that have a number now, in order."""
    finished = set(
        ForecastVersion.objects.filter(cycle=cycle, state=VersionState.CURRENT).values_list("stage", flat=True)
    )
    live = {Stage.SALES, Stage.TEAM, Stage.EVENTS} if Stage.BASELINE in finished else set()
    if version_proposed(cycle) is not None:
        live.add(Stage.DEMAND_PLAN)
    return [stage for stage in STAGES if stage in finished or stage in live]


def money(frame: pd.DataFrame, plan: Plan) -> np.ndarray:
    """(lines, months) revenue in company currency = quantity x price."""
    return plan.quantity * frame["price"].reindex(plan.lines).to_numpy()[:, None]


def proposal_stale(cycle: Cycle, now: VersionsNow | None = None) -> bool:
    """Whether the baseline, which lines are in the cycle, sales or team numbers, or the rule have changed since the
    proposal was built. A line that comes in moves the time of the baseline on."""
    now = versions_now(cycle) if now is None else now
    version, baseline = now.proposed, now.finished.get(Stage.BASELINE)
    if version is None or (baseline is not None and baseline.made_at > version.made_at):
        return True
    if RuleChoice.objects.filter(cycle=cycle, at__gt=version.made_at).exists():
        return True
    return Change.objects.filter(cycle=cycle, stage__in=[Stage.SALES, Stage.TEAM], at__gt=version.made_at).exists()
