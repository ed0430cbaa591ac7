"""The rep's sheet: the page, saving cells, sending, taking back, starting a line, a word to operations."""

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from demand.forms import batch_read, lock_read, parts_read, reasons_read, seconds_read
from demand.models import Reason, Stage
from demand.requests import CycleRequest
from demand.selectors.present import cycle_named, cycle_now
from demand.selectors.sheet import Sheet, sheet
from demand.selectors.sheet_lines import NEAR, Layer
from demand.selectors.standing_in import entering_for
from demand.services.certainty import certainty_save
from demand.services.comments import operations_tell
from demand.services.entries import cells_save
from demand.services.locks import cells_lock
from demand.services.new_lines import line_start
from demand.services.submissions import Submission, submission_send, submission_withdraw
from jobs.errors import Refused
from masterdata.models import Absence, Person

MONTH_VIEWS = [("near", "3 months"), ("blocks", "Quarters"), ("all", "All months")]
GROUP_VIEWS = [
    ("flagged", "Flagged first"),
    ("customer", "By customer"),
    ("product", "By product"),
    ("family", "By family"),
]
UNIT_VIEWS = [("units", "Units"), ("money", "Money")]
STAGES = {Layer.SALES.value: Stage.SALES, Layer.TEAM.value: Stage.TEAM}


@require_GET
def my_sheet(request: CycleRequest) -> HttpResponse:
    return _page(request, request.person)


@require_GET
def sheet_of(request: CycleRequest, username: str) -> HttpResponse:
    owner = get_object_or_404(Person.objects.select_related("user"), user__username=username)
    return _page(request, owner)


def _page(request: CycleRequest, owner: Person) -> HttpResponse:
    cycle = cycle_named(request.GET.get("cycle", ""), request.open_cycle)
    absence = entering_for(request.person, owner, request.today, wanted=request.GET.get("layer") == "sales")
    shown = sheet(cycle, owner, request.person, enters=absence is not None)
    template = "demand/sheet_for.html" if absence else "demand/sheet.html"
    return render(request, template, _context(request, shown, absence))


def _context(request: HttpRequest, shown: Sheet, absence: Absence | None) -> dict[str, object]:
    """What the page shows; `stands_in` is the absence in which its reader enters for the owner."""
    is_own, is_team = shown.layer is Layer.SALES, shown.layer is Layer.TEAM
    found = shown.hints if is_own and shown.is_open and not absence else {}
    return {
        "sheet": shown,
        "totals": shown.totals,
        "reasons": Reason,
        "is_own": is_own,
        "is_team": is_team,
        "stands_in": absence,
        "sheet_url": _sheet_url(shown.owner) if absence else reverse("demand:sheet"),
        "entered_for": shown.entered_for,
        "editable": shown.writes and any(line.is_open for line in shown.lines),
        "save_url": reverse("demand:sheet-save") + ("?layer=team" if is_team else ""),
        "parts_url": reverse("demand:sheet-parts") if is_own else "",
        "lock_url": reverse("demand:sheet-lock") + ("?layer=team" if is_team else ""),
        "choices": shown.beside.choices,
        "show": _chosen(request, "show", MONTH_VIEWS),
        "month_views": MONTH_VIEWS,
        "group": _chosen(request, "group", GROUP_VIEWS),
        "group_views": GROUP_VIEWS,
        "unit": _chosen(request, "unit", UNIT_VIEWS),
        "unit_views": UNIT_VIEWS,
        "near_label": f"{shown.months[0]:%b}\u2013{shown.months[NEAR - 1]:%b}",
        "months_first": f"{shown.months[0]:%Y-%m}",
        "unfolded": "all" in request.GET.getlist("open"),
        "hints": json.dumps(found) if found else "",
    }


def _sheet_url(owner: Person) -> str:
    """The sheet of somebody who is away, to write."""
    return f"{reverse('demand:sheet-of', args=[owner.username])}?layer=sales"


def _chosen(request: HttpRequest, name: str, views: list[tuple[str, str]]) -> str:
    """The view that the address asks for, else the first."""
    given = request.GET.get(name, "")
    return given if given in dict(views) else views[0][0]


@require_POST
def sheet_save(request: CycleRequest) -> HttpResponse:
    batch = batch_read(request.body)
    stage = STAGES.get(request.GET.get("layer", ""), Stage.SALES)
    answer = cells_save(
        cycle=cycle_now(request.open_cycle),
        stage=stage,
        person=request.person,
        edits=batch.edits,
        at=request.now,
        token=batch.token,
    )
    return JsonResponse(answer)


