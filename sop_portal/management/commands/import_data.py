"""import_data FOLDER [--dry-run] [--json]: check and load a folder of files, all of it or nothing."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs.errors import Refused
from masterdata.models import Person
from masterdata.services.imports import ImportResult, folder_files
from sop_portal.clock import now
from sop_portal.imports import import_files


class Command(BaseCommand):
    help = (
        "Load a folder of CSV and XLSX files. Any fault is listed as file:line:column: message; then nothing is loaded."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would change and change nothing")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
        parser.add_argument("--by", metavar="USERNAME", help="who is recorded as the importer")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        try:
            files = folder_files(folder)
        except Refused as refused:
            raise CommandError(refused.detail) from refused
        by = importer_named(options["by"])
        result = import_files(
            files=files, source=str(folder.resolve().name), by=by, at=now(), dry_run=options["dry_run"]
        )
        if options["json"]:
            self.stdout.write(json.dumps(result.as_dict() | {"dry_run": options["dry_run"]}, indent=1))
        else:
            self.tell(result, options["dry_run"])
        if not result.ok:
            raise SystemExit(1)

    def tell(self, result: ImportResult, dry_run: bool) -> None:
        for error in result.errors:
            self.stdout.write(str(error))
        if not result.ok:
            self.stderr.write(f"{len(result.errors)} faults. Nothing was loaded.")
            return
        for name, counts in result.files.items():
            parts = f"{counts.new:>8} new {counts.changed:>8} changed {counts.unchanged:>8} unchanged"
            self.stdout.write(f"{name:<20}{parts}")
        self.stdout.write(summary(result, dry_run))


def summary(result: ImportResult, dry_run: bool) -> str:
    """The last line: what was done, or would be."""
    if not result.written:
        return f"{result.rows} rows checked. Nothing is new: all of it was loaded before."
    done = "would be written" if dry_run else f"written in {result.seconds:.1f} s"
    return f"{result.rows} rows checked, {result.written} {done}."


def importer_named(username: str | None) -> Person | None:
    if not username:
        return None
    person = Person.objects.filter(user__username=username).first()
    if person is None:
        raise CommandError(f"Nobody here is called {username!r}.")
    return person
