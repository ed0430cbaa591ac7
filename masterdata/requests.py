"""What every page may rely on in a request: who asks, and what time it is."""

from datetime import date, datetime

from django.http import HttpRequest

from masterdata.models import Person


class PortalRequest(HttpRequest):
    """A request of a signed-in person; the roof's middleware sets these before a page is called."""

    person: Person
    now: datetime
    today: date
