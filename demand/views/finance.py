"""Finance: budget, prices, rates, and the gap."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from demand.forms import month_read, number_read
from demand.selectors.finance import finance_page
from demand.selectors.present import cycle_now
from demand.services.finance import budget_set, price_set, rate_set
from jobs.errors import Refused
from masterdata.requests import PortalRequest


@require_GET
def finance(request: PortalRequest) -> HttpResponse:
    return _page(request)


def _page(request: PortalRequest, problem: Refused | None = None) -> HttpResponse:
    page = finance_page(cycle_now(), request.person, request.GET.get("currency", ""))
    context: dict[str, object] = {"page": page, "problem": problem}
    context["typed"] = request.POST if problem else {}
    return render(request, "demand/finance.html", context, status=problem.status if problem else 200)


@require_POST
def budget(request: PortalRequest) -> HttpResponse:
    given = request.POST
    try:
        months = budget_set(
            person=request.person,
            rep=given.get("rep", ""),
            first=month_read(given.get("first")),
            last=month_read(given.get("last") or given.get("first")),
            revenue=number_read(given.get("revenue")),
            at=request.now,
        )
    except Refused as refusal:
        return _page(request, refusal)
    messages.success(request, f"Budget of {months} months set.")
    return redirect("demand:finance")


@require_POST
def price(request: PortalRequest) -> HttpResponse:
    given = request.POST
    try:
        product = price_set(
            person=request.person,
            product=given.get("product", ""),
            price=number_read(given.get("price")),
            at=request.now,
        )
    except Refused as refusal:
        return _page(request, refusal)
    messages.success(request, f"{product.name} has a new price from the next cycle on.")
    return redirect("demand:finance")


@require_POST
def rate(request: PortalRequest) -> HttpResponse:
    given = request.POST
    try:
        found = rate_set(
            person=request.person,
            currency=given.get("currency", ""),
            month=month_read(given.get("month")),
            rate=number_read(given.get("rate")),
            at=request.now,
        )
    except Refused as refusal:
        return _page(request, refusal)
    messages.success(request, f"{found.currency} in {found.month:%b %Y}: {found.rate:g}.")
    return redirect("demand:finance")
