"""Files that somebody sends: kept until they are loaded, checked at once, loaded by a worker.

An upload is a folder under `files/imports` with the files by number and `check.json`: what the check found, who
sent it, and what became of it.
"""

import json
import re
import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings

from jobs.errors import Invalid, Refused
from jobs.models import Job
from jobs.services.work import PartSpec, job_queue
from masterdata.blank_files import marked_workbook
from masterdata.bundles import ImportFile, uploaded_files
from masterdata.frames import RowError
from masterdata.layouts import DECIMALS, ORDERS, Layout
from masterdata.models import Person
from masterdata.policy import Action, check, may_load
from masterdata.reading import rows_of
from masterdata.services.imports import ImportResult, Tell, tell_nobody
from masterdata.services.recognising import Recognised, file_recognised, habits_remember, layout_told
from masterdata.services.workbooks import workbook_answer
from sop_portal.imports import SPECS, import_files, spec_named

TOKEN = re.compile(r"[0-9a-f]{32}")
KEPT = timedelta(days=7)
MOST_ERRORS_KEPT = 100_000
MOST_ROWS_MARKED = 10_000
CHECKED_AT_ONCE = 3 * 1024 * 1024  # bytes
# What is found out anew when one of these is told otherwise.
FROM_THE_FILE = ("file", "encoding", "separator", "sheet")


def upload_check(*, uploads: Iterable[ImportFile], by: Person, at: datetime) -> str:
    """Keep the files, find out how they are written, check them, and return the upload's token.

    Large ones are checked by a worker.
    """
    check(by, Action.IMPORT)
    try:
        files = uploaded_files(uploads)
    except ValueError as error:
        raise Invalid(str(error)) from error
    tables = [file for file in files if file.is_table]
    if not tables:
        raise Invalid("There is no CSV or XLSX file in it. Choose files, or a zip of them.")
    remove_old(at)
    token = uuid.uuid4().hex
    keep_files(token, tables)
    found = [file_recognised(file=file, specs=SPECS) for file in tables]
    facts = {"names": [file.name for file in tables], "source": source_name(tables), "by": by.pk, "at": at.isoformat()}
    _write(token, facts | {"layouts": [recognised_facts(each) for each in found]})
    _check_or_queue(token, by=by, at=at)
    return token


def recognised_facts(found: Recognised) -> dict[str, Any]:
    return {"layout": found.layout.as_dict(), "head": found.head, "sheets": found.sheets}


def upload_tell(*, token: str, number: int, told: Mapping[str, Any], by: Person, at: datetime) -> None:
    """Somebody says how a file is written; it is checked again with that."""
    check(by, Action.IMPORT)
    found = upload_read(token)
    if found.get("outcome") or found.get("job"):
        raise Refused("loaded_already", "These files have been loaded already.")
    if not 0 <= number < len(found["layouts"]):
        raise Refused("no_upload", "There is no such file in this upload.", status=404)
    layout = Layout.from_dict(found["layouts"][number]["layout"])
    if any(told.get(name, "") != getattr(layout, name) for name in FROM_THE_FILE if name in told) or _unfolds(
        layout, told
    ):
        found["layouts"][number] = recognised_facts(
            file_recognised(file=kept_files(token)[number], specs=SPECS, told=told)
        )
    else:
        fresh = layout_told(
            layout=layout,
            spec=spec_named(layout.file),
            decimal=_among(told.get("decimal", ""), DECIMALS),
            dates=_among(told.get("dates", ""), ORDERS),
            columns=told.get("columns", ()),
        )
        found["layouts"][number]["layout"] = fresh.as_dict()
    kept = {name: found[name] for name in ("names", "source", "by", "at", "layouts")}
    _write(token, kept)
    _check_or_queue(token, by=by, at=at)


def _unfolds(layout: Layout, told: Mapping[str, Any]) -> bool:
    return "fills" in told and told["fills"] != (layout.fills or "list")


def _among(value: str, known: Mapping[str, str]) -> str:
    if value not in known:
        raise Invalid(f"{value!r} is none of: {', '.join(known)}.")
    return value


def _check_or_queue(token: str, *, by: Person, at: datetime) -> None:
    files = kept_files(token)
    if sum(len(file.data) for file in files) <= CHECKED_AT_ONCE:
        _check_now(token, files, by=by, at=at)
        return
    source = upload_read(token)["source"]
    parts = [PartSpec(label=f"Check: {source}", payload={"token": token, "by": by.pk})]
    job = job_queue(kind="import_check", key=token, label=f"Check: {source}"[:200], parts=parts, at=at, owner=by.user)
    update_check(token, check_job=job.pk)


def check_part(*, job: int, payload: dict[str, Any], at: datetime) -> str:
    """Check a kept upload as the part of a job."""
    token = payload["token"]
    by = Person.objects.select_related("user").get(pk=payload["by"])
    _check_now(token, kept_files(token), by=by, at=at)
    found = upload_read(token)
    return f"{found['rows']} rows checked, {found['error_count']} faults."


