"""load_demo: the demonstration company, moved to today, with the cycle of this month open."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs.errors import Refused
from masterdata.selectors import company, company_set_up
from sop_portal.clock import now
from sop_portal.demonstration.loading import demonstration_load
from sop_portal.opening import demonstration_open


class Command(BaseCommand):
    help = "Load the demonstration company into an empty database and open its cycle; a second time changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        at = now()
        try:
            result = demonstration_load(at=at)
        except Refused as refused:
            raise CommandError(refused.detail) from refused
        if result is None and not company_set_up():
            self.stdout.write("Somebody is setting up a company here; the demonstration is not loaded.")
            return
        moved = f"its dates are moved by {company().months_shifted} months"
        if result is None:
            self.stdout.write(f"{company().name} is loaded already; {moved}.")
        else:
            self.stdout.write(f"{company().name}: {result.rows} rows in {result.seconds:.1f} s; {moved}.")
        cycle = demonstration_open(at=at)
        self.stdout.write(f"Cycle {cycle.code} is open.")
