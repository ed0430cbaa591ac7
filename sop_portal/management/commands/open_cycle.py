"""Open the cycle of a month."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandParser

from cycles.periods import parse_month
from jobs.errors import Invalid
from masterdata.selectors import company
from meetings.services.cadence import cycle_start
from sop_portal.clock import now
from sop_portal.management.refusals import refusals


def moment(text: str) -> datetime:
    """`2026-11-02 08:00` in the company's time, or with an offset of its own."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(f"{text!r} is not a date and time. Write it as 2026-11-02T08:00.") from None
    return read if read.tzinfo else read.replace(tzinfo=ZoneInfo(company().timezone))


class Command(BaseCommand):
    help = "Opens the cycle of a month with the dates of the template. Refused while another one is open."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("month", metavar="YYYY-MM")
        parser.add_argument("--at", metavar="DATETIME", help="when it is opened (default: now)")

    @refusals
    def handle(self, *args: Any, **options: Any) -> None:
        at = moment(options["at"]) if options["at"] else now()
        cycle = cycle_start(month=parse_month(options["month"]), at=at)
        zone = ZoneInfo(company().timezone)
        self.stdout.write(f"Cycle {cycle.code} is open.")
        for step in cycle.steps.all():
            opens, due = step.opens_at.astimezone(zone), step.due_at.astimezone(zone)
            self.stdout.write(f"  {step.kind.label:<15} {opens:%Y-%m-%d %H:%M} to {due:%Y-%m-%d %H:%M}")
