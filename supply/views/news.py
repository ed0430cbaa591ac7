"""Supply news: a partial for the first page, a page of its own, and what can be offered instead."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from cycles.typed import month_read
from demand.selectors.present import cycle_named
from masterdata.models import Person
from masterdata.requests import PortalRequest
from supply.selectors.alternatives import alternatives
from supply.selectors.news import MONTHS_AHEAD, news
from supply.views.beside import beside

ON_THE_PAGE = 100
ON_THE_SHEET = 12
MONTHS_IN_PART = 3


@require_GET
def supply_news(request: PortalRequest) -> HttpResponse:
    customer = request.GET.get("customer", "")
    if request.headers.get("HX-Request"):
        part = "_promise_changes" if request.GET.get("part") == "changes" else "_news"
        found = news(request.person, request.today, customer)
        return render(request, f"supply/{part}.html", _context(request, found))
    return render(
        request, "supply/news.html", _context(request, news(request.person, request.today, customer, ON_THE_PAGE))
    )


@require_GET
def promised(request: PortalRequest, username: str) -> HttpResponse:
    """What is committed to the customers of one person, line by month: a partial for the sheet, and a page."""
    owner = get_object_or_404(Person.objects.select_related("user"), user__username=username)
    is_partial = bool(request.headers.get("HX-Request"))
    found = news(owner, request.today, most=ON_THE_SHEET if is_partial else ON_THE_PAGE)
    template = "supply/_promised_lines.html" if is_partial else "supply/promised.html"
    return render(request, template, _context(request, found) | {"owner": owner, "is_own": owner == request.person})


def _context(request: PortalRequest, found: dict[str, Any]) -> dict[str, Any]:
    """The news with the age of the data behind its plan."""
    source = found["source"]
    most = MONTHS_IN_PART if request.headers.get("HX-Request") else MONTHS_AHEAD
    page = {"news": found, "months_told": f":{most}", "more_than": -most}
    return page | (beside(request, source.cycle) if source else {})


@require_GET
def instead(request: PortalRequest, line: int, month: str) -> HttpResponse:
    code = request.GET.get("cycle", "")
    found = alternatives(cycle_named(code) if code else None, line, month_read(month), request.today)
    page = {"found": found, "fact": found.fact} | beside(request, found.source.cycle)
    return render(request, "supply/alternatives.html", page)
