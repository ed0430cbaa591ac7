"""From an empty database to an open cycle: what is done, what comes next; and the end of the demonstration."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.http import require_GET, require_POST

from cycles.periods import add_months, month_of
from cycles.selectors import company_holidays, open_cycle
from demand.models import Stage
from demand.selectors.versions import version_current
from demand.services.baseline import baseline_queue
from jobs.errors import Refused
from masterdata.importers import COMPANY
from masterdata.models import Person
from masterdata.policy import Action, check
from masterdata.requests import PortalRequest
from masterdata.selectors import company
from masterdata.selectors.imports import loaded_files
from masterdata.services.companies import company_set
from meetings.services.cadence import first_cycle_start
from sop_portal.demonstration.removing import demonstration_remove
from sop_portal.imports import IMPORTERS
from sop_portal.welcome import people_invite, without_password

# Without these there is nothing to forecast.
NEEDED = ("people", "families", "regions", "products", "customers", "bookings")
LABELS = {
    "name": "Name of the company",
    "currency": "Currency (three letters)",
    "fiscal_year_start_month": "Fiscal year starts in month",
    "country": "Country of the holidays (two letters)",
    "timezone": "Time zone",
    "horizon_months": "Months planned ahead (18 to 24)",
    "last_closed_month": "Last closed month (YYYY-MM)",
}


class Welcome(PasswordResetConfirmView):
    """Where an invited person chooses a password."""

    template_name = "registration/welcome.html"
    success_url = reverse_lazy("login")


@require_GET
def set_up_page(request: PortalRequest) -> HttpResponse:
    check(request.person, Action.SET_UP)
    return _page(request)


def _page(request: PortalRequest, problem: Refused | None = None) -> HttpResponse:
    settings = company()
    loaded = {each.importer.spec.name: each for each in loaded_files(IMPORTERS)}
    files = [(name, loaded[name]) for name in NEEDED]
    month, cycle = settings.last_closed_month, open_cycle()
    holidays = company_holidays(settings.country, (request.today.year,))
    coming = sorted(day for day in holidays if day >= request.today)[:5]
    typed: dict[str, Any] = dict(request.POST.items()) if problem else {}
    if month is None and (newest := loaded["bookings"].newest):
        # suggested; bookings of the month that runs are not yet all of them
        typed = {"last_closed_month": min(newest, f"{add_months(month_of(request.today), -1):%Y-%m}")} | typed
    context = {
        "settings": settings,
        "fields": [(key, label, typed.get(key, _text(settings, key))) for key, label in LABELS.items()],
        "files": files,
        "lacking": [name for name, file in files if not file.rows],
        "holidays": coming,
        "uninvited": list(without_password()),
        "people": Person.objects.count(),
        "cycle": cycle,
        "has_baseline": cycle is not None and version_current(cycle, Stage.BASELINE) is not None,
        "first_month": add_months(month, 1) if month else None,
        "problem": problem,
    }
    return render(request, "data/set_up.html", context, status=problem.status if problem else 200)


def _text(settings: Any, key: str) -> str:
    value = getattr(settings, key)
    return "" if value is None else f"{value:%Y-%m}" if key == "last_closed_month" else str(value)


@require_POST
def set_up_company(request: PortalRequest) -> HttpResponse:
    given = {key: request.POST.get(key, "").strip() for key in COMPANY}
    try:
        company_set(settings={key: text for key, text in given.items() if text}, by=request.person, at=request.now)
    except Refused as refused:
        return _page(request, refused)
    messages.success(request, "The company's settings are stored.")
    return redirect("set-up")


@require_POST
def set_up_invite(request: PortalRequest) -> HttpResponse:
    count = people_invite(people=without_password(), by=request.person, at=request.now)
    messages.success(request, f"{count} invitation{'' if count == 1 else 's'} on the way.")
    return redirect("set-up")


@require_POST
def set_up_cycle(request: PortalRequest) -> HttpResponse:
    """The first cycle; later ones are opened on the cycle's page."""
    try:
        cycle = first_cycle_start(at=request.now, by=request.person)
    except Refused as refused:
        return _page(request, refused)
    messages.success(request, f"The cycle {cycle.code} is open. Its steps and meetings have their dates.")
    return redirect("set-up")


@require_POST
def set_up_baseline(request: PortalRequest) -> HttpResponse:
    """The first baseline now, instead of with the end of data close."""
    check(request.person, Action.SET_UP)
    cycle = open_cycle()
    if cycle is None or version_current(cycle, Stage.BASELINE) is not None:
        raise Refused("no_need", "There is no open cycle without a baseline.")
    job = baseline_queue(cycle=cycle, at=request.now, owner=request.user)
    messages.success(request, "The baseline is being built. You may leave this page.")
    return redirect("job", pk=job.pk)


@require_POST
def set_up_remove(request: PortalRequest) -> HttpResponse:
    """The demonstration goes, after its name was typed."""
    try:
        demonstration_remove(typed=request.POST.get("typed", ""), by=request.person, at=request.now)
    except Refused as refused:
        return _page(request, refused)
    messages.success(request, "The demonstration is gone. You are still signed in; set up your own company.")
    return redirect("set-up")
