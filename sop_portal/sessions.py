"""Who is signed in; a session ends after a time without pages, and after a longer time in any case."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user, logout
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from masterdata.models import Person
from masterdata.selectors import Asker, asker_of, asker_person

BACKEND = "django.contrib.auth.backends.ModelBackend"
BEGAN, SEEN = "began", "seen"
NOTED_EVERY = 300  # seconds: not every page writes the session, and in the last hour everybody is there at once


class SignedIn(AuthenticationMiddleware):
    """`request.user` as the session's own statement found it, with the person behind it, where all is as it should be.

    Any doubt (another backend, no such account or one that was closed, a password that has changed since) goes
    Django's own way, which also ends the session.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: user_of(request))  # type: ignore[assignment]


def user_of(request: HttpRequest) -> User | AnonymousUser:
    asker = _asker(request)
    if asker is None:
        return get_user(request)
    request.asker = asker  # type: ignore[attr-defined]
    return asker.user


def _asker(request: HttpRequest) -> Asker | None:
    session = request.session
    if session.get(BACKEND_SESSION_KEY) != BACKEND:
        return None
    asker: Asker | None = getattr(session, "asker", None)
    if asker is None or not asker.user.is_active or str(asker.user.pk) != session.get(SESSION_KEY):
        return None
    proof = session.get(HASH_SESSION_KEY, "")
    return asker if constant_time_compare(proof, asker.user.get_session_auth_hash()) else None


def who_asks(request: HttpRequest) -> tuple[Person, str]:
    """The person who is signed in and the company's time zone; refused when the account has no person."""
    asker: Asker | None = getattr(request, "asker", None)
    return asker_person(asker) if asker is not None and asker.user == request.user else asker_of(request.user)


class Limits:
    """Signs a person out whose session is too old or was left alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            self.apply(request, int(time.time()))
        return self.get_response(request)

    def apply(self, request: HttpRequest, now: int) -> None:
        session = request.session
        began, seen = session.get(BEGAN, now), session.get(SEEN, now)
        if now - began > settings.SESSION_COOKIE_AGE or now - seen > settings.SESSION_IDLE_SECONDS:
            logout(request)
        elif BEGAN not in session or now - seen >= NOTED_EVERY:
            session[BEGAN], session[SEEN] = began, now
