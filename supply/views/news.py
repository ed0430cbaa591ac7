"""Supply news: a partial for the first page, and a page of its own."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from masterdata.requests import PortalRequest
from supply.selectors.news import news

ON_THE_PAGE = 100


@require_GET
def supply_news(request: PortalRequest) -> HttpResponse:
    customer = request.GET.get("customer", "")
    if request.headers.get("HX-Request"):
        return render(request, "supply/_news.html", {"news": news(request.person, request.today, customer)})
    found = news(request.person, request.today, customer, ON_THE_PAGE)
    return render(request, "supply/news.html", {"news": found})
