"""The shared dashboard, the same for everybody."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kpis.selectors.dashboard import dashboard
from masterdata.requests import PortalRequest


@require_GET
def dashboard_page(request: PortalRequest) -> HttpResponse:
    return render(request, "kpis/dashboard.html", {"page": dashboard(at=request.now)})