@require_POST
def sheet_parts(request: CycleRequest) -> HttpResponse:
    token, edits = parts_read(request.body)
    answer = certainty_save(
        cycle=cycle_now(request.open_cycle), person=request.person, edits=edits, at=request.now, token=token
    )
    return JsonResponse(answer)


@require_POST
def sheet_lock(request: CycleRequest) -> HttpResponse:
    cells, locked = lock_read(request.body)
    stage = STAGES.get(request.GET.get("layer", ""), Stage.SALES)
    cells_lock(
        cycle=cycle_now(request.open_cycle),
        stage=stage,
        person=request.person,
        cells=cells,
        locked=locked,
        at=request.now,
    )
    return JsonResponse({"locked": locked, "by": request.person.name})


@require_POST
def sheet_submit(request: CycleRequest) -> HttpResponse:
    owner = _sender(request)
    try:
        sent = submission_send(
            cycle=cycle_now(request.open_cycle),
            person=owner,
            by=request.person,
            at=request.now,
            active_seconds=seconds_read(request.POST),
            reasons=reasons_read(request.POST),
        )
    except Refused as refusal:
        if refusal.code not in ("reasons_missing", "invalid"):
            raise
        return _reasons(request, owner, refusal)
    for_whom = "" if owner.pk == request.person.pk else f"For {owner.name}: "
    messages.success(request, sent_sentence(sent, for_whom))
    return redirect("home")


def _sender(request: CycleRequest) -> Person:
    """Whose forecast is sent or taken back: one's own, or that of somebody who is away."""
    username = request.POST.get("for", "")
    if not username:
        return request.person
    return get_object_or_404(Person.objects.select_related("user"), user__username=username)


def _reasons(request: CycleRequest, owner: Person, refusal: Refused) -> HttpResponse:
    """The list of large changes without a reason; what was chosen already stays chosen."""
    shown = sheet(cycle_now(request.open_cycle), owner, request.person, enters=True)
    rows = [
        (line, request.POST.get(f"reason-{line.line}", line.reason), request.POST.get(f"note-{line.line}", line.note))
        for line in shown.lines
        if line.missing
    ]
    context = {
        "rows": rows,
        "sheet": shown,
        "for_whom": owner if owner.pk != request.person.pk else None,
        "reasons": Reason,
        "problem": refusal,
        "asked": refusal.code == "reasons_missing" and not reasons_read(request.POST),
        "active_seconds": request.POST.get("active_seconds", ""),
    }
    return render(request, "demand/reasons.html", context, status=refusal.status)


def sent_sentence(sent: Submission, for_whom: str = "") -> str:
    changed = f", {sent.changed} of them changed" if sent.changed else ""
    count = "1 line" if sent.lines == 1 else f"{sent.lines} lines"
    return f"{for_whom}{'submitted' if for_whom else 'Submitted'} {count}{changed}."


@require_POST
def sheet_withdraw(request: CycleRequest) -> HttpResponse:
    owner = _sender(request)
    submission_withdraw(cycle=cycle_now(request.open_cycle), person=owner, by=request.person, at=request.now)
    if owner.pk != request.person.pk:
        messages.success(request, f"Taken back for {owner.name}. The numbers are still saved.")
        return redirect("demand:sheet-of", owner.username)
    messages.success(request, "Taken back. Your numbers are still saved; submit again when you are done.")
    return redirect("demand:sheet")


@require_POST
def new_line(request: CycleRequest) -> HttpResponse:
    line = line_start(
        cycle=cycle_now(request.open_cycle),
        person=request.person,
        customer=request.POST.get("customer", ""),
        product=request.POST.get("product", ""),
        at=request.now,
    )
    owner = _sender(request)
    is_own = owner.pk == request.person.pk
    whose = "your sheet" if is_own else f"the sheet of {owner.name}"
    messages.success(request, f"{line.customer.name}, {line.product.name} is on {whose}, among those that need you.")
    return redirect("demand:sheet" if is_own else _sheet_url(owner))


@require_POST
def tell_operations(request: CycleRequest) -> HttpResponse:
    note = operations_tell(
        cycle=cycle_now(request.open_cycle), by=request.person, text=request.POST.get("text", ""), at=request.now
    )
    messages.success(request, f"Sent to {note.to.name if note.to else 'the planners'}.")
    return redirect("home")
