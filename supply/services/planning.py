"""From the demand plan to what operations commits: per product, per gap, and shared among the lines."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from django.db import transaction

from cycles.models import Cycle
from cycles.services import cycle_lock_exclusive, milestone_reach
from cycles.steps import Milestone
from demand.matrices import Matrix, Plan
from demand.models import ForecastVersion, Stage
from demand.selectors.versions import version_current
from demand.services.versions import version_store
from jobs.models import ACTIVE_STATES, Job
from jobs.services.work import PartSpec, job_queue
from masterdata.models import Person
from supply.allocation import Rule, allocate
from supply.commitment import LEAD_TIME, Commitment
from supply.ground import NO_STOCK_KNOWN, doubts
from supply.models import Scenario, SupplyAnswer
from supply.policy import check_supply_open, demand_signed
from supply.selectors.sharing import rule_vectors
from supply.selectors.situation import Situation, reliefs_of
from supply.selectors.start import demand_plan_of, planning_start
from supply.services.gap_rows import LinePlan, gaps_store

KIND = "supply_plan"
NOT_SIGNED = "Prepared on a demand plan that is not signed yet."
PLANNED_BY = "Planned at least cost by the scenario"


def supply_plan_queue(*, cycle: Cycle, at: datetime, owner: Any = None, decision: str = "") -> Job:
    part = PartSpec(f"Supply plan {cycle.code}", {"cycle": cycle.pk, "decision": decision})
    return job_queue(kind=KIND, key=cycle.code, label=f"Supply plan of {cycle.code}", parts=[part], at=at, owner=owner)


def supply_plan_part(*, job: int, payload: dict[str, Any], at: datetime) -> str:
    cycle = Cycle.objects.get(pk=payload["cycle"])
    version = supply_plan_build(cycle=cycle, at=at, decision=payload.get("decision", ""))
    return f"Supply plan of {cycle.code}, shared by the rule {version.rule}"


@transaction.atomic
def supply_plan_build(
    *, cycle: Cycle, at: datetime, by: Person | None = None, rule: Rule | None = None, decision: str = ""
) -> ForecastVersion:
    """Plan what can be committed, keep the gaps with the options chosen for them, share it among the lines.

    Refused without a demand plan; after supply is signed only a decision plans again. Harmless to repeat.
    `rule` says how scarce units are shared; without one the rule of the plan before stays.
    """
    cycle_lock_exclusive(cycle)
    if not decision:
        check_supply_open(cycle)
    source, demand = demand_plan_of(cycle)
    work = _calculate(cycle, demand, rule or rule_in_use(cycle))
    answers_store(cycle=cycle, given=work.given, made=work.made)
    gaps_store(given=work.given, made=work.made, lines=work.lines, at=at)
    signed = demand_signed(cycle)
    doubted = [text for text in doubts(work.given.ground([])) if text != NO_STOCK_KNOWN]
    version = _store(cycle, work, source, at, by, note=[*doubted, *([] if signed else [NOT_SIGNED])])
    if signed:
        milestone_reach(cycle=cycle, kind=Milestone.SUPPLY_PLANNED, at=at, by=by.user if by else None)
    return version


@transaction.atomic
def supply_answer_for_replay(*, cycle: Cycle, at: datetime) -> ForecastVersion:
    """The same for a simulated cycle: only facts from before its first day, no gaps, no milestones."""
    if not cycle.simulated:
        raise ValueError(f"The cycle {cycle.code} is not simulated: build its supply plan instead.")
    source, demand = demand_plan_of(cycle)
    work = _calculate(cycle, demand, Rule.FAIR_SHARE)
    answers_store(cycle=cycle, given=work.given, made=work.made)
    return _store(cycle, work, source, at, None, note=[])


def rule_in_use(cycle: Cycle) -> Rule:
    """How the newest supply plan of the cycle was shared; fair share when there is none."""
    version = version_current(cycle, Stage.SUPPLY_PLAN)
    return Rule(version.rule) if version is not None and version.rule else Rule.FAIR_SHARE


def supply_plan_running(cycle: Cycle) -> bool:
    """Whether a worker is making the supply plan, or is about to."""
    return Job.objects.filter(kind=KIND, key=cycle.code, state__in=ACTIVE_STATES).exists()


def supply_plan_stale(cycle: Cycle) -> bool:
    """Whether the signed demand plan has no supply plan made from it yet."""
    demand, supply = version_current(cycle, Stage.DEMAND_PLAN), version_current(cycle, Stage.SUPPLY_PLAN)
    return demand is not None and (supply is None or supply.made_from_id != demand.pk)


@dataclass(frozen=True)
class _Work:
    given: Situation
    made: Commitment
    lines: LinePlan
    rule: Rule


def _calculate(cycle: Cycle, demand: Plan, rule: Rule) -> _Work:
    given, frame, rows = planning_start(cycle, demand)
    made = given.commitment(reliefs_of(cycle, given.capacity))
    allocation = _allocation(cycle, demand, frame, rows, made, rule)
    return _Work(given, made, LinePlan(frame, demand, rows, allocation), rule)


def _allocation(
    cycle: Cycle, demand: Plan, frame: pd.DataFrame, rows: np.ndarray, made: Commitment, rule: Rule
) -> Matrix:
    vectors = rule_vectors(cycle, frame, rule)
    shared = allocate(demand.quantity, rows, made.commitment, rule, **vectors)
    return np.maximum(shared, 0.0)


def _store(
    cycle: Cycle, work: _Work, source: ForecastVersion | None, at: datetime, by: Person | None, note: list[str]
) -> ForecastVersion:
    return version_store(
        cycle=cycle,
        stage=Stage.SUPPLY_PLAN,
        plan=Plan(work.lines.demand.lines, cycle.month, work.lines.allocation),
        at=at,
        by=by,
        rule=work.rule.value,
        note="\n".join(dict.fromkeys([*note, *work.given.stock.notes, *_planned_by(cycle, work.made)])),
        made_from=source,
    )


def _planned_by(cycle: Cycle, made: Commitment) -> list[str]:
    """The scenario in the plan's note; it is a doubt when its cheapest plan was not found in time."""
    chosen = Scenario.objects.filter(cycle=cycle, chosen_at__isnull=False).first()
    if chosen is None:
        return []
    decided = f", decided with {chosen.decision}" if chosen.decision else ""
    if made.by_rules:
        return [f"The cheapest plan of “{chosen.name}”{decided} was not found in time; the rules plan with its hours."]
    return [f"{PLANNED_BY} “{chosen.name}”{decided}."]


