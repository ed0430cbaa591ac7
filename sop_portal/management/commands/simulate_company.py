"""simulate_company OUT --seed N: a generated company whose reps are known, as a folder that import_data takes."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cycles.periods import parse_month
from sop_portal.management.refusals import refusals
from sop_portal.simulation.company import simulate
from sop_portal.simulation.files import company_write
from sop_portal.simulation.trial import trial_table

LAST_CLOSED = "2026-10"


class Command(BaseCommand):
    help = (
        "Write a generated company into a folder: reps who know part of the truth and exaggerate, one who is noise, "
        "one who is perfect. The same seed always gives the same files."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, metavar="OUT")
        parser.add_argument("--seed", type=int, default=1, metavar="N")
        parser.add_argument("--last-closed", default=LAST_CLOSED, metavar="YYYY-MM", help="default: %(default)s")
        parser.add_argument(
            "--trials", type=int, metavar="N", help="write nothing; print the ladder of N seeds from --seed on"
        )

    @refusals
    def handle(self, *args: Any, **options: Any) -> None:
        seed, folder = options["seed"], options["folder"]
        if seed < 0:
            raise CommandError("A seed is a whole number of zero or more.")
        if options["trials"]:
            for row in trial_table(range(seed, seed + options["trials"])):
                self.stdout.write(row)
            return
        if folder is None:
            raise CommandError("Name the folder to write: simulate_company OUT --seed N.")
        written = company_write(simulate(seed), folder, last_closed=parse_month(options["last_closed"]))
        self.stdout.write(f"{len(written)} files in {folder}. Load them with: ./portal manage import_data {folder}")
