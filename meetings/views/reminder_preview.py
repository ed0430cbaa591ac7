"""Who would get what, before anything is sent: for the S&OP leader."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from jobs.errors import Invalid
from masterdata.requests import PortalRequest
from masterdata.selectors import company
from meetings.forms import moment_read
from meetings.services.reminder_preview import preview_moments, reminder_preview


@require_GET
def reminders_look(request: PortalRequest) -> HttpResponse:
    context: dict[str, Any] = {"problem": None, "preview": None, "zone": company().timezone}
    given = request.GET.get("until", "")
    try:
        # the field has no seconds: the minute we are in means now
        is_now = given in ("", typed(request.now))
        until = request.now if is_now else moment_read(request.GET, "until", "Up to")
        context["preview"] = reminder_preview(until=until, by=request.person, at=request.now)
    except Invalid as problem:
        context["problem"] = problem
    context["chosen"] = given or typed(request.now)
    moments = [("The next tick", request.now), *preview_moments(request.now)]
    context["choices"] = [{"words": words, "value": typed(moment)} for words, moment in moments]
    return render(request, "meetings/reminder_preview.html", context, status=422 if context["problem"] else 200)


def typed(moment: datetime) -> str:
    """A moment as the browser's field has it, in the company's zone."""
    return f"{moment.astimezone(ZoneInfo(company().timezone)):%Y-%m-%dT%H:%M}"
