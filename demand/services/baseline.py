"""Building a cycle's baseline: chunks of whole families as parts of a job, then one switch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
from django.db import connection, transaction

from cycles.calendar_days import working_days
from cycles.models import Cycle
from cycles.periods import add_months, format_month, month_range, months_between
from cycles.selectors.calendar import company_holidays
from cycles.services import milestone_reach
from cycles.steps import Milestone
from demand.baseline import forecast_baseline, forecast_like, seasonal_naive
from demand.candidates import Regions
from demand.cleaning import Treated
from demand.intervals import Ranges
from demand.matrices import Lines, Matrix, Plan
from demand.models import CycleLine, ForecastVersion, Stage, VersionState
from demand.selectors.history import (
    company_history,
    first_booked_month,
    history,
    history_start,
    region_history,
)
from demand.selectors.launches import launches
from demand.selectors.lines import cycle_lines, life_mask, line_ids
from demand.selectors.stock_outs import stock_out_months
from demand.services.flagging import flags_set
from demand.services.own_past import own_past_set
from demand.services.versions import cycle_lines_freeze, forecast_lines_copy
from jobs.errors import Refused
from jobs.models import Job, JobPart, WorkState
from jobs.services.work import PartSpec, job_queue
from masterdata.selectors import company

CHUNK_LINES = 500
LAUNCH_CURVE = (0.5, 0.8, 1.0)
KIND = "baseline"
RULE = "automatic choice v3"


def families_in_chunks(sizes: Mapping[str, int], lines: int = CHUNK_LINES) -> list[list[str]]:
    """Whole families packed, largest first, into chunks of about `lines` lines, so that no total is cut."""
    chunks: list[tuple[int, list[str]]] = []
    for family, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        fits = next((i for i, (filled, _) in enumerate(chunks) if filled + size <= lines), None)
        if fits is None:
            chunks.append((size, [family]))
        else:
            filled, members = chunks[fits]
            chunks[fits] = (filled + size, [*members, family])
    return [members for _, members in chunks]


@transaction.atomic
def baseline_queue(*, cycle: Cycle, at: datetime, owner: Any = None) -> Job:
    """Take the lines into the cycle and queue the building of its naive and baseline versions."""
    if first_booked_month() is None:
        raise Refused("no_history", "There are no bookings yet. Import bookings.csv first.")
    cycle_lines_freeze(cycle=cycle)
    sizes = cycle_lines(cycle)["family"].value_counts().to_dict()
    chunks = families_in_chunks(sizes)
    parts = [
        PartSpec(f"Baseline {cycle.code}: {', '.join(chunk)}"[:200], {"cycle": cycle.pk, "families": chunk})
        for chunk in chunks
    ]
    parts.append(PartSpec(f"Baseline {cycle.code}: put together", {"cycle": cycle.pk, "last": True}, needs=len(parts)))
    return job_queue(kind=KIND, key=cycle.code, label=f"Baseline of {cycle.code}", parts=parts, at=at, owner=owner)


def baseline_part(*, job: int, payload: dict[str, Any], at: datetime) -> str:
    """One part of the job: a chunk's numbers, or putting it together. Safe to run twice."""
    cycle = Cycle.objects.get(pk=payload["cycle"])
    if payload.get("last"):
        return baseline_finish(cycle=cycle, job=job, at=at)
    return _chunk(cycle, job, payload["families"], at)


def _building(cycle: Cycle, job: int, stage: Stage, at: datetime) -> ForecastVersion:
    last = ForecastVersion.objects.filter(cycle=cycle, stage=stage).order_by("-revision").first()
    version, _ = ForecastVersion.objects.get_or_create(
        cycle=cycle,
        stage=stage,
        state=VersionState.BUILDING,
        note=f"job {job}",
        defaults={
            "revision": (last.revision if last else 0) + 1,
            "start": cycle.month,
            "months": cycle.horizon,
            "made_at": at,
        },
    )
    return version


