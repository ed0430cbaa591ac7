"""Build the baseline of a cycle now, in this process."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from cycles.periods import parse_month
from cycles.selectors import cycle_of
from demand.services.baseline import baseline_queue
from sop_portal.clock import now
from sop_portal.management.refusals import refusals
from sop_portal.tasks import job_do


class Command(BaseCommand):
    help = "Builds the naive and baseline versions of a cycle."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("month", metavar="YYYY-MM")

    @refusals
    def handle(self, *args: Any, **options: Any) -> None:
        cycle = cycle_of(parse_month(options["month"]))
        job = job_do(job=baseline_queue(cycle=cycle, at=now()))
        self.stdout.write(f"{job.label}: {job.get_state_display().lower()}. {job.message}")
