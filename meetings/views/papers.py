"""What a meeting has to take out: a page to print, slides, a workbook, a PDF."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from masterdata.requests import PortalRequest
from meetings.papers import Paper
from meetings.selectors.papers import What, paper_of, paper_page, pdf_files, reads_costs
from meetings.services.papers import pdf_queue
from meetings.services.printing import browser
from meetings.slides import slides
from meetings.views.rooms import meeting_at
from meetings.workbook import workbook

OFFICE = "application/vnd.openxmlformats-officedocument"
WRITERS: dict[str, tuple[Callable[[Paper], bytes], str]] = {
    "pptx": (slides, f"{OFFICE}.presentationml.presentation"),
    "xlsx": (workbook, f"{OFFICE}.spreadsheetml.sheet"),
}


def _what(name: str) -> What:
    try:
        return What(name)
    except ValueError as error:
        raise Http404(f"A meeting has no {name}.") from error


@require_GET
def paper(request: PortalRequest, month: str, kind: str, what: str) -> HttpResponse:
    """The page to print; with htmx only the files that can be had."""
    context = paper_page(meeting_at(month, kind), _what(what), request.person)
    context |= {"prints": browser() is not None, "tab": "meetings"}
    template = "meetings/_paper_files.html" if request.headers.get("HX-Request") else "meetings/paper.html"
    return render(request, template, context)


@require_GET
def paper_file(request: PortalRequest, month: str, kind: str, what: str, form: str) -> HttpResponse:
    meeting, wanted, costs = meeting_at(month, kind), _what(what), reads_costs(request.person)
    found = paper_of(meeting, wanted, costs=costs)
    if form == "pdf":
        row = get_object_or_404(pdf_files(meeting, wanted, costs=costs))
        return _download(bytes(row.content), f"{found.name}.pdf", "application/pdf")
    if form not in WRITERS:
        raise Http404(f"There is no {form} of it; there are pptx, xlsx and pdf.")
    write, content_type = WRITERS[form]
    return _download(write(found), f"{found.name}.{form}", content_type)


def _download(content: bytes, name: str, content_type: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=content_type, headers=headers)


@require_POST
def pdf_make(request: PortalRequest, month: str, kind: str, what: str) -> HttpResponse:
    job = pdf_queue(meeting=meeting_at(month, kind), what=_what(what), by=request.person, at=request.now)
    messages.success(request, "The PDF is being made." if job else "The PDF is there.")
    return redirect("meetings:paper", month=month, kind=kind, what=what)
