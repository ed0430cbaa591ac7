"""At the door: who asks, what time it is, and how a refusal is told."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, RawPostDataException
from django.middleware.common import CommonMiddleware
from django.shortcuts import render
from django.utils import timezone

from cycles.typed import whole_number
from jobs.errors import Refused
from sop_portal.clock import now
from sop_portal.outage import once_more
from sop_portal.problems import API, plain
from sop_portal.sessions import who_asks

Answer = Callable[[HttpRequest], HttpResponse]
# reachable without signing in; everything else needs a person
OPEN_PREFIXES = ("/login/", "/welcome/", "/logout/", "/healthz/", "/static/", "/api/", "/calendar/")

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
NUL = "\x00"
UNREADABLE = Refused("not_text", "The request holds a character that no text has (NUL). Type it again.", status=400)
NO_LENGTH = Refused("no_length", "Content-Length is not a number of bytes. Send the request again.", status=400)
NO_FORM = Refused("not_json", "This address takes JSON, not a form.", status=415)
TITLES = {
    400: "This cannot be read",
    403: "This is not yours to change",
    404: "There is nothing here",
    422: "Please check your entry",
}
NOT_IN = "You are not signed in"
TITLES_OF = dict.fromkeys(("sign_in_failed", "email_unproven", "nobody_here"), NOT_IN)


class Slashes(CommonMiddleware):
    """Sends a reader on to the address with its slash; a write is told instead, since it would arrive as a read."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return request.method in ("GET", "HEAD") and super().should_redirect_with_slash(request)


class Door:
    """Gives every page what `CycleRequest` names: who asks, when, the open cycle; and sends strangers to sign in.

    Pages are written in the company's time; the script shows moments in the reader's own.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.now = now()  # type: ignore[attr-defined]
        if not _says_length(request):
            return told(request, NO_LENGTH)
        if _holds_nul(request):
            return told(request, UNREADABLE)
        if request.path.startswith(OPEN_PREFIXES):
            return self.answer(request)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        try:
            request.person, company_zone = who_asks(request)  # type: ignore[attr-defined]
        except Refused as refusal:
            return told(request, refusal)
        request.open_cycle = getattr(request.session, "open_cycle", None)  # type: ignore[attr-defined]
        zone = ZoneInfo(company_zone)
        request.today = request.now.astimezone(zone).date()  # type: ignore[attr-defined]
        with timezone.override(zone):
            return self.answer(request)

    def answer(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith("/static/"):
            response.setdefault("Cache-Control", "private, no-store")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if isinstance(exception, Refused):
            return told(request, exception)
        if isinstance(exception, RawPostDataException):
            return told(request, NO_FORM)
        try:
            return once_more(request, exception)
        except Refused as refusal:
            return told(request, refusal)


def _says_length(request: HttpRequest) -> bool:
    """Whether the body can be read; without one none is said."""
    return whole_number(request.META.get("CONTENT_LENGTH") or "0") is not None


def _holds_nul(request: HttpRequest) -> bool:
    """The database takes no text with it, so no address, query or form may bring it."""
    forms = [request.GET, request.POST] if request.content_type in FORMS else [request.GET]
    texts = (text for form in forms for name, values in form.lists() for text in (name, *values))
    return NUL in request.path or any(NUL in text for text in texts)


def told(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """A refusal as problem details for programs, as a fragment for htmx, as a page for people."""
    if request.path.startswith(API):
        return plain(refusal.code, refusal.detail, refusal.status)
    if "application/json" in request.headers.get("Accept", ""):
        body = {"code": refusal.code, "detail": refusal.detail, "status": refusal.status, **refusal.extra}
        return JsonResponse(body, status=refusal.status, content_type="application/problem+json")
    template = "_problem.html" if request.headers.get("HX-Request") else "problem.html"
    context = {
        "refusal": refusal,
        "problem_code": refusal.status,
        "problem_title": TITLES_OF.get(refusal.code) or TITLES.get(refusal.status, "This cannot be done now"),
        "problem_detail": refusal.detail,
        "problem_typed": _typed(request),
    }
    return render(request, template, context, status=refusal.status)


def _typed(request: HttpRequest) -> str:
    """The words somebody wrote into the form that was refused, so that they need not write them again."""
    return request.POST.get("text", "") if request.content_type in FORMS and _says_length(request) else ""
