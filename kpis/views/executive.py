"""The executive page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kpis.selectors.executive import executive_page
from masterdata.requests import PortalRequest


@require_GET
def executive(request: PortalRequest) -> HttpResponse:
    measure = request.GET.get("measure") or "revenue"
    page = executive_page(request.person, at=request.now, today=request.today, measure=measure)
    return render(request, "kpis/executive.html", {"page": page})
