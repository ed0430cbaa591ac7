"""Working days and quiet hours: everybody reads them, the S&OP leader sets them."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from cycles.typed import whole_number
from jobs.errors import Invalid, Refused
from masterdata.requests import PortalRequest
from meetings.forms import day_read, hour_read, person_read, words_read
from meetings.selectors.rights import leads
from meetings.selectors.working_days import calendar_page
from meetings.services.calendar import closed_day_remove, closed_days_add, quiet_hours_set, site_assign, site_set
from supply.wording import count_text


@require_GET
def working_days(request: PortalRequest) -> HttpResponse:
    return _page(request)


def _page(request: PortalRequest, problem: Refused | None = None, what: str = "") -> HttpResponse:
    context = calendar_page(request.person, request.today) | {
        "writes": leads(request.person),
        "problem": problem,
        "problem_at": what,
        "typed": request.POST if problem else {},
        "tab": "calendar",
    }
    return render(request, "meetings/working_days.html", context, status=problem.status if problem else 200)


@require_POST
def working_days_change(request: PortalRequest, what: str) -> HttpResponse:
    """Days off, a day taken back, a site, who works there, or the quiet hours."""
    change = CHANGES.get(what)
    if change is None:
        raise Refused("no_change", f"The calendar cannot be changed by {what[:20]!r}.", status=404)
    try:
        messages.success(request, change(request))
    except Invalid as problem:
        return _page(request, problem, what)
    return redirect("meetings:working-days")


def _days(request: PortalRequest) -> str:
    given = request.POST
    first = day_read(given, "first", "First day")
    last = day_read(given, "last", "Last day") if given.get("last") else first
    name, site = words_read(given, "name"), given.get("site", "")
    added = closed_days_add(first=first, last=last, name=name, site=site, by=request.person)
    return f"{count_text(added, 'day is', 'days are')} off. Steps of a cycle that has begun keep their dates."


def _remove(request: PortalRequest) -> str:
    row = closed_day_remove(pk=whole_number(request.POST.get("day", "")) or 0, by=request.person)
    return f"{row.day:%-d %b %Y} is a working day again."


def _site(request: PortalRequest) -> str:
    given = request.POST
    code, name, country = (words_read(given, field) for field in ("code", "name", "country"))
    site = site_set(code=code, name=name, country=country, by=request.person)
    return f"{site.name} keeps the holidays of {site.country}."


def _person(request: PortalRequest) -> str:
    person = person_read(request.POST, "person", "Who")
    site_assign(person=person, site=request.POST.get("site", ""), by=request.person, at=request.now)
    return f"{person.name} is reminded on the working days there."


def _quiet(request: PortalRequest) -> str:
    since, until = (hour_read(request.POST, name, name) for name in ("since", "until"))
    if since is None or until is None:
        raise Invalid("Give both hours, from and until.")
    weekends = "weekends" in request.POST
    quiet_hours_set(since=since, until=until, weekends=weekends, by=request.person, at=request.now)
    return f"No reminder reaches anybody between {since:%H:%M} and {until:%H:%M} where they are."


CHANGES: dict[str, Callable[[PortalRequest], str]] = {
    "days": _days,
    "remove": _remove,
    "site": _site,
    "person": _person,
    "quiet": _quiet,
}
