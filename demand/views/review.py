"""The demand review: exceptions, choices, bulk rules, assumptions, the signature."""

from typing import Any

import numpy as np
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from cycles.models import Cycle
from demand.bulk_rules import BulkRule
from demand.forms import line_read, number_read, rule_read, take_read, words
from demand.models import Reason, Source
from demand.selectors.present import cycle_named, cycle_now
from demand.selectors.review_page import FIRST_SHOWN, SHOWN, Asked, lines_now, review_page, review_progress
from demand.services.assumptions import assumption_add, assumption_check
from demand.services.plan import demand_sign
from demand.services.review import bulk_apply, bulk_preview, review_take, review_type, review_undo
from demand.services.review_grid import review_lock
from jobs.errors import Invalid, Refused
from masterdata.requests import PortalRequest

STANDARD = BulkRule(source=Source.BASELINE, under_share=0.05, reason="none")
PRESENT = "present"


@require_GET
def demand_review(request: PortalRequest) -> HttpResponse:
    if PRESENT in request.GET:
        return _present(request)
    return _page(request)


def _asked(request: PortalRequest) -> Asked:
    given = request.GET
    line = given.get("line") or request.POST.get("line")
    shown = number_read(given.get("shown"))
    return Asked(
        line=line_read(line) if line else 0,
        after=line_read(given["after"]) if given.get("after") else 0,
        everything=given.get("lines") == "all",
        family=given.get("family", ""),
        words=words(given.get("q")),
        shown=min(max(int(shown), FIRST_SHOWN), SHOWN) if shown else FIRST_SHOWN,
    )


def _page(request: PortalRequest, problem: Refused | None = None, **more: object) -> HttpResponse:
    cycle = cycle_named(request.GET.get("cycle", ""))
    context: dict[str, object] = {
        "page": review_page(cycle, request.person, asked=_asked(request)),
        "problem": problem,
        "typed": request.POST if problem else {},
        "bulk": STANDARD,
        "sources": Source.choices[:-1],
        "reasons": Reason.choices,
        **more,
    }
    return render(request, "demand/review.html", context, status=problem.status if problem else 200)


def _present(request: PortalRequest) -> HttpResponse:
    """One exception at a time, in large type, for the meeting."""
    cycle = cycle_named(request.GET.get("cycle", ""))
    context = {"page": review_progress(cycle, request.person, asked=_asked(request))}
    template = "demand/_review_present.html" if _swaps(request) else "demand/review_present.html"
    return render(request, template, context)


@require_GET
def line(request: PortalRequest, line: int) -> HttpResponse:
    """The line in focus: its chart and what speaks for or against a number."""
    cycle = cycle_named(request.GET.get("cycle", ""))
    if not _swaps(request):
        return redirect(f"{reverse('demand:review')}?line={line}#focus")
    page = review_progress(cycle, request.person, asked=Asked(line=line))
    return render(request, "demand/_review_line.html", {"page": page, "focus": page.focus})


