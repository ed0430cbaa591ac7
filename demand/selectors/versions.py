"""Stored versions, layers, and the live number of a stage."""

import numpy as np
import pandas as pd

from cycles.models import Cycle
from demand.event_effects import apply_events
from demand.matrices import Lines, Plan
from demand.models import Change, CycleLine, ForecastVersion, LayerLine, Reason, RuleChoice, Stage, VersionState
from demand.selectors.events import events_frame, events_shared
from demand.selectors.lines import cycle_lines
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
    raise Refused(
        "no_version", f"The cycle {cycle.code} has no {stage.label.lower()} yet.", status=404, stage=str(stage)
    )


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


def events_applied(cycle: Cycle, team: Plan) -> tuple[Plan, pd.DataFrame]:
    """The team numbers with marketing's events, and what each event added where."""
    frame = cycle_lines(cycle, lines=team.lines)
    events = events_frame(cycle)
    quantity, effects = apply_events(team.quantity, team.start, frame, events, promotion_changes(cycle, team.lines))
    return Plan(team.lines, team.start, quantity), effects


def working_stages(cycle: Cycle, lines: Lines) -> dict[Stage, Plan]:
    """Baseline to demand plan as they stand, each made from the one before once; the last ones as far as they exist."""
    stages = {Stage.BASELINE: stage_plan(cycle, Stage.BASELINE, lines)}
    for stage in (Stage.SALES, Stage.TEAM, Stage.EVENTS, Stage.DEMAND_PLAN):
        version = version_current(cycle, stage)
        if version is not None:
            stages[stage] = version_plan(version, lines)
        elif stage == Stage.EVENTS:
            stages[stage] = events_applied(cycle, stages[Stage.TEAM])[0]
        elif stage in (Stage.SALES, Stage.TEAM):
            stages[stage] = stages[BEFORE[stage]].with_layer(layer_plan(cycle, stage, lines))
        elif (proposed := version_proposed(cycle)) is not None:
            stages[stage] = version_plan(proposed, lines).with_layer(layer_plan(cycle, stage, lines))
    return stages


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


def proposal_stale(cycle: Cycle) -> bool:
    """Whether sales or team numbers, or the rule, have changed since the proposal was built."""
    version = version_proposed(cycle)
    if version is None or RuleChoice.objects.filter(cycle=cycle, at__gt=version.made_at).exists():
        return True
    return Change.objects.filter(cycle=cycle, stage__in=[Stage.SALES, Stage.TEAM], at__gt=version.made_at).exists()
