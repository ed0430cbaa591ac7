"""From sales input to the demand plan: the proposal, its renewal, the signature, and the way back."""

from datetime import datetime
from typing import Any

import pandas as pd
from django.db import transaction

from cycles.models import Cycle
from cycles.selectors import milestones_reached
from cycles.services import cycle_lock_exclusive, milestone_reach
from cycles.steps import Milestone
from demand.calibration_words import LineNote
from demand.matrices import Lines, Plan
from demand.models import ForecastVersion, ProposalNote, Stage, VersionState
from demand.proposal import Calls, Stages, propose
from demand.selectors.call_effects import calls_spoken, chances_known, quotes_uncalled
from demand.selectors.cases import calibration_cases
from demand.selectors.family_totals import family_totals_past
from demand.selectors.rules import lines_changed, rules_by_lag
from demand.selectors.versions import (
    events_applied,
    layer_plan,
    proposal_stale,
    stage_plan,
    version_current,
    version_plan,
    version_proposed,
)
from demand.services.versions import version_store
from jobs.errors import Refused
from jobs.models import Job
from jobs.services.work import PartSpec, job_queue
from masterdata.models import Person
from masterdata.selectors import head_of
from masterdata.signing import signing_for

KIND = "proposal"
FROZEN_AT_SIGNING = (Stage.SALES, Stage.TEAM, Stage.EVENTS)


def proposal_queue(*, cycle: Cycle, at: datetime, owner: Any = None) -> Job:
    part = PartSpec(f"Proposal for the demand plan {cycle.code}", {"cycle": cycle.pk})
    return job_queue(kind=KIND, key=cycle.code, label=f"Proposal of {cycle.code}", parts=[part], at=at, owner=owner)


def proposal_part(*, job: int, payload: dict[str, Any], at: datetime) -> str:
    version = proposal_build(cycle=Cycle.objects.get(pk=payload["cycle"]), at=at)
    return f"Proposal of {version.cycle.code} by the rule {version.rule}"


@transaction.atomic
def proposal_build(*, cycle: Cycle, at: datetime, rule: str | None = None) -> ForecastVersion:
    """Build the proposal from the numbers as they stand, by the rules chosen for this cycle or by the one given; the
    planner's own layer stays on top of it."""
    baseline = stage_plan(cycle, Stage.BASELINE)
    lines = baseline.lines
    team, sales = stage_plan(cycle, Stage.TEAM, lines), stage_plan(cycle, Stage.SALES, lines)
    events, effects = events_applied(cycle, team)
    proposal = propose(
        rule or rules_by_lag(cycle),
        stages=Stages(baseline.quantity, sales.quantity, team.quantity, events.quantity),
        lines=lines_changed(cycle, lines),
        cases=calibration_cases(cycle),
        calls=Calls(calls_spoken(cycle, lines), chances_known(cycle), quotes_uncalled(cycle, lines)),
        totals=family_totals_past(cycle),
    )
    version = version_store(
        cycle=cycle,
        stage=Stage.DEMAND_PLAN,
        plan=Plan(lines, cycle.month, proposal.matrix),
        at=at,
        rule=proposal.rule,
        note="\n".join(_sentences(proposal.sentences, effects)),
        made_from=version_current(cycle, Stage.BASELINE),
        proposed=True,
    )
    _notes_store(version, lines, proposal.by_line)
    if not cycle.simulated:
        milestone_reach(cycle=cycle, kind=Milestone.PROPOSAL_BUILT, at=at)
    return version


def _notes_store(version: ForecastVersion, lines: Lines, notes: list[LineNote]) -> None:
    ProposalNote.objects.bulk_create(
        ProposalNote(version=version, line_id=int(lines[note.line]), told=note.told, own=note.own) for note in notes
    )


def _sentences(rule: list[str], effects: pd.DataFrame) -> list[str]:
    notes = effects["note"].dropna().unique().tolist() if "note" in effects else []
    return [*rule, *[str(note) for note in notes if note]]


@transaction.atomic
def demand_sign(*, cycle: Cycle, person: Person, at: datetime, note: str = "") -> ForecastVersion:
    """The head of Sales (or deputy) signs: every stage up to the demand plan becomes a finished version."""
    on_behalf_of = signing_for(person, head_of("Sales"), "head of Sales")
    cycle_lock_exclusive(cycle)
    if Milestone.DEMAND_SIGNED in milestones_reached(cycle):
        raise Refused("already_signed", f"Demand of {cycle.code} is signed already.")
    if proposal_stale(cycle):
        raise Refused(
            "proposal_stale",
            "Sales or team numbers, the baseline or the lines have changed since the proposal was built. It is being "
            "built again; look at it once more and sign then.",
        )
    version = demand_plan_freeze(cycle=cycle, at=at, by=person)
    milestone_reach(
        cycle=cycle,
        kind=Milestone.DEMAND_SIGNED,
        at=at,
        by=person.user,
        on_behalf_of=on_behalf_of.user if on_behalf_of else None,
        note=note,
    )
    return version


@transaction.atomic
def demand_plan_freeze(*, cycle: Cycle, at: datetime, by: Person | None = None) -> ForecastVersion:
    """Store sales, team, events and the demand plan (proposal plus the planner's layer) as finished versions."""
    proposed = version_proposed(cycle)
    if proposed is None:
        raise Refused("no_proposal", "The proposal for the demand plan is not built yet.")
    made_from = version_current(cycle, Stage.BASELINE)
    plans = {stage: stage_plan(cycle, stage) for stage in FROZEN_AT_SIGNING}
    for stage, plan in plans.items():
        made_from = version_store(cycle=cycle, stage=stage, plan=plan, at=at, by=by, made_from=made_from)
    plan = version_plan(proposed)
    plan = plan.with_layer(layer_plan(cycle, Stage.DEMAND_PLAN, plan.lines))
    return version_store(
        cycle=cycle,
        stage=Stage.DEMAND_PLAN,
        plan=plan,
        at=at,
        by=by,
        rule=proposed.rule,
        note=proposed.note,
        made_from=made_from,
    )


@transaction.atomic
def stages_withdraw(*, cycle: Cycle, stages: tuple[Stage, ...]) -> int:
    """Finished versions of these stages go back to work in progress; layers and records stay as they are."""
    return ForecastVersion.objects.filter(cycle=cycle, stage__in=stages, state=VersionState.CURRENT).update(
        state=VersionState.SUPERSEDED
    )
