"""A session ends after a time without pages, and after a longer time in any case."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from sop_portal.outage import is_outage

BEGAN, SEEN = "began", "seen"
NOTED_EVERY = 60  # seconds: not every page writes the session


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


class SessionStore(db.SessionStore):
    """Sessions in the database. One that cannot be written because the database is away is no lost session."""

    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except UpdateError as error:
            # Every failure looks like a session that was deleted, which is answered 400 though the request was done.
            if isinstance(error.__context__, DatabaseError) and is_outage(error.__context__):
                raise error.__context__ from error.__context__.__cause__
            raise
