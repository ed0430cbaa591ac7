"""What is loaded, sending files, looking at what they would do, loading them."""

import csv
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from jobs.errors import Invalid
from jobs.models import Job
from masterdata.bundles import ImportFile
from masterdata.guarding import LARGEST_UPLOAD, MEGABYTE
from masterdata.policy import SET_UP_FILES, Action, check, may
from masterdata.requests import PortalRequest
from masterdata.selectors.imports import import_runs, loaded_files
from sop_portal.imports import IMPORTERS
from sop_portal.uploads import upload_check, upload_queue, upload_read

RUNS_SHOWN = 20
ERRORS_SHOWN = 100
# A spreadsheet would calculate a cell that begins with one of these.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


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
    job = Job.objects.filter(pk=found["job"]).first() if "job" in found else None
    context = {
        "token": token,
        "found": found,
        "told": told,
        "written": sum(counts["new"] + counts["changed"] for counts in told["files"].values()),
        "errors": told["errors"][:ERRORS_SHOWN],
        "job": job,
        "waiting": job is not None and job.is_active,
    }
    is_part = request.headers.get("HX-Request")
    return render(request, "data/_upload.html" if is_part else "data/upload.html", context)


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


def harmless(value: Any) -> Any:
    """Text that a spreadsheet will not take for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_SIGNS) else value
