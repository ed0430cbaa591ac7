"""\"Not modified\" for the forecast without the way through every layer: programs ask far more often than it changes.

Two statements decide: which version is in force, and whether the key may ask, which counts the use in the same breath.
Whatever is not plainly unchanged goes the ordinary way and is told there what is wrong with it.
"""

import logging
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from cycles.periods import parse_month
from demand.models import Stage, VersionState
from demand.selectors.forecast import Measure
from demand.selectors.versions import version_in_force
from jobs.errors import Refused
from masterdata.services.keys import key_use
from sop_portal.api.answers import form_asked, has_tag, tag_of, unchanged
from sop_portal.api.streams import STREAMS
from sop_portal.clock import now

PATH: Final = "/api/v1/company-forecast/"
SCOPE: Final = "forecast:read"
FORMS: Final = ("json", *STREAMS)
BEARER: Final = "bearer "
log = logging.getLogger(__name__)


class Unchanged:
    """Answers 304 where that is all there is to say."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == PATH and request.method == "GET" and "HTTP_IF_NONE_MATCH" in request.META:
            return _unchanged(request) or self.get_response(request)
        return self.get_response(request)


def _unchanged(request: HttpRequest) -> HttpResponse | None:
    scheme, given = request.META.get("HTTP_AUTHORIZATION", "")[: len(BEARER)], request.META["HTTP_IF_NONE_MATCH"]
    # only a tag of ours proves that the query was answered once; `*` would not, nor who may read margin
    if scheme.lower() != BEARER or "*" in given or request.GET.get("measure") == Measure.MARGIN:
        return None
    request.get_host()  # raises for a name that is not ours, as on the ordinary way
    try:
        tag = forecast_tag(request)
        if not tag or not has_tag(given, tag) or not _may_ask(request):
            return None
    except OperationalError:
        log.warning("Whether the forecast has changed could not be found out at once.", exc_info=True)
        return None
    return unchanged(tag)


def forecast_tag(request: HttpRequest) -> str:
    """The tag that the answer would have now; empty where the request is not understood or the numbers are live."""
    query = request.GET
    try:
        month = parse_month(query["cycle"]) if "cycle" in query else None
        stage = Stage(query.get("stage", Stage.COMPANY_FORECAST.value))
        form = form_asked(request, FORMS)
    except (ValueError, Refused):
        return ""
    version = version_in_force(month, stage)
    return version_tag(request, version, VersionState.CURRENT.value, form) if version else ""


def version_tag(request: HttpRequest, version: int, state: str, form: str) -> str:
    """An entity tag of a finished version (its id) and of what was asked of it."""
    return tag_of(version, state, form, sorted(request.GET.lists()))


def _may_ask(request: HttpRequest) -> bool:
    secret = request.META["HTTP_AUTHORIZATION"][len(BEARER) :].strip()
    used = key_use(secret=secret, scope=SCOPE, at=now())
    return used is not None and used <= settings.API_PER_MINUTE