def _chunk(cycle: Cycle, job: int, families: list[str], at: datetime) -> str:
    frame = cycle_lines(cycle)
    frame = frame[frame["family"].isin(families)]
    baseline, naive = baseline_numbers(cycle, frame)
    with transaction.atomic():
        _check_in_hand(job, families)
        _store_chunk(cycle, job, Stage.NAIVE, naive, at)
        _store_chunk(cycle, job, Stage.BASELINE, Plan(baseline.lines, cycle.month, baseline.quantity), at)
        methods_store(cycle, baseline)
    return f"{len(frame)} lines of {', '.join(families)}"


def _check_in_hand(job: int, families: list[str]) -> None:
    """Refused when another attempt has done this part: a worker that stood still for long must not write after it.

    The job's row is held until this attempt's rows are committed, so that nobody finishes the part in between.
    """
    Job.objects.select_for_update().get(pk=job)
    if JobPart.objects.filter(job=job, payload__families=families, state=WorkState.DONE).exists():
        raise Refused("overtaken", "Another worker has done this part meanwhile.")


@dataclass(frozen=True)
class BaselineNumbers:
    """The baseline of some lines with the method, backtest error and range of each, and the months (columns of
    the history from `start` on) that were not taken as they came."""

    lines: Lines
    quantity: Matrix
    methods: list[str]
    errors: np.ndarray
    ranges: Ranges
    treated: list[Treated]
    start: date


def baseline_numbers(cycle: Cycle, frame: pd.DataFrame) -> tuple[BaselineNumbers, Plan]:
    """Baseline and seasonal naive of the given lines (whole families) from what was known before the cycle's first day.

    A product that has no history yet and is planned like another one follows that one by its share.
    """
    lines, start = line_ids(frame), history_start(cycle.month)
    span = months_between(start, cycle.month)
    alive = life_mask(frame, start, span + cycle.horizon)
    past = history(lines, start=start, before=cycle.month).quantity
    known = np.where(_before_launch(frame, start, span) & (past == 0), np.nan, past)
    short = _without_stock(frame, start, cycle.month, past)
    known[[one.line for one in short], [one.column for one in short]] = np.nan
    family = pd.factorize(frame["family"], sort=True)[0]
    live = alive[:, span:]
    result = forecast_baseline(
        known,
        months=cycle.horizon,
        group=family,
        life=live,
        season_reference=company_history(start=start, before=cycle.month),
        regions=_regions(cycle, frame, start),
        days=_working_days(start, span + cycle.horizon),
    )
    naive = np.where(live, seasonal_naive(known, cycle.horizon, group=family), 0.0)
    treated = sorted([*short, *result.treated], key=lambda one: (one.line, one.column))
    quantity, methods = _launched(cycle, lines, start, past, result.quantity * live, list(result.method))
    numbers = BaselineNumbers(lines, quantity, methods, result.backtest_wape, result.ranges, treated, start)
    return numbers, Plan(lines, cycle.month, naive)


def _without_stock(frame: pd.DataFrame, start: date, before: date, past: Matrix) -> list[Treated]:
    """The months of each line whose product was out of stock: missing, not low."""
    products = frame["product_id"].tolist()
    out = stock_out_months(sorted(set(products)), start=start, before=before)
    return [
        Treated(row, column, float(past[row, column]), float("nan"), why)
        for row, product in enumerate(products)
        for month, why in out[product].items()
        for column in [months_between(start, month)]
    ]


def _regions(cycle: Cycle, frame: pd.DataFrame, start: date) -> Regions:
    """The region of each line and every region's demand; a region that has sold nothing has a total of nothing."""
    totals = region_history(cycle, start=start)
    codes = totals.index.union(frame["region"].unique())
    return Regions(codes.get_indexer(frame["region"]), totals.reindex(codes, fill_value=0.0).to_numpy(dtype=float))


def _working_days(start: date, months: int) -> np.ndarray:
    """Working days of each month by the company's calendar, its own days off included."""
    span = month_range(start, months)
    years = tuple(range(span[0].year, span[-1].year + 1))
    off = company_holidays(company().country, years)
    return np.array([len(working_days(month, holidays=off)) for month in span], dtype=float)


