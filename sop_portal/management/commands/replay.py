"""Replay past cycles from bookings and recorded sales input."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from cycles.models import Cycle
from cycles.periods import format_month, parse_month
from sop_portal.clock import now
from sop_portal.management.refusals import refusals
from sop_portal.replay import replay_baseline, replay_months, replay_stages


class Command(BaseCommand):
    help = "Replays past cycles; each sees only facts dated before its first day. Marked as simulated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", required=True, metavar="YYYY-MM")
        parser.add_argument("--to", dest="last", required=True, metavar="YYYY-MM")
        parser.add_argument("--json", action="store_true")

    @refusals
    def handle(self, *args: Any, **options: Any) -> None:
        months = replay_months(parse_month(options["first"]), parse_month(options["last"]))
        for month in months:
            replay_baseline(month=month, at=now())
            replay_stages(month=month, at=now())
            if not options["json"]:
                self.stdout.write(f"{month:%Y-%m} replayed")
        if options["json"]:
            cycles = Cycle.objects.filter(month__in=months).order_by("month")
            rows = [{"cycle": format_month(c.month), "state": c.state, "simulated": c.simulated} for c in cycles]
            self.stdout.write(json.dumps(rows))
