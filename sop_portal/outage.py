"""When the database fails for a moment: once more where nothing can count twice, else 503 and when to come back."""

import errno
import logging
import sys

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string

from sop_portal.problems import API, plain

log = logging.getLogger(__name__)

# serialization failure, deadlock; connection exceptions and a server that ends or starts
UNDONE = ("40001", "40P01")
LOST = ("08000", "08003", "08006", "57P01", "57P02", "57P03")
# Batches that carry a token: a second run finds the answer of the first.
TOKEN_BATCHES = ("demand:sheet-save", "demand:sheet-parts", "demand:review-save")
COME_BACK_AFTER = 5
DETAIL = "The database does not answer just now. What was confirmed as saved is saved. Try again in a few seconds."

BUSY = "Very many pages are being opened just now. What was confirmed as saved is saved. Try again in a few seconds."
FULL = "The server's disk is full, so nothing was stored. What was confirmed as saved is saved. Tell an administrator."
BROKEN = "It is our fault and has been written to the log."


def is_outage(error: BaseException | None) -> bool:
    """Whether it is the database or the disk that failed, and not the request."""
    return isinstance(error, (OperationalError, InterfaceError)) or is_disk_full(error)


def is_disk_full(error: BaseException | None) -> bool:
    """Nothing more can be written, by the database (53100) or by this process."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return getattr(getattr(error, "__cause__", None), "pgcode", None) == "53100"


def once_more(request: HttpRequest, error: Exception) -> HttpResponseBase | None:
    """The answer of a second run, when the first was undone or cut off and may be repeated; None = it may not.

    Raises what the second run raises.
    """
    match = request.resolver_match
    if match is None or hasattr(request, "again") or not _is_passing(error) or not _may_repeat(request):
        return None
    request.again = True  # type: ignore[attr-defined]
    log.warning("%s %s runs once more: %s", request.method, request.path, error)
    connection.close()
    answer: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    return answer


def _is_passing(error: Exception) -> bool:
    if not is_outage(error):
        return False
    code = getattr(error.__cause__, "pgcode", None)
    return code in UNDONE + LOST or (code is None and not connection.is_usable())


def _may_repeat(request: HttpRequest) -> bool:
    match = request.resolver_match
    return request.method in ("GET", "HEAD") or (match is not None and match.view_name in TOKEN_BATCHES)


def server_error(request: HttpRequest) -> HttpResponse:
    """What is answered when nobody caught the error: 503 for an outage, 500 for a fault of ours."""
    error = sys.exc_info()[1]
    outage = is_outage(error)
    answer = _told(request, 503 if outage else 500, FULL if is_disk_full(error) else DETAIL if outage else BROKEN)
    if outage:
        answer["Retry-After"] = str(COME_BACK_AFTER)
    return answer


def busy(request: HttpRequest) -> HttpResponse:
    """What a read is answered when too many wait already; a save never is."""
    answer = _told(request, 503, BUSY, heading="Very many people are here")
    answer["Retry-After"] = str(COME_BACK_AFTER)
    return answer


def _told(request: HttpRequest, status: int, detail: str, heading: str = "") -> HttpResponse:
    """Problem details for programs, a page that asks nothing of the database for people."""
    if request.path.startswith(API) or "application/json" in request.headers.get("Accept", ""):
        return plain("unavailable" if status == 503 else "broken", detail, status)
    return HttpResponse(render_to_string(f"{status}.html", {"detail": detail, "heading": heading}), status=status)
