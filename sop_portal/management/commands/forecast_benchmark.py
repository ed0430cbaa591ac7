"""How good and how quick the baseline is on series that everybody can check."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from demand.benchmarking import METHODS
from jobs.errors import Invalid
from sop_portal.forecast_benchmark import PUBLIC, benchmark_cases, file_cases, processors, public_cases, scale_run
from sop_portal.management.refusals import refusals

LABELS = {
    "smape": ("sMAPE", "{:.2f} %"),
    "mase": ("MASE", "{:.3f}"),
    "wape": ("WAPE", "{:.2%}"),
    "owa": ("OWA against Naive2", "{:.3f}"),
    "coverage_50": ("inside the 50 % range", "{:.1%}"),
    "coverage_80": ("inside the 80 % range", "{:.1%}"),
    "coverage_95": ("inside the 95 % range", "{:.1%}"),
    "smape_naive2": ("sMAPE of Naive2", "{:.2f} %"),
    "mase_naive2": ("MASE of Naive2", "{:.3f}"),
    "seconds": ("seconds", "{:.1f}"),
    "cpu_seconds": ("processor seconds", "{:.1f}"),
    "peak_mb": ("largest process, MB", "{:.0f}"),
}


class Command(BaseCommand):
    help = (
        "Forecasts months that were held back and prints the errors: m3, m1 or tourism (monthly series of the "
        "forecasting competitions), a CSV file with series_id, month, value, or scale (a large made-up company)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", help="m3, m1, tourism, scale or a CSV file")
        parser.add_argument("--horizon", type=int, help="months to hold back; needed for a file")
        parser.add_argument("--season", type=int, default=12, help="months of a season (12)")
        parser.add_argument("--method", choices=list(METHODS), default="baseline", help="ets-theta: their plain mean")
        parser.add_argument("--limit", type=int, metavar="N", help="only the first N series")
        parser.add_argument("--lines", type=int, default=20_000, help="lines of the made-up company")
        parser.add_argument("--workers", type=int, action="append", metavar="N", help="processes; may be repeated")
        parser.add_argument("--json", action="store_true")

    @refusals
    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "scale":
            self._scale(options)
        else:
            self._series(options)

    def _series(self, options: dict[str, Any]) -> None:
        workers = options["workers"][0] if options["workers"] else None
        cases, season, method = _cases(options), options["season"], options["method"]
        figures, spent, used = benchmark_cases(cases, workers=workers, season=season, method=method)
        told = figures.as_dict() | asdict(spent) | {"workers": used}
        if options["json"]:
            self.stdout.write(json.dumps(told))
            return
        self.stdout.write(f"{figures.series:,} series, {used} processes")
        for key, (label, form) in LABELS.items():
            self.stdout.write(f"{label:<24}{_shown(form, told[key]):>12}")

    def _scale(self, options: dict[str, Any]) -> None:
        lines, rows = options["lines"], []
        for workers in options["workers"] or [1, 2]:
            spent = scale_run(lines, workers, lambda done: self.stderr.write(f"{done:,} of {lines:,} lines"))
            rows.append({"lines": lines, "workers": workers, **asdict(spent)})
            if not options["json"]:
                self.stdout.write(
                    f"{lines:,} lines x 60 months x 24 months, {workers} workers: {spent.seconds:.0f} s, "
                    f"{spent.cpu_seconds:.0f} processor seconds, largest process {spent.peak_mb:.0f} MB"
                )
        if options["json"]:
            self.stdout.write(json.dumps(rows))


def _shown(form: str, value: float | None) -> str:
    return "n/a" if value is None else form.format(value)


def _cases(options: dict[str, Any]) -> list[Any]:
    what, limit, horizon = options["what"], options["limit"], options["horizon"]
    for name in ("limit", "season", "horizon"):
        if options[name] is not None and options[name] < 1:
            raise Invalid(f"--{name} must be at least 1.")
    if any(workers < 1 for workers in options["workers"] or []):
        raise Invalid(f"--workers must be at least 1 (this machine has {processors()} processors).")
    if what.lower() in PUBLIC:
        return public_cases(what.lower(), limit)
    if horizon is None:
        raise Invalid("Say how many months of the file are held back: --horizon 12.")
    return file_cases(Path(what), horizon, limit)
