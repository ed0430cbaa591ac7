"""How sales becomes the demand plan: the rule for each span of months, chosen by the demand planner."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from demand.selectors.present import cycle_named, cycle_now
from demand.selectors.rule_page import rule_page
from demand.selectors.rules import rules_by_span
from demand.services.rules import rule_choose
from masterdata.requests import PortalRequest


@require_GET
def rule(request: PortalRequest) -> HttpResponse:
    page = rule_page(cycle_named(request.GET.get("cycle", "")), request.person)
    return render(request, "demand/rule.html", {"page": page})


@require_POST
def choose(request: PortalRequest) -> HttpResponse:
    cycle = cycle_now()
    rules = [request.POST.get(f"rule-{number}", "") for number in range(len(rules_by_span(cycle)))]
    rule_choose(cycle=cycle, person=request.person, rules=rules, at=request.now)
    messages.success(request, "The rules are chosen. The proposal is built by them, again if it was there already.")
    return redirect("demand:rule")
