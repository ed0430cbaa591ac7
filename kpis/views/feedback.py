"""What your input did: private to the person and the manager above."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kpis.selectors.changed import own_ladder
from kpis.selectors.feedback import feedback, owner_named, people_below
from kpis.selectors.lesson import lesson
from kpis.selectors.track_record import track_record
from masterdata.models import Person
from masterdata.requests import PortalRequest


@require_GET
def own(request: PortalRequest) -> HttpResponse:
    return _shown(request, request.person)


@require_GET
def of(request: PortalRequest, username: str) -> HttpResponse:
    """Somebody else's; what one may not see answers exactly like what is not there."""
    owner = owner_named(request.person, username)
    if owner is None:
        raise Http404
    return _shown(request, owner)


@require_GET
def own_lesson(request: PortalRequest) -> HttpResponse:
    """One's own, and nobody else's."""
    return render(request, "kpis/lesson.html", {"lesson": lesson(request.person)})


def _shown(request: PortalRequest, owner: Person) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return render(request, "kpis/_feedback.html", {"feedback": feedback(request.person, owner), "short": True})
    chosen = {name: request.GET.get(name, "") for name in ("reason", "customer")}
    record = track_record(request.person, owner, **chosen, team=request.GET.get("team") == "1")
    context: dict[str, object] = {"record": record, "feedback": record.feedback, "below": people_below(request.person)}
    context["ladder"] = own_ladder(request.person, owner) if record.bias else []
    return render(request, "kpis/feedback.html", context)
