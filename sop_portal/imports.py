"""Importing over all floors: every app's files in an order in which each finds what it refers to."""

from collections.abc import Sequence
from datetime import datetime

import demand.importers
import kpis.importers
import masterdata.importers
import supply.importers
from demand.services.lines import lines_sync
from masterdata.bundles import ImportFile
from masterdata.importing import Importer
from masterdata.models import Person
from masterdata.services.imports import ImportResult, files_import

IMPORTERS: tuple[Importer, ...] = (
    *masterdata.importers.IMPORTERS,
    *demand.importers.IMPORTERS,
    *supply.importers.IMPORTERS,
    *kpis.importers.IMPORTERS,
)


def import_files(
    *, files: Sequence[ImportFile], source: str, by: Person | None, at: datetime, dry_run: bool = False
) -> ImportResult:
    """Check the files and, without a fault, store them; the lines that now have to be planned exist afterwards."""
    return files_import(
        files=files, importers=IMPORTERS, source=source, by=by, at=at, after=lines_sync, dry_run=dry_run
    )
