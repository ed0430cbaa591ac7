"""What we got right, what we missed: the ladder of the stages, lags, bias, families."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cycles.typed import whole_number
from jobs.errors import Invalid
from kpis.selectors.accuracy import LEVELS
from kpis.selectors.accuracy_page import LAGS_SHOWN, accuracy_page, hits_and_misses
from kpis.selectors.calls_by_family import calls_by_family
from kpis.selectors.changed import changed_page
from masterdata.requests import PortalRequest


@require_GET
def accuracy(request: PortalRequest) -> HttpResponse:
    level, lag = request.GET.get("level") or LEVELS[0], request.GET.get("lag") or ""
    if level not in LEVELS:
        raise Invalid(f"{level!r} is not a level. Use one of: {', '.join(LEVELS)}.")
    if lag and whole_number(lag) not in LAGS_SHOWN:
        raise Invalid(f"{lag[:40]!r} is not a lag. Use 0 to {LAGS_SHOWN[-1]}, or leave it out for 0 to 3 together.")
    chosen = int(lag) if lag else None
    context = {
        "page": accuracy_page(level, chosen),
        "changed": changed_page(level, chosen, request.person),
        "calls": calls_by_family(request.person),
    }
    context |= hits_and_misses()
    return render(request, "kpis/accuracy.html", context)


@require_GET
def panel(request: PortalRequest) -> HttpResponse:
    """Last month in two lists, for the demand review; a page of its own when opened directly."""
    template = "kpis/_hits.html" if request.headers.get("HX-Request") else "kpis/hits.html"
    return render(request, template, hits_and_misses())
