"""What your input did: private to the person and the manager above."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kpis.selectors.feedback import Feedback, feedback, feedback_of, people_below
from masterdata.requests import PortalRequest


@require_GET
def own(request: PortalRequest) -> HttpResponse:
    return _shown(request, feedback(request.person, request.person))


@require_GET
def of(request: PortalRequest, username: str) -> HttpResponse:
    """Somebody else's; what one may not see answers exactly like what is not there."""
    found = feedback_of(request.person, username)
    if found is None:
        raise Http404
    return _shown(request, found)


def _shown(request: PortalRequest, found: Feedback) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return render(request, "kpis/_feedback.html", {"feedback": found, "short": True})
    context = {"feedback": found, "below": people_below(request.person)}
    return render(request, "kpis/feedback.html", context)
