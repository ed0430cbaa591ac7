"""Families: all of them, and one with its products."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from demand.selectors.present import cycle_named
from masterdata.requests import PortalRequest
from supply.selectors.family_page import families_page, family_page
from supply.views.beside import beside


@require_GET
def families(request: PortalRequest) -> HttpResponse:
    cycle = cycle_named(request.GET.get("cycle", ""))
    return render(request, "supply/families.html", families_page(cycle) | beside(request, cycle))


@require_GET
def family(request: PortalRequest, code: str) -> HttpResponse:
    cycle = cycle_named(request.GET.get("cycle", ""))
    return render(request, "supply/family.html", family_page(cycle, code) | beside(request, cycle))
