"""Is the portal alive, and can it work?"""

from datetime import timedelta

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from jobs.models import Heartbeat
from sop_portal.clock import now

SILENT_AFTER = timedelta(minutes=3)


def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


def ready(request: HttpRequest) -> JsonResponse:
    """The database answers; says *degraded* when worker or tick have been silent, since pages still work then."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    at = now()
    ages = {beat.name: (at - beat.at).total_seconds() for beat in Heartbeat.objects.all()}
    silent = [name for name in ("tick", "worker") if ages.get(name, 1e9) > SILENT_AFTER.total_seconds()]
    return JsonResponse({"state": "degraded" if silent else "ready", "silent": silent, "seconds_since": ages})
