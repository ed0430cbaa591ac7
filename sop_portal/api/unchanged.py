"""\"Not modified\" for the forecast without the way through every layer: programs ask far more often than it changes.

The tag names the version that it was made from, so one statement decides: whether that version is still in force and
the key may ask, and it counts the use in the same breath. Whatever is not plainly unchanged goes the ordinary way and
is told there what is wrong with it.
"""

import logging
import re
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from cycles.periods import parse_month
from demand.models import Stage, VersionState
from demand.selectors.forecast import Measure
from demand.selectors.versions import still_in_force
from jobs.errors import Refused
from masterdata.services.keys import key_use
from sop_portal.api.answers import form_asked, has_tag, tag_of, unchanged
from sop_portal.api.streams import STREAMS
from sop_portal.clock import now

PATH: Final = "/api/v1/company-forecast/"
SCOPE: Final = "forecast:read"
FORMS: Final = ("json", *STREAMS)
BEARER: Final = "bearer "
NAMED: Final = re.compile(r'"(\d{1,9})-[0-9a-f]{32}"')
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
    tag, provided, facts = _given(request, given)
    try:
        return unchanged(tag) if tag and _may_ask(request, provided, facts) else None
    except OperationalError:
        log.warning("Whether the forecast has changed could not be found out at once.", exc_info=True)
        return None


def _given(request: HttpRequest, given: str) -> tuple[str, str, dict[str, Any]]:
    """The tag of ours that was sent for this very query, and the condition (with its facts) under which it holds.

    Empty where there is none, or the request is not understood.
    """
    query, named = request.GET, NAMED.search(given)
    if named is None:
        return "", "", {}
    try:
        month = parse_month(query["cycle"]) if "cycle" in query else None
        stage = Stage(query.get("stage", Stage.COMPANY_FORECAST.value))
        form = form_asked(request, FORMS)
    except (ValueError, Refused):
        return "", "", {}
    version = int(named[1])
    tag = version_tag(request, version, VersionState.CURRENT.value, form)
    return (tag if has_tag(given, tag) else "", *still_in_force(version, month, stage))


def version_tag(request: HttpRequest, version: int, state: str, form: str) -> str:
    """An entity tag of a finished version (its id, by which it begins) and of what was asked of it."""
    return f'"{version}-{tag_of(version, state, form, sorted(request.GET.lists()))[1:]}'


def _may_ask(request: HttpRequest, provided: str, facts: dict[str, Any]) -> bool:
    secret = request.META["HTTP_AUTHORIZATION"][len(BEARER) :].strip()
    used = key_use(secret=secret, scope=SCOPE, at=now(), provided=provided, facts=facts)
    return used is not None and used <= settings.API_PER_MINUTE
