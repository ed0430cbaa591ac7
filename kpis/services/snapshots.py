"""Taking the measures of a closed month, once, into rows that pages read."""

import math
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Max, Min

from cycles.models import Cycle
from cycles.periods import add_months, format_month, month_of, month_range, parse_month
from demand.models import ForecastVersion, Line, Stage, VersionState
from jobs.models import Job, WorkState
from jobs.services.work import PartSpec, job_queue
from kpis.cuts import GROUP
from kpis.measures.measured import Measured
from kpis.models import ChangedAccuracy, Snapshot, StageAccuracy
from kpis.selectors.accuracy import closed_before, stage_errors
from kpis.selectors.changed import changed_errors
from kpis.selectors.month_facts import facts_read, months_with_bookings
from kpis.selectors.month_measures import month_measures
from kpis.selectors.month_parts import Part, parts_of
from masterdata.models import ImportRun
from supply.selectors.inputs_changed import stock_changes

Sums = TypeVar("Sums", StageAccuracy, ChangedAccuracy)
KIND = "snapshots"
COMPANY = "company"
MONTHS_AT_ONCE = 6
YEAR = 12
RUNS_LOOKED_AT = 200
MEASURED_FILES = (
    "bookings", "shipments", "order_lines", "budget", "quality", "inventory", "receipts",
    "products", "customers", "resources", "capacity", "bill_of_resources",
)  # fmt: skip


def snapshots_queue(*, at: datetime) -> Job | None:
    """Queue what is missing, a part per cycle; None when nothing is."""
    parts = [PartSpec(f"Accuracy of cycle {cycle.code}", {"cycle": cycle.pk}) for cycle in cycles_to_measure()]
    parts += [
        PartSpec(f"Measures of {run[0]:%Y-%m} to {run[-1]:%Y-%m}", {"months": [format_month(m) for m in run]})
        for run in runs(months_to_measure())
    ]
    if not parts:
        return None
    return job_queue(kind=KIND, key=snapshots_key(), label="Measures of closed months", parts=parts, at=at)


def snapshots_key() -> str:
    """One job per last closed month."""
    return f"{closed_before():%Y-%m}" if closed_before() else ""


def runs(months: list[date]) -> list[list[date]]:
    """Consecutive months in runs of at most `MONTHS_AT_ONCE`."""
    found: list[list[date]] = []
    for month in months:
        if found and len(found[-1]) < MONTHS_AT_ONCE and add_months(found[-1][-1], 1) == month:
            found[-1].append(month)
        else:
            found.append([month])
    return found


def cycles_to_measure() -> list[Cycle]:
    """Cycles with finished stages that lack the sums of a closed month, or were measured in an earlier revision; a
    replay under way is left alone."""
    until = closed_before()
    if until is None or not Line.objects.exists():
        return []
    finished = ForecastVersion.objects.filter(state=VersionState.CURRENT, cycle__month__lt=until)
    finished = finished.exclude(cycle__simulated=True, cycle__ended_at=None).select_related("cycle")
    rows = StageAccuracy.objects.filter(level=GROUP, key="").values_list("cycle", "stage", "revision")
    known = {tuple(key): month for *key, month in rows.annotate(Max("month"))}
    wanted = {
        version.cycle.month: version.cycle
        for version in finished
        if known.get((version.cycle_id, version.stage, version.revision), date.min) < _last(version.cycle, until)
    }
    return [wanted[month] for month in sorted(wanted)]


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
    """Closed months without measures, or measured before the last change of what they were measured from."""
    until = closed_before()
    if until is None:
        return []
    rows = Snapshot.objects.filter(level=COMPANY)
    changed = facts_changed_at()
    taken = dict(
        (rows.filter(taken_at__gt=changed) if changed else rows).values_list("month").annotate(Min("taken_at"))
    )
    typed = stock_typed_at()
    known = {month for month, at in taken.items() if month not in typed or at > typed[month]}
    return [month for month in months_with_bookings(add_months(until, -1)) if month not in known]


