"""Scenarios: side by side with the plan as it is, a new one, and what is done with it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cycles.typed import whole_number, whole_numbers, words
from demand.selectors.present import cycle_named, cycle_now
from jobs.errors import Invalid, Refused
from jobs.models import Job
from masterdata.requests import PortalRequest
from supply.forms import changes_read
from supply.models import Scenario
from supply.policy import check_planner
from supply.selectors.scenarios_page import code_names, months_of, scenario_form, scenarios_page, scenarios_waiting
from supply.services.scenarios import (
    LONGEST_NAME,
    scenario_again,
    scenario_choose,
    scenario_create,
    scenario_release,
    scenario_remove,
)
from supply.views.beside import beside


def _scenario(pk: int) -> Scenario:
    return get_object_or_404(Scenario.objects.select_related("cycle"), pk=pk)


@require_GET
def scenarios(request: PortalRequest) -> HttpResponse:
    cycle = cycle_named(request.GET.get("cycle", ""))
    waiting = scenarios_waiting(cycle)
    if waiting is not None:
        return render(request, "supply/scenarios_waiting.html", waiting)
    picked = whole_numbers(request.GET.getlist("s"))
    return render(
        request, "supply/scenarios.html", scenarios_page(cycle, request.person, picked) | beside(request, cycle)
    )


@require_http_methods(["GET", "POST"])
def new(request: PortalRequest) -> HttpResponse:
    """The form of one kind of change, filled in by the address; after a refusal with everything that was typed."""
    check_planner(request.person, "Making scenarios")
    if request.method == "GET":
        return _form(request, request.GET.get("kind", ""))
    try:
        scenario, job = _create(request)
    except Refused as refusal:
        return _form(request, request.POST.get("kind", ""), refusal)
    _said(request, scenario, job)
    return redirect(f"{reverse('supply:scenarios')}#compared")


def _form(request: PortalRequest, kind: str, problem: Refused | None = None) -> HttpResponse:
    typed = request.POST if problem else request.GET
    context = scenario_form(cycle_now(), kind) | {"typed": typed, "problem": problem}
    return render(request, "supply/scenario_new.html", context, status=problem.status if problem else 200)


def _create(request: PortalRequest) -> tuple[Scenario, Job | None]:
    cycle = cycle_now()
    changes = changes_read(request.POST, _built_on(request), *months_of(cycle))
    said = " and ".join(change.words(code_names()) for change in changes) or "Nothing changed, at least cost"
    name = words(request.POST.get("name")) or said[:LONGEST_NAME]
    return scenario_create(cycle=cycle, name=name, changes=changes, person=request.person, at=request.now)


def _built_on(request: PortalRequest) -> list[dict[str, object]]:
    """The changes of the scenario this one is built on."""
    given = request.POST.get("built_on", "")
    if not given:
        return []
    pk = whole_number(given)
    if pk is None:
        raise Invalid("Choose the scenario this one is built on from the list.")
    return list(_scenario(pk).changes)


def _said(request: PortalRequest, scenario: Scenario, job: Job | None) -> None:
    if job is not None:
        messages.info(request, f"“{scenario.name}” takes longer than two seconds; a worker works it out.")
    elif scenario.state == Scenario.State.FAILED:
        messages.error(request, f"“{scenario.name}” could not be worked out: {scenario.problem}")
    else:
        messages.success(request, f"“{scenario.name}” is worked out.")


@require_POST
def again(request: PortalRequest, pk: int) -> HttpResponse:
    scenario = _scenario(pk)
    job = scenario_again(scenario=scenario, person=request.person, at=request.now)
    _said(request, scenario, job)
    return redirect(f"{reverse('supply:scenarios')}?s={pk}#compared")


@require_POST
def remove(request: PortalRequest, pk: int) -> HttpResponse:
    scenario = _scenario(pk)
    scenario_remove(scenario=scenario, person=request.person)
    messages.success(request, f"“{scenario.name}” is removed.")
    return redirect("supply:scenarios")


@require_POST
def choose(request: PortalRequest, pk: int) -> HttpResponse:
    scenario = _scenario(pk)
    version = scenario_choose(scenario=scenario, person=request.person, at=request.now)
    revision = f" (revision {version.revision})" if version else "; a worker is at it"
    messages.success(request, f"The supply plan is made by “{scenario.name}”{revision}.")
    return redirect("supply:review")


@require_POST
def release(request: PortalRequest) -> HttpResponse:
    scenario_release(cycle=cycle_now(), person=request.person, at=request.now)
    messages.success(request, "The supply plan is made by the rules again.")
    return redirect("supply:review")
