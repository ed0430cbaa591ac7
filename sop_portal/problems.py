"""Errors of the REST interface as problem details (RFC 9457)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.views.defaults import bad_request, page_not_found
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from jobs.errors import Refused

TYPE = "application/problem+json"


def problem(code: str, detail: str, http_status: int, **extra: object) -> Response:
    """A problem details answer."""
    return Response(_body(code, detail, http_status) | extra, status=http_status, content_type=TYPE)


def _body(code: str, detail: str, http_status: int) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": _title(http_status),
        "status": http_status,
        "code": code,
        "detail": detail,
    }


def _title(http_status: int) -> str:
    names = {400: "Bad request", 401: "Sign in", 403: "Not allowed", 404: "Not found", 405: "Method not allowed"}
    names |= {412: "Changed meanwhile", 413: "Too large", 428: "Say what you have seen", 503: "Not now"}
    names |= {406: "Not acceptable", 409: "Conflict", 415: "Unsupported media type", 422: "Invalid", 429: "Too many"}
    return names.get(http_status, "Error")


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal, validation error and HTTP error as a problem; anything else is a bug and stays a 500."""
    if isinstance(error, Refused):
        return problem(error.code, error.detail, error.status, **error.extra)
    if isinstance(error, exceptions.ValidationError):
        return problem("invalid", "Some parameters are not right.", status.HTTP_400_BAD_REQUEST, errors=error.detail)
    if isinstance(error, (Http404, PermissionDenied, exceptions.APIException)):
        answer = exception_handler(error, context)
        if answer is None:
            return None
        code = getattr(error, "default_code", "not_found")
        detail = _words(error, context) or "There is nothing here."
        told = problem(code, detail, answer.status_code)
        for header in ("WWW-Authenticate", "Retry-After", "Allow"):
            if header in answer:
                told[header] = answer[header]
        return told
    return None


def _words(error: Exception, context: dict[str, Any]) -> str:
    """What is wrong and what to do, where the library only says the first."""
    if isinstance(error, exceptions.NotAuthenticated):
        return "Send a key as Authorization: Bearer KEY. An administrator or the S&OP leader makes keys on People."
    if isinstance(error, exceptions.MethodNotAllowed):
        possible = ", ".join(context["view"].allowed_methods)
        return f"{context['request'].method} is not possible at this address. Possible: {possible}."
    if isinstance(error, exceptions.Throttled):
        seconds = getattr(error, "wait", None) or 60
        return f"Too many requests with this key in this minute. Come back in {seconds} seconds."
    if isinstance(error, exceptions.UnsupportedMediaType):
        return "Send JSON (Content-Type: application/json) or, where rows are pushed, CSV (text/csv)."
    return str(getattr(error, "detail", ""))


# --- What goes wrong before or beside a view: a problem for programs, a page for people ----------------------------

API = "/api/"


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    words = "There is nothing at this address. Addresses end with a slash; /api/v1/docs/ lists them."
    return plain("not_found", words, 404) if request.path.startswith(API) else page_not_found(request, exception)


def bad_request_told(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    words = "The request is not written as HTTP wants it."
    return plain("bad_request", words, 400) if request.path.startswith(API) else bad_request(request, exception)


def plain(code: str, detail: str, http_status: int) -> JsonResponse:
    """A problem told before or beside a view of the interface."""
    return JsonResponse(_body(code, detail, http_status), status=http_status, content_type=TYPE)
