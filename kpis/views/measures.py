"""One measure taken apart, the lines behind it, and what it is to reach."""

from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from cycles.typed import month_read
from jobs.errors import Refused
from kpis.cuts import LEVELS
from kpis.forms import target_read
from kpis.selectors.measure_page import Asked, lines_page, measure_of, measure_page
from kpis.selectors.parts import COMPANY, part_read
from kpis.services.targets import target_set
from masterdata.requests import PortalRequest


@require_GET
def measure(request: PortalRequest, code: str) -> HttpResponse:
    return _page(request, code)


def _page(request: PortalRequest, code: str, problem: Refused | None = None) -> HttpResponse:
    given = request.GET
    asked = Asked(_month(request), given.get("by", ""), given.get("stage", ""), given.get("lag", ""))
    page = measure_page(measure_of(code), asked, request.person, at=request.now)
    context = {"page": page, "problem": problem, "typed": request.POST if problem else {}}
    return render(request, "kpis/measure.html", context, status=problem.status if problem else 200)


def _month(request: PortalRequest) -> date | None:
    given = request.GET.get("month")
    return month_read(given) if given else None


@require_GET
def lines(request: PortalRequest, code: str) -> HttpResponse:
    part = next(((level, request.GET[level]) for level in LEVELS if request.GET.get(level)), (COMPANY, ""))
    asked, start = _month(request), request.GET.get("start", "")
    page = lines_page(measure_of(code), asked=asked, part=part, at=request.now, start=start)
    return render(request, "kpis/measure_lines.html", {"page": page})


@require_POST
def target(request: PortalRequest, code: str) -> HttpResponse:
    """Set or end the target of a measure, of the company or of a part."""
    measure, (level, key) = measure_of(code), part_read(request.POST.get("part", ""))
    try:
        given = target_read(request.POST, measure)
        target_set(measure=code, level=level, key=key, by=request.person, at=request.now, **given)
    except Refused as refusal:
        return _page(request, code, refusal)
    ended = given["value"] is None
    messages.success(
        request, f"{measure.name}: the target {'ends with' if ended else 'holds from'} {given['since']:%B %Y}."
    )
    chosen = "" if level == COMPANY else f"?by={level}"
    return redirect(reverse("kpis:measure", args=[code]) + chosen)
