"""The first page: My month for everybody who sells, and what needs them now for everybody else."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from cycles.models import Cycle
from cycles.selectors import current_cycle
from cycles.services.answers import BARRIERS, barrier_tell
from cycles.steps import Step
from demand.requests import CycleRequest
from demand.selectors.barriers import barrier_question
from demand.selectors.goals import goal_of_member
from demand.selectors.month import Month, month_of_person
from demand.selectors.present import cycle_named
from demand.selectors.standing_in import stood_in
from demand.selectors.threads import said_to
from demand.services.said import said_seen
from masterdata.models import Person
from masterdata.requests import PortalRequest
from masterdata.roles import SALES_ROLES, Role
from masterdata.selectors.absences import away_on
from sop_portal.pages.today import opens_next, steps_shown, tasks_for

MOST_SAID = 10


@require_GET
def home(request: CycleRequest) -> HttpResponse:
    cycle = request.open_cycle or current_cycle()
    if cycle is None:
        return render(request, "home/nothing.html", {"person": request.person})
    if request.person.role in SALES_ROLES:
        return _my_month(request, cycle)
    return _today(request, cycle)


def _my_month(request: PortalRequest, cycle: Cycle) -> HttpResponse:
    month = month_of_person(cycle, request.person)
    context = _common(request, cycle) | {
        "month": month,
        "own_absence": away_on(request.today).get(request.person.pk),
        "goal": goal_of_member(cycle, request.person, request.today),
        "missed": barrier_question(request.person),
        "barrier_choices": BARRIERS.items(),
        "first_visit": _is_first_visit(month, request.person),
        "is_manager": bool(request.person.reports.exists()),
        "opens_next": opens_next(cycle, at=request.now),
    }
    return render(request, "home/my_month.html", context)


@require_POST
def barrier(request: PortalRequest) -> HttpResponse:
    """What was in the way, or that somebody would rather not say; either way it is not asked again."""
    cycle, told = cycle_named(request.POST.get("cycle", "")), request.POST.get("barrier", "")
    barrier_tell(cycle=cycle, step=Step.SALES_FORECAST, person=request.person.user, barrier=told, at=request.now)
    if told:
        messages.success(request, "Thank you. The S&OP leader sees what can be done about it.")
    return redirect("home")


def _today(request: PortalRequest, cycle: Cycle) -> HttpResponse:
    context = _common(request, cycle) | {"told_own": request.person.role == Role.MARKETING}
    return render(request, "home/today.html", context)


def _common(request: PortalRequest, cycle: Cycle) -> dict[str, object]:
    said = list(said_to(cycle, request.person)[:MOST_SAID])
    said_seen(person=request.person, comments=said, at=request.now)
    return {
        "cycle": cycle,
        "person": request.person,
        "tasks": tasks_for(cycle, request.person, at=request.now),
        "steps": steps_shown(cycle, at=request.now),
        "stood_in": stood_in(cycle, request.person, request.today),
        "said": said,
    }


def _is_first_visit(month: Month, person: Person) -> bool:
    """Until the first answer ever, the promise stands on the page."""
    return not person.user.contributions.filter(answered_at__isnull=False, cycle__simulated=False).exists()
