"""Capacity, stock and open orders: the sheet, and saving what is typed into it."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from demand.selectors.present import cycle_now
from jobs.errors import Refused
from masterdata.requests import PortalRequest
from supply.forms import inputs_read
from supply.inputs import Inputs
from supply.selectors.inputs import inputs_page
from supply.services.inputs import inputs_save
from supply.views.beside import beside


@require_GET
def inputs(request: PortalRequest, sheet: str) -> HttpResponse:
    cycle = cycle_now()
    page = inputs_page(cycle, _kind(sheet), request.person)
    return render(request, "supply/inputs.html", page | beside(request, cycle))


@require_POST
def save(request: PortalRequest, sheet: str) -> HttpResponse:
    token, edits = inputs_read(request.body)
    kind = _kind(sheet)
    answer = inputs_save(cycle=cycle_now(), kind=kind, person=request.person, edits=edits, at=request.now, token=token)
    return JsonResponse(answer)


def _kind(sheet: str) -> Inputs:
    if sheet not in list(Inputs):
        raise Refused("no_sheet", f"There is no sheet {sheet}; there are {', '.join(Inputs)}.", status=404)
    return Inputs(sheet)
