"""Write a stage of a cycle to a CSV, Parquet or Arrow file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from cycles.periods import parse_month
from cycles.selectors import cycle_of
from demand.forecast_table import ForecastTable
from demand.models import Stage
from demand.selectors.forecast import Level, Measure, Wanted, forecast_table
from demand.selectors.forecast_window import BLOCK_LINES
from sop_portal.api.streams import STREAMS
from sop_portal.management.refusals import refusals


class Command(BaseCommand):
    help = "Exports the numbers of a stage in long form: one row per key and month."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("month", metavar="YYYY-MM")
        parser.add_argument("--stage", choices=Stage.values, default=Stage.COMPANY_FORECAST.value)
        parser.add_argument("--level", choices=Level.values, default=Level.LINE.value)
        parser.add_argument("--measure", choices=Measure.values, default=Measure.QUANTITY.value)
        parser.add_argument("--format", choices=list(STREAMS), default="csv")
        parser.add_argument("--output", required=True, metavar="FILE", type=Path)

    @refusals
    def handle(self, *args: Any, **options: Any) -> None:
        wanted = Wanted(
            cycle=cycle_of(parse_month(options["month"])),
            stage=Stage(options["stage"]),
            level=Level(options["level"]),
            measure=Measure(options["measure"]),
        )
        table = forecast_table(wanted)
        write(table, options["output"], options["format"])
        self.stdout.write(f"{len(table)} rows written to {options['output']}")


def write(table: ForecastTable, output: Path, form: str) -> None:
    """Write next to the target first, so that a file is there whole or not at all."""
    beside = output.with_name(f".{output.name}.part")
    with beside.open("wb") as file:
        file.writelines(STREAMS[form][1](table.blocks(BLOCK_LINES), table.columns))
    beside.replace(output)
