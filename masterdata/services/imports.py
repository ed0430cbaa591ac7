"""A set of files into the database: every fault of all of them, or all of them stored, never something between."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from jobs.errors import Refused
from masterdata.bundles import ImportFile, content_hash, sorted_out
from masterdata.checks import check
from masterdata.frames import CheckedFile, RowError
from masterdata.importing import Importer, Known, check_references, overlaid
from masterdata.models import ImportRun, Person
from masterdata.reading import Reading
from masterdata.services.companies import company_store
from masterdata.services.newcomers import people_store
from masterdata.services.resolving import Ids, database_rows, existing_rows, row_words
from masterdata.services.storing import Counts, Preview, Record, rows_store
from masterdata.services.workbooks import file_reading

LOCK = 0x50_0B_13  # one import at a time
Tell = Callable[[int, int, str], object]  # how many steps are done, of how many, and what is being done
STEPS = 3  # of every file: it is read, checked and compared with what is stored


def tell_nobody(done: int, total: int, doing: str) -> None:
    """Nobody waits for this import."""


@dataclass
class Checked:
    """Files after their check: typed, with every fault of all of them."""

    files: dict[str, CheckedFile] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(len(file.lines) for file in self.files.values())


@dataclass
class ImportResult:
    """What an import did, or would do, or why it did nothing."""

    content_hash: str = ""
    files: dict[str, Counts] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    seconds: float = 0.0
    run: int | None = None
    previews: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.errors

    @property
    def rows(self) -> int:
        return sum(counts.rows for counts in self.files.values())

    @property
    def written(self) -> int:
        return sum(counts.new + counts.changed for counts in self.files.values())

    def as_dict(self, most_errors: int | None = None) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "rows": self.rows,
            "files": {name: counts.as_dict() for name, counts in self.files.items()},
            "error_count": len(self.errors),
            "errors": [error.as_dict() for error in self.errors[:most_errors]],
            "seconds": round(self.seconds, 3),
            "content_hash": self.content_hash,
        } | ({"previews": self.previews} if self.previews else {})


def folder_files(folder: Path) -> list[ImportFile]:
    """Every CSV and XLSX file of a folder, by name; refused when there is no such folder."""
    if not folder.is_dir():
        raise Refused("no_folder", f"There is no folder {folder}.", status=404)
    found = [path for path in sorted(folder.iterdir()) if path.is_file() and ImportFile(path.name, b"").is_table]
    return [ImportFile(path.name, path.read_bytes()) for path in found]


def files_import(
    *,
    files: Sequence[ImportFile],
    importers: Sequence[Importer],
    source: str,
    by: Person | None,
    at: datetime,
    after: Callable[[], object] | None = None,
    dry_run: bool = False,
    tell: Tell = tell_nobody,
) -> ImportResult:
    """Check all files; without a fault store them in one transaction, run `after` in it, and write the run down.

    A dry run does the same and takes it back, so that what it counts is what the import would do.
    """
    began = time.perf_counter()
    chosen, errors = sorted_out(files, [importer.spec.name for importer in importers])
    result = ImportResult(content_hash=content_hash(chosen.values()), errors=errors)
    with transaction.atomic():
        import_turn_take()
        checked = files_check(chosen=chosen, importers=importers, tell=tell)
        result.errors += checked.errors
        if result.ok:
            try:
                _store(result, checked, importers, tell, source=source, by=by, at=at, is_preview=dry_run)
            except (IntegrityError, DataError) as error:
                said = str(error).splitlines()[0]
                raise Refused("not_stored", f"Nothing was loaded: the database refused a row ({said}).") from error
            if after is not None:
                after()
        transaction.set_rollback(dry_run)
    result.seconds = time.perf_counter() - began
    if result.run is not None:
        ImportRun.objects.filter(pk=result.run).update(seconds=result.seconds)
    return result


def import_turn_take() -> None:
    """Wait until no other import runs; the turn ends with the transaction."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    except OperationalError as error:
        raise Refused("import_running", "Another import is running. Try again when it is done.") from error


# --- Checking ---------------------------------------------------------------------


