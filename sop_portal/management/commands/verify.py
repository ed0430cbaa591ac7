"""Rebuild a published company forecast from its stored inputs and compare the content hash."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cycles.periods import parse_month
from cycles.selectors import cycle_of
from meetings.services.publishing import forecast_verify
from sop_portal.management.refusals import refusals


class Command(BaseCommand):
    help = "Rebuilds a published company forecast from its inputs; exit 1 when the content is another one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("month", metavar="YYYY-MM")

    @refusals
    def handle(self, *args: Any, **options: Any) -> None:
        cycle = cycle_of(parse_month(options["month"]))
        stored, rebuilt = forecast_verify(cycle=cycle)
        self.stdout.write(f"stored  {stored}\nrebuilt {rebuilt}")
        if stored != rebuilt:
            raise CommandError(f"The company forecast of {cycle.code} is not what its inputs give.")
        self.stdout.write("equal")
