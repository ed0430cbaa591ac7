"""Orders to watch: the list, and one tap per order."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from demand.forms import call_read
from demand.models import Call, Opportunity, OrderLine
from demand.selectors.calls import orders_to_watch
from demand.selectors.present import cycle_now
from demand.services.calls import CallMade, call_make
from masterdata.requests import PortalRequest


@require_GET
def orders(request: PortalRequest) -> HttpResponse:
    cycle = cycle_now()
    page = orders_to_watch(cycle, request.person, on=request.today)
    return render(request, "demand/orders.html", {"page": page, "cycle": cycle, "calls": Call})


@require_POST
def call(request: PortalRequest, kind: str, pk: int) -> HttpResponse:
    subject = _subject(kind, pk)
    given, slips_to = call_read(request.POST)
    cycle = cycle_now()
    made = call_make(cycle=cycle, person=request.person, subject=subject, call=given, at=request.now, slips_to=slips_to)
    if not request.headers.get("HX-Request"):
        messages.success(request, called_sentence(made, subject.code))
        return redirect("demand:orders")
    page = orders_to_watch(cycle, request.person, on=request.today)
    row = next((row for row in page.rows if row.kind == kind and row.pk == pk), None)
    said = {"row": row, "page": page, "calls": Call, "said": called_sentence(made, subject.code)}
    return render(request, "demand/_order.html", said)


def _subject(kind: str, pk: int) -> OrderLine | Opportunity:
    if kind == "opportunity":
        return get_object_or_404(Opportunity, pk=pk)
    return get_object_or_404(OrderLine, pk=pk)


def called_sentence(made: CallMade, code: str) -> str:
    """What the call did, in one sentence."""
    label = made.call.get_call_display()
    if made.closed:
        return f"{code}: {label} is recorded and the planners see it. Entry is closed, so the plan has not moved."
    if made.units and made.from_month and made.to_month:
        return f"{code}: {made.units:,.0f} units moved from {made.from_month:%b %Y} to {made.to_month:%b %Y}."
    return f"{code}: {label}."
