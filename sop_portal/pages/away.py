"""Who is away and who enters meanwhile: said by the person, a manager above, or who sets people up."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from jobs.errors import Refused
from masterdata.models import Person
from masterdata.policy import check_enters_absence
from masterdata.requests import PortalRequest
from masterdata.selectors.absences import absences, absences_from, people_to_enter
from masterdata.services.absences import absence_end, absence_enter
from sop_portal.pages.away_forms import AwayForm


def away(request: PortalRequest) -> HttpResponse:
    """The page; sent back with what was typed and what was wrong when the absence is refused."""
    may = people_to_enter(request.person)
    form = AwayForm(may, _subject(request, may), request.today, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return _enter(request, form)
        except Refused as refused:
            form.add_error(None, refused.detail)
    context = {
        "form": form,
        "rows": absences_from(request.today, [each.pk for each in may]),
        "others": len(may) > 1,
    }
    return render(request, "home/away.html", context, status=422 if form.errors else 200)


def _subject(request: PortalRequest, may: list[Person]) -> Person:
    """Whom the form begins with: who is asked for in the address, else oneself."""
    return next((each for each in may if each.username == request.GET.get("person")), request.person)


def _enter(request: PortalRequest, form: AwayForm) -> HttpResponse:
    given = form.cleaned_data
    entered = absence_enter(
        person=given["person"],
        first=given["first"],
        last=given["last"],
        substitute=given.get("substitute"),
        by=request.person,
        today=request.today,
        at=request.now,
    )
    messages.success(request, f"{entered.person.name}: {entered.words}.")
    return redirect("away")


@require_POST
def away_end(request: PortalRequest, pk: int) -> HttpResponse:
    absence = get_object_or_404(absences(), pk=pk)
    check_enters_absence(request.person, absence.person)
    try:
        absence_end(absence=absence, by=request.person, today=request.today, at=request.now)
        messages.success(request, f"{absence.person.name} is back: nobody enters for them any more.")
    except Refused as refused:
        messages.error(request, refused.detail)
    return redirect("away")
