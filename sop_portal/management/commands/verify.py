"""Rebuild a published company forecast from its stored inputs, and the chain over the cycle's record of changes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cycles.periods import parse_month
from cycles.selectors import cycle_of
from demand.selectors.seals import record_check
from meetings.services.publishing import forecast_verify
from sop_portal.management.refusals import refusals


class Command(BaseCommand):
    help = "Rebuilds a published company forecast; exit 1 when its inputs or the record of changes were touched."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("month", metavar="YYYY-MM")

    @refusals
    def handle(self, *args: Any, **options: Any) -> None:
        cycle = cycle_of(parse_month(options["month"]))
        record = record_check(cycle)
        if record.faults:
            raise CommandError("\n".join(["The record of changes was touched.", *record.faults]))
        self.stdout.write(f"record  {record.head} over {record.changes:,} changes")
        stored, rebuilt = forecast_verify(cycle=cycle)
        self.stdout.write(f"stored  {stored}\nrebuilt {rebuilt}")
        if stored != rebuilt:
            raise CommandError(f"The company forecast of {cycle.code} is not what its inputs give.")
        self.stdout.write("equal")
