"""Supply news: a partial for the first page, a page of its own, and what can be offered instead."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cycles.typed import month_read
from demand.selectors.present import cycle_named
from masterdata.requests import PortalRequest
from supply.selectors.alternatives import alternatives
from supply.selectors.news import news

ON_THE_PAGE = 100


@require_GET
def supply_news(request: PortalRequest) -> HttpResponse:
    customer = request.GET.get("customer", "")
    if request.headers.get("HX-Request"):
        return render(request, "supply/_news.html", {"news": news(request.person, request.today, customer)})
    found = news(request.person, request.today, customer, ON_THE_PAGE)
    return render(request, "supply/news.html", {"news": found})


@require_GET
def instead(request: PortalRequest, line: int, month: str) -> HttpResponse:
    code = request.GET.get("cycle", "")
    found = alternatives(cycle_named(code) if code else None, line, month_read(month), request.today)
    return render(request, "supply/alternatives.html", {"found": found, "fact": found.fact})
