"""A session ends after a time without pages, and after a longer time in any case."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

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
