"""The demand review: exceptions, choices, assumptions, the signature."""

import numpy as np
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from demand.forms import number_read, words
from demand.selectors.present import cycle_named, cycle_now
from demand.selectors.review_page import review_page
from demand.services.assumptions import assumption_add, assumption_check
from demand.services.plan import demand_sign
from demand.services.review import bulk_apply, bulk_preview, bulk_undo, review_take, review_type
from jobs.errors import Invalid, Refused
from masterdata.requests import PortalRequest

STANDARD_UNDER = 5.0


@require_GET
def demand_review(request: PortalRequest) -> HttpResponse:
    return _page(request)


def _page(request: PortalRequest, problem: Refused | None = None, **more: object) -> HttpResponse:
    cycle = cycle_named(request.GET.get("cycle", ""))
    context: dict[str, object] = {
        "page": review_page(cycle, request.person, at=request.now, family=request.GET.get("family", ""))
    }
    context |= {"problem": problem, "typed": request.POST if problem else {}, "under": STANDARD_UNDER, **more}
    return render(request, "demand/review.html", context, status=problem.status if problem else 200)


@require_POST
def take(request: PortalRequest) -> HttpResponse:
    lines = np.array([_line(text) for text in request.POST.getlist("line")], dtype=np.int64)
    if not len(lines):
        raise Invalid("Tick at least one line first.")
    taken = review_take(
        cycle=cycle_now(), person=request.person, lines=lines, source=request.POST.get("source", ""), at=request.now
    )
    messages.success(request, f"{taken.lines} settled: {taken.before:,.0f} → {taken.after:,.0f} units.")
    return redirect("demand:review")


@require_POST
def type_total(request: PortalRequest) -> HttpResponse:
    total = number_read(request.POST.get("total"))
    if total is None:
        raise Invalid("Type the quantity of the next twelve months.")
    line, note = _line(request.POST.get("line", "")), words(request.POST.get("note"))
    taken = review_type(cycle=cycle_now(), person=request.person, line=line, total=total, at=request.now, note=note)
    messages.success(request, f"Settled: {taken.before:,.0f} → {taken.after:,.0f} units over the horizon.")
    return redirect("demand:review")


def _line(text: str) -> int:
    if not text.isdigit():
        raise Invalid("That is not one of the lines on this page.")
    return int(text)


def _under(request: PortalRequest) -> float:
    under = number_read(request.POST.get("under"))
    if under is None or not 0 < under <= 50:
        raise Invalid("Give a share between 0 and 50 per cent.")
    return under


@require_POST
def bulk(request: PortalRequest) -> HttpResponse:
    """Preview first; the same form then carries it out."""
    under = _under(request)
    if "apply" in request.POST:
        taken = bulk_apply(cycle=cycle_now(), person=request.person, under=under / 100, at=request.now)
        messages.success(request, f"{taken.lines} lines now follow the baseline. You can undo this as a whole.")
        return redirect("demand:review")
    return _page(request, preview=bulk_preview(cycle_now(), under=under / 100), under=under)


@require_POST
def undo(request: PortalRequest) -> HttpResponse:
    cells = bulk_undo(cycle=cycle_now(), person=request.person, at=request.now)
    messages.success(request, f"The last bulk choice is undone: {cells} cells are as before.")
    return redirect("demand:review")


@require_POST
def assume(request: PortalRequest) -> HttpResponse:
    try:
        assumption_add(
            cycle=cycle_now(),
            person=request.person,
            text=words(request.POST.get("text")),
            family=request.POST.get("family", ""),
            owner=request.POST.get("owner", ""),
            check_on=request.POST.get("check_on", ""),
            at=request.now,
        )
    except Refused as refusal:
        return _page(request, refusal)
    messages.success(request, "Assumption written down.")
    return redirect("demand:review")


@require_POST
def assumption_state(request: PortalRequest, pk: int) -> HttpResponse:
    assumption = assumption_check(pk=pk, person=request.person, state=request.POST.get("state", ""))
    messages.success(request, f"“{assumption.text}”: {assumption.get_state_display().lower()}.")
    return redirect("demand:review")


@require_POST
def sign(request: PortalRequest) -> HttpResponse:
    demand_sign(cycle=cycle_now(), person=request.person, at=request.now, note=words(request.POST.get("note")))
    messages.success(request, "Demand is signed. Supply review can begin.")
    return redirect("demand:review")
