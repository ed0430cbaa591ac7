"""A person's meetings and deadlines as a calendar to subscribe to; the address itself is the key."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from masterdata.requests import PortalRequest
from meetings.invitations import feed
from meetings.selectors.calendar import calendar_entries, feed_name, feed_person


@require_safe
def calendar_feed(request: PortalRequest, token: str) -> HttpResponse:
    """The feed; an address that was replaced, is not one of ours, or whose owner has left is not found."""
    person = feed_person(token)
    if person is None:
        raise Http404("There is no calendar at this address.")
    text = feed(calendar_entries(person, request.now), name=feed_name(), stamp=request.now)
    return HttpResponse(text, content_type="text/calendar; charset=utf-8")
