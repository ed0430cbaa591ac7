"""What is missing, late or odd in the input, for everybody to read."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kpis.selectors.data_quality import data_quality
from masterdata.policy import Action, may
from masterdata.requests import PortalRequest


@require_GET
def data_quality_page(request: PortalRequest) -> HttpResponse:
    page = data_quality(today=request.today) | {"loads": may(request.person, Action.IMPORT)}
    return render(request, "kpis/data_quality.html", {"page": page})
