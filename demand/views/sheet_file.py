"""The sheet as a file: taken along, and brought back with other numbers in it."""

import json
import uuid
from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from demand.forms import batch_read
from demand.models import Stage
from demand.selectors.present import cycle_now
from demand.selectors.sheet import Sheet, sheet
from demand.selectors.standing_in import entering_for
from demand.services.entries import CellEdit
from demand.services.sheet_files import Found, file_lines, sheet_file_save, sheet_file_try, stage_of, theirs
from demand.sheet_files import sheet_csv, sheet_workbook
from jobs.errors import Invalid
from masterdata.models import Person
from masterdata.requests import PortalRequest

SHOWN = 200
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _shown(request: PortalRequest) -> Sheet:
    """The sheet that is meant: one's own, or that of the person named."""
    username = request.POST.get("for") or request.GET.get("for", "")
    people = Person.objects.select_related("user")
    owner = get_object_or_404(people, user__username=username) if username else request.person
    layer = request.POST.get("layer") or request.GET.get("layer", "")
    absence = entering_for(request.person, owner, request.today, wanted=layer == Stage.SALES.value)
    return sheet(cycle_now(), owner, request.person, enters=absence is not None)


@require_http_methods(["GET", "POST"])
def sheet_file(request: PortalRequest) -> HttpResponse:
    """Taking the sheet along, sending it back, and what it would change."""
    shown = _shown(request)
    found = None
    if request.method == "POST":
        sent = request.FILES.get("file")
        if sent is None:
            raise Invalid("No file was chosen. Choose the sheet as .xlsx or .csv.")
        found = sheet_file_try(
            shown=shown, person=request.person, name=sent.name or "", data=sent.read(), at=request.now
        )
    status = 422 if found and (found.faults or found.refused) else 200
    return render(request, "demand/sheet_file.html", _context(shown, found), status=status)


def _context(shown: Sheet, found: Found | None) -> dict[str, object]:
    now = theirs(found) if found else {}
    names = {line.line: line.name for line in shown.lines}
    before = {line.line: file for line, file in zip(shown.lines, file_lines(shown), strict=True)}
    rows = [
        (names[edit.line], edit.month, before[edit.line].values[shown.months.index(edit.month)], edit.value,
         (edit.line, edit.month) in now)
        for edit in (found.edits if found else [])[:SHOWN]
    ]  # fmt: skip
    return {
        "sheet": shown,
        "found": found,
        "rows": rows,
        "layer": stage_of(shown).value,
        "conflicts": len(now),
        "batch": _batch(found.edits, now) if found else "",
    }


def _batch(edits: list[CellEdit], now: dict[tuple[int, date], float]) -> str:
    """The edits as the grid sends them; a cell that changed meanwhile is seen as it stands now."""
    listed = [
        {"line": edit.line, "month": f"{edit.month:%Y-%m}", "value": edit.value,
         "seen": now.get((edit.line, edit.month), edit.seen)}
        for edit in edits
    ]  # fmt: skip
    return json.dumps({"token": str(uuid.uuid4()), "edits": listed})


@require_POST
def sheet_file_keep(request: PortalRequest) -> HttpResponse:
    shown = _shown(request)
    batch = batch_read(request.POST.get("batch", "").encode())
    stage = Stage.TEAM if request.POST.get("layer") == Stage.TEAM.value else Stage.SALES
    answer = sheet_file_save(
        cycle=shown.cycle, stage=stage, person=request.person, edits=batch.edits, at=request.now, token=batch.token
    )
    count = len(answer["saved"])
    messages.success(request, f"{count} number{'' if count == 1 else 's'} from the file saved.")
    if shown.owner.pk == request.person.pk:
        return redirect("demand:sheet")
    return redirect(reverse("demand:sheet-of", args=[shown.owner.username]))


@require_GET
def sheet_xlsx(request: PortalRequest) -> HttpResponse:
    shown = _shown(request)
    return _file(sheet_workbook("sheet", shown.months, file_lines(shown)), WORKBOOK, shown, "xlsx")


@require_GET
def sheet_text(request: PortalRequest) -> HttpResponse:
    shown = _shown(request)
    return _file(sheet_csv(shown.months, file_lines(shown)), "text/csv; charset=utf-8", shown, "csv")


def _file(data: bytes, kind: str, shown: Sheet, suffix: str) -> HttpResponse:
    answer = HttpResponse(data, content_type=kind)
    name = f"sheet-{shown.owner.username}-{shown.cycle.code}.{suffix}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
