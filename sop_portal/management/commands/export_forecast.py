"""Write a stage of a cycle to a CSV or Parquet file."""

from pathlib import Path
from typing import Any

import pandas as pd
from django.core.management.base import BaseCommand, CommandParser

from cycles.periods import parse_month
from cycles.selectors import cycle_of
from demand.models import Stage
from demand.selectors.forecast import Level, Measure, Wanted, forecast_long
from sop_portal.api.forecast import csv_blocks
from sop_portal.management.refusals import refusals


class Command(BaseCommand):
    help = "Exports the numbers of a stage in long form: one row per key and month."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("month", metavar="YYYY-MM")
        parser.add_argument("--stage", choices=Stage.values, default=Stage.COMPANY_FORECAST.value)
        parser.add_argument("--level", choices=Level.values, default=Level.LINE.value)
        parser.add_argument("--measure", choices=Measure.values, default=Measure.QUANTITY.value)
        parser.add_argument("--format", choices=["csv", "parquet"], default="csv")
        parser.add_argument("--output", required=True, metavar="FILE", type=Path)

    @refusals
    def handle(self, *args: Any, **options: Any) -> None:
        wanted = Wanted(
            cycle=cycle_of(parse_month(options["month"])),
            stage=Stage(options["stage"]),
            level=Level(options["level"]),
            measure=Measure(options["measure"]),
        )
        table = forecast_long(wanted)
        write(table, options["output"], options["format"])
        self.stdout.write(f"{len(table)} rows written to {options['output']}")


def write(table: pd.DataFrame, output: Path, form: str) -> None:
    """Write next to the target first, so that a file is there whole or not at all."""
    beside = output.with_name(f".{output.name}.part")
    if form == "parquet":
        table.assign(month=pd.to_datetime(table["month"])).to_parquet(beside, index=False)
    else:
        with beside.open("w", newline="", encoding="utf-8") as file:
            file.writelines(csv_blocks(table))
    beside.replace(output)
