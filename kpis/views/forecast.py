"""The published company forecast, and any other stage, to read."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kpis.selectors.forecast_page import forecast_page, wanted_from
from masterdata.requests import PortalRequest


@require_GET
def forecast(request: PortalRequest) -> HttpResponse:
    page = forecast_page(wanted_from(request.GET.dict()), request.person)
    return render(request, "kpis/forecast.html", {"page": page})