@transaction.atomic
def answers_store(*, cycle: Cycle, given: Situation, made: Commitment) -> int:
    """Replace the answer of operations for every product of the cycle."""
    SupplyAnswer.objects.filter(cycle=cycle).delete()
    known, target = given.stock_known, given.target.mean(axis=1)
    codes = np.array([*given.capacity.codes, SupplyAnswer.LEAD_TIME, ""], dtype=object)
    # LEAD_TIME is -2 and NOT_SHORT -1, which count from the end
    binding = codes[np.where(made.binding == LEAD_TIME, -2, made.binding)]
    rows = [
        SupplyAnswer(
            cycle=cycle,
            product_id=int(product),
            demand=given.demand[i].tolist(),
            committed=made.commitment[i].tolist(),
            shipments=made.shipments[i].tolist(),
            supply=(made.production[i] + given.stock.receipts[i] * known).tolist(),
            bought=[] if made.bought is None else made.bought[i].tolist(),
            inventory=made.inventory[i].tolist(),
            backlog=made.backlog[i].tolist(),
            binding=binding[i].tolist(),
            opening_stock=float(given.stock.opening[i]) if given.stock.opening is not None else None,
            opening_backlog=float(given.stock.backlog[i]) * known,
            safety_stock=float(target[i]),
        )
        for i, product in enumerate(given.products.index)
    ]
    return len(SupplyAnswer.objects.bulk_create(rows))