def _check_now(token: str, files: Sequence[ImportFile], *, by: Person, at: datetime) -> None:
    tell = partial(_stage_write, token)
    result = checked_import(files, source=source_name(files), by=by, at=at, dry_run=True, tell=tell)
    update_check(token, **result.as_dict(MOST_ERRORS_KEPT))


def checked_import(
    files: Sequence[ImportFile],
    *,
    source: str,
    by: Person,
    at: datetime,
    dry_run: bool = False,
    tell: Tell = tell_nobody,
) -> ImportResult:
    """An import in somebody's name: a file that is not theirs to load is one more fault."""
    forbidden = [file for file in files if not may_load(by, file.stem)]
    if forbidden:
        message = "This file sets up people and their rights. The S&OP leader or an administrator loads it."
        return ImportResult(errors=[RowError(file.name, 1, "", "", message) for file in forbidden])
    return import_files(files=files, source=source, by=by, at=at, dry_run=dry_run, tell=tell)


def source_name(files: Sequence[ImportFile]) -> str:
    names = ", ".join(file.name for file in files[:3])
    return f"Upload of {names}" + (f" and {len(files) - 3} more" if len(files) > 3 else "")


def upload_queue(*, token: str, by: Person, at: datetime) -> Job:
    """Have a worker load a checked upload; asking twice gives the same job."""
    check(by, Action.IMPORT)
    found = upload_read(token)
    if "ok" not in found:
        raise Refused("not_checked", "The files are still being checked. Wait until the page says what would change.")
    if not found["ok"]:
        raise Refused("faulty", "The files have faults. Put them right and send them again.")
    if found.get("outcome"):
        raise Refused("loaded_already", "These files have been loaded already.")
    (folder_of(token) / "stage.json").unlink(missing_ok=True)
    parts = [PartSpec(label=found["source"], payload={"token": token, "by": by.pk})]
    job = job_queue(kind="import", key=token, label=found["source"], parts=parts, at=at, owner=by.user)
    update_check(token, job=job.pk)
    return job


def upload_load(*, token: str, by: Person, at: datetime) -> str:
    """Load a kept upload; a second time says what the first one did."""
    found = upload_read(token)
    if not found.get("outcome"):
        files = kept_files(token)
        result = checked_import(files, source=found["source"], by=by, at=at, tell=partial(_stage_write, token))
        if result.ok:
            habits_remember(layouts=[file.layout for file in files if file.layout], at=at)
        update_check(token, outcome=result.as_dict(MOST_ERRORS_KEPT) | {"run": result.run})
        shutil.rmtree(folder_of(token) / "files", ignore_errors=True)
        found = upload_read(token)
    outcome = found["outcome"]
    if not outcome["ok"]:
        return f"Nothing was loaded: the data changed since the check, {outcome['error_count']} faults now."
    written = sum(counts["new"] + counts["changed"] for counts in outcome["files"].values())
    return f"{outcome['rows']} rows, {written} written." if written else "Nothing was new."


def upload_marked_workbook(*, token: str, number: int) -> bytes:
    """The faulty rows of one kept file with their faults marked."""
    found = upload_read(token)
    if not 0 <= number < len(found["names"]) or found.get("outcome", {}).get("ok"):
        raise Refused("no_upload", "There is no such file with faults here.", status=404)
    file = kept_files(token)[number]
    layout = file.layout or Layout()
    answer = workbook_answer(data=file.data, sheet=layout.sheet) if file.is_workbook else None
    titles, rows = rows_of(file.data, layout, answer)
    faults: dict[int, list[tuple[str, str]]] = {}
    for error in (found.get("outcome") or found).get("errors", []):
        if error["file"] == file.name:
            title = layout.own_titles.get(error["column"], error["column"])
            faults.setdefault(error["line"], []).append((title, error["message"]))
    bad = [(line, rows[line]) for line in sorted(faults) if line in rows][:MOST_ROWS_MARKED]
    return marked_workbook(titles, bad, faults)


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
    found = upload_read(token)
    folder = folder_of(token) / "files"
    layouts = [Layout.from_dict(each["layout"]) for each in found["layouts"]]
    return [
        ImportFile(name, (folder / f"{number:04d}").read_bytes(), layout)
        for number, (name, layout) in enumerate(zip(found["names"], layouts, strict=True))
    ]


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


def _stage_write(token: str, done: int, total: int, doing: str) -> None:
    """In a file of its own, so that it never writes over what somebody else says of the upload."""
    path = folder_of(token) / "stage.json"
    fresh = path.with_suffix(f".{uuid.uuid4().hex}")
    fresh.write_text(json.dumps({"done": done, "total": total, "doing": doing}))
    fresh.replace(path)


def upload_stage(token: str) -> dict[str, Any]:
    """How far a check or a loading has come: steps done, of how many, and what is being done; {} at the beginning."""
    path = folder_of(token) / "stage.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def remove_old(at: datetime) -> None:
    """Forget uploads that were never loaded, or long ago."""
    folder = Path(settings.MEDIA_ROOT) / "imports"
    for old in folder.iterdir() if folder.exists() else ():
        if old.stat().st_mtime < (at - KEPT).timestamp():
            shutil.rmtree(old, ignore_errors=True)
