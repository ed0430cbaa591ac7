"""What is loaded, sending files, looking at what they would do, loading them."""

import csv
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from jobs.errors import Invalid
from jobs.models import Job
from masterdata.blank_files import blank_workbook
from masterdata.bundles import ImportFile
from masterdata.exports import harmless
from masterdata.guarding import LARGEST_UPLOAD, MEGABYTE
from masterdata.models import ImportRun
from masterdata.policy import SET_UP_FILES, Action, check, may
from masterdata.requests import PortalRequest
from masterdata.selectors.imports import import_runs, loaded_files, run_changes
from sop_portal.imports import IMPORTERS, spec_named, undo_queue
from sop_portal.upload_choices import file_choices
from sop_portal.uploads import (
    upload_check,
    upload_marked_workbook,
    upload_queue,
    upload_read,
    upload_stage,
    upload_tell,
)

RUNS_SHOWN = 20
ERRORS_SHOWN = 100


@require_GET
def data_page(request: PortalRequest) -> HttpResponse:
    check(request.person, Action.IMPORT)
    context = {
        "files": loaded_files(IMPORTERS),
        "runs": import_runs()[:RUNS_SHOWN],
        "largest": LARGEST_UPLOAD // MEGABYTE,
        "set_up_files": SET_UP_FILES,
        "may_set_up": may(request.person, Action.SET_UP),
    }
    return render(request, "data/page.html", context)


@require_POST
def upload(request: PortalRequest) -> HttpResponse:
    check(request.person, Action.IMPORT)
    sent = request.FILES.getlist("files")
    if not sent:
        raise Invalid("No file was chosen. Choose CSV or XLSX files, or a zip of them.")
    token = upload_check(uploads=map(as_import_file, sent), by=request.person, at=request.now)
    return redirect("upload", token=token)


def as_import_file(sent: UploadedFile) -> ImportFile:
    if (sent.size or 0) > LARGEST_UPLOAD:
        raise Invalid(f"{sent.name} is larger than {LARGEST_UPLOAD // MEGABYTE} MB. Send it in parts.")
    return ImportFile(sent.name or "", sent.read())


@require_GET
def upload_page(request: PortalRequest, token: str) -> HttpResponse:
    check(request.person, Action.IMPORT)
    found = upload_read(token)
    told = found.get("outcome") or found
    is_checked = "ok" in told
    job = Job.objects.filter(pk=found.get("job", found.get("check_job", 0))).first()
    context = {
        "token": token,
        "found": found,
        "told": told,
        "written": sum(counts["new"] + counts["changed"] for counts in told.get("files", {}).values()),
        "errors": told.get("errors", [])[:ERRORS_SHOWN],
        "job": job,
        "checking": not is_checked,
        "stage": upload_stage(token),
        "waiting": job is not None and job.is_active,
        "choices": [] if found.get("outcome") else file_choices(found),
        "previews": found.get("previews", {}),
    }
    is_part = request.headers.get("HX-Request")
    return render(request, "data/_upload.html" if is_part else "data/upload.html", context)


@require_POST
def upload_layout(request: PortalRequest, token: str, number: int) -> HttpResponse:
    """How a file is written, as somebody chose; it is checked again with that."""
    names = ("file", "encoding", "separator", "sheet", "decimal", "dates", "fills")
    told: dict[str, Any] = {name: request.POST[name] for name in names if name in request.POST}
    told["columns"] = request.POST.getlist("column")
    upload_tell(token=token, number=number, told=told, by=request.person, at=request.now)
    return redirect("upload", token=token)


@require_POST
def upload_load_page(request: PortalRequest, token: str) -> HttpResponse:
    upload_queue(token=token, by=request.person, at=request.now)
    messages.success(request, "The files are being loaded. You may leave this page.")
    return redirect("upload", token=token)


@require_GET
def upload_errors(request: PortalRequest, token: str) -> HttpResponse:
    """Every fault of an upload as CSV, to work through beside the files."""
    check(request.person, Action.IMPORT)
    found = upload_read(token)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="faults.csv"'
    writer = csv.writer(answer)
    writer.writerow(["file", "line", "column", "value", "message"])
    for error in (found.get("outcome") or found)["errors"]:
        writer.writerow([harmless(error[name]) for name in ("file", "line", "column", "value", "message")])
    return answer


@require_GET
def upload_marked(request: PortalRequest, token: str, number: int) -> HttpResponse:
    """The faulty rows of one file as a workbook with every bad cell marked, to put right and send again."""
    check(request.person, Action.IMPORT)
    return _workbook(upload_marked_workbook(token=token, number=number), "faults.xlsx")


@require_GET
def file_template(request: PortalRequest, file: str) -> HttpResponse:
    """An empty workbook with the columns of a file of the contract."""
    check(request.person, Action.IMPORT)
    return _workbook(blank_workbook(spec_named(file)), f"{file}.xlsx")


def _workbook(data: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(data, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_GET
def import_run_page(request: PortalRequest, pk: int) -> HttpResponse:
    """One import: what it changed, and taking it back."""
    check(request.person, Action.IMPORT)
    run = get_object_or_404(import_runs().select_related("undoes", "undone_by"), pk=pk)
    job = Job.objects.filter(kind="undo_import", key=str(run.pk)).first()
    context = {
        "run": run,
        "changes": run_changes(run),
        "undone_by": getattr(run, "undone_by", None),
        "job": job,
        "waiting": job is not None and job.is_active,
        "may_undo": run.undoes_id is None and not hasattr(run, "undone_by") and run.written,
    }
    is_part = request.headers.get("HX-Request")
    return render(request, "data/_import.html" if is_part else "data/import.html", context)


@require_POST
def import_undo_page(request: PortalRequest, pk: int) -> HttpResponse:
    check(request.person, Action.IMPORT)
    undo_queue(run=get_object_or_404(ImportRun, pk=pk), by=request.person, at=request.now)
    return redirect("import-run", pk=pk)
