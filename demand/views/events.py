"""Marketing's events."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from demand.event_scopes import Draft
from demand.forms import draft_read, number_read, scope_named, words
from demand.models import EventKind
from demand.selectors.event_advice import Advice, advice
from demand.selectors.events_page import events_page
from demand.selectors.present import cycle_now
from demand.services.events import EventEntry, entry_check, event_cancel, event_save, events_copy_last_year
from jobs.errors import Refused
from masterdata.requests import PortalRequest


@require_GET
def events(request: PortalRequest) -> HttpResponse:
    return _page(request, advice(cycle_now(), Draft(kind=EventKind.PROMOTION)))


def _page(request: PortalRequest, told: Advice, problem: Refused | None = None) -> HttpResponse:
    page = events_page(cycle_now(), request.person)
    faults: Any = problem.extra.get("errors", []) if problem else []
    context = {
        "page": page,
        "advice": told,
        "problem": problem,
        "faults": {fault["field"]: fault["detail"] for fault in faults},
        "typed": request.POST,
    }
    return render(request, "demand/events.html", context, status=problem.status if problem else 200)


@require_GET
def event_advice(request: PortalRequest) -> HttpResponse:
    """What is known about the event in the form, asked again whenever a choice changes."""
    context = {"advice": advice(cycle_now(), draft_read(request.GET))}
    return render(request, "demand/_event_advice.html", context)


@require_POST
def event_add(request: PortalRequest) -> HttpResponse:
    """Enter the event; one that overlaps is added once its overlaps have been shown."""
    cycle, told = cycle_now(), advice(cycle_now(), draft_read(request.POST))
    try:
        entry = _entry(request)
        entry_check(person=request.person, entry=entry)
        if request.POST.get("warned", "") != told.overlap_codes:
            return _page(request, told)
        event = event_save(cycle=cycle, person=request.person, entry=entry, at=request.now)
    except Refused as refusal:
        return _page(request, told, refusal)
    messages.success(request, f"{event.name} is planned. Reps see it on their lines.")
    return redirect("demand:events")


def _entry(request: PortalRequest) -> EventEntry:
    given = request.POST
    return EventEntry(
        name=words(given.get("name")),
        kind=given.get("kind", ""),
        first=given.get("first", ""),
        last=given.get("last", "") or given.get("first", ""),
        uplift=number_read(given.get("uplift")),
        confidence=number_read(given.get("confidence")),
        shape=given.get("shape", ""),
        **scope_named(given),
    )


@require_POST
def cancel(request: PortalRequest, pk: int) -> HttpResponse:
    event = event_cancel(cycle=cycle_now(), person=request.person, pk=pk, at=request.now)
    messages.success(request, f"{event.name} is cancelled and adds nothing any more.")
    return redirect("demand:events")


@require_POST
def copy_last_year(request: PortalRequest) -> HttpResponse:
    made = events_copy_last_year(cycle=cycle_now(), person=request.person, at=request.now)
    listed = ", ".join(f"{event.name} ({event.from_month:%b %Y})" for event in made)
    messages.success(request, f"Copied {len(made)}: {listed}." if made else "Everything of last year stands already.")
    return redirect("demand:events")
