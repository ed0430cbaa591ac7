"""Files that the portal fetches by itself: where from, how often, and what every fetching came to."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from jobs.errors import Refused
from jobs.models import PullOutcome, ScheduledPull
from jobs.services.pulls import pull_add, pull_now, pull_stop
from masterdata.policy import Action, check
from masterdata.requests import PortalRequest
from sop_portal.imports import SPECS

SHOWN, ERRORS_SHOWN = 50, 20


class PullForm(forms.Form):
    address = forms.CharField(max_length=400)
    file = forms.ChoiceField(required=False, choices=[("", "as its name says"), *((s.name, s.name) for s in SPECS)])
    every = forms.ChoiceField(choices=ScheduledPull.Every.choices, initial=ScheduledPull.Every.DAY)


@require_http_methods(["GET", "POST"])
def pulls_page(request: PortalRequest) -> HttpResponse:
    """All of them, what they came to, and a form for another."""
    check(request.person, Action.SET_UP)
    form = PullForm(request.POST) if request.method == "POST" else PullForm()
    if request.method == "POST" and form.is_valid():
        try:
            pull_add(**form.cleaned_data, by=request.user, at=request.now)
        except Refused as refused:
            form.add_error("address", refused.detail)
        else:
            messages.success(request, "It is fetched for the first time within a minute.")
            return redirect("pulls")
    context = {
        "pulls": ScheduledPull.objects.filter(active=True).select_related("owner"),
        "outcomes": PullOutcome.objects.select_related("pull")[:SHOWN],
        "errors_shown": ERRORS_SHOWN,
        "has_folder": bool(settings.PULL_FOLDER),
        "form": form,
    }
    return render(request, "data/pulls.html", context, status=422 if form.errors else 200)


@require_POST
def pull_stop_page(request: PortalRequest, pk: int) -> HttpResponse:
    check(request.person, Action.SET_UP)
    pull = get_object_or_404(ScheduledPull, pk=pk)
    pull_stop(pull=pull)
    messages.success(request, f"{pull.address} is not fetched any more. What was loaded stays.")
    return redirect("pulls")


@require_POST
def pull_now_page(request: PortalRequest, pk: int) -> HttpResponse:
    check(request.person, Action.SET_UP)
    pull_now(pull=get_object_or_404(ScheduledPull, pk=pk, active=True), at=request.now)
    messages.success(request, "It is being fetched. What it came to stands below in a moment.")
    return redirect("pulls")