def files_check(
    *, chosen: Mapping[str, ImportFile], importers: Sequence[Importer], tell: Tell = tell_nobody
) -> Checked:
    """Read and check files of the contract against each other and against what is stored."""
    used = [importer for importer in importers if importer.spec.name in chosen]
    readings, total = {}, STEPS * len(used)
    for step, importer in enumerate(used):
        file = chosen[importer.spec.name]
        tell(step, total, f"Reading {file.name}")
        readings[importer.spec.name] = file_reading(file=file, spec=importer.spec)
    checked = Checked(errors=[error for reading in readings.values() for error in reading.errors])
    for step, importer in enumerate(used, start=len(used)):
        tell(step, total, f"Checking every row of {chosen[importer.spec.name].name}")
        raw = readings[importer.spec.name].raw
        if raw is not None:
            checked.files[importer.spec.name] = _checked(check(raw, importer.spec), importer)
    known = _known(importers, readings, checked.files)
    for importer in used:
        found = checked.files.get(importer.spec.name)
        if found is not None:
            checked.errors += found.errors + check_references(found, known)
            checked.errors += [error for rule in importer.checks for error in rule(found, known)]
    checked.errors.sort(key=lambda error: (error.file, error.line))
    return checked


def _checked(checked: CheckedFile, importer: Importer) -> CheckedFile:
    if importer.clean is not None and len(checked.data):
        cleaned = importer.clean(checked.data)
        return CheckedFile(checked.spec, checked.name, cleaned, checked.lines, checked.good, checked.errors)
    return checked


def _known(importers: Sequence[Importer], readings: Mapping[str, Reading], files: Mapping[str, CheckedFile]) -> Known:
    defining = {importer.defines: importer for importer in importers if importer.defines}
    unsure = {
        kind
        for kind, importer in defining.items()
        if (reading := readings.get(importer.spec.name)) is not None
        and not (reading.complete and reading.raw and importer.spec.key[0] in reading.raw.columns)
    }
    tables = {kind: overlaid(existing_rows(each), each, files.get(each.spec.name)) for kind, each in defining.items()}
    return Known(tables, {kind: importer.spec.name for kind, importer in defining.items()}, frozenset(unsure))


# --- Storing ----------------------------------------------------------------------


def _store(
    result: ImportResult,
    checked: Checked,
    importers: Sequence[Importer],
    tell: Tell,
    *,
    source: str,
    by: Person | None,
    at: datetime,
    is_preview: bool,
) -> None:
    run = ImportRun.objects.create(source=source[:200], content_hash=result.content_hash, by=by, at=at)
    record, ids = Record(run.pk, by.pk if by else None, at, is_preview), Ids(importers)
    for importer in importers:
        file = checked.files.get(importer.spec.name)
        if file is not None:
            done = (STEPS - 1) * len(checked.files) + len(result.files)
            tell(done, STEPS * len(checked.files), f"Comparing {file.name} with what is stored")
            counts = result.files[importer.spec.name] = _store_file(importer, file, ids, record)
            if counts.preview is not None:
                result.previews[importer.spec.name] = _preview_words(importer, counts.preview, ids)
    run.files = {name: counts.as_dict() for name, counts in result.files.items()}
    run.rows = result.rows
    run.save(update_fields=["files", "rows"])
    result.run = run.pk


def _store_file(importer: Importer, file: CheckedFile, ids: Ids, record: Record) -> Counts:
    if importer.store == "company":
        return company_store(settings=dict(zip(file.data["key"], file.data["value"], strict=True)), record=record)
    rows = database_rows(importer, file, ids)
    if importer.store == "people":
        return people_store(people=rows.data.assign(username=file.data["username"], **_said_of(file)), record=record)
    return rows_store(rows=rows, record=record)


def _preview_words(importer: Importer, preview: Preview, ids: Ids) -> dict[str, Any]:
    """The first rows that differ, in the words of the contract: only what is new or changed of each."""
    first = []
    for key, before, after in preview.first:
        now, was = row_words(importer, after, ids), row_words(importer, before, ids) if before else {}
        cells = [[name, was.get(name, ""), text] for name, text in now.items() if was.get(name, "") != text]
        shown = [cell for cell in cells if cell[0] not in importer.spec.key]
        first.append({"key": key, "is_new": before is None, "cells": shown})
    names = [row_words(importer, row, ids) for row in preview.first_missing]
    missing = [" ".join(row[name] for name in importer.spec.key if row[name]) for row in names]
    return {"first": first, "missing": preview.missing, "first_missing": missing}


def _said_of(file: CheckedFile) -> dict[str, pd.Series]:
    return {"name": file.data["name"], "email": file.data["email"]}
