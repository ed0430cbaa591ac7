"""The list of actions: mine first, overdue marked, closed with an outcome."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from cycles.selectors import current_cycle
from jobs.errors import Refused
from masterdata.requests import PortalRequest
from meetings.forms import day_read, person_read, words_read
from meetings.models import Action, Meeting
from meetings.selectors.actions import actions_page
from meetings.services.actions import action_add, action_close, action_comment


@require_GET
def actions(request: PortalRequest) -> HttpResponse:
    return _page(request)


def _page(request: PortalRequest, problem: Refused | None = None, form: str = "") -> HttpResponse:
    context = actions_page(request.person, request.today) | {
        "problem": problem,
        "problem_form": form,
        "typed": request.POST if problem else {},
        "today": request.today,
        "tab": "actions",
    }
    return render(request, "meetings/actions.html", context, status=problem.status if problem else 200)


@require_POST
def add(request: PortalRequest) -> HttpResponse:
    cycle = current_cycle()
    if cycle is None:
        raise Refused("no_cycle", "There is no cycle yet that an action could belong to.")
    try:
        action = action_add(
            cycle=cycle,
            text=words_read(request.POST, "text"),
            owner=person_read(request.POST, "owner", "Owner"),
            due_on=day_read(request.POST, "due_on", "Due"),
            by=request.person,
            on=request.today,
            at=request.now,
        )
    except Refused as refusal:
        return _page(request, refusal, "new")
    messages.success(request, f"{action.code} for {action.owner.name}, due {action.due_on.day} {action.due_on:%b %Y}.")
    return redirect("meetings:actions")


@require_POST
def close(request: PortalRequest, code: str) -> HttpResponse:
    action = get_object_or_404(Action, code=code)
    try:
        closed = action_close(
            action=action,
            by=request.person,
            at=request.now,
            outcome=words_read(request.POST, "outcome"),
            dropped="dropped" in request.POST,
        )
    except Refused as refusal:
        return _page(request, refusal, code)
    messages.success(request, f"{closed.code} is closed.")
    meeting = Meeting.objects.filter(pk=request.POST.get("meeting") or 0).select_related("cycle").first()
    if meeting is None:
        return redirect("meetings:actions")
    response = redirect("meetings:room", month=meeting.cycle.code, kind=meeting.kind)
    response["Location"] += "#actions"
    return response


@require_POST
def comment(request: PortalRequest, code: str) -> HttpResponse:
    action = get_object_or_404(Action, code=code)
    try:
        action_comment(action=action, by=request.person, at=request.now, text=words_read(request.POST, "comment"))
    except Refused as refusal:
        return _page(request, refusal, f"comment-{code}")
    messages.success(request, f"Written down beside {action.code}.")
    return redirect(f"{reverse('meetings:actions')}#{action.code}")
