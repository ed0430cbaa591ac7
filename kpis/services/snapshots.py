"""Taking the measures of a closed month, once, into rows that pages read."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from cycles.models import Cycle
from cycles.periods import add_months
from jobs.models import Job
from jobs.services.work import PartSpec, job_queue
from kpis.models import StageAccuracy
from kpis.selectors.accuracy import closed_before, stage_errors

KIND = "snapshots"


def snapshots_queue(*, at: datetime) -> Job | None:
    """Queue what is missing, a part per cycle; None when nothing is."""
    cycles = cycles_to_measure()
    if not cycles:
        return None
    parts = [PartSpec(f"Accuracy of cycle {cycle.code}", {"cycle": cycle.pk}) for cycle in cycles]
    return job_queue(kind=KIND, key=f"{closed_before():%Y-%m}", label="Measures of closed months", parts=parts, at=at)


def cycles_to_measure() -> list[Cycle]:
    """Cycles with finished stages that lack the sums of a closed month."""
    until = closed_before()
    if until is None:
        return []
    wanted = []
    for cycle in Cycle.objects.filter(month__lt=until, versions__state="current").distinct():
        if cycle.simulated and cycle.ended_at is None:
            continue
        stages = set(cycle.versions.filter(state="current").values_list("stage", flat=True))
        known = StageAccuracy.objects.filter(cycle=cycle, month=_last(cycle, until), level="company")
        if not stages <= set(known.values_list("stage", flat=True)):
            wanted.append(cycle)
    return wanted


def _last(cycle: Cycle, until: date) -> date:
    return min(add_months(until, -1), add_months(cycle.month, cycle.horizon - 1))


def snapshots_part(*, job: int, payload: dict[str, Any], at: datetime) -> str:
    cycle = Cycle.objects.get(pk=payload["cycle"])
    count = accuracy_take(cycle=cycle)
    return f"Accuracy of cycle {cycle.code}: {count} sums"


@transaction.atomic
def accuracy_take(*, cycle: Cycle) -> int:
    """Store the error sums of every finished stage of a cycle; repeating it writes the same rows again."""
    sums = stage_errors(cycle)
    if sums.empty:
        return 0
    StageAccuracy.objects.bulk_create(
        [_row(cycle, row) for row in sums.to_dict("records")],
        update_conflicts=True,
        unique_fields=["cycle", "stage", "month", "level", "key"],
        update_fields=["absolute_error", "signed_error", "actual", "n"],
        batch_size=5000,
    )
    return len(sums)


def _row(cycle: Cycle, row: dict[str, Any]) -> StageAccuracy:
    keys = ("stage", "month", "level", "key", "absolute_error", "signed_error", "actual", "n")
    return StageAccuracy(cycle=cycle, **{key: row[key] for key in keys})