def _before_launch(frame: pd.DataFrame, start: date, months: int) -> np.ndarray:
    without_end = frame.assign(phase_out_month=None)
    return ~life_mask(without_end, start, months)


def _launched(
    cycle: Cycle, lines: Lines, start: date, past: Matrix, quantity: Matrix, methods: list[str]
) -> tuple[Matrix, list[str]]:
    """The numbers with every line that has sold nothing yet and has a predecessor forecast like it."""
    quantity, new = quantity.copy(), lines[past.sum(axis=1) == 0]
    coming = launches(new.tolist(), month=cycle.month)
    before = np.unique(np.array([launch.predecessor for launch in coming], dtype=np.int64))
    reference = dict(zip(before.tolist(), history(before, start=start, before=cycle.month).quantity, strict=True))
    for launch in coming:
        row, sold = int(np.searchsorted(lines, launch.line)), reference[launch.predecessor]
        quantity[row] = forecast_like(sold, launch.share, launch.starts_in, LAUNCH_CURVE, months=cycle.horizon)
        methods[row] = f"like its predecessor, {launch.share:.0%}"
    return quantity, methods


def _store_chunk(cycle: Cycle, job: int, stage: Stage, plan: Plan, at: datetime) -> None:
    version = _building(cycle, job, stage, at)
    version.rows.filter(line_id__in=plan.lines.tolist()).delete()
    forecast_lines_copy(version, plan)


def methods_store(cycle: Cycle, numbers: BaselineNumbers) -> None:
    """Write beside each line its method, backtest error and range, and what was not taken as it came."""
    errors = [float(e) if np.isfinite(e) else None for e in numbers.errors]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE demand_cycleline c SET method = d.method, backtest_wape = d.wape, "
            "landing = d.landing::jsonb, treated = d.treated::jsonb "
            "FROM unnest(%s::bigint[], %s::text[], %s::float8[], %s::text[], %s::text[]) "
            "AS d(line, method, wape, landing, treated) WHERE c.cycle_id = %s AND c.line_id = d.line",
            [numbers.lines.tolist(), list(numbers.methods), errors, _landing(numbers), _treated(numbers), cycle.pk],
        )


def _landing(numbers: BaselineNumbers) -> list[str]:
    """Each line's range as JSON, rounded: nobody reads more of it."""
    steps, growth = numbers.ranges.steps.round(4), numbers.ranges.growth.round(4)
    return [
        json.dumps({"steps": one, "growth": ahead}) for one, ahead in zip(steps.tolist(), growth.tolist(), strict=True)
    ]


def _treated(numbers: BaselineNumbers) -> list[str]:
    by_line: list[list[dict[str, Any]]] = [[] for _ in numbers.lines]
    for one in numbers.treated:
        month = format_month(add_months(numbers.start, one.column))
        taken = round(one.taken, 2) if np.isfinite(one.taken) else None
        by_line[one.line].append({"month": month, "was": one.was, "taken": taken, "why": one.why})
    return [json.dumps(rows) for rows in by_line]


@transaction.atomic
def baseline_finish(*, cycle: Cycle, job: int, at: datetime) -> str:
    """Make the built versions the current ones and say that the baseline is there."""
    for stage in (Stage.NAIVE, Stage.BASELINE):
        built = ForecastVersion.objects.filter(
            cycle=cycle, stage=stage, state=VersionState.BUILDING, note=f"job {job}"
        ).first()
        if built is None:
            continue
        ForecastVersion.objects.filter(cycle=cycle, stage=stage, state=VersionState.CURRENT).update(
            state=VersionState.SUPERSEDED
        )
        built.state, built.rule = VersionState.CURRENT, RULE
        built.save(update_fields=["state", "rule"])
    if not cycle.simulated:
        flags_set(cycle=cycle)
        own_past_set(cycle=cycle)
        milestone_reach(cycle=cycle, kind=Milestone.BASELINE_BUILT, at=at)
    lines = CycleLine.objects.filter(cycle=cycle).count()
    return f"Baseline of {cycle.code}: {lines} lines"
