"""Publish the company forecast of a cycle now, in this process."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from cycles.periods import parse_month
from cycles.selectors import cycle_of
from meetings.services.publishing import forecast_publish
from sop_portal.clock import now
from sop_portal.management.refusals import refusals


class Command(BaseCommand):
    help = "Publishes the company forecast of an approved cycle. A repeat is refused."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("month", metavar="YYYY-MM")
        parser.add_argument("--replayed", action="store_true", help="a simulated cycle, which nobody approves")

    @refusals
    def handle(self, *args: Any, **options: Any) -> None:
        cycle = cycle_of(parse_month(options["month"]))
        version = forecast_publish(cycle=cycle, at=now(), replayed=options["replayed"])
        lines = version.rows.count()
        self.stdout.write(
            f"Company forecast {cycle.code} revision {version.revision}: {lines} lines, {version.months} months, "
            f"content {version.content_hash}"
        )
