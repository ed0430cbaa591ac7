"""Whether operations kept its plan, the same for everybody."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kpis.selectors.supply_kept import kept_page
from masterdata.requests import PortalRequest


@require_GET
def supply_kept(request: PortalRequest) -> HttpResponse:
    return render(request, "kpis/supply_kept.html", kept_page(request.now))
