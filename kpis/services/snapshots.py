"""Taking the measures of a closed month, once, into rows that pages read."""

import math
from datetime import date, datetime
from typing import Any

from django.db import transaction

from cycles.models import Cycle
from cycles.periods import add_months, format_month, parse_month
from jobs.models import Job
from jobs.services.work import PartSpec, job_queue
from kpis.measures.measured import Measured
from kpis.models import Snapshot, StageAccuracy
from kpis.selectors.accuracy import closed_before, stage_errors
from kpis.selectors.month_measures import facts_read, month_measures, months_with_bookings

KIND = "snapshots"
COMPANY = "company"


def snapshots_queue(*, at: datetime) -> Job | None:
    """Queue what is missing, a part per cycle; None when nothing is."""
    parts = [PartSpec(f"Accuracy of cycle {cycle.code}", {"cycle": cycle.pk}) for cycle in cycles_to_measure()]
    months = months_to_measure()
    if months:
        parts.append(PartSpec(f"Measures of {len(months)} months", {"months": [format_month(m) for m in months]}))
    if not parts:
        return None
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
    if "months" in payload:
        months = [parse_month(text) for text in payload["months"]]
        return f"{measures_take(months=months, at=at)} measures of {len(months)} months"
    cycle = Cycle.objects.get(pk=payload["cycle"])
    count = accuracy_take(cycle=cycle)
    return f"Accuracy of cycle {cycle.code}: {count} sums"


def months_to_measure() -> list[date]:
    """Closed months without measures."""
    until = closed_before()
    if until is None:
        return []
    known = set(Snapshot.objects.filter(level=COMPANY).values_list("month", flat=True))
    return [month for month in months_with_bookings(add_months(until, -1)) if month not in known]


@transaction.atomic
def measures_take(*, months: list[date], at: datetime) -> int:
    """Store the measures of closed months at company level; repeating it replaces them."""
    facts = facts_read()
    rows = [
        _snapshot(code, month, measured, at)
        for month in months
        for code, measured in month_measures(month, facts).items()
    ]
    Snapshot.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["measure", "month", "level", "key"],
        update_fields=["value", "numerator", "denominator", "n", "taken_at"],
    )
    return len(rows)


def _snapshot(code: str, month: date, measured: Measured, at: datetime) -> Snapshot:
    value, numerator, denominator = (
        None if math.isnan(v) else float(v) for v in (measured.value, measured.numerator, measured.denominator)
    )
    facts = {"value": value, "numerator": numerator, "denominator": denominator, "n": measured.n, "taken_at": at}
    return Snapshot(measure=code, month=month, level=COMPANY, key="", **facts)


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
