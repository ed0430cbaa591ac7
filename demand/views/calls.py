"""Orders to watch: the list, and one tap per order."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from cycles.models import Cycle
from demand.forms import call_read
from demand.models import Call, Line, Opportunity, OrderLine
from demand.selectors.calls import orders_to_watch
from demand.selectors.present import cycle_now
from demand.selectors.standing_in import owner_named
from demand.services.calls import USUAL, CallMade, Subject, call_make
from jobs.errors import Refused
from masterdata.models import Person
from masterdata.requests import PortalRequest

CLOSED_MEANWHILE = ("shipped", "closed", "ordered")


@require_GET
def orders(request: PortalRequest) -> HttpResponse:
    cycle = cycle_now()
    page = orders_to_watch(cycle, _owner(request), on=request.today)
    return render(
        request,
        "demand/orders.html",
        {"page": page, "cycle": cycle, "calls": Call, "is_for": page.owner != request.person},
    )


@require_POST
def call(request: PortalRequest, kind: str, pk: int) -> HttpResponse:
    subject = _subject(kind, pk)
    given, slips_to = call_read(request.POST)
    cycle, swaps = cycle_now(), bool(request.headers.get("HX-Request"))
    try:
        made = call_make(
            cycle=cycle, person=request.person, subject=subject, call=given, at=request.now, slips_to=slips_to
        )
    except Refused as refusal:
        if not swaps or refusal.code not in CLOSED_MEANWHILE:
            raise
        return _row(request, cycle, kind, pk, refusal.detail)
    if swaps:
        return _row(request, cycle, kind, pk, called_sentence(made, _name(subject)))
    messages.success(request, called_sentence(made, _name(subject)))
    whose = f"?for={made.call.on_behalf_of.username}" if made.call.on_behalf_of else ""
    return redirect(f"{reverse('demand:orders')}{whose}")


def _owner(request: PortalRequest) -> Person:
    """Whose orders are called: one's own, or those of who is away."""
    return owner_named(request.person, request.GET.get("for", ""), request.today)


def _row(request: PortalRequest, cycle: Cycle, kind: str, pk: int, said: str) -> HttpResponse:
    """The row as it stands now, with what was just said of it; closed meanwhile = the sentence alone."""
    page = orders_to_watch(cycle, _owner(request), on=request.today)
    row = next((row for row in page.rows if row.kind == kind and row.pk == pk), None)
    return render(request, "demand/_order.html", {"row": row, "page": page, "calls": Call, "said": said})


def _subject(kind: str, pk: int) -> Subject:
    if kind == "opportunity":
        return get_object_or_404(Opportunity, pk=pk)
    if kind == "line":
        return get_object_or_404(Line, pk=pk)
    return get_object_or_404(OrderLine, pk=pk)


def _name(subject: Subject) -> str:
    return USUAL if isinstance(subject, Line) else subject.code


def called_sentence(made: CallMade, code: str) -> str:
    """What the call did, in one sentence."""
    label = made.call.get_call_display()
    if made.closed:
        return f"{code}: {label} is recorded and the planners see it. Entry is closed, so the plan has not moved."
    if made.units and made.from_month and made.to_month:
        return f"{code}: {made.units:,.0f} units moved from {made.from_month:%b %Y} to {made.to_month:%b %Y}."
    return f"{code}: {label}."
