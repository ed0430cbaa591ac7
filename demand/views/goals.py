"""Team goals: proposed and withdrawn on the roll-up, answered on My month."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from demand.forms import day_read
from demand.models import TeamGoal
from demand.selectors.present import cycle_now
from demand.services.goals import goal_answer, goal_propose, goal_withdraw
from masterdata.requests import PortalRequest


@require_POST
def propose(request: PortalRequest) -> HttpResponse:
    due_on = day_read(request.POST.get("due_on"))
    goal_propose(cycle=cycle_now(), manager=request.person, due_on=due_on, at=request.now)
    messages.success(request, "Proposed. Your people see it on their first page and decide alone whether to join.")
    return redirect("demand:team")


@require_POST
def withdraw(request: PortalRequest) -> HttpResponse:
    gone = goal_withdraw(cycle=cycle_now(), manager=request.person)
    messages.success(request, "The goal is withdrawn." if gone else "There was no goal to withdraw.")
    return redirect("demand:team")


@require_POST
def answer(request: PortalRequest, pk: int) -> HttpResponse:
    goal = get_object_or_404(TeamGoal.objects.select_related("cycle", "manager__user"), pk=pk)
    joins = request.POST.get("joins") == "yes"
    goal_answer(goal=goal, person=request.person, joins=joins, at=request.now)
    messages.success(request, "You are in the team goal." if joins else "You are not in the team goal.")
    return redirect("home")
