"""Print what the slow parts cost on this machine."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from sop_portal.bench import Figure, benchmark, pulls
from sop_portal.bench_executive import executive_figures
from sop_portal.bench_import import large_import_figures
from sop_portal.clock import now
from sop_portal.load.play import LINES, REPS, load_figures
from sop_portal.load.soak import soak_figures


class Command(BaseCommand):
    help = "Times import, baseline, publishing and every page on the demonstration company; needs an empty database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--import", dest="rows", type=int, metavar="ROWS", help="only import so many bookings")
        parser.add_argument("--large", action="store_true", help="also plan 2,000 products at least cost")
        parser.add_argument("--executive", action="store_true", help="only the executive page with 50,000 lines behind")
        parser.add_argument("--pulls", action="store_true", help="only pulls of 50,000 lines over REST")
        parser.add_argument("--load", action="store_true", help="only the last hour before the deadline")
        parser.add_argument(
            "--soak", type=int, nargs="?", const=30, metavar="MINUTES", help="only steady work for long"
        )
        parser.add_argument("--seconds", type=float, default=60.0, help="how long a spike lasts; 600 by design")
        parser.add_argument("--reps", type=int, default=REPS, help="reps of --load and --soak, 200 lines each")

    def handle(self, *args: Any, **options: Any) -> None:
        for figure in self.figures(options):
            self.stdout.write(f"{figure.what:<58}{figure.value:>16}   {figure.against}")
            self.stdout.flush()

    def figures(self, options: dict[str, Any]) -> Iterator[Figure]:
        if options["rows"]:
            return (Figure(*figure) for figure in large_import_figures(rows=options["rows"], at=now()))
        if options["executive"]:
            return (Figure(*figure) for figure in executive_figures(at=now()))
        if options["pulls"]:
            return pulls(at=now())
        if options["load"]:
            return (Figure(*f) for f in load_figures(at=now(), reps=options["reps"], seconds=options["seconds"]))
        if options["soak"]:
            minutes, reps = options["soak"], options["reps"]
            return (Figure(*f) for f in soak_figures(at=now(), minutes=minutes, reps=reps, lines=LINES))
        return benchmark(at=now(), large=options["large"])
