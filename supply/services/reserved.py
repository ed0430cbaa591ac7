"""What each person's input made operations commit, kept with the supply plan it was worked out from."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction

from cycles.models import Cycle
from demand.matrices import Matrix
from demand.models import ForecastVersion, Stage, VersionState
from demand.selectors.versions import stage_plan
from jobs.models import Job
from jobs.services.work import PartSpec, job_queue
from supply.allocation import Rule, allocate
from supply.models import Reserved
from supply.reserved import supply_reserved, without_input
from supply.selectors.products import by_product
from supply.selectors.sharing import rule_vectors
from supply.selectors.situation import reliefs_of
from supply.selectors.start import planning_start

KIND = "reserved"
TINY = 1e-6


def reserved_due() -> ForecastVersion | None:
    """The newest cycle's supply plan, when nobody has worked out yet what input reserved in it."""
    plans = ForecastVersion.objects.filter(stage=Stage.SUPPLY_PLAN, state=VersionState.CURRENT)
    newest = plans.select_related("cycle").order_by("-cycle__month").first()
    if newest is None or Job.objects.filter(kind=KIND, key=_key(newest)).exists():
        return None
    return newest


def reserved_queue(*, version: ForecastVersion, at: datetime) -> Job:
    code = version.cycle.code
    part = PartSpec(f"What input reserved in {code}", {"version": version.pk})
    return job_queue(kind=KIND, key=_key(version), label=f"Supply reserved by input of {code}", parts=[part], at=at)


def _key(version: ForecastVersion) -> str:
    return f"{version.cycle.code}:{version.pk}"


def reserved_part(*, job: int, payload: dict[str, Any], at: datetime) -> str:
    version = ForecastVersion.objects.select_related("cycle").get(pk=payload["version"])
    return f"{reserved_build(version=version)} people's input compared"


@transaction.atomic
def reserved_build(*, version: ForecastVersion) -> int:
    """Work out and keep, for everybody whose input is in the plan, what it made operations commit.

    Harmless to repeat. The number of people. With and without are both planned by the rules, also where a scenario is
    chosen: the difference takes many plans.
    """
    cycle, rule = version.cycle, Rule(version.rule or Rule.FAIR_SHARE)
    demand = stage_plan(cycle, Stage.DEMAND_PLAN)
    before, after = (stage_plan(cycle, stage, demand.lines).quantity for stage in (Stage.BASELINE, Stage.SALES))
    without = without_input(demand.quantity, before, after)
    given, frame, rows = planning_start(cycle, demand)
    reliefs, vectors = reliefs_of(cycle, given.capacity), rule_vectors(cycle, frame, rule)

    def commit(wanted: Matrix) -> Matrix:
        products = by_product(replace(demand, quantity=wanted), rows, len(given.products))
        made = replace(given, demand=products).by_rules(reliefs)
        return allocate(wanted, rows, made.commitment, rule, **vectors)

    committed = commit(demand.quantity)
    changed = (np.abs(without - demand.quantity) > TINY).any(axis=1)
    owner, price = frame["rep_id"].to_numpy(dtype=float), frame["price"].to_numpy(dtype=float)
    kept = []
    for person in np.unique(owner[changed & ~np.isnan(owner)]):
        units = supply_reserved(demand.quantity, without, (owner == person) & changed, committed, commit)
        row = Reserved(version=version, person_id=int(person), units=float(units.sum()), value=float(units @ price))
        kept.append(row)
    return _store(cycle, kept)


def _store(cycle: Cycle, rows: list[Reserved]) -> int:
    Reserved.objects.filter(version__cycle=cycle).delete()
    return len(Reserved.objects.bulk_create(rows))
