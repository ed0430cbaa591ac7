"""The supply plan against last month's plan."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from demand.selectors.present import cycle_named
from masterdata.requests import PortalRequest
from supply.selectors.plan_change import plan_change_page
from supply.views.beside import beside


@require_GET
def plan_change(request: PortalRequest) -> HttpResponse:
    cycle = cycle_named(request.GET.get("cycle", ""))
    return render(request, "supply/plan_change.html", plan_change_page(cycle) | beside(request, cycle))
