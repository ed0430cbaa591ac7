"""A resource: its months, and keeping its capacity."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from demand.selectors.present import cycle_named, cycle_now
from jobs.errors import Invalid
from masterdata.requests import PortalRequest
from supply.forms import capacity_read
from supply.selectors.resource_page import resource_named, resource_page
from supply.services.capacity import capacity_change
from supply.views.beside import beside


@require_GET
def resource(request: PortalRequest, code: str) -> HttpResponse:
    cycle = cycle_named(request.GET.get("cycle", ""))
    page = resource_page(cycle, resource_named(code), request.person)
    return render(
        request,
        "supply/resource.html",
        page | beside(request, cycle) | {"typed": {"month": request.GET.get("month", "")}},
    )


@require_POST
def capacity(request: PortalRequest, code: str) -> HttpResponse:
    cycle, found = cycle_now(), resource_named(code)
    try:
        entry = capacity_read(request.POST)
        planned = capacity_change(
            cycle=cycle,
            resource=found,
            month=entry.month,
            regular=entry.regular,
            overtime=entry.overtime,
            reason=entry.reason,
            person=request.person,
            at=request.now,
        )
    except Invalid as refusal:
        page = (
            resource_page(cycle, found, request.person)
            | beside(request, cycle)
            | {"typed": request.POST, "problem": refusal.detail}
        )
        return render(request, "supply/resource.html", page, status=refusal.status)
    again = " The supply plan is made again with it." if planned else ""
    messages.success(
        request, f"{found.name} has {entry.regular:,.0f} + {entry.overtime:,.0f} in {entry.month:%b %Y}.{again}"
    )
    return redirect("supply:resource", code=code)
