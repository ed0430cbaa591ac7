"""The revisions of the published company forecast, and asking for a correction."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from cycles.selectors import latest_published
from jobs.errors import Refused
from masterdata.requests import PortalRequest
from meetings.forms import effect_read, words_read
from meetings.selectors.corrections import corrections_page
from meetings.services.corrections import correction_ask


@require_http_methods(["GET", "POST"])
def corrections(request: PortalRequest) -> HttpResponse:
    if request.method == "GET":
        return _page(request)
    cycle = latest_published()
    if cycle is None:
        raise Refused("not_published", "No company forecast has been published yet, so there is none to correct.")
    try:
        decision = correction_ask(
            cycle=cycle,
            reason=words_read(request.POST, "reason"),
            effect=effect_read(request.POST),
            by=request.person,
            on=request.today,
            at=request.now,
        )
    except Refused as refusal:
        return _page(request, refusal)
    messages.success(request, f"{decision.code} asks {decision.decider.name} to approve the correction.")
    return redirect("meetings:corrections")


def _page(request: PortalRequest, problem: Refused | None = None) -> HttpResponse:
    typed = request.POST if problem else {}
    context = corrections_page(request.person) | {"problem": problem, "typed": typed, "tab": "corrections"}
    return render(request, "meetings/corrections.html", context, status=problem.status if problem else 200)
