"""Finance's confirmation, the pack, the CEO's approval: panels that other pages fetch, and what they send."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cycles.models import Cycle
from cycles.selectors import current_cycle, open_cycle
from cycles.steps import Step
from jobs.errors import Invalid, Refused
from masterdata.models import Person
from masterdata.requests import PortalRequest
from meetings.forms import words_read
from meetings.selectors.agreement import approve_panel, confirm_panel, signed_panel
from meetings.services.agreement import RETURNS, ceo_approve, ceo_return, finance_confirm, pack_freeze, plan_return

PANELS: dict[str, tuple[Callable[[Cycle, Person], dict[str, Any]], str]] = {
    "signed": (signed_panel, "/meetings/"),
    "confirm": (confirm_panel, "/finance/"),
    "approve": (approve_panel, "/executive/"),
}


def _open() -> Cycle:
    cycle = open_cycle()
    if cycle is None:
        raise Refused("no_cycle", "No cycle is open, so there is nothing to agree on.")
    return cycle


def _panel(request: PortalRequest, name: str, problem: Refused | None = None) -> HttpResponse:
    """As a fragment for the page that fetched it, else as a page of its own."""
    cycle = current_cycle()
    build, home = PANELS[name]
    panel = f"meetings/_{name}.html"
    context: dict[str, Any] = build(cycle, request.person) if cycle else {"cycle": None}
    context |= {"problem": problem, "typed": request.POST if problem else {}, "panel": panel}
    context["next"] = _next(request, home)
    template = panel if request.headers.get("HX-Request") else "meetings/agreement.html"
    return render(request, template, context, status=problem.status if problem else 200)


def _next(request: PortalRequest, otherwise: str) -> str:
    """The page the panel stands on, so that sending it comes back there."""
    wanted = request.POST.get("next") or urlsplit(request.headers.get("HX-Current-URL", "")).path
    is_page = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_page else otherwise


@require_GET
def signed(request: PortalRequest) -> HttpResponse:
    return _panel(request, "signed")


@require_POST
def return_plan(request: PortalRequest, step: str) -> HttpResponse:
    """Send the other side's signed plan back."""
    try:
        which = next((known for known in RETURNS if known.value == step), Step.PUBLISH)
        reason = words_read(request.POST, "reason")
        plan_return(cycle=_open(), step=which, person=request.person, at=request.now, reason=reason)
    except Invalid as refusal:
        return _panel(request, "signed", refusal)
    messages.success(request, f"Returned. The {which.label} is open again, and everybody concerned gets your reason.")
    return redirect(_next(request, "/meetings/"))


@require_http_methods(["GET", "POST"])
def confirm(request: PortalRequest) -> HttpResponse:
    if request.method == "GET":
        return _panel(request, "confirm")
    try:
        note = words_read(request.POST, "note")
        finance_confirm(cycle=_open(), person=request.person, at=request.now, note=note)
    except Refused as refusal:
        return _panel(request, "confirm", refusal)
    messages.success(request, "The money view is confirmed.")
    return redirect(_next(request, "/finance/"))


@require_POST
def freeze(request: PortalRequest) -> HttpResponse:
    try:
        meeting = pack_freeze(cycle=_open(), by=request.person, at=request.now)
    except Refused as refusal:
        return _panel(request, "confirm", refusal)
    messages.success(request, f"Pack {meeting.pack['number']} is frozen and on its way to everybody invited.")
    return redirect(_next(request, "/meetings/"))


@require_http_methods(["GET", "POST"])
def approve(request: PortalRequest) -> HttpResponse:
    if request.method == "GET":
        return _panel(request, "approve")
    try:
        note = words_read(request.POST, "note")
        ceo_approve(cycle=_open(), person=request.person, at=request.now, note=note)
    except Refused as refusal:
        return _panel(request, "approve", refusal)
    messages.success(request, "Approved. The company forecast is being published.")
    return redirect(_next(request, "/executive/"))


@require_POST
def send_back(request: PortalRequest) -> HttpResponse:
    try:
        reason = words_read(request.POST, "reason")
        ceo_return(cycle=_open(), person=request.person, at=request.now, reason=reason)
    except Refused as refusal:
        return _panel(request, "approve", refusal)
    messages.success(request, "Returned. Pre-S&OP is open again, and all heads get your reason.")
    return redirect(_next(request, "/executive/"))
