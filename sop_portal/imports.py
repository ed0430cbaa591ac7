"""Importing over all floors: every app's files in an order in which each finds what it refers to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import demand.importers
import kpis.importers
import masterdata.importers
import supply.importers
from demand.services.lines import lines_prune, lines_sync
from jobs.errors import Refused
from jobs.models import Job
from jobs.services.work import PartSpec, job_queue
from masterdata.bundles import ImportFile
from masterdata.frames import FileSpec
from masterdata.importing import Importer
from masterdata.models import ImportRun, Person
from masterdata.services.imports import ImportResult, Tell, files_import, tell_nobody
from masterdata.services.undoing import import_undo, undo_check

IMPORTERS: tuple[Importer, ...] = (
    *masterdata.importers.IMPORTERS,
    *demand.importers.IMPORTERS,
    *supply.importers.IMPORTERS,
    *kpis.importers.IMPORTERS,
)
SPECS: tuple[FileSpec, ...] = tuple(importer.spec for importer in IMPORTERS)


def spec_named(name: str) -> FileSpec:
    """A file of the contract by its name; refused when there is none."""
    spec = next((spec for spec in SPECS if spec.name == name), None)
    if spec is None:
        raise Refused("no_file", f"There is no file {name} in the contract.", status=404)
    return spec


def import_files(
    *,
    files: Sequence[ImportFile],
    source: str,
    by: Person | None,
    at: datetime,
    dry_run: bool = False,
    tell: Tell = tell_nobody,
) -> ImportResult:
    """Check the files and, without a fault, store them; the lines that now have to be planned exist afterwards."""
    return files_import(
        files=files, importers=IMPORTERS, source=source, by=by, at=at, after=lines_sync, dry_run=dry_run, tell=tell
    )


def undo_queue(*, run: ImportRun, by: Person, at: datetime) -> Job:
    """Have a worker take an import back; asking twice gives the same job."""
    undo_check(run=run, by=by)
    parts = [PartSpec(label=f"Undo of {run.source}", payload={"run": run.pk, "by": by.pk})]
    return job_queue(
        kind="undo_import", key=str(run.pk), label=f"Undo of {run.source}"[:200], parts=parts, at=at, owner=by.user
    )


def undo_part(*, job: int, payload: dict[str, Any], at: datetime) -> str:
    """Take an import back as the part of a job; a refusal is what there is to say, not a failure to try again."""
    run = ImportRun.objects.get(pk=payload["run"])
    by = Person.objects.select_related("user").get(pk=payload["by"])
    try:
        done = import_undo(run=run, importers=IMPORTERS, by=by, at=at, between=lines_prune)
    except Refused as refused:
        return refused.detail[:300]
    return f"Undone: {done.rows} row{' is' if done.rows == 1 else 's are'} as before."