def stock_typed_at() -> dict[date, datetime]:
    """When stock was last typed over, by the months whose measures read it: the one it closes and the year after it,
    whose turns stand on it."""
    found: dict[date, datetime] = {}
    for day, at in stock_changes():
        for month in month_range(month_of(day), YEAR + 1):
            found[month] = max(at, found.get(month, at))
    return found


def facts_changed_at() -> datetime | None:
    """When an import, a replay or a corrected forecast last changed what measures are made from; None before any."""
    runs = ImportRun.objects.order_by("-id")[:RUNS_LOOKED_AT]
    imported = next((run.at for run in runs if _changes_facts(run)), None)
    replayed = Job.objects.filter(kind="replay", state=WorkState.DONE).aggregate(at=Max("finished_at"))["at"]
    corrected = ForecastVersion.objects.filter(
        stage=Stage.COMPANY_FORECAST, state=VersionState.CURRENT, revision__gt=1
    ).aggregate(at=Max("made_at"))["at"]
    return max((at for at in (imported, replayed, corrected) if at is not None), default=None)


def _changes_facts(run: ImportRun) -> bool:
    counts = [run.files[name] for name in MEASURED_FILES if name in run.files]
    return any(count["new"] or count["changed"] for count in counts)


def measures_take(*, months: list[date], at: datetime) -> int:
    """Store the measures of consecutive closed months, of the company and of every part of it.

    Repeating it replaces them; what is no part any more is gone.
    """
    # Reckoned before the transaction: of a large company that takes minutes, and a transaction left idle is ended.
    rows = _measured(months, at)
    with transaction.atomic():
        Snapshot.objects.filter(month__in=months).delete()
        Snapshot.objects.bulk_create(rows, batch_size=5000)
    return len(rows)


def _measured(months: list[date], at: datetime) -> list[Snapshot]:
    facts = facts_read(months)
    return [
        _snapshot(code, month, part, measured, at)
        for part in (Part(COMPANY, "", facts), *parts_of(facts))
        for month in months
        if part.has(month)
        for code, measured in month_measures(month, part.facts).items()
        if code not in part.untold
    ]


def _snapshot(code: str, month: date, part: Part, measured: Measured, at: datetime) -> Snapshot:
    value, numerator, denominator = (
        float(v) if math.isfinite(v) else None for v in (measured.value, measured.numerator, measured.denominator)
    )
    facts = {"value": value, "numerator": numerator, "denominator": denominator, "n": measured.n, "taken_at": at}
    return Snapshot(measure=code, month=month, level=part.level, key=part.key, **facts)


@transaction.atomic
def accuracy_take(*, cycle: Cycle) -> int:
    """Store the error sums of every finished stage of a cycle, over all cells and over those that people changed;
    repeating it writes the same rows again."""
    sums = stage_errors(cycle)
    if sums.empty:
        return 0
    StageAccuracy.objects.bulk_create(
        [_row(cycle, row, StageAccuracy, ("revision",)) for row in sums.to_dict("records")],
        update_conflicts=True,
        unique_fields=["cycle", "stage", "month", "level", "key"],
        update_fields=["absolute_error", "signed_error", "actual", "n", "revision"],
        batch_size=5000,
    )
    for stage, revision in sums.groupby("stage")["revision"].first().items():
        StageAccuracy.objects.filter(cycle=cycle, stage=stage).exclude(revision=int(revision)).delete()
    changed = changed_errors(cycle)
    ChangedAccuracy.objects.filter(cycle=cycle).delete()
    ChangedAccuracy.objects.bulk_create(
        [_row(cycle, row, ChangedAccuracy, ("by", "owners")) for row in changed.to_dict("records")], batch_size=5000
    )
    return len(sums) + len(changed)


def _row(cycle: Cycle, row: dict[Any, Any], model: type[Sums], more: tuple[str, ...] = ()) -> Sums:
    keys = ("stage", "month", "level", "key", "absolute_error", "signed_error", "actual", "n", *more)
    return model(cycle=cycle, **{key: row[key] for key in keys})
