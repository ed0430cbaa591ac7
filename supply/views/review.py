"""The supply review: the page, making the plan, signing it, and returning the demand plan."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from cycles.typed import words
from demand.selectors.present import cycle_named, cycle_now
from jobs.errors import Invalid
from masterdata.requests import PortalRequest
from supply.forms import rule_read
from supply.selectors.review import review_page
from supply.services.inputs import supply_plan_again
from supply.services.signing import supply_return, supply_sign


@require_GET
def review(request: PortalRequest) -> HttpResponse:
    cycle = cycle_named(request.GET.get("cycle", ""))
    return render(request, "supply/review.html", review_page(cycle, request.person, request.now, request.today))


@require_POST
def build(request: PortalRequest) -> HttpResponse:
    version = supply_plan_again(cycle=cycle_now(), at=request.now, person=request.person, rule=rule_read(request.POST))
    messages.success(request, f"Supply plan made again (revision {version.revision}).")
    return redirect("supply:review")


@require_POST
def sign(request: PortalRequest) -> HttpResponse:
    cycle = cycle_now()
    note = words(request.POST.get("note"))
    supply_sign(cycle=cycle, person=request.person, at=request.now, note=note)
    messages.success(request, f"Supply of {cycle.code} is signed. Pre-S&OP opens next.")
    return redirect("supply:review")


@require_POST
def send_back(request: PortalRequest) -> HttpResponse:
    cycle = cycle_now()
    try:
        supply_return(cycle=cycle, person=request.person, reason=words(request.POST.get("reason")), at=request.now)
    except Invalid as refusal:
        page = review_page(cycle, request.person, request.now, request.today)
        return render(request, "supply/review.html", page | {"return_problem": refusal.detail}, status=refusal.status)
    messages.success(request, "The S&OP leader is told and decides whether to reopen the demand review.")
    return redirect("supply:review")
