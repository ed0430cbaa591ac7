"""Marketing's events."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from demand.forms import number_read, words
from demand.selectors.events_page import events_page
from demand.selectors.present import cycle_now
from demand.services.events import EventEntry, event_cancel, event_save, events_copy_last_year
from jobs.errors import Refused
from masterdata.requests import PortalRequest


@require_GET
def events(request: PortalRequest) -> HttpResponse:
    return _page(request)


def _page(request: PortalRequest, problem: Refused | None = None) -> HttpResponse:
    page = events_page(cycle_now(), request.person)
    told: Any = problem.extra.get("errors", []) if problem else []
    faults = {fault["field"]: fault["detail"] for fault in told}
    context = {"page": page, "problem": problem, "faults": faults, "typed": request.POST if problem else {}}
    return render(request, "demand/events.html", context, status=problem.status if problem else 200)


@require_POST
def event_add(request: PortalRequest) -> HttpResponse:
    given = request.POST
    kind, _, code = given.get("what", "").partition(":")
    who, _, whom = given.get("whom", "").partition(":")
    try:
        entry = EventEntry(
            name=words(given.get("name")),
            kind=given.get("kind", ""),
            product=code if kind == "product" else "",
            family=code if kind == "family" else "",
            customer=whom if who == "customer" else "",
            region=whom if who == "region" else "",
            first=given.get("first", ""),
            last=given.get("last", "") or given.get("first", ""),
            uplift=number_read(given.get("uplift")),
            confidence=number_read(given.get("confidence")),
        )
        event = event_save(cycle=cycle_now(), person=request.person, entry=entry, at=request.now)
    except Refused as refusal:
        return _page(request, refusal)
    messages.success(request, f"{event.name} is planned. Reps see it on their lines.")
    return redirect("demand:events")


@require_POST
def cancel(request: PortalRequest, pk: int) -> HttpResponse:
    event = event_cancel(person=request.person, pk=pk, at=request.now)
    messages.success(request, f"{event.name} is cancelled and adds nothing any more.")
    return redirect("demand:events")


@require_POST
def copy_last_year(request: PortalRequest) -> HttpResponse:
    made = events_copy_last_year(cycle=cycle_now(), person=request.person, at=request.now)
    messages.success(request, f"{made} events of last year entered again, a year later.")
    return redirect("demand:events")