def _swaps(request: PortalRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


@require_POST
def take(request: PortalRequest) -> HttpResponse:
    source, ids = take_read(request.POST)
    if not ids:
        raise Invalid("Tick at least one line first.")
    cycle, lines = cycle_now(), np.array(ids, dtype=np.int64)
    taken = review_take(cycle=cycle, person=request.person, lines=lines, source=source, at=request.now)
    said = f"{taken.lines} settled: {taken.before:,.0f} → {taken.after:,.0f} units."
    return _settled(request, cycle, ids, said)


@require_POST
def lock(request: PortalRequest) -> HttpResponse:
    """Hold a line for the cycle, every month of it, or let it go."""
    line, locked = line_read(request.POST.get("line", "")), request.POST.get("locked") == "1"
    cycle = cycle_now()
    review_lock(cycle=cycle, person=request.person, lines=[line], locked=locked, at=request.now)
    said = "Locked: rules, spreads and typing leave this line as it is." if locked else "Unlocked."
    return _settled(request, cycle, [line], said, stay=True)


@require_POST
def type_total(request: PortalRequest) -> HttpResponse:
    total = number_read(request.POST.get("total"))
    if total is None:
        raise Invalid("Type the quantity of the next twelve months.")
    line, note = line_read(request.POST.get("line", "")), words(request.POST.get("note"))
    cycle = cycle_now()
    taken = review_type(cycle=cycle, person=request.person, line=line, total=total, at=request.now, note=note)
    return _settled(
        request, cycle, [line], f"Settled: {taken.before:,.0f} → {taken.after:,.0f} units over the horizon."
    )


@require_POST
def undo(request: PortalRequest) -> HttpResponse:
    cycle = cycle_now()
    undone = review_undo(cycle=cycle, person=request.person, at=request.now)
    count = "1 line is" if len(undone.lines) == 1 else f"{len(undone.lines):,} lines are"
    return _settled(request, cycle, undone.lines, f"Undone: {count} as before.")


def _settled(request: PortalRequest, cycle: Cycle, ids: list[int], said: str, *, stay: bool = False) -> HttpResponse:
    """The rows as they stand for the page's script; without it the page again, at the next open line."""
    if _swaps(request):
        page = review_progress(cycle, request.person)
        context = {"page": page, "lines": lines_now(page, ids), "said": said}
        return render(request, "demand/_review_settled.html", context)
    messages.success(request, said)
    if stay:
        return redirect(f"{reverse('demand:review')}?line={ids[-1]}#focus")
    where = "?present=1&after=" if PRESENT in request.POST else "?after="
    return redirect(f"{reverse('demand:review')}{where}{ids[-1]}")


@require_POST
def bulk(request: PortalRequest) -> HttpResponse:
    """Preview first; the same form then carries it out."""
    rule, cycle = rule_read(request.POST), cycle_now()
    if "apply" in request.POST:
        taken = bulk_apply(cycle=cycle, person=request.person, rule=rule, at=request.now)
        count = "1 line is" if taken.lines == 1 else f"{taken.lines:,} lines are"
        messages.success(request, f"{count} settled by the rule. You can undo this as a whole.")
        return redirect("demand:review")
    try:
        found: dict[str, Any] = {"preview": bulk_preview(cycle, rule)}
    except Refused as refusal:
        found = {"problem": refusal}
    return _page(request, bulk=rule, **found)


@require_POST
def assume(request: PortalRequest) -> HttpResponse:
    """Of the line in focus, or of a family."""
    line = line_read(request.POST["line"]) if request.POST.get("line") else None
    try:
        assumption_add(
            cycle=cycle_now(),
            person=request.person,
            text=words(request.POST.get("text")),
            family=request.POST.get("family", ""),
            owner=request.POST.get("owner", ""),
            check_on=request.POST.get("check_on", ""),
            at=request.now,
            line=line,
        )
    except Refused as refusal:
        return _page(request, refusal)
    messages.success(request, "Assumption written down.")
    return redirect(f"{reverse('demand:review')}?line={line}#focus" if line else reverse("demand:review"))


@require_POST
def assumption_state(request: PortalRequest, pk: int) -> HttpResponse:
    try:
        assumption = assumption_check(
            pk=pk,
            person=request.person,
            state=request.POST.get("state", ""),
            note=words(request.POST.get("note")),
            check_on=request.POST.get("check_on", ""),
            at=request.now,
        )
    except Invalid as refusal:
        return _page(request, refusal)
    messages.success(request, f"“{assumption.text}”: {assumption.get_state_display().lower()}.")
    return redirect("demand:review")


@require_POST
def sign(request: PortalRequest) -> HttpResponse:
    demand_sign(cycle=cycle_now(), person=request.person, at=request.now, note=words(request.POST.get("note")))
    messages.success(request, "Demand is signed. Supply review can begin.")
    return redirect("demand:review")
