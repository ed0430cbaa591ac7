"""Files that somebody sends: kept until they are loaded, checked at once, loaded by a worker.

An upload is a folder under `files/imports` with the files by number and `check.json`: what the check found, who
sent it, and what became of it.
"""

import json
import re
import shutil
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from jobs.errors import Invalid, Refused
from jobs.models import Job
from jobs.services.work import PartSpec, job_queue
from masterdata.bundles import ImportFile, uploaded_files
from masterdata.frames import RowError
from masterdata.models import Person
from masterdata.policy import Action, check, may_load
from masterdata.services.imports import ImportResult
from sop_portal.imports import import_files

TOKEN = re.compile(r"[0-9a-f]{32}")
KEPT = timedelta(days=7)
MOST_ERRORS_KEPT = 100_000


def upload_check(*, uploads: Iterable[ImportFile], by: Person, at: datetime) -> str:
    """Keep the files, check them against each other and the database, and return the upload's token."""
    check(by, Action.IMPORT)
    try:
        files = uploaded_files(uploads)
    except ValueError as error:
        raise Invalid(str(error)) from error
    if not files:
        raise Invalid("There is no CSV or XLSX file in it. Choose files, or a zip of them.")
    remove_old(at)
    token = uuid.uuid4().hex
    keep_files(token, files)
    result = checked_import(files, source=source_name(files), by=by, at=at, dry_run=True)
    write_check(token, files, result, by=by, at=at)
    return token


def checked_import(
    files: Sequence[ImportFile], *, source: str, by: Person, at: datetime, dry_run: bool = False
) -> ImportResult:
    """An import in somebody's name: a file that is not theirs to load is one more fault."""
    forbidden = [file for file in files if not may_load(by, file.stem)]
    if forbidden:
        message = "This file sets up people and their rights. The S&OP leader or an administrator loads it."
        return ImportResult(errors=[RowError(file.name, 1, "", "", message) for file in forbidden])
    return import_files(files=files, source=source, by=by, at=at, dry_run=dry_run)


def source_name(files: Sequence[ImportFile]) -> str:
    names = ", ".join(file.name for file in files[:3])
    return f"Upload of {names}" + (f" and {len(files) - 3} more" if len(files) > 3 else "")


def upload_queue(*, token: str, by: Person, at: datetime) -> Job:
    """Have a worker load a checked upload; asking twice gives the same job."""
    check(by, Action.IMPORT)
    found = upload_read(token)
    if not found["ok"]:
        raise Refused("faulty", "The files have faults. Put them right and send them again.")
    if found.get("outcome"):
        raise Refused("loaded_already", "These files have been loaded already.")
    parts = [PartSpec(label=found["source"], payload={"token": token, "by": by.pk})]
    job = job_queue(kind="import", key=token, label=found["source"], parts=parts, at=at, owner=by.user)
    update_check(token, job=job.pk)
    return job


def upload_load(*, token: str, by: Person, at: datetime) -> str:
    """Load a kept upload; a second time says what the first one did."""
    found = upload_read(token)
    if not found.get("outcome"):
        result = checked_import(kept_files(token), source=found["source"], by=by, at=at)
        update_check(token, outcome=result.as_dict(MOST_ERRORS_KEPT) | {"run": result.run})
        shutil.rmtree(folder_of(token) / "files", ignore_errors=True)
        found = upload_read(token)
    outcome = found["outcome"]
    if not outcome["ok"]:
        return f"Nothing was loaded: the data changed since the check, {outcome['error_count']} faults now."
    written = sum(counts["new"] + counts["changed"] for counts in outcome["files"].values())
    return f"{outcome['rows']} rows, {written} written." if written else "Nothing was new."


def import_part(*, job: int, payload: dict[str, Any], at: datetime) -> str:
    """Load one kept upload, as the part of a job; returns what to say about it."""
    by = Person.objects.select_related("user").get(pk=payload["by"])
    return upload_load(token=payload["token"], by=by, at=at)


# --- The folder of an upload ------------------------------------------------------


def folder_of(token: str) -> Path:
    """The folder of an upload; refused when the token is none, so that no path is ever made of a guess."""
    if not TOKEN.fullmatch(token):
        raise Refused("no_upload", "There is no such upload.", status=404)
    return Path(settings.MEDIA_ROOT) / "imports" / token


def keep_files(token: str, files: Sequence[ImportFile]) -> None:
    folder = folder_of(token) / "files"
    folder.mkdir(parents=True)
    for number, file in enumerate(files):
        (folder / f"{number:04d}").write_bytes(file.data)


def kept_files(token: str) -> list[ImportFile]:
    names = upload_read(token)["names"]
    folder = folder_of(token) / "files"
    return [ImportFile(name, (folder / f"{number:04d}").read_bytes()) for number, name in enumerate(names)]


def write_check(token: str, files: Sequence[ImportFile], result: ImportResult, *, by: Person, at: datetime) -> None:
    facts = {"names": [file.name for file in files], "source": source_name(files), "by": by.pk, "at": at.isoformat()}
    _write(token, result.as_dict(MOST_ERRORS_KEPT) | facts)


def update_check(token: str, **facts: Any) -> None:
    _write(token, upload_read(token) | facts)


def _write(token: str, facts: dict[str, Any]) -> None:
    """Whole or not at all, since a page may be reading it."""
    path = folder_of(token) / "check.json"
    fresh = path.with_suffix(f".{uuid.uuid4().hex}")
    fresh.write_text(json.dumps(facts))
    fresh.replace(path)


def upload_read(token: str) -> dict[str, Any]:
    path = folder_of(token) / "check.json"
    if not path.exists():
        raise Refused("no_upload", "This upload is not here any more. Send the files again.", status=404)
    return dict(json.loads(path.read_text()))


def remove_old(at: datetime) -> None:
    """Forget uploads that were never loaded, or long ago."""
    folder = Path(settings.MEDIA_ROOT) / "imports"
    for old in folder.iterdir() if folder.exists() else ():
        if old.stat().st_mtime < (at - KEPT).timestamp():
            shutil.rmtree(old, ignore_errors=True)
